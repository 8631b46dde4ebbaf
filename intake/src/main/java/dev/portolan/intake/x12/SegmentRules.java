package dev.portolan.intake.x12;

import dev.portolan.intake.x12.Acknowledgement.SegmentError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which segments a transaction set has, and what their elements must be for a record to be read: {@code segments.txt} beside this class. */
final class SegmentRules {

    private static final Pattern DECIMAL = Pattern.compile("-?\\d{1,15}(\\.\\d{1,4})?|-?\\.\\d{1,4}");
    private static final Pattern INTEGER = Pattern.compile("\\d{1,9}");
    private static final Pattern DAYS = Pattern.compile("\\d{8}-\\d{8}");
    private static final int DAY_DIGITS = 8;
    /** No segment of the guides has more than 24 elements. */
    private static final int MOST_ELEMENTS = 40;
    private static final int DAYS_OF_ANY_MONTH = 28;

    private enum Kind {
        TEXT,
        DATE,
        DECIMAL,
        INTEGER
    }

    private record ElementRule(int element, boolean required, Kind kind, List<String> codes) {}

    private final Map<String, Map<String, List<ElementRule>>> sets = new HashMap<>();

    private SegmentRules() {}

    static SegmentRules read() {
        SegmentRules rules = new SegmentRules();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
            java.util.Objects.requireNonNull(SegmentRules.class.getResourceAsStream("segments.txt")), StandardCharsets.UTF_8))) {
            String set = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("[")) {
                    set = line.substring(1, line.indexOf(']'));
                    rules.sets.put(set, new HashMap<>());
                } else if (!line.isBlank() && !line.startsWith("#")) {
                    rules.add(set, line.split("\\s+"));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return rules;
    }

    /** {@code TAG 1! 2!D 3R 4=A,B}: element 1 must be there, 2 must be and is a date, 3 is a number if it is there, 4 is A or B. A line of tags alone names segments without rules. */
    private void add(String set, String[] words) {
        List<ElementRule> rules = new ArrayList<>();
        for (int i = 1; i < words.length; i++) {
            String word = words[i];
            if (!Character.isDigit(word.charAt(0))) {
                sets.get(set).putIfAbsent(word, List.of());
                continue;
            }
            String[] parts = word.split("=", 2);
            Kind kind = parts[0].endsWith("D") ? Kind.DATE : parts[0].endsWith("R") ? Kind.DECIMAL : parts[0].endsWith("N") ? Kind.INTEGER : Kind.TEXT;
            rules.add(new ElementRule(Integer.parseInt(parts[0].replaceAll("\\D", "")), parts[0].contains("!"), kind, parts.length == 1 ? List.of() : List.of(parts[1].split(","))));
        }
        sets.get(set).put(words[0], rules);
    }

    boolean knows(String set) {
        return sets.containsKey(set);
    }

    /** @param position of the segment in its transaction */
    Optional<SegmentError> check(String set, Segment segment, long position) {
        List<ElementRule> rules = sets.get(set).get(segment.tag());
        if (rules == null) {
            return Optional.of(new SegmentError(segment.tag(), position, segment.number(), "6", 0, null, "the transaction set " + set + " has no segment of this name"));
        }
        if (segment.size() > MOST_ELEMENTS) {
            return Optional.of(element(segment, position, MOST_ELEMENTS + 1, "3"));
        }
        if (segment.is("DTP")) {
            return date(segment, position);
        }
        for (ElementRule rule : rules) {
            String code = error(rule, segment.at(rule.element()));
            if (code != null) {
                return Optional.of(element(segment, position, rule.element(), code));
            }
        }
        return Optional.empty();
    }

    private static SegmentError element(Segment segment, long position, int element, String code) {
        String meaning = switch (code) {
            case "1" -> "a required element is missing";
            case "3" -> "the segment has more elements than any has";
            case "7" -> "the element has a code that is not read";
            case "8" -> "the element is no date of the calendar";
            default -> "the element is no number";
        };
        return new SegmentError(segment.tag(), position, segment.number(), "8", element, code, segment.tag() + "%02d: ".formatted(element) + meaning);
    }

    private static @org.jspecify.annotations.Nullable String error(ElementRule rule, String value) {
        if (value.isEmpty()) {
            return rule.required() ? "1" : null;
        }
        if (!rule.codes().isEmpty() && !rule.codes().contains(value)) {
            return "7";
        }
        return switch (rule.kind()) {
            case DATE -> isDate(value) ? null : "8";
            case DECIMAL -> DECIMAL.matcher(value).matches() ? null : "6";
            case INTEGER -> INTEGER.matcher(value).matches() ? null : "6";
            case TEXT -> null;
        };
    }

    /** DTP02 says what DTP03 is: D8 a date, RD8 two with a hyphen between them. */
    private static Optional<SegmentError> date(Segment segment, long position) {
        if (segment.at(3).isEmpty()) {
            return Optional.of(element(segment, position, 3, "1"));
        }
        boolean right = switch (segment.at(2)) {
            case "D8" -> isDate(segment.at(3));
            case "RD8" -> DAYS.matcher(segment.at(3)).matches() && isDate(segment.at(3).substring(0, 8)) && isDate(segment.at(3).substring(9));
            case "DT" -> segment.at(3).length() >= 8 && isDate(segment.at(3).substring(0, 8));
            default -> true;
        };
        return right ? Optional.empty() : Optional.of(element(segment, position, 3, "8"));
    }

    static boolean isDate(String value) {
        if (value.length() != DAY_DIGITS) {
            return false;
        }
        int number = 0;
        for (int i = 0; i < DAY_DIGITS; i++) {
            char c = value.charAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
            number = number * 10 + c - '0';
        }
        int year = number / 10_000;
        int month = number / 100 % 100;
        int day = number % 100;
        return year >= 1900 && month >= 1 && month <= 12 && day >= 1 && (day <= DAYS_OF_ANY_MONTH || day <= YearMonth.of(year, month).lengthOfMonth());
    }
}
