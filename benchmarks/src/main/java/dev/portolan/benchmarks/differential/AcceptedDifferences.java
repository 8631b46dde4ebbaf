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
            new AcceptedDifference("day of a moment in another time zone",
                    "R4 3.1.1.4.5: \"Where both search parameters and resource element date times do not have time zones, the servers local time zone "
                            + "should be assumed\"; a moment with a zone is compared as the moment it is, in UTC as the server's zone; the peer "
                            + "compares the day as it was written",
                    AcceptedDifferences::dayOfAnotherZone),
            new AcceptedDifference("digits of a number",
                    "R4 3.1.1.4.6: \"When a comparison prefix in the set eq or ne is provided, the precision of the number is used: 100 is [99.5 ... 100.5)\"; "
                            + "the peer compares narrower",
                    AcceptedDifferences::digits),
            new AcceptedDifference(":missing on an element that the peer does not index",
                    "R4 3.1.1.4.5.1: \":missing ... will return all the resources that don't have a value for the parameter (which usually equates to "
                            + "not having the relevant element in the resource)\"; the peer asks its index, which has no composites, no text-only "
                            + "concepts, no references by identifier alone, and counts a resource once for each value",
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

    private static boolean dayOfAnotherZone(SearchQuestion question, SearchAnswer ours, SearchAnswer peers, SampleData data) {
        SearchQuestion.Parameter asked = question.parameters().get(0);
        if (!question.kind().startsWith("date:") || question.parameters().stream().anyMatch(p -> p.value().contains("T"))) {
            return false;
        }
        Set<String> differing = differing(ours, peers);
        ParameterDefinition parameter = definition(question.resourceType(), asked.name());
        return !differing.isEmpty() && differing.stream().allMatch(id -> SampleData.values(data.get(id), parameter).stream()
                .flatMap(value -> java.util.stream.Stream.of(value, value.path("start"), value.path("end")))
                .anyMatch(value -> AcceptedDifferences.isAnotherDayInUtc(value.asText())));
    }

    private static boolean isAnotherDayInUtc(String moment) {
        if (!moment.matches(".*T.*[+-]\\d\\d:\\d\\d")) {
            return false;
        }
        java.time.OffsetDateTime parsed = java.time.OffsetDateTime.parse(moment);
        return !parsed.toLocalDate().equals(parsed.withOffsetSameInstant(java.time.ZoneOffset.UTC).toLocalDate());
    }

    private static boolean digits(SearchQuestion question, SearchAnswer ours, SearchAnswer peers, SampleData data) {
        SearchQuestion.Parameter asked = question.parameters().get(0);
        String number = asked.value().replaceAll("^(eq|ne)|\\|.*$", "");
        if (!question.kind().matches("(quantity|number):(eq|ne)") || !number.matches("-?\\d+(\\.\\d+)?")) {
            return false;
        }
        java.math.BigDecimal searched = new java.math.BigDecimal(number);
        java.math.BigDecimal half = java.math.BigDecimal.valueOf(5, searched.scale() + 1);
        boolean equal = !question.kind().endsWith("ne");
        Set<String> differing = differing(ours, peers);
        ParameterDefinition parameter = definition(question.resourceType(), asked.name());
        return !differing.isEmpty() && differing.stream().allMatch(id -> {
            boolean within = SampleData.values(data.get(id), parameter).stream()
                    .map(value -> value.isNumber() ? value.decimalValue() : value.path("value").decimalValue())
                    .anyMatch(value -> value.subtract(searched).compareTo(half) < 0 && searched.subtract(value).compareTo(half) <= 0);
            return (within == equal) == ours.matches().contains(id);
        });
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
        // The whole answer against every resource, so that no other difference can hide here.
        return question.parameters().size() == 1
                ? Set.copyOf(ours.matches()).equals(matching(question.resourceType(), data, r -> hasValue(r, parameter) == wanted))
                : differing(ours, peers).stream().allMatch(id -> data.get(id) != null
                        && (hasValue(data.get(id), parameter) == wanted) == ours.matches().contains(id));
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

    private static Set<String> differing(SearchAnswer ours, SearchAnswer peers) {
        Set<String> differing = onlyOurs(ours, peers);
        differing.addAll(onlyOurs(peers, ours));
        return differing;
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
