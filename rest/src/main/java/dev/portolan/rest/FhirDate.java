package dev.portolan.rest;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;

/**
 * A FHIR date, dateTime or instant in a parameter, as the span of time that its precision leaves open.
 *
 * @param low first millisecond since 1970 UTC
 * @param high last millisecond
 */
public record FhirDate(long low, long high) {

    /** @throws FhirException if the text is no date */
    public static FhirDate of(String parameter, String text) {
        try {
            return switch (text.length()) {
                case 4 -> days(LocalDate.of(Integer.parseInt(text), 1, 1), LocalDate.of(Integer.parseInt(text) + 1, 1, 1));
                case 7 -> days(YearMonth.parse(text).atDay(1), YearMonth.parse(text).plusMonths(1).atDay(1));
                case 10 -> days(LocalDate.parse(text), LocalDate.parse(text).plusDays(1));
                default -> time(text);
            };
        } catch (DateTimeException | NumberFormatException e) {
            throw new FhirException(Problem.BAD_PARAMETER, parameter + " is no date: write for instance 2024-01-31 or 2024-01-31T10:00:00Z (a plus sign as %2B)");
        }
    }

    private static FhirDate days(LocalDate from, LocalDate until) {
        return new FhirDate(from.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli(), until.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli() - 1);
    }

    private static FhirDate time(String text) {
        // A plus sign of an offset that was not escaped arrives as a space.
        long at = OffsetDateTime.parse(text.replace(' ', '+')).toInstant().toEpochMilli();
        boolean hasFraction = text.indexOf('.') > 0;
        return new FhirDate(at, hasFraction ? at : at + 999);
    }
}
