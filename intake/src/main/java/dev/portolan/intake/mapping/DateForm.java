package dev.portolan.intake.mapping;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How the dates of a column are written: by ISO 8601, or in a form of the plan's own. A day that no calendar has is none, and is not put right: nobody here knows which day was meant. */
final class DateForm {

    private static final Pattern ISO_DATE = Pattern.compile("\\d{4}(-\\d{2}(-\\d{2})?)?");
    private static final Pattern ISO_TIME = Pattern.compile("\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2})?");
    /** How databases write a day into a column of times. */
    private static final Pattern MIDNIGHT = Pattern.compile("[^T]*T00:00(:00(\\.0+)?)?");
    /** A form that says all of a day gives this one back, its century too. */
    private static final ZonedDateTime SOME_TIME = ZonedDateTime.of(1971, 10, 31, 13, 45, 10, 0, ZoneOffset.UTC);
    private static final DateForm ISO = new DateForm("", null);

    private final String pattern;
    private final @Nullable DateTimeFormatter formatter;

    private DateForm(String pattern, @Nullable DateTimeFormatter formatter) {
        this.pattern = pattern;
        this.formatter = formatter;
    }

    /**
     * @param pattern as {@link DateTimeFormatter} has it; empty for ISO 8601
     * @throws MappingException if it is none, or leaves a part of the day open
     */
    static DateForm of(String pattern, String place) {
        if (pattern.isEmpty()) {
            return ISO;
        }
        try {
            DateTimeFormatter formatter = DateTimeFormatter.ofPattern(yearsWithoutEra(pattern), Locale.US).withResolverStyle(ResolverStyle.STRICT);
            if (LocalDate.parse(formatter.format(SOME_TIME), formatter).equals(SOME_TIME.toLocalDate())) {
                return new DateForm(pattern, formatter);
            }
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new MappingException(place, "'" + pattern + "' is no form of a date with year, month and day, such as MM/dd/yyyy: " + e.getMessage());
        }
        throw new MappingException(place, "'" + pattern + "' does not tell the century of a date; a year needs four digits");
    }

    /** A strict reader wants an era beside {@code y}, but none beside {@code u}. What stands in quotation marks is text. */
    private static String yearsWithoutEra(String pattern) {
        StringBuilder out = new StringBuilder(pattern);
        boolean isText = false;
        for (int i = 0; i < out.length(); i++) {
            isText ^= out.charAt(i) == '\'';
            if (!isText && out.charAt(i) == 'y') {
                out.setCharAt(i, 'u');
            }
        }
        return out.toString();
    }

    /** For people: what a value should have been. */
    String words() {
        return formatter == null ? "ISO 8601 date (2026-01-31)" : "date of the form " + pattern;
    }

    /** The day as FHIR writes it, or null if the text is none. */
    @Nullable String day(String text) {
        try {
            if (formatter != null) {
                return LocalDate.parse(text, formatter).toString();
            }
            if (isDay(text)) {
                return text;
            }
            if (ISO_DATE.matcher(text).matches()) {
                LocalDate.parse(text.length() == 4 ? text + "-01-01" : text.length() == 7 ? text + "-01" : text);
                return text;
            }
            return ISO_TIME.matcher(text).matches() ? LocalDate.parse(text.substring(0, 10)).toString() : null;
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** The time as FHIR writes it, if the text is one of ISO 8601; else null. Without a zone it is one of UTC; but midnight without a zone is a day, which no zone may make the one before. */
    @Nullable String time(String text) {
        if (formatter != null || !ISO_TIME.matcher(text).matches() || MIDNIGHT.matcher(text).matches()) {
            return null;
        }
        String zone = text.replaceFirst("^[^T]*T[^Z+-]*", "");
        try {
            LocalDateTime.parse(text.substring(0, text.length() - zone.length()));
            if (!zone.isEmpty()) {
                ZoneOffset.of(zone);
            }
        } catch (DateTimeException e) {
            return null;
        }
        String seconds = text.length() == 16 || "Z+-".indexOf(text.charAt(16)) >= 0 ? text.substring(0, 16) + ":00" + text.substring(16) : text;
        return seconds.length() <= 19 || Character.isDigit(seconds.charAt(seconds.length() - 1)) && !seconds.substring(19).matches(".*[+-]\\d{2}:\\d{2}") ? seconds + "Z" : seconds;
    }

    /** Most dates are days of the form 2026-01-31, which need no pattern to be known: those before the 29th are there in each month. */
    private static boolean isDay(String text) {
        if (text.length() != 10 || text.charAt(4) != '-' || text.charAt(7) != '-') {
            return false;
        }
        for (int i = 0; i < 10; i++) {
            if (i != 4 && i != 7 && (text.charAt(i) < '0' || text.charAt(i) > '9')) {
                return false;
            }
        }
        int month = (text.charAt(5) - '0') * 10 + text.charAt(6) - '0';
        int day = (text.charAt(8) - '0') * 10 + text.charAt(9) - '0';
        return month >= 1 && month <= 12 && day >= 1 && day <= 28;
    }
}
