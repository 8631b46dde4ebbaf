package dev.portolan.rest;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.regex.Pattern;

/**
 * A FHIR date, dateTime or instant in a parameter, as the span of time that its precision leaves open.
 *
 * @param low first millisecond since 1970 UTC
 * @param high last millisecond
 */
public record FhirDate(long low, long high) {

    /**
     * R4 datatypes, sections 2.24.0.1.3 to 5, with the seconds optional as they are in searches (R4 search, section 3.1.1.4.7). Java alone takes years
     * of nine digits and a sign, of which neither milliseconds nor the database's times can be made.
     */
    private static final Pattern FORM = Pattern.compile(
        "(?!0000)[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?");

    /** @throws FhirException if the text is no date */
    public static FhirDate of(String parameter, String text) {
        // A plus sign of an offset that was not escaped arrives as a space.
        String date = text.replace(' ', '+');
        if (!FORM.matcher(date).matches()) {
            throw wrong(parameter);
        }
        try {
            return switch (date.length()) {
                case 4 -> days(LocalDate.of(Integer.parseInt(date), 1, 1), LocalDate.of(Integer.parseInt(date) + 1, 1, 1));
                case 7 -> days(YearMonth.parse(date).atDay(1), YearMonth.parse(date).plusMonths(1).atDay(1));
                case 10 -> days(LocalDate.parse(date), LocalDate.parse(date).plusDays(1));
                default -> time(date);
            };
        } catch (DateTimeException e) {
            throw wrong(parameter); // a day that its month does not have
        }
    }

    private static FhirException wrong(String parameter) {
        return new FhirException(Problem.BAD_PARAMETER, parameter + " is no date: write for instance 2024-01-31 or 2024-01-31T10:00:00Z (a plus sign as %2B)");
    }

    private static FhirDate days(LocalDate from, LocalDate until) {
        return new FhirDate(from.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli(), until.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli() - 1);
    }

    private static FhirDate time(String text) {
        long at = OffsetDateTime.parse(text).toInstant().toEpochMilli();
        boolean hasFraction = text.indexOf('.') > 0;
        boolean hasSeconds = text.indexOf(':', "2024-01-31T10:".length()) == "2024-01-31T10:00".length();
        return new FhirDate(at, hasFraction ? at : hasSeconds ? at + 999 : at + 59_999);
    }
}
