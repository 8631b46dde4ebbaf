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
    private final Choice choice;
    private final LinkQuestions links;
    /** Parameters that have a value somewhere in the data, by resource type. */
    private final Map<String, List<ParameterDefinition>> inUse = new LinkedHashMap<>();

    QuestionGenerator(SampleData data, Map<String, List<ParameterDefinition>> definitions, long seed) {
        this.data = data;
        this.random = new Random(seed);
        this.values = new ValueQuestions(random);
        this.choice = new Choice(data, random);
        this.links = new LinkQuestions(data, inUse, choice, values);
        for (String type : data.types()) {
            List<ParameterDefinition> parameters = new ArrayList<>();
            for (ParameterDefinition parameter : definitions.getOrDefault(type, List.of())) {
                if (data.ofType(type).stream().anyMatch(resource -> !parameter.values(resource).isEmpty())) {
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
                if (parameter.name().equals("near")) {
                    near(parameter, questions);
                }
                if (parameter.kind().equals("composite")) {
                    composites(parameter, questions);
                }
                sorts(parameter, questions);
                if (parameter.kind().equals("reference")) {
                    links.about(parameter, questions);
                }
            }
            twoKeys(type, parameters, questions);
            compartment(type, parameters, questions);
            general(type, questions);
            combinations(type, parameters, questions);
        });
        return questions;
    }

    private JsonNode someValue(ParameterDefinition parameter) {
        return choice.value(parameter);
    }

    private <T> T pick(List<T> list) {
        return choice.of(list);
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
        for (ParameterDefinition.Component component : parameter.components()) {
            List<JsonNode> found = component.values(element);
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

    /** 3.1.1.5.1: "Servers have discretion on the implementation of sorting for both repeated elements and complex elements." */
    private boolean isComparable(ParameterDefinition parameter) {
        return Set.of("date", "string", "number").contains(parameter.kind()) || parameter.kind().equals("token") && onePrimitive(parameter);
    }

    private void twoKeys(String type, List<ParameterDefinition> parameters, Set<SearchQuestion> questions) {
        List<ParameterDefinition> keys = parameters.stream().filter(this::isComparable).toList();
        if (keys.size() < 2) {
            return;
        }
        ParameterDefinition first = pick(keys);
        ParameterDefinition second = pick(keys.stream().filter(key -> key != first).toList());
        String key = (random.nextBoolean() ? "-" : "") + first.name() + "," + (random.nextBoolean() ? "-" : "") + second.name() + ",_id";
        questions.add(SearchQuestion.of("sort:two keys", type, "_sort", key)
                .and(first.name() + ":missing", "false")
                .and(second.name() + ":missing", "false")
                .and("_count", "100").inOrder());
    }

    private void compartment(String type, List<ParameterDefinition> parameters, Set<SearchQuestion> questions) {
        ParameterDefinition patient = patientParameter(type);
        if (patient == null || !PatientCompartment.PARAMETERS.containsKey(type)) {
            return;
        }
        ObjectNode one = pick(choice.withValue(patient));
        String owner = PlainSearch.target(choice.value(one, patient));
        ParameterDefinition other = pick(parameters.stream().filter(parameter -> !parameter.values(one).isEmpty()).toList());
        if (data.get(owner) != null) {
            SearchQuestion question = pick(values.about(other, choice.value(one, other)));
            if (!question.kind().endsWith(":identifier") && !LinkQuestions.isPartialBound(question)) {
                questions.add(question.within(owner));
            }
        }
    }

    private void sorts(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        if (!isComparable(parameter)) {
            return;
        }
        String key = (random.nextBoolean() ? "-" : "") + parameter.name() + ",_id";
        // Only resources that have the value: where the others go is for the server to choose.
        SearchQuestion question = SearchQuestion.of("sort:" + parameter.kind(), parameter.resourceType(), "_sort", key)
                .and(parameter.name() + ":missing", "false");
        questions.add(narrowed(question).and("_count", "100").inOrder());
    }

    private boolean onePrimitive(ParameterDefinition parameter) {
        return choice.withValue(parameter).stream()
                .map(resource -> parameter.values(resource))
                .allMatch(found -> found.size() == 1 && found.get(0).isValueNode());
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

    /** Around a place of the data: near enough to hold little else, or far enough to hold its neighbours. */
    private void near(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        JsonNode place = someValue(parameter);
        String distance = pick(List.of("1", "20", "150"));
        questions.add(SearchQuestion.of("special:near", parameter.resourceType(), parameter.name(),
                place.path("latitude").asText() + "|" + place.path("longitude").asText() + "|" + distance + "|km"));
    }

    private void combinations(String type, List<ParameterDefinition> parameters, Set<SearchQuestion> questions) {
        List<ParameterDefinition> plain = parameters.stream().filter(p -> Set.of("token", "date", "string", "reference").contains(p.kind())).toList();
        ObjectNode one = pick(data.ofType(type));
        List<ParameterDefinition> present = plain.stream().filter(p -> !p.values(one).isEmpty()).toList();
        if (present.size() < 2) {
            return;
        }
        List<SearchQuestion.Parameter> parts = new ArrayList<>();
        for (int i = 0; i < 2 + random.nextInt(2); i++) {
            ParameterDefinition parameter = pick(present);
            SearchQuestion part = pick(values.about(parameter, choice.value(one, parameter)));
            // The peer refuses two dates of one parameter unless they make a range (HAPI-1922).
            boolean again = parts.stream().anyMatch(p -> p.name().replaceFirst(":.*", "").equals(parameter.name()));
            if (!LinkQuestions.isPartialBound(part) && !part.kind().endsWith(":identifier") && !(again && parameter.kind().equals("date"))) {
                parts.addAll(part.parameters());
            }
        }
        if (!parts.isEmpty()) {
            questions.add(new SearchQuestion("combination", "", type, parts, false));
        }
    }
}
