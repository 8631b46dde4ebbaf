package dev.portolan.provideraccess;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/** Where a period begins or ends, in rosters and in requests: {@code 2027-01-31}, or an instant with a time zone. */
final class DayOrInstant {

    private DayOrInstant() {}

    /**
     * A date is the beginning of its day, as an end the end of it (UTC). In microseconds, as the database keeps it.
     *
     * @throws DateTimeException if it is neither
     */
    static Instant of(String text, boolean end) {
        if (text.length() == "2027-01-31".length()) {
            LocalDate day = LocalDate.parse(text);
            return (end ? day.plusDays(1) : day).atStartOfDay().toInstant(ZoneOffset.UTC);
        }
        OffsetDateTime time = OffsetDateTime.parse(text);
        if (time.getYear() < 1 || time.getYear() > 9999) {
            throw new DateTimeException("no year of FHIR's"); // Java has years of nine digits, the database has not
        }
        return time.toInstant().truncatedTo(ChronoUnit.MICROS);
    }
}
