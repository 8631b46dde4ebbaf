package dev.portolan.compliance;

import dev.portolan.audit.RecordedEntry;
import dev.portolan.audit.TrailFilter;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A question of compliance staff as it comes in a URL, read once.
 *
 * @param asked what was given, by name, for links and for the trail; without empty values
 * @param after the place that the page before ended with, or null
 */
record TrailQuestion(TrailFilter filter, Map<String, String> asked, RecordedEntry.@Nullable Place after, int count) {

    private static final int COUNT = 50;
    private static final int MOST = 500;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9.-]{1,64}");
    /** No database holds every time that Java does, and there are no entries of others. */
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");
    private static final Set<String> NAMES = Set.of("member", "app", "person", "api", "operation", "type", "outcome", "from", "to", "cursor", "count");

    /** What cannot be answered as it was asked; the message says what to change. */
    static final class Invalid extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Invalid(String message) {
            super(message);
        }
    }

    static TrailQuestion of(Map<String, String> parameters) {
        Map<String, String> asked = new LinkedHashMap<>();
        parameters.forEach((name, value) -> {
            if (!NAMES.contains(name)) {
                throw new Invalid("There is no parameter " + name + "; there are member, app, person, api, operation, type, outcome, from, to, count and cursor.");
            }
            if (value.indexOf('\0') >= 0) {
                throw new Invalid(name + " holds U+0000, which is in no entry.");
            }
            if (!value.isBlank()) {
                asked.put(name, value.strip());
            }
        });
        TrailFilter filter = new TrailFilter(members(asked.get("member")), from(asked.get("from")), to(asked.get("to")), asked.get("app"), asked.get("person"), null, outcome(asked.get("outcome")), set(asked.get("api")), Set.of(),
            set(asked.get("operation")), Set.of(), null, asked.get("type"), null, false);
        String cursor = asked.remove("cursor");
        RecordedEntry.Place after = cursor == null ? null : RecordedEntry.Place.ofCursor(cursor).orElseThrow(() -> new Invalid("The cursor is none of this server's: start again without it."));
        return new TrailQuestion(filter, asked, after, count(asked.get("count")));
    }

    private static Set<String> set(@Nullable String value) {
        return value == null ? Set.of() : Arrays.stream(value.split(",")).map(String::strip).collect(Collectors.toSet());
    }

    private static Set<String> members(@Nullable String value) {
        Set<String> members = set(value);
        members.forEach(TrailQuestion::member);
        return members;
    }

    /** What is no id is no member's: it stands in the trail, as what was asked, and nobody could be found by it. */
    static String member(String id) {
        if (!ID.matcher(id).matches()) {
            throw new Invalid("member is the id of a Patient: up to 64 letters, digits, hyphens and dots.");
        }
        return id;
    }

    private static Set<Integer> outcome(@Nullable String outcome) {
        return switch (outcome == null ? "" : outcome) {
            case "" -> Set.of();
            case "served" -> Set.of(2);
            case "refused" -> Set.of(4);
            case "failed" -> Set.of(5);
            default -> throw new Invalid("outcome is one of served, refused and failed.");
        };
    }

    private static int count(@Nullable String count) {
        try {
            return count == null ? COUNT : Math.max(1, Math.min(MOST, Integer.parseInt(count)));
        } catch (NumberFormatException e) {
            throw new Invalid("count is a whole number up to " + MOST + ".");
        }
    }

    static @Nullable Instant from(@Nullable String from) {
        return from == null || from.isBlank() ? null : instant("from", from.strip(), 0);
    }

    /** A day as the end is the whole of it. */
    static @Nullable Instant to(@Nullable String to) {
        return to == null || to.isBlank() ? null : instant("to", to.strip(), 1);
    }

    private static Instant instant(String name, String text, int daysMore) {
        try {
            Instant instant = text.length() == 10 ? LocalDate.parse(text).plusDays(daysMore).atStartOfDay(ZoneOffset.UTC).toInstant() : OffsetDateTime.parse(text).toInstant();
            if (!instant.isBefore(EARLIEST) && !instant.isAfter(LATEST)) {
                return instant;
            }
        } catch (DateTimeException e) {
            throw new Invalid(name + " is a day as 2026-11-27, or a time as 2026-11-27T10:00:00Z.");
        }
        throw new Invalid(name + " lies between the years 1 and 9999.");
    }
}
