package dev.portolan.fhir.search;

import java.time.Clock;
import java.util.Locale;

/** Dates of a search: what stretch of time {@code ge2020-03} or {@code 2020-03-01T10:00+01:00} names. Without a zone: UTC. */
final class AskedDate {

    private final Clock clock;

    AskedDate(Clock clock) {
        this.clock = clock;
    }

    CriterionValue.Date parse(String parameter, String text) {
        Prefix prefix = prefix(text);
        // A plus that was not encoded in a URL has become a space.
        SearchValue.Date stretch = DateText.parse((startsWith(text, prefix) ? text.substring(2) : text).replace(' ', '+'));
        if (stretch == null) {
            throw new InvalidSearchException(parameter, "the value of '" + parameter
                + "' is no date; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz, with a prefix such as ge before it if needed", false);
        }
        CriterionValue.Date date = new CriterionValue.Date(prefix, stretch.low(), stretch.high());
        return prefix == Prefix.AP ? widen(date) : date;
    }

    private static Prefix prefix(String text) {
        for (Prefix prefix : Prefix.values()) {
            if (startsWith(text, prefix)) {
                return prefix;
            }
        }
        return Prefix.EQ;
    }

    private static boolean startsWith(String text, Prefix prefix) {
        return text.startsWith(prefix.name().toLowerCase(Locale.ROOT));
    }

    /** R4 search, section 3.1.1.4.5: approximately is, as recommended there, within a tenth of the time between the date and now. */
    private CriterionValue.Date widen(CriterionValue.Date date) {
        long now = clock.millis();
        long slack = Math.max(Math.abs(now - date.low()), Math.abs(now - date.high())) / 10;
        return new CriterionValue.Date(Prefix.AP, date.low() - slack, date.high() + slack);
    }
}
