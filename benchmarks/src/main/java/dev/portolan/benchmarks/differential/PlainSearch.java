package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What R4's text says that a search finds, worked out resource by resource from the sample's JSON. It is slow, has no index and shares nothing with either
 * server: where the two differ, it says which of them is right.
 */
final class PlainSearch {

    private static final Set<String> NOT_NARROWING = Set.of("_count", "_sort", "_include", "_include:iterate", "_revinclude", "_revinclude:iterate", "_total");

    private final SampleData data;
    private final Map<String, List<ParameterDefinition>> definitions;

    PlainSearch(SampleData data, Map<String, List<ParameterDefinition>> definitions) {
        this.data = data;
        this.definitions = definitions;
    }

    /** {@code Type/id} of every match. */
    Set<String> matches(SearchQuestion question) {
        Predicate<ObjectNode> all = question.compartment().isEmpty() ? resource -> true : inCompartment(question.resourceType(), question.compartment());
        for (SearchQuestion.Parameter parameter : question.parameters()) {
            if (!NOT_NARROWING.contains(parameter.name())) {
                all = all.and(condition(question.resourceType(), parameter.name(), parameter.value()));
            }
        }
        Set<String> found = new TreeSet<>();
        data.ofType(question.resourceType()).stream().filter(all).forEach(resource -> found.add(SampleData.reference(resource)));
        return found;
    }

    /** The match and everything that its chains lead to, each with the parameter that is asked of it. */
    List<Judgement> judgements(SearchQuestion question, ObjectNode match) {
        List<Judgement> judgements = new ArrayList<>();
        question.parameters().forEach(parameter -> judge(match, parameter.name(), parameter.value(), judgements));
        return judgements;
    }

    private void judge(ObjectNode resource, String name, String value, List<Judgement> into) {
        String type = resource.path("resourceType").asText();
        int dot = name.indexOf('.');
        if (name.startsWith("_has:")) {
            String[] parts = name.split(":", 4);
            ParameterDefinition by = definition(parts[1], parts[2]);
            data.ofType(parts[1]).stream()
                    .filter(source -> by.values(source).stream().anyMatch(reference -> target(reference).equals(SampleData.reference(resource))))
                    .forEach(source -> judge(source, parts[3], value, into));
        } else if (dot > 0) {
            definition(type, name.substring(0, dot).replaceFirst(":.*", "")).values(resource).stream()
                    .map(reference -> data.get(target(reference)))
                    .filter(java.util.Objects::nonNull)
                    .forEach(target -> judge(target, name.substring(dot + 1), value, into));
        } else {
            String[] parts = name.split(":");
            ParameterDefinition parameter = definition(type, parts[0]);
            if (parameter != null) {
                into.add(new Judgement(parameter, parts.length == 1 ? "" : parts[1], value, resource));
            }
        }
    }

    private ParameterDefinition definition(String type, String name) {
        for (String base : List.of(type, "DomainResource", "Resource")) {
            for (ParameterDefinition parameter : definitions.getOrDefault(base, List.of())) {
                if (parameter.name().equals(name)) {
                    return parameter;
                }
            }
        }
        return null;
    }

    private Predicate<ObjectNode> condition(String type, String name, String value) {
        if (name.equals("_id")) {
            List<String> ids = PlainValues.split(value, ',');
            return resource -> ids.contains(resource.path("id").asText());
        }
        if (name.equals("_lastUpdated")) {
            // Asked only against times that are long before, or long after, any resource was written.
            return resource -> value.startsWith("gt2000") || value.startsWith("ge2000") || value.startsWith("lt3000");
        }
        if (name.startsWith("_has:")) {
            return has(name.split(":", 4), value);
        }
        int dot = name.indexOf('.');
        return dot > 0 ? chain(type, name.substring(0, dot), name.substring(dot + 1), value) : parameter(type, name, value);
    }

    private Predicate<ObjectNode> inCompartment(String type, String owner) {
        List<ParameterDefinition> by = PatientCompartment.PARAMETERS.get(type).stream().map(name -> definition(type, name)).toList();
        return resource -> by.stream().flatMap(parameter -> parameter.values(resource).stream()).anyMatch(reference -> target(reference).equals(owner));
    }

    private Predicate<ObjectNode> has(String[] parts, String value) {
        ParameterDefinition by = definition(parts[1], parts[2]);
        Predicate<ObjectNode> rest = condition(parts[1], parts[3], value);
        Set<String> referred = new TreeSet<>();
        data.ofType(parts[1]).stream().filter(rest).flatMap(source -> by.values(source).stream())
                .forEach(reference -> referred.add(target(reference)));
        return resource -> referred.contains(SampleData.reference(resource));
    }

