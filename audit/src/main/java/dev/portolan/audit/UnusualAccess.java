package dev.portolan.audit;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import javax.sql.DataSource;

/** What in the trail should be looked at by a person (AUD-08, 45 CFR 164.308(a)(1)(ii)(D)): counts by day, held against thresholds. It accuses nobody. */
public final class UnusualAccess {

    private static final int USUAL_DAYS = 28;
    private static final String VOLUME = """
        WITH daily AS (SELECT app, (recorded AT TIME ZONE 'UTC')::date AS day, count(*) AS requests, count(DISTINCT member) AS members FROM audit.entry
            WHERE recorded >= ? AND recorded < ? AND NOT api = ANY (ARRAY['identity', 'audit']) GROUP BY 1, 2)
        SELECT d.day, d.app, d.requests, d.members, round(u.usual)
        FROM daily d CROSS JOIN LATERAL (SELECT coalesce(sum(p.requests), 0) / 28.0 AS usual FROM daily p WHERE p.app = d.app AND p.day < d.day AND p.day >= d.day - 28) AS u
        WHERE d.day >= ? AND d.requests >= ? AND d.requests > u.usual * ?
        """;
    private static final String AFTER_END = """
        SELECT (recorded AT TIME ZONE 'UTC')::date, app, count(*), count(DISTINCT member), outcome FROM audit.entry
        WHERE recorded >= ? AND recorded < ? AND status >= 400 AND outcome = ANY (ARRAY['revoked', 'suspended', 'closed']) GROUP BY 1, 2, 5
        """;
    private static final String REFUSALS = """
        SELECT (recorded AT TIME ZONE 'UTC')::date, app, count(*), count(DISTINCT member), '' FROM audit.entry
        WHERE recorded >= ? AND recorded < ? AND status >= 400 AND status = 403 GROUP BY 1, 2 HAVING count(*) >= ?
        """;
    /** By the peer, and by whom it spoke for if it is a proxy: who is believed stands last, and each may have written what stands before. */
    private static final String SIGN_INS = """
        SELECT (recorded AT TIME ZONE 'UTC')::date, address, count(*), count(DISTINCT person), '' FROM audit.entry
        CROSS JOIN LATERAL unnest(ARRAY[split_part(coalesce(source, 'unknown address'), ' for ', 1), nullif(regexp_replace(source, '^.* for (.*, *)?', ''), source)]) AS address
        WHERE address IS NOT NULL AND recorded >= ? AND recorded < ? AND status >= 400 AND api = 'identity' AND operation = 'sign-in' GROUP BY 1, 2 HAVING count(*) >= ?
        """;

    private final DataSource database;
    private final Thresholds thresholds;

    /**
     * @param requests an app's requests a day below which nothing is unusual
     * @param factor how many times its mean of the 28 days before makes a day unusual
     * @param refusals answers 403 to an app on a day
     * @param signInFailures failed sign-ins from one address on a day
     */
    public record Thresholds(int requests, int factor, int refusals, int signInFailures) {

        public static final Thresholds DEFAULT = new Thresholds(1_000, 5, 20, 10);
    }

    /** What is unusual. */
    public enum Kind {
        /** Many more requests than usual. */
        VOLUME,
        /** Attempts with what was revoked, or whose app or account was stopped. */
        AFTER_REVOCATION,
        /** Many answers 403. */
        REFUSALS,
        /** Many failed sign-ins from one address. */
        SIGN_IN_FAILURES
    }

    /**
     * @param who an app, or an address for sign-ins
     * @param members different members; different accounts for sign-ins
     * @param detail in words
     */
    public record Finding(LocalDate day, Kind kind, String who, long count, long members, String detail) {}

    public UnusualAccess(DataSource database, Thresholds thresholds) {
        this.database = database;
        this.thresholds = thresholds;
    }

    /** Findings of the days from the one of {@code from} on, newest first. */
    public List<Finding> between(Instant from, Instant to) {
        LocalDate first = from.atZone(ZoneOffset.UTC).toLocalDate();
        Instant usualFrom = from.truncatedTo(ChronoUnit.DAYS).minus(USUAL_DAYS, ChronoUnit.DAYS);
        List<Finding> findings = new ArrayList<>();
        ask(findings, Kind.VOLUME, VOLUME, "requests; usual are %s a day", usualFrom, to, first, thresholds.requests(), thresholds.factor());
        ask(findings, Kind.AFTER_REVOCATION, AFTER_END, "attempts after access had ended (%s)", from, to);
        ask(findings, Kind.REFUSALS, REFUSALS, "requests were refused with 403%s", from, to, thresholds.refusals());
        ask(findings, Kind.SIGN_IN_FAILURES, SIGN_INS, "failed sign-ins%s", from, to, thresholds.signInFailures());
        findings.sort(Comparator.comparing(Finding::day).reversed().thenComparing(Finding::kind).thenComparing(Finding::who));
        return findings;
    }

    private void ask(List<Finding> findings, Kind kind, String sql, String detail, Object... values) {
        try (Connection connection = database.getConnection(); PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i] instanceof Instant instant ? instant.atOffset(ZoneOffset.UTC) : values[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    findings.add(new Finding(row.getObject(1, LocalDate.class), kind, row.getString(2), row.getLong(3), row.getLong(4), row.getLong(3) + " " + detail.formatted(row.getString(5))));
                }
            }
        } catch (SQLException e) {
            throw new AuditUnavailableException("the audit trail could not be read", e);
        }
    }
}
