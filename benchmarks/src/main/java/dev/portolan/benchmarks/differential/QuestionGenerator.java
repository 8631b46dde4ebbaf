package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Makes searches from the data and the definitions: the same seed, the same searches. */
final class QuestionGenerator {

    private final SampleData data;
    private final Random random;
    private final ValueQuestions values;
    /** Parameters that have a value somewhere in the data, by resource type. */
    private final Map<String, List<ParameterDefinition>> inUse = new LinkedHashMap<>();

    QuestionGenerator(SampleData data, Map<String, List<ParameterDefinition>> definitions, long seed) {
        this.data = data;
        this.random = new Random(seed);
        this.values = new ValueQuestions(random);
        for (String type : data.types()) {
            List<ParameterDefinition> parameters = new ArrayList<>();
            for (ParameterDefinition parameter : definitions.getOrDefault(type, List.of())) {
                if (data.ofType(type).stream().anyMatch(resource -> !SampleData.values(resource, parameter).isEmpty())) {
                    parameters.add(parameter);
                }
            }
            inUse.put(type, parameters);
        }
    }

    /** At most {@code most} different questions, every kind of question among them. */
    List<SearchQuestion> generate(int most) {
        Map<String, SearchQuestion> questions = new LinkedHashMap<>();
        for (int round = 0; round < 20 && questions.size() < most; round++) {
            for (SearchQuestion question : round()) {
                questions.putIfAbsent(question.toString(), question);
            }
        }
        Map<String, List<SearchQuestion>> byKind = new LinkedHashMap<>();
        questions.values().forEach(q -> byKind.computeIfAbsent(q.kind(), kind -> new ArrayList<>()).add(q));
        byKind.values().forEach(list -> Collections.shuffle(list, random));
        return evenly(byKind, most);
    }

    private static List<SearchQuestion> evenly(Map<String, List<SearchQuestion>> byKind, int most) {
        List<SearchQuestion> chosen = new ArrayList<>();
        for (int turn = 0; chosen.size() < most; turn++) {
            int before = chosen.size();
            for (List<SearchQuestion> kind : byKind.values()) {
                if (turn < kind.size() && chosen.size() < most) {
                    chosen.add(kind.get(turn));
                }
            }
            if (chosen.size() == before) {
                break;
            }
        }
        return chosen;
    }

    private Set<SearchQuestion> round() {
        Set<SearchQuestion> questions = new LinkedHashSet<>();
        inUse.forEach((type, parameters) -> {
            for (ParameterDefinition parameter : parameters) {
                for (SearchQuestion question : values.about(parameter, someValue(parameter))) {
                    questions.add(narrowed(question));
                }
                if (parameter.kind().equals("composite")) {
                    composites(parameter, questions);
                }
                sorts(parameter, questions);
                if (parameter.kind().equals("reference")) {
                    chains(parameter, questions);
                    reverseChains(parameter, questions);
                    inclusions(parameter, questions);
                }
            }
            general(type, questions);
            combinations(type, parameters, questions);
        });
        return questions;
    }

    private JsonNode someValue(ParameterDefinition parameter) {
        return someValue(pick(withValue(parameter)), parameter);
    }

    private JsonNode someValue(ObjectNode resource, ParameterDefinition parameter) {
        return pick(SampleData.values(resource, parameter));
    }

