package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The whole list, and what it takes to be on it. A difference is accepted only when our answer is, resource for resource, what {@link PlainSearch} works out
 * from the data, and when every resource that only one side has is one that an entry's sentence is about.
 */
final class AcceptedDifferences {

    static final List<AcceptedDifference> LIST = List.of(
            new AcceptedDifference("bound of a year or month",
                    "R4 3.1.1.4.5, ge and le: \"... or the range of the search value fully contains the range of the target value\"; "
                            + "the peer takes ge2020 as after 2020",
                    AcceptedDifferences::partialBound),
            new AcceptedDifference("day of a moment in another time zone",
                    "R4 3.1.1.4.7: \"Where both search parameters and resource element date times do not have time zones, the servers local time zone "
                            + "should be assumed\"; a moment with a zone is compared as the moment it is, in UTC as the server's zone; the peer "
                            + "compares the day as it was written",
                    AcceptedDifferences::dayOfAnotherZone),
            new AcceptedDifference("bound that a range only reaches",
                    "R4 3.1.1.4.5, ge and le: \"the range above (below) the search value intersects (i.e. overlaps) with the range of the target value, or the range of the "
                            + "search value fully contains the range of the target value\"; a stretch that goes beyond the bound on its other side alone does neither; "
                            + "the peer takes any overlap",
                    AcceptedDifferences::onlyReaches),
            new AcceptedDifference("parts of a composite from two elements",
                    "R4 3.1.1.4.13: \"Composite search parameters ... allow joining multiple elements into distinct single values with a $\"; "
                            + "the peer takes the parts from different components of one resource",
                    AcceptedDifferences::partsOfTwoElements),
            new AcceptedDifference("ends of a range",
                    "R4 3.1.1.4.5, eq: \"the range of the search value fully contains the range of the target value\"; the peer takes the ends of a Range for values of their own",
                    judgement -> judgement.isOf("quantity") && judgement.values().stream().anyMatch(value -> value.has("low") && value.has("high"))),
            new AcceptedDifference("unit by its text",
                    "R4 3.1.1.4.11: \"5.4||mg: ... where the unit - either the code (code) or the stated human unit (unit) - is mg\"; the peer looks at the code alone",
                    AcceptedDifferences::unitByText),
            new AcceptedDifference("beginning of a URI that is no path",
                    "R4 3.1.1.4.13: \"The :above and :below modifiers only apply to URLs, and not URNs such as OIDs\", and by the segments of the path; the peer compares characters",
                    AcceptedDifferences::noPath),
            new AcceptedDifference("version of a reference",
                    "R4 2.3.0.1: a literal reference may be version specific; who asks for Patient/1/_history/2 asks for references to that version. The peer takes the version off the question",
                    judgement -> judgement.parameter().kind().equals("reference") && judgement.asked().contains("/_history/")),
            new AcceptedDifference("fragment of a source",
                    "R4 3.1.1.4.14: \"By default, matches are precise, case and accent sensitive, and the entire URI must match\"; the peer keeps what stands after the # of a source apart, "
                            + "as the id of a request, and puts that of its own request there",
                    judgement -> judgement.parameter().name().equals("_source") && judgement.modifier().isEmpty() && judgement.asked().contains("#")),
            new AcceptedDifference("corner of a square",
                    "R4 Location.near: \"...where the current location is within the given distance\"; the peer looks into the square around the place, whose corners are farther away",
                    AcceptedDifferences::cornerOfASquare),
            new AcceptedDifference("signs that LIKE takes for its own",
                    "R4 3.1.1.4.8: \"a field matches a string query if the value of the field equals or starts with the supplied parameter value\"; the peer hands per cent signs and "
                            + "backslashes of the value on to SQL's LIKE",
                    AcceptedDifferences::signsOfLike),
            new AcceptedDifference("digits of a number",
                    "R4 3.1.1.4.6: \"When a comparison prefix in the set eq or ne is provided, the precision of the number is used: 100 is [99.5 ... 100.5)\"; "
                            + "the peer compares narrower",
                    AcceptedDifferences::digits),
            new AcceptedDifference(":missing on an element that the peer does not index",
                    "R4 3.1.1.4.4: \":missing ... will return all the resources that don't have a value for the parameter (which usually equates to "
                            + "not having the relevant element in the resource)\"; the peer asks its index, which has no composites, no text-only "
                            + "concepts, no references by identifier alone, and counts a resource once for each value",
                    AcceptedDifferences::notIndexed));

