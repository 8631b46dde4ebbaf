package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The whole list: what is not explained here is a defect of ours, or has not been looked at yet. Each explanation works
 * out from the data which resources the sentence is about, and holds only when they are the whole difference.
 */
final class AcceptedDifferences {

    /** A bound that names a year or a month. */
    static final Pattern PARTIAL_BOUND = Pattern.compile("(ge|le)\\d{4}(-\\d{2})?");

    private static final Map<String, List<ParameterDefinition>> DEFINITIONS = definitions();

    private AcceptedDifferences() {}

    static final List<AcceptedDifference> LIST = List.of(
            new AcceptedDifference("bound of a year or month",
                    "R4 3.1.1.4.5, ge and le: \"... or the range of the search value fully contains the range of the target value\"; "
                            + "the peer takes ge2020 as after 2020",
                    AcceptedDifferences::partialBound),
            new AcceptedDifference(":identifier on references",
                    "R4 3.1.1.4.12: \"When the :identifier modifier is used, the search value works as a token search\"; "
                            + "the peer refuses the modifier",
                    AcceptedDifferences::referenceIdentifier),
            new AcceptedDifference(":missing on an element that the peer does not index",
                    "R4 3.1.1.4.5.1: \":missing ... will return all the resources that don't have a value for the parameter (which usually equates to "
                            + "not having the relevant element in the resource)\"; the peer asks its index, which has no composites, no text-only "
                            + "concepts and no references by identifier alone",
                    AcceptedDifferences::missing));

    static Optional<AcceptedDifference> explain(SearchQuestion question, SearchAnswer ours, SearchAnswer peers, SampleData data) {
        if (question.parameters().stream().anyMatch(p -> p.name().startsWith("_has:") || p.name().contains("."))) {
            // Behind a chain the data does not tell which hop made the difference.
            return Optional.empty();
        }
        return LIST.stream().filter(difference -> difference.applies().holds(question, ours, peers, data)).findFirst();
    }

    private static boolean partialBound(SearchQuestion question, SearchAnswer ours, SearchAnswer peers, SampleData data) {
        SearchQuestion.Parameter asked = question.parameters().get(0);
        if (ours.status() != 200 || peers.status() != 200 || !PARTIAL_BOUND.matcher(asked.value()).matches()
                || !ours.matches().containsAll(peers.matches())) {
            return false;
        }
        String period = asked.value().substring(2);
        ParameterDefinition parameter = definition(question.resourceType(), asked.name());
        return onlyOurs(ours, peers).stream().allMatch(id -> SampleData.values(data.get(id), parameter).stream()
                .anyMatch(value -> value.isValueNode() ? value.asText().startsWith(period)
                        : value.findValuesAsText("start").stream().anyMatch(t -> t.startsWith(period))
                                || value.findValuesAsText("end").stream().anyMatch(t -> t.startsWith(period))));
    }

    private static boolean referenceIdentifier(SearchQuestion question, SearchAnswer ours, SearchAnswer peers, SampleData data) {
        SearchQuestion.Parameter asked = question.parameters().get(0);
        if (!asked.name().endsWith(":identifier") || question.parameters().size() != 1 || ours.status() != 200
                || !peers.diagnostics().contains("Unsupported search modifier(s): \"[:identifier]\"")) {
            return false;
        }
        ParameterDefinition parameter = definition(question.resourceType(), asked.name().replace(":identifier", ""));
        return Set.copyOf(ours.matches()).equals(matching(question.resourceType(), data, resource -> SampleData.values(resource, parameter).stream()
                .anyMatch(value -> asked.value().equals(value.path("identifier").path("system").asText() + "|"
                        + ValueQuestions.escape(value.path("identifier").path("value").asText())))));
    }

    private static boolean missing(SearchQuestion question, SearchAnswer ours, SearchAnswer peers, SampleData data) {
        SearchQuestion.Parameter asked = question.parameters().stream().filter(p -> p.name().endsWith(":missing")).findFirst().orElse(null);
        if (asked == null || ours.status() != 200) {
            return false;
        }
        ParameterDefinition parameter = definition(question.resourceType(), asked.name().replace(":missing", ""));
        boolean wanted = asked.value().equals("false");
        Set<String> differing = onlyOurs(ours, peers);
        differing.addAll(onlyOurs(peers, ours));
        return !differing.isEmpty() && differing.stream().allMatch(id -> {
            ObjectNode resource = data.get(id);
            boolean right = resource != null && hasValue(resource, parameter) == wanted;
            return resource != null && right == ours.matches().contains(id) && (parameter.kind().equals("composite") || isOddlyIndexed(resource, parameter));
        });
    }

    /** Nothing but what the peer keeps no index entry for. */
    private static boolean isOddlyIndexed(ObjectNode resource, ParameterDefinition parameter) {
        return SampleData.values(resource, parameter).stream().allMatch(value ->
                value.isObject() && !value.has("coding") && value.has("text")
                        || value.isObject() && !value.has("reference") && value.has("identifier"));
    }

    private static boolean hasValue(ObjectNode resource, ParameterDefinition parameter) {
        if (!parameter.kind().equals("composite")) {
            return !SampleData.values(resource, parameter).isEmpty();
        }
        return SampleData.values(resource, parameter).stream().anyMatch(element -> parameter.components().stream()
                .allMatch(component -> AcceptedDifferences.hasComponent(element, component.substring(component.indexOf('\n') + 1))));
    }

    /** A component's expression can name the type that the element has to have: {@code value.as(Quantity)}. */
    private static boolean hasComponent(JsonNode element, String expression) {
        java.util.regex.Matcher typed = Pattern.compile("value\\.(?:as|ofType)\\((\\w+)\\)").matcher(expression);
        boolean any = false;
        for (String part : expression.split("\\|")) {
            java.util.regex.Matcher matcher = typed.reset(part);
            if (matcher.find()) {
                String type = matcher.group(1);
                any |= element.has("value" + Character.toUpperCase(type.charAt(0)) + type.substring(1));
            } else {
                any |= !ElementPath.values(element, "x." + part.strip()).isEmpty();
            }
        }
        return any;
    }

    private static Set<String> onlyOurs(SearchAnswer ours, SearchAnswer peers) {
        Set<String> only = new TreeSet<>(ours.matches());
        only.removeAll(peers.matches());
        return only;
    }

    private static Set<String> matching(String type, SampleData data, Predicate<ObjectNode> condition) {
        Set<String> ids = new TreeSet<>();
        data.ofType(type).stream().filter(condition).forEach(resource -> ids.add(SampleData.reference(resource)));
        return ids;
    }

    private static ParameterDefinition definition(String type, String name) {
        return DEFINITIONS.getOrDefault(type, List.of()).stream()
                .filter(parameter -> parameter.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no parameter " + name + " of " + type));
    }

    private static Map<String, List<ParameterDefinition>> definitions() {
        try {
            return ParameterDefinition.baseDefinitions();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
