package dev.portolan.members.attribution;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Instants as the database keeps them: in microseconds. */
final class Instants {

    /** What enrollments, contracts and rosters write for "without an end". The day after it has a year of five digits, which neither FHIR nor the database's texts take. */
    private static final Instant NEVER = Instant.parse("9999-12-31T00:00:00Z");

    private Instants() {}

    /** Null for an end that never comes. */
    static @Nullable Instant end(@Nullable Instant end) {
        return end == null || !end.isBefore(NEVER) ? null : end;
    }

    static OffsetDateTime sql(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
    }

    static Instant micros(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MICROS);
    }

    /** For an array of timestamps, which the driver takes as text. */
    static @Nullable String[] texts(Stream<@Nullable Instant> instants) {
        return instants.map(instant -> instant == null ? null : sql(instant).toString()).toArray(String[]::new);
    }

    static @Nullable Instant read(ResultSet row, String column) throws SQLException {
        OffsetDateTime at = row.getObject(column, OffsetDateTime.class);
        return at == null ? null : at.toInstant();
    }

    static Instant required(ResultSet row, String column) throws SQLException {
        return java.util.Objects.requireNonNull(read(row, column), column);
    }
}
