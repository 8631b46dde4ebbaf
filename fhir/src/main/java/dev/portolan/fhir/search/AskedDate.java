package dev.portolan.fhir.search;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Dates of a search: what stretch of time {@code ge2020-03} or {@code 2020-03-01T10:00+01:00} names. Without a zone: UTC. */
final class AskedDate {

    private static final Pattern FORM = Pattern.compile(
        "(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\\d{4})(?:-(\\d{2})(?:-(\\d{2})(?:T(\\d{2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,9}))?)?(Z|[+ -]\\d{2}:\\d{2})?)?)?)?");

    private final Clock clock;

    AskedDate(Clock clock) {
        this.clock = clock;
    }

    CriterionValue.Date parse(String parameter, String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw invalid(parameter);
        }
        Prefix prefix = form.group(1) == null ? Prefix.EQ : Prefix.valueOf(form.group(1).toUpperCase(java.util.Locale.ROOT));
        try {
            CriterionValue.Date date = stretch(prefix, form);
            return prefix == Prefix.AP ? widen(date) : date;
        } catch (DateTimeException e) {
            throw invalid(parameter);
        }
    }

    private static InvalidSearchException invalid(String parameter) {
        return new InvalidSearchException(parameter, "the value of '" + parameter + "' is no date; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz, with a prefix such as ge before it if needed", false);
    }

    private static CriterionValue.Date stretch(Prefix prefix, Matcher form) {
        int year = Integer.parseInt(form.group(2));
        if (form.group(3) == null) {
            return days(prefix, Year.of(year).atDay(1), Year.of(year + 1).atDay(1));
        }
        YearMonth month = YearMonth.of(year, Integer.parseInt(form.group(3)));
        if (form.group(4) == null) {
            return days(prefix, month.atDay(1), month.plusMonths(1).atDay(1));
        }
        LocalDate day = month.atDay(Integer.parseInt(form.group(4)));
        return form.group(5) == null ? days(prefix, day, day.plusDays(1)) : time(prefix, day, form);
    }

    private static CriterionValue.Date days(Prefix prefix, LocalDate first, LocalDate after) {
        return new CriterionValue.Date(prefix, first.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli(), after.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli() - 1);
    }

    private static CriterionValue.Date time(Prefix prefix, LocalDate day, Matcher form) {
        LocalTime minute = LocalTime.of(Integer.parseInt(form.group(5)), Integer.parseInt(form.group(6)));
        long start = LocalDateTime.of(day, minute).toInstant(zone(form.group(9))).toEpochMilli();
        if (form.group(7) == null) {
            return new CriterionValue.Date(prefix, start, start + 59_999);
        }
        int second = Integer.parseInt(form.group(7));
        if (second > 59) {
            throw new DateTimeException("there are 60 seconds in a minute");
        }
        start += second * 1_000L;
        String fraction = form.group(8);
        if (fraction == null) {
            return new CriterionValue.Date(prefix, start, start + 999);
        }
        String digits = (fraction + "00").substring(0, 3);
        long low = start + Integer.parseInt(digits);
        long width = fraction.length() == 1 ? 99 : fraction.length() == 2 ? 9 : 0;
        return new CriterionValue.Date(prefix, low, low + width);
    }

    /** A plus that was not encoded in a URL has become a space. */
    private static ZoneOffset zone(@Nullable String text) {
        return text == null ? ZoneOffset.UTC : ZoneOffset.of(text.replace(' ', '+'));
    }

    /** R4 search, section 3.1.1.4.5: approximately is, as recommended there, within a tenth of the time between the date and now. */
    private CriterionValue.Date widen(CriterionValue.Date date) {
        long now = clock.millis();
        long slack = Math.max(Math.abs(now - date.low()), Math.abs(now - date.high())) / 10;
        return new CriterionValue.Date(Prefix.AP, date.low() - slack, date.high() + slack);
    }
}