    /** A request that the peer refuses although the specification has it. */
    record Refusal(String name, String specification, Pattern diagnostics) {}

    static final List<Refusal> REFUSALS = List.of(
            new Refusal(":identifier on references",
                    "R4 3.1.1.4.12: \"When the :identifier modifier is used, the search value works as a token search\"; the peer refuses the modifier",
                    Pattern.compile("Unsupported search modifier\\(s\\): \"\\[:identifier\\]\"")));

    private final SampleData data;
    private final PlainSearch plain;

    AcceptedDifferences(SampleData data, PlainSearch plain) {
        this.data = data;
        this.plain = plain;
    }

    /** The name of the entry that explains the difference, or empty: a defect of ours, or something that nobody has looked at yet. */
    Optional<String> explain(SearchQuestion question, SearchAnswer ours, SearchAnswer peers) {
        if (ours.status() != 200 || !ours.fault().isEmpty() || !plain.matches(question).equals(new TreeSet<>(ours.matches()))) {
            return Optional.empty();
        }
        if (peers.status() != 200) {
            return REFUSALS.stream().filter(refusal -> refusal.diagnostics().matcher(peers.diagnostics()).find()).map(Refusal::name).findFirst();
        }
        Set<String> differing = new TreeSet<>(ours.matches());
        differing.addAll(peers.matches());
        differing.removeIf(id -> ours.matches().contains(id) && peers.matches().contains(id));
        Set<String> names = new TreeSet<>();
        for (String id : differing) {
            Optional<AcceptedDifference> rule = data.get(id) == null ? Optional.empty() : plain.judgements(question, data.get(id)).stream()
                    .flatMap(judgement -> LIST.stream().filter(each -> each.applies().test(judgement))).findFirst();
            if (rule.isEmpty()) {
                return Optional.empty();
            }
            names.add(rule.get().name());
        }
        return names.isEmpty() ? Optional.empty() : Optional.of(String.join(" + ", names));
    }

    private static boolean partialBound(Judgement judgement) {
        return judgement.isOf("date") && judgement.asked().matches("(ge|le)\\d{4}(-\\d{2})?")
                && moments(judgement).anyMatch(moment -> moment.startsWith(judgement.asked().substring(2)));
    }

    private static boolean onlyReaches(Judgement judgement) {
        if (!judgement.isOf("date") || !judgement.asked().matches("(ge|le).*")) {
            return false;
        }
        PlainValues.Range bound = PlainValues.stretch(judgement.asked().substring(2));
        return judgement.values().stream().map(PlainValues::covered)
                .anyMatch(covered -> covered != null && covered.meets(bound) && !bound.holds(covered));
    }

    private static boolean partsOfTwoElements(Judgement judgement) {
        if (!judgement.isOf("composite")) {
            return false;
        }
        List<String> parts = PlainSearch.parts(judgement.asked());
        List<JsonNode> elements = judgement.values();
        return elements.size() > 1 && IntStream.range(0, parts.size())
                .allMatch(i -> elements.stream().anyMatch(element -> PlainSearch.holdsPart(judgement.parameter(), i, element, parts.get(i))));
    }

    private static boolean unitByText(Judgement judgement) {
        List<String> asked = PlainValues.split(judgement.asked(), '|');
        return judgement.isOf("quantity") && asked.size() == 3 && asked.get(1).isEmpty()
                && judgement.values().stream().anyMatch(value -> value.path("unit").asText().equals(asked.get(2)) && !value.path("code").asText().equals(asked.get(2)));
    }

