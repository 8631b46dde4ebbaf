package dev.portolan.rest.leak;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A resource as the test made it, with every version: what the oracle goes by, so that it never reads what the server stored. */
final class Item {

    final String type;
    final String id;
    final List<State> states = new CopyOnWriteArrayList<>();

    /**
     * One version.
     *
     * @param member whose record it belongs to, null for nobody's
     * @param tokens values as {@code system|code} by search parameter
     * @param refs what it refers to, {@code Type/id}, by search parameter; every reference parameter that the resource has a value for
     * @param own security labels that its writer gave it, {@code system|code}
     * @param labels these, and those of what it is about
     */
    record State(int version, boolean deleted, @Nullable String member, Map<String, List<String>> tokens, Map<String, List<String>> refs, String name, Set<String> own, Set<String> labels) {

        State next(boolean gone) {
            return new State(version + 1, gone, member, gone ? Map.of() : tokens, gone ? Map.of() : refs, gone ? "" : name, gone ? Set.of() : own, gone ? Set.of() : labels);
        }

        State with(@Nullable String newMember, Map<String, List<String>> newTokens, Map<String, List<String>> newRefs, Set<String> newLabels) {
            return new State(version + 1, false, newMember, newTokens, newRefs, name, newLabels, newLabels);
        }

        State labelled(Set<String> all) {
            return new State(version, deleted, member, tokens, refs, name, own, all);
        }
    }

    Item(String type, String id, State first) {
        this.type = type;
        this.id = id;
        states.add(first);
    }

    State now() {
        return states.get(states.size() - 1);
    }

    /** What was deleted keeps from others what it kept. */
    Set<String> labels() {
        return now().deleted() ? states.get(states.size() - 2).labels() : now().labels();
    }

    String reference() {
        return type + "/" + id;
    }

    String json() {
        return json(type, id, now());
    }

    static String json(String type, @Nullable String id, State state) {
        StringBuilder json = new StringBuilder("{\"resourceType\":\"").append(type).append('"');
        if (id != null) {
            json.append(",\"id\":\"").append(id).append('"');
        }
        if (!state.own().isEmpty()) {
            json.append(",\"meta\":{\"security\":[").append(state.own().stream().sorted().map(Item::coding).collect(Collectors.joining(","))).append("]}");
        }
        Map<String, List<String>> tokens = state.tokens();
        for (String listed : List.of("category", "code", "class", "identifier")) {
            List<String> values = tokens.getOrDefault(listed, List.of());
            if (!values.isEmpty()) {
                json.append(",\"").append(listed).append("\":").append(element(listed, values));
            }
        }
        if (tokens.containsKey("status")) {
            json.append(",\"status\":\"").append(tokens.get("status").get(0).substring(1)).append('"');
        }
        references(type, state.refs(), json);
        switch (type) {
            case "Patient", "Practitioner" -> json.append(",\"name\":[{\"family\":\"").append(state.name()).append("\"}]");
            case "Organization", "Location" -> json.append(",\"name\":\"").append(state.name()).append('"');
            case "Provenance" -> json.append(",\"recorded\":\"2024-01-01T00:00:00Z\"");
            case "Group" -> json.append(",\"type\":\"person\",\"actual\":true");
            case "List" -> json.append(",\"mode\":\"working\"");
            case "Task", "MedicationRequest" -> json.append(",\"intent\":\"order\"");
            default -> { }
        }
        return json.append('}').toString();
    }

    private static String element(String name, List<String> values) {
        String codings = values.stream().map(Item::coding).collect(Collectors.joining(","));
        return switch (name) {
            case "category" -> "[{\"coding\":[" + codings + "]}]";
            case "class" -> coding(values.get(0));
            case "identifier" -> values.stream().map(value -> coding(value).replace("\"code\"", "\"value\"")).collect(Collectors.joining(",", "[", "]"));
            default -> "{\"coding\":[" + codings + "]}";
        };
    }

    private static String coding(String token) {
        int bar = token.indexOf('|');
        return "{\"system\":\"" + token.substring(0, bar) + "\",\"code\":\"" + token.substring(bar + 1) + "\"}";
    }

    /** Which element a reference parameter reads; parameters that read the same element as another are not listed. */
    private static final Map<String, Map<String, String>> ELEMENTS = Map.ofEntries(
        Map.entry("Patient", Map.of("general-practitioner", "generalPractitioner[]", "organization", "managingOrganization")),
        Map.entry("Observation", Map.of("subject", "subject", "encounter", "encounter", "performer", "performer[]")),
        Map.entry("Condition", Map.of("subject", "subject", "encounter", "encounter")),
        Map.entry("Encounter", Map.of("subject", "subject", "participant", "participant[].individual", "service-provider", "serviceProvider")),
        Map.entry("Coverage", Map.of("beneficiary", "beneficiary", "subscriber", "subscriber", "payor", "payor[]")),
        Map.entry("ExplanationOfBenefit", Map.of("patient", "patient", "provider", "provider", "coverage", "insurance[].coverage")),
        Map.entry("MedicationRequest", Map.of("subject", "subject", "requester", "requester", "medication", "medicationReference")),
        Map.entry("Provenance", Map.of("target", "target[]", "agent", "agent[].who")),
        Map.entry("List", Map.of("subject", "subject", "item", "entry[].item")),
        Map.entry("Task", Map.of("patient", "for", "focus", "focus", "owner", "owner")),
        Map.entry("Group", Map.of("member", "member[].entity")),
        Map.entry("PractitionerRole", Map.of("practitioner", "practitioner", "organization", "organization")),
        Map.entry("Organization", Map.of("partof", "partOf")),
        Map.entry("Location", Map.of("organization", "managingOrganization")));

    private static void references(String type, Map<String, List<String>> refs, StringBuilder json) {
        new TreeMap<>(ELEMENTS.getOrDefault(type, Map.of())).forEach((parameter, element) -> {
            List<String> targets = refs.getOrDefault(parameter, List.of());
            if (targets.isEmpty()) {
                return;
            }
            int list = element.indexOf("[]");
            String inner = list < 0 ? "" : element.substring(list + 2).replace(".", "");
            String values = targets.stream().map(target -> "{\"reference\":\"" + target + "\"}").map(reference -> inner.isEmpty() ? reference : "{\"" + inner + "\":" + reference + "}")
                .collect(Collectors.joining(","));
            json.append(",\"").append(list < 0 ? element : element.substring(0, list)).append("\":").append(list < 0 ? values : "[" + values + "]");
        });
    }
}
