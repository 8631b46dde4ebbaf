package dev.portolan.fhir.search;

import java.time.DateTimeException;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** Reads a FHIR date, dateTime or instant as the stretch of time that its precision covers. Without a time zone it is taken in UTC. */
final class DateText {

    private static final long SECOND = 1_000;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;

    private final String text;
    private int at;

    private DateText(String text) {
        this.text = text;
    }

    /** The stretch, or null if the text is no date. */
    static SearchValue.@Nullable Date parse(String text) {
        try {
            return new DateText(text).read();
        } catch (DateTimeException | NumberFormatException e) {
            // The one place that decides whether a text is a date: not a date is an answer here, not a failure.
            return null;
        }
    }

    private SearchValue.Date read() {
        int year = digits(4);
        if (done()) {
            return days(LocalDate.of(year, 1, 1), LocalDate.of(year, 12, 31));
        }
        expect('-');
        int month = digits(2);
        if (done()) {
            LocalDate first = LocalDate.of(year, month, 1);
            return days(first, first.withDayOfMonth(first.lengthOfMonth()));
        }
        expect('-');
        LocalDate day = LocalDate.of(year, month, digits(2));
        if (done()) {
            return days(day, day);
        }
        expect('T');
        return time(day.toEpochDay() * DAY);
    }

    private SearchValue.Date time(long midnight) {
        int hour = digits(2);
        expect(':');
        int minute = digits(2);
        long width = MINUTE;
        long within = hour * HOUR + minute * MINUTE;
        int second = 0;
        if (peek(':')) {
            at++;
            second = digits(2);
            within += Math.min(second, 59) * SECOND;
            width = SECOND;
            if (peek('.')) {
                at++;
                int from = at;
                width = fraction();
                within += Integer.parseInt((text.substring(from, at) + "00").substring(0, 3));
            }
        }
        if (hour > 23 || minute > 59 || second > 60) {
            throw new NumberFormatException("no time of day");
        }
        long low = midnight + within - offset();
        return new SearchValue.Date(low, low + width - 1);
    }

    /** Milliseconds are what is compared; further digits count as their millisecond. */
    private long fraction() {
        int from = at;
        while (at < text.length() && isDigit(text.charAt(at))) {
            at++;
        }
        int digits = at - from;
        if (digits == 0) {
            throw new NumberFormatException("no fraction");
        }
        return digits == 1 ? 100 : digits == 2 ? 10 : 1;
    }

    private long offset() {
        if (done()) {
            return 0;
        }
        char sign = text.charAt(at++);
        if (sign == 'Z' && done()) {
            return 0;
        }
        int hours = digits(2);
        expect(':');
        int minutes = digits(2);
        if ((sign != '+' && sign != '-') || !done() || hours > 14 || minutes > 59) {
            throw new NumberFormatException("no time zone");
        }
        return (sign == '-' ? -1 : 1) * (hours * HOUR + minutes * MINUTE);
    }

    private static SearchValue.Date days(LocalDate first, LocalDate last) {
        return new SearchValue.Date(first.toEpochDay() * DAY, (last.toEpochDay() + 1) * DAY - 1);
    }

    private int digits(int count) {
        int value = 0;
        for (int end = at + count; at < end; at++) {
            if (at >= text.length() || !isDigit(text.charAt(at))) {
                throw new NumberFormatException("a digit is missing");
            }
            value = value * 10 + text.charAt(at) - '0';
        }
        return value;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private void expect(char c) {
        if (!peek(c)) {
            throw new NumberFormatException("not a date");
        }
        at++;
    }

    private boolean peek(char c) {
        return at < text.length() && text.charAt(at) == c;
    }

    private boolean done() {
        return at == text.length();
    }
}