    private static boolean noPath(Judgement judgement) {
        return judgement.parameter().kind().equals("uri") && List.of("above", "below").contains(judgement.modifier())
                && judgement.values().stream().map(JsonNode::asText).anyMatch(uri ->
                        (uri.startsWith(judgement.asked()) || judgement.asked().startsWith(uri)) && !PlainValues.uri(uri, judgement.modifier(), judgement.asked()));
    }

    private static boolean dayOfAnotherZone(Judgement judgement) {
        return judgement.isOf("date") && !judgement.asked().contains("T") && moments(judgement).anyMatch(AcceptedDifferences::isAnotherDayInUtc);
    }

    /** What the resource holds, if it holds something, is of those kinds alone; and composites of any. */
    private static boolean notIndexed(Judgement judgement) {
        return judgement.modifier().equals("missing") && (judgement.parameter().kind().equals("composite") || judgement.parameter().kind().equals("special")
                || judgement.values().size() > 1 || judgement.values().stream().noneMatch(value -> value.isValueNode() || value.has("coding") || value.has("reference")));
    }

    /** The texts of a date, or of a period's ends. */
    private static Stream<String> moments(Judgement judgement) {
        return judgement.values().stream().flatMap(value -> Stream.of(value, value.path("start"), value.path("end"))).filter(JsonNode::isTextual).map(JsonNode::asText);
    }

    private static boolean isAnotherDayInUtc(String moment) {
        if (!moment.matches(".*T.*[+-]\\d\\d:\\d\\d")) {
            return false;
        }
        OffsetDateTime parsed = OffsetDateTime.parse(moment);
        return !parsed.toLocalDate().equals(parsed.withOffsetSameInstant(ZoneOffset.UTC).toLocalDate());
    }

    private static boolean cornerOfASquare(Judgement judgement) {
        if (!judgement.isOf("special")) {
            return false;
        }
        List<String> asked = PlainValues.split(judgement.asked(), '|');
        double kilometres = Double.parseDouble(asked.get(2)) * 1.02;
        double latitude = Double.parseDouble(asked.get(0));
        double kilometresInADegree = 111.32;
        return judgement.values().stream().anyMatch(place -> !PlainValues.near(place, judgement.asked())
                && Math.abs(place.path("latitude").asDouble() - latitude) * kilometresInADegree <= kilometres
                && Math.abs(place.path("longitude").asDouble() - Double.parseDouble(asked.get(1))) * kilometresInADegree * Math.cos(Math.toRadians(latitude)) <= kilometres);
    }

    private static boolean signsOfLike(Judgement judgement) {
        boolean compared = judgement.parameter().kind().equals("string") && List.of("", "contains").contains(judgement.modifier()) || judgement.isOf("composite");
        return compared && PlainValues.unescape(judgement.asked()).matches("(?s).*[%\\\\_].*");
    }

    private static boolean digits(Judgement judgement) {
        if (judgement.isOf("composite")) {
            List<String> parts = PlainSearch.parts(judgement.asked());
            return IntStream.range(0, parts.size()).anyMatch(i -> List.of("number", "quantity").contains(judgement.parameter().components().get(i).kind())
                    && isCloseBy(parts.get(i), judgement.values().stream().flatMap(element -> judgement.parameter().components().get(i).values(element).stream())));
        }
        return (judgement.isOf("number") || judgement.isOf("quantity")) && isCloseBy(judgement.asked(), judgement.values().stream());
    }

    /** Whether a value is within one unit of the last digit of what is asked for, and not the same. */
    private static boolean isCloseBy(String asked, Stream<JsonNode> values) {
        String number = asked.replaceAll("^(eq|ne)|\\|.*$", "");
        if (!number.matches("-?\\d+(\\.\\d+)?")) {
            return false;
        }
        BigDecimal searched = new BigDecimal(number);
        BigDecimal unit = BigDecimal.ONE.movePointLeft(searched.scale());
        return values.map(value -> value.isNumber() ? value : value.path("value")).filter(JsonNode::isNumber)
                .anyMatch(value -> value.decimalValue().subtract(searched).abs().compareTo(unit) <= 0 && value.decimalValue().compareTo(searched) != 0);
    }
}