    private Predicate<ObjectNode> chain(String type, String link, String rest, String value) {
        String[] named = link.split(":");
        ParameterDefinition by = definition(type, named[0]);
        return resource -> by.values(resource).stream().map(reference -> data.get(target(reference)))
                .anyMatch(target -> target != null
                        && (named.length == 1 || target.path("resourceType").asText().equals(named[1]))
                        && condition(target.path("resourceType").asText(), rest, value).test(target));
    }

    /** Without its version: a chain goes to the resource as it is now. */
    static String target(JsonNode reference) {
        return (reference.isTextual() ? reference.asText() : reference.path("reference").asText()).replaceFirst("/_history/.*", "");
    }

    private Predicate<ObjectNode> parameter(String type, String name, String value) {
        int colon = name.indexOf(':');
        String modifier = colon < 0 ? "" : name.substring(colon + 1);
        ParameterDefinition parameter = definition(type, colon < 0 ? name : name.substring(0, colon));
        if (parameter == null) {
            return resource -> false;
        }
        if (modifier.equals("missing")) {
            return resource -> hasValue(resource, parameter) != Boolean.parseBoolean(value);
        }
        List<String> alternatives = alternatives(value);
        boolean not = modifier.equals("not");
        return resource -> not != parameter.values(resource).stream()
                .anyMatch(element -> alternatives.stream().anyMatch(asked -> holds(parameter, element, not ? "" : modifier, asked)));
    }

    /** A composite's parts, their escapes in place. */
    static List<String> parts(String asked) {
        return List.of(asked.split("(?<!\\\\)\\$"));
    }

    private static List<String> alternatives(String value) {
        return List.of(value.split("(?<!\\\\),"));
    }

    private static boolean holds(ParameterDefinition parameter, JsonNode element, String modifier, String asked) {
        if (parameter.kind().equals("composite")) {
            List<String> parts = parts(asked);
            for (int i = 0; i < parts.size(); i++) {
                String part = parts.get(i);
                if (!holdsPart(parameter, i, element, part)) {
                    return false;
                }
            }
            return true;
        }
        return holds(parameter.kind(), parameter, element, modifier, asked);
    }

    /** Whether the element has, for one component of a composite, what is asked of it. */
    static boolean holdsPart(ParameterDefinition composite, int component, JsonNode element, String asked) {
        ParameterDefinition.Component part = composite.components().get(component);
        return part.values(element).stream().anyMatch(value -> holds(part.kind(), composite, value, "", asked));
    }

    private static boolean holds(String kind, ParameterDefinition parameter, JsonNode element, String modifier, String asked) {
        return switch (kind) {
            case "string" -> PlainValues.string(element, modifier, asked);
            case "token" -> PlainValues.token(element, modifier, asked);
            case "date" -> PlainValues.date(element, asked);
            case "number" -> PlainValues.number(element, asked);
            case "quantity" -> PlainValues.quantity(element, asked);
            case "reference" -> PlainValues.reference(element, parameter, modifier, asked);
            case "uri" -> PlainValues.uri(element.asText(), modifier, asked);
            case "special" -> PlainValues.near(element, asked);
            default -> throw new IllegalArgumentException("no rule for " + kind);
        };
    }

    /**
     * {@code :missing}, section 3.1.1.4.4: whether the resource has a value for the parameter. A reference to what the resource itself contains is none, as nothing can be asked of it;
     * a composite has one if one element has all its parts, each of the kind that the part's parameter asks for.
     */
    static boolean hasValue(ObjectNode resource, ParameterDefinition parameter) {
        if (!parameter.kind().equals("composite")) {
            return parameter.values(resource).stream().anyMatch(value -> !target(value).startsWith("#"));
        }
        return parameter.values(resource).stream()
                .anyMatch(element -> parameter.components().stream().allMatch(component -> component.values(element).stream().anyMatch(value -> isOf(component.kind(), value))));
    }

    private static boolean isOf(String kind, JsonNode value) {
        return switch (kind) {
            case "token" -> value.isValueNode() || value.has("coding") || value.has("code") || value.has("text");
            case "quantity" -> value.path("value").isNumber();
            case "reference" -> value.has("reference") || value.isTextual();
            default -> true;
        };
    }
}
