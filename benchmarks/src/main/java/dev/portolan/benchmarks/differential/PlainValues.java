package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.text.Normalizer;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules of R4 search, section 3.1.1.4, for one value of a resource and one value that is asked for. */
final class PlainValues {

    private static final Pattern PREFIXED = Pattern.compile("(eq|ne|gt|lt|ge|le|sa|eb)?(.*)", Pattern.DOTALL);
    private static final long OPEN = Long.MAX_VALUE / 4;

    private PlainValues() {}

    /** A stretch of the number line or of time; both ends belong to it. */
    record Range(BigDecimal low, BigDecimal high) {

        boolean meets(Range other) {
            return low.compareTo(other.high) <= 0 && other.low.compareTo(high) <= 0;
        }

        boolean holds(Range other) {
            return low.compareTo(other.low) <= 0 && other.high.compareTo(high) <= 0;
        }
    }

    /** 3.1.1.4.8: starts with, "case and accent insensitive"; {@code :exact} and {@code :contains}. */
    static boolean string(JsonNode value, String modifier, String asked) {
        String wanted = unescape(asked);
        return texts(value).stream().anyMatch(text -> switch (modifier) {
            case "exact" -> text.equals(wanted);
            case "contains" -> folded(text).contains(folded(wanted));
            default -> folded(text).startsWith(folded(wanted));
        });
    }

    static List<String> texts(JsonNode value) {
        List<String> texts = new ArrayList<>();
        if (value.isValueNode()) {
            texts.add(value.asText());
        } else {
            for (String field : List.of("text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country", "display", "value")) {
                JsonNode part = value.path(field);
                if (part.isArray()) {
                    part.forEach(element -> texts.add(element.asText()));
                } else if (part.isTextual()) {
                    texts.add(part.asText());
                }
            }
        }
        return texts;
    }