    private List<ObjectNode> withValue(ParameterDefinition parameter) {
        return data.ofType(parameter.resourceType()).stream()
                .filter(resource -> !SampleData.values(resource, parameter).isEmpty())
                .toList();
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** Two questions of three are about one member, as most real ones are. */
    private SearchQuestion narrowed(SearchQuestion question) {
        ParameterDefinition patient = patientParameter(question.resourceType());
        if (patient == null || random.nextInt(3) == 0 || question.parameters().get(0).name().startsWith(patient.name())) {
            return question;
        }
        return question.and(patient.name(), someValue(patient).path("reference").asText());
    }

    private ParameterDefinition patientParameter(String type) {
        return inUse.get(type).stream()
                .filter(p -> p.name().equals("patient") && p.kind().equals("reference"))
                .findFirst()
                .orElse(null);
    }

    /** Both components from the same element of the same resource, so that some resource matches. */
    private void composites(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        JsonNode element = someValue(parameter);
        List<String> parts = new ArrayList<>();
        for (String component : parameter.components()) {
            List<JsonNode> found = ElementPath.values(element, "x." + component.substring(component.indexOf('\n') + 1));
            String value = found.isEmpty() ? "" : componentValue(pick(found));
            if (value.isEmpty()) {
                return;
            }
            parts.add(value);
        }
        questions.add(narrowed(SearchQuestion.of("composite", parameter.resourceType(), parameter.name(), String.join("$", parts))));
    }

    private String componentValue(JsonNode value) {
        if (value.has("coding")) {
            JsonNode coding = value.path("coding").path(0);
            return coding.path("system").asText() + "|" + ValueQuestions.escape(coding.path("code").asText());
        }
        if (value.path("value").isNumber()) {
            String prefix = pick(List.of("", "ge", "lt", "gt"));
            return prefix + value.path("value").decimalValue().stripTrailingZeros().toPlainString();
        }
        return value.has("reference") ? value.path("reference").asText() : value.isValueNode() ? ValueQuestions.escape(value.asText()) : "";
    }

    private void sorts(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        // 3.1.1.5.1: "Servers have discretion on the implementation of sorting for both repeated elements and complex elements."
        boolean comparable = Set.of("date", "string", "number").contains(parameter.kind())
                || parameter.kind().equals("token") && onePrimitive(parameter);
        if (!comparable) {
            return;
        }
        String key = (random.nextBoolean() ? "-" : "") + parameter.name() + ",_id";
        // Only resources that have the value: where the others go is for the server to choose.
        SearchQuestion question = SearchQuestion.of("sort:" + parameter.kind(), parameter.resourceType(), "_sort", key)
                .and(parameter.name() + ":missing", "false");
        questions.add(narrowed(question).and("_count", "100").inOrder());
    }

    private boolean onePrimitive(ParameterDefinition parameter) {
        return withValue(parameter).stream()
                .map(resource -> SampleData.values(resource, parameter))
                .allMatch(found -> found.size() == 1 && found.get(0).isValueNode());
    }

    private void chains(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        ObjectNode from = pick(withValue(parameter));
        String reference = someValue(from, parameter).path("reference").asText();
        ObjectNode target = data.get(reference);
        if (target == null) {
            return;
        }
        String targetType = target.path("resourceType").asText();
        List<ParameterDefinition> there = inUse.get(targetType).stream()
                .filter(p -> Set.of("string", "token", "date", "reference").contains(p.kind()))
                .filter(p -> !SampleData.values(target, p).isEmpty())
                .toList();
        if (there.isEmpty()) {
            return;
        }
        ParameterDefinition linked = pick(there);
        List<SearchQuestion> plain = values.about(linked, someValue(target, linked)).stream()
                .filter(q -> q.parameters().size() == 1 && !q.kind().endsWith(":missing") && !q.kind().endsWith(":not")
                        && !q.kind().endsWith(":identifier") && !isPartialBound(q))
                .toList();
        if (plain.isEmpty()) {
            return;
        }
        SearchQuestion.Parameter last = pick(plain).parameters().get(0);
        String typed = parameter.targets().size() == 1 && random.nextBoolean() ? "" : ":" + targetType;
        questions.add(SearchQuestion.of("chain:" + linked.kind(), parameter.resourceType(),
                parameter.name() + typed + "." + last.name(), last.value()));
    }

    /** The peer gets {@code ge2020} wrong (see the accepted differences), which could not be told apart behind a chain. */
    private static boolean isPartialBound(SearchQuestion question) {
        return AcceptedDifferences.PARTIAL_BOUND.matcher(question.parameters().get(0).value()).matches();
    }

    private void reverseChains(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        ObjectNode from = pick(withValue(parameter));
        String reference = someValue(from, parameter).path("reference").asText();
        if (data.get(reference) == null) {
            return;
        }
        String targetType = reference.substring(0, reference.indexOf('/'));
        List<ParameterDefinition> here = inUse.get(parameter.resourceType()).stream()
                .filter(p -> Set.of("token", "date", "string").contains(p.kind()))
                .filter(p -> !SampleData.values(from, p).isEmpty())
                .toList();
        if (here.isEmpty()) {
            return;
        }
        ParameterDefinition condition = pick(here);
        List<SearchQuestion> plain = values.about(condition, someValue(from, condition)).stream()
                .filter(q -> q.parameters().size() == 1 && !q.parameters().get(0).name().contains(":") && !isPartialBound(q))
                .toList();
        if (!plain.isEmpty()) {
            SearchQuestion.Parameter last = pick(plain).parameters().get(0);
            questions.add(SearchQuestion.of("_has:" + condition.kind(), targetType,
                    "_has:" + parameter.resourceType() + ":" + parameter.name() + ":" + last.name(), last.value()));
        }
    }

    private void inclusions(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        Set<String> targets = data.targetTypes(parameter);
        if (targets.isEmpty()) {
            return;
        }
        String type = parameter.resourceType();
        String target = pick(targets.stream().sorted().toList());
        ObjectNode one = pick(withValue(parameter));
        String include = type + ":" + parameter.name() + (random.nextBoolean() ? "" : ":" + target);
        questions.add(SearchQuestion.of("_include", type, "_id", one.path("id").asText()).and("_include", include));
        questions.add(SearchQuestion.of("_include:*", type, "_id", one.path("id").asText()).and("_include", "*"));
        questions.add(SearchQuestion.of("_include:iterate", type, "_id", one.path("id").asText())
                .and("_include", include)
                .and("_include:iterate", onwards(target)));
        String reference = someValue(one, parameter).path("reference").asText();
        if (data.get(reference) != null) {
            String referred = reference.substring(0, reference.indexOf('/'));
            questions.add(SearchQuestion.of("_revinclude", referred, "_id", reference.substring(reference.indexOf('/') + 1))
                    .and("_revinclude", type + ":" + parameter.name()));
        }
    }

    /** A second hop: some reference parameter of the target. */
    private String onwards(String target) {
        List<ParameterDefinition> references = inUse.get(target).stream()
                .filter(p -> p.kind().equals("reference") && !data.targetTypes(p).isEmpty())
                .toList();
        return references.isEmpty() ? "Patient:general-practitioner" : target + ":" + pick(references).name();
    }

    private void general(String type, Set<SearchQuestion> questions) {
        ObjectNode one = pick(data.ofType(type));
        ObjectNode another = pick(data.ofType(type));
        questions.add(SearchQuestion.of("_id", type, "_id", one.path("id").asText()));
        questions.add(SearchQuestion.of("_id", type, "_id", one.path("id").asText() + "," + another.path("id").asText() + ",none"));
        for (JsonNode profile : one.path("meta").path("profile")) {
            questions.add(narrowed(SearchQuestion.of("_profile", type, "_profile", profile.asText())));
        }
        for (String label : List.of("tag", "security")) {
            for (JsonNode coding : one.path("meta").path(label)) {
                questions.add(narrowed(SearchQuestion.of("_" + label, type, "_" + label,
                        coding.path("system").asText() + "|" + coding.path("code").asText())));
                questions.add(narrowed(SearchQuestion.of("_" + label + ":not", type, "_" + label + ":not",
                        coding.path("system").asText() + "|" + coding.path("code").asText())));
            }
        }
        if (one.path("meta").has("source")) {
            questions.add(SearchQuestion.of("_source", type, "_source", one.path("meta").path("source").asText()));
        }
        questions.add(narrowed(SearchQuestion.of("_lastUpdated", type, "_lastUpdated", "gt2000-01-01")));
        questions.add(narrowed(SearchQuestion.of("paging", type, "_count", Integer.toString(3 + random.nextInt(20)))));
        questions.add(narrowed(SearchQuestion.of("paging:sorted", type, "_sort", random.nextBoolean() ? "_id" : "-_id")
                .and("_count", Integer.toString(5 + random.nextInt(20)))).inOrder());
    }

    private void combinations(String type, List<ParameterDefinition> parameters, Set<SearchQuestion> questions) {
        List<ParameterDefinition> plain = parameters.stream().filter(p -> Set.of("token", "date", "string", "reference").contains(p.kind())).toList();
        ObjectNode one = pick(data.ofType(type));
        List<ParameterDefinition> present = plain.stream().filter(p -> !SampleData.values(one, p).isEmpty()).toList();
        if (present.size() < 2) {
            return;
        }
        List<SearchQuestion.Parameter> parts = new ArrayList<>();
        for (int i = 0; i < 2 + random.nextInt(2); i++) {
            ParameterDefinition parameter = pick(present);
            SearchQuestion part = pick(values.about(parameter, someValue(one, parameter)));
            // The peer refuses two dates of one parameter unless they make a range (HAPI-1922).
            boolean again = parts.stream().anyMatch(p -> p.name().equals(part.parameters().get(0).name()));
            if (!isPartialBound(part) && !part.kind().endsWith(":identifier") && !(again && parameter.kind().equals("date"))) {
                parts.addAll(part.parameters());
            }
        }
        if (!parts.isEmpty()) {
            questions.add(new SearchQuestion("combination", type, parts, false));
        }
    }
}