    static String folded(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFD).replaceAll("\\p{M}+", "").toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT).replaceAll("\\s+", " ").strip();
    }

    /** 3.1.1.4.10: code, system|code, |code, system|; {@code :text} and {@code :of-type}. */
    static boolean token(JsonNode value, String modifier, String asked) {
        if (modifier.equals("text")) {
            return words(value).stream().anyMatch(text -> folded(text).startsWith(folded(unescape(asked))));
        }
        List<String> parts = split(asked, '|');
        if (modifier.equals("of-type")) {
            return coded(value.path("type"), parts.get(0), parts.get(1)) && value.path("value").asText().equals(parts.get(2));
        }
        return parts.size() == 1 ? coded(value, null, parts.get(0)) : coded(value, parts.get(0), parts.get(1));
    }

    private static List<String> words(JsonNode value) {
        List<String> words = new ArrayList<>();
        JsonNode type = value.path("type");
        for (JsonNode text : List.of(value.path("text"), value.path("display"), type.path("text"), type.path("coding").path(0).path("display"))) {
            if (text.isTextual()) {
                words.add(text.asText());
            }
        }
        value.path("coding").forEach(coding -> words.add(coding.path("display").asText()));
        words.remove("");
        return words;
    }

    /** @param system null: any; empty: the value must have none */
    private static boolean coded(JsonNode value, String system, String code) {
        if (value.isValueNode()) {
            return (system == null || system.isEmpty()) && value.asText().equals(code);
        }
        for (JsonNode coding : value.path("coding")) {
            if (coded(coding, system, code)) {
                return true;
            }
        }
        String actual = value.path(value.has("code") ? "code" : "value").asText();
        boolean sameSystem = system == null || system.equals(value.path("system").asText());
        return sameSystem && !actual.isEmpty() && (code.isEmpty() || code.equals(actual));
    }

    /** 3.1.1.4.12: id, Type/id, or a URL; a literal reference to another server is found by its URL alone. */
    static boolean reference(JsonNode value, ParameterDefinition parameter, String modifier, String asked) {
        if (modifier.equals("identifier")) {
            return token(value.path("identifier"), "", asked);
        }
        String text = value.isTextual() ? value.asText() : value.path("reference").asText();
        String wanted = unescape(asked);
        if (wanted.contains(":")) {
            return text.equals(wanted) || text.startsWith(wanted + "|");
        }
        if (wanted.contains("/_history/")) {
            return text.equals(wanted);
        }
        String literal = text.replaceFirst("/_history/.*", "");
        if (wanted.contains("/")) {
            return literal.equals(wanted);
        }
        int slash = literal.indexOf('/');
        boolean local = slash > 0 && !literal.contains(":");
        return local && literal.substring(slash + 1).equals(wanted)
                && (modifier.isEmpty() ? parameter.refersTo(literal.substring(0, slash)) : literal.substring(0, slash).equals(modifier));
    }

    /** 3.1.1.4.13: the whole of it; {@code :above} and {@code :below} by the segments of the path. */
    static boolean uri(String value, String modifier, String asked) {
        String wanted = unescape(asked);
        return switch (modifier) {
            case "below" -> value.equals(wanted) || value.startsWith(wanted + (wanted.endsWith("/") ? "" : "/"));
            case "above" -> wanted.equals(value) || wanted.startsWith(value + (value.endsWith("/") ? "" : "/"));
            default -> value.equals(wanted);
        };
    }

    /** 3.1.1.4.6: "the number ... is considered to have an implicit precision" with eq and ne; the other prefixes compare with the number itself. */
    static boolean number(JsonNode value, String asked) {
        if (!value.isNumber()) {
            return false;
        }
        Matcher parts = matcher(asked);
        BigDecimal wanted = new BigDecimal(parts.group(2));
        return compare(prefix(parts), value.decimalValue(), value.decimalValue(), wanted, half(wanted));
    }

    /** Half of the last digit's unit. */
    static BigDecimal half(BigDecimal wanted) {
        return BigDecimal.valueOf(5, Math.max(wanted.scale(), 0) + 1);
    }

    private static boolean compare(String prefix, BigDecimal low, BigDecimal high, BigDecimal wanted, BigDecimal half) {
        boolean within = low.compareTo(wanted.subtract(half)) >= 0 && high.compareTo(wanted.add(half)) < 0;
        return switch (prefix) {
            case "eq" -> within;
            case "ne" -> !within;
            case "gt" -> high.compareTo(wanted) > 0;
            case "lt" -> low.compareTo(wanted) < 0;
            case "ge" -> high.compareTo(wanted) >= 0;
            case "le" -> low.compareTo(wanted) <= 0;
            case "sa" -> low.compareTo(wanted) > 0;
            default -> high.compareTo(wanted) < 0;
        };
    }

    /** 3.1.1.4.11: a number, and after it the unit: system and code, or any of code and unit. A Range is all that lies between its ends. */
    static boolean quantity(JsonNode value, String asked) {
        List<String> parts = split(asked, '|');
        if (value.has("low") || value.has("high")) {
            return range(value, parts);
        }
        return unit(value, parts) && number(value.path("value"), parts.get(0));
    }

    private static boolean range(JsonNode range, List<String> parts) {
        JsonNode low = range.path(range.has("low") ? "low" : "high");
        JsonNode high = range.path(range.has("high") ? "high" : "low");
        Matcher asked = matcher(parts.get(0));
        BigDecimal wanted = new BigDecimal(asked.group(2));
        return range.has("low") && range.has("high") && unit(low, parts)
                && compare(prefix(asked), low.path("value").decimalValue(), high.path("value").decimalValue(), wanted, half(wanted));
    }

    private static boolean unit(JsonNode value, List<String> parts) {
        String code = value.path(value.has("currency") ? "currency" : "code").asText();
        String system = value.has("currency") ? "urn:iso:std:iso:4217" : value.path("system").asText();
        if (parts.size() == 3) {
            boolean unit = parts.get(1).isEmpty()
                    ? parts.get(2).isEmpty() || parts.get(2).equals(code) || parts.get(2).equals(value.path("unit").asText())
                    : parts.get(1).equals(system) && (parts.get(2).isEmpty() || parts.get(2).equals(code));
            return unit;
        }
        return true;
    }

    /** Location's {@code near}: latitude|longitude|distance|km, the distance along a great circle of the mean earth. */
    static boolean near(JsonNode place, String asked) {
        List<String> parts = split(asked, '|');
        double latitude = Math.toRadians(Double.parseDouble(parts.get(0)));
        double other = Math.toRadians(place.path("latitude").asDouble());
        double between = Math.toRadians(place.path("longitude").asDouble() - Double.parseDouble(parts.get(1)));
        double cosine = Math.sin(latitude) * Math.sin(other) + Math.cos(latitude) * Math.cos(other) * Math.cos(between);
        return 6371.0088 * Math.acos(Math.min(1, cosine)) <= Double.parseDouble(parts.get(2));
    }

    /** 3.1.1.4.7: what the value covers by its precision against what the asked date covers. */
    static boolean date(JsonNode value, String asked) {
        Range covered = covered(value);
        if (covered == null) {
            return false;
        }
        Matcher parts = matcher(asked);
        Range wanted = stretch(parts.group(2));
        boolean within = wanted.holds(covered);
        return switch (prefix(parts)) {
            case "eq" -> within;
            case "ne" -> !within;
            case "gt" -> covered.high.compareTo(wanted.high) > 0;
            case "lt" -> covered.low.compareTo(wanted.low) < 0;
            case "ge" -> covered.high.compareTo(wanted.high) > 0 || within;
            case "le" -> covered.low.compareTo(wanted.low) < 0 || within;
            case "sa" -> covered.low.compareTo(wanted.high) > 0;
            default -> covered.high.compareTo(wanted.low) < 0;
        };
    }

    /** A date, a Period, or the outer limits of a Timing; null if the element is none of them. */
    static Range covered(JsonNode value) {
        if (value.isTextual()) {
            return value.asText().matches("\\d{4}.*") ? stretch(value.asText()) : null;
        }
        JsonNode period = value.path("repeat").has("boundsPeriod") ? value.path("repeat").path("boundsPeriod") : value;
        List<Range> parts = new ArrayList<>();
        value.path("event").forEach(event -> parts.add(stretch(event.asText())));
        if (period.has("start") || period.has("end")) {
            parts.add(new Range(
                    period.has("start") ? stretch(period.path("start").asText()).low : BigDecimal.valueOf(-OPEN),
                    period.has("end") ? stretch(period.path("end").asText()).high : BigDecimal.valueOf(OPEN)));
        }
        return parts.stream().reduce((a, b) -> new Range(a.low.min(b.low), a.high.max(b.high))).orElse(null);
    }

    /** Milliseconds; without a time zone in UTC, as both servers run. */
    static Range stretch(String text) {
        if (text.length() <= 10) {
            LocalDate first = text.length() == 4 ? LocalDate.of(Integer.parseInt(text), 1, 1)
                    : text.length() == 7 ? YearMonth.parse(text).atDay(1) : LocalDate.parse(text);
            LocalDate next = text.length() == 4 ? first.plusYears(1) : text.length() == 7 ? first.plusMonths(1) : first.plusDays(1);
            return new Range(BigDecimal.valueOf(first.toEpochDay() * 86_400_000), BigDecimal.valueOf(next.toEpochDay() * 86_400_000 - 1));
        }
        boolean zoned = text.matches(".*(Z|[+-]\\d\\d:\\d\\d)");
        long low = OffsetDateTime.parse(zoned ? text : text + "Z").withOffsetSameInstant(ZoneOffset.UTC).toInstant().toEpochMilli();
        long width = text.contains(".") ? 1 : text.matches(".*T\\d\\d:\\d\\d(Z|[+-].*)?") ? 60_000 : 1_000;
        return new Range(BigDecimal.valueOf(low), BigDecimal.valueOf(low + width - 1));
    }

    private static Matcher matcher(String asked) {
        Matcher parts = PREFIXED.matcher(asked);
        parts.matches();
        return parts;
    }

    private static String prefix(Matcher parts) {
        return parts.group(1) == null ? "eq" : parts.group(1);
    }

    /** The parts between separators that no backslash stands before, without their backslashes. */
    static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        for (String part : text.split("(?<!\\\\)" + Pattern.quote(String.valueOf(separator)), -1)) {
            parts.add(unescape(part));
        }
        return parts;
    }

    static String unescape(String text) {
        return text.replaceAll("\\\\([,|$\\\\])", "$1");
    }
}
