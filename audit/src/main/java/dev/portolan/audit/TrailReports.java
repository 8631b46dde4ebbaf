package dev.portolan.audit;

import dev.portolan.tables.OneTransaction;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Counts over the trail: what compliance reports and the regulator asks for (AUD-08). Days are days of UTC. */
public final class TrailReports {

    /** Something was given out. A transaction, which writes, may read beside it: then what it did says so. */
    private static final String GIVEN = """
        e.status < 400 AND e.resources > 0 AND (NOT e.operation = ANY (ARRAY['create', 'update', 'patch', 'delete', 'transaction'])
            OR e.operation = 'transaction' AND e.query ~ '(^|; )(read|vread|search|history|[$])')
        """;
    /** Each member of an entry, with the entry. */
    private static final String BY_MEMBER = """
        (SELECT e.*, coalesce(e.member, m.each) AS whose FROM audit.entry e LEFT JOIN LATERAL unnest(e.members) AS m(each) ON true
            WHERE e.recorded >= ? AND e.recorded < ? AND (e.member IS NOT NULL OR e.members IS NOT NULL) AND
        """ + GIVEN + ") AS given\n";
    private static final String DISCLOSURES = """
        SELECT (e.recorded AT TIME ZONE 'UTC')::date AS day, e.app, e.api, e.purpose, e.person, e.relation, count(*), sum(CASE WHEN e.member IS NULL THEN 0 ELSE e.resources END),
            (SELECT array_agg(DISTINCT c ORDER BY c) FROM unnest(string_to_array(string_agg(array_to_string(e.categories, ','), ','), ',')) AS c WHERE c <> ''),
            (SELECT array_agg(DISTINCT c ORDER BY c) FROM unnest(string_to_array(string_agg(array_to_string(e.types, ','), ','), ',')) AS c WHERE c <> ''),
            (SELECT array_agg(DISTINCT c ORDER BY c) FROM unnest(string_to_array(string_agg(array_to_string(e.consents, ','), ','), ',')) AS c WHERE c <> ''),
            min(e.recorded), max(e.recorded)
        FROM (SELECT * FROM audit.entry WHERE member = ANY (?::text[]) UNION ALL SELECT * FROM audit.entry WHERE members && ?::text[]) AS e
        WHERE e.recorded >= ? AND e.recorded < ? AND NOT e.api = ANY (ARRAY['identity', 'audit']) AND
        """ + GIVEN + """
        GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1 DESC, 2, 3, 4
        """;
    private static final String APPS = """
        SELECT app, api, count(*), count(*) FILTER (WHERE status >= 400), count(*) FILTER (WHERE status = 403), sum(resources), count(DISTINCT member), min(recorded), max(recorded)
        FROM audit.entry WHERE recorded >= ? AND recorded < ? AND NOT api = ANY (ARRAY['identity', 'audit']) GROUP BY 1, 2 ORDER BY 3 DESC
        """;
    private static final String USAGE = """
        SELECT app, count(*), count(*) FILTER (WHERE days > 1) FROM (
            SELECT app, whose, count(DISTINCT (recorded AT TIME ZONE 'UTC')::date) AS days FROM
        """ + BY_MEMBER + """
            WHERE api = ? GROUP BY GROUPING SETS ((app, whose), (whose))) AS members GROUP BY app ORDER BY app NULLS FIRST
        """;

    /** Those whose apps got something, by app and altogether. Who was merged is who survived; the first and the last day tell whether there were several without sorting them. */
    private static final String MEMBERS_OF_APPS = """
        SELECT app, person, min(day) <> max(day) FROM (
            SELECT app, coalesce(merged.survivor, whose) AS person, (recorded AT TIME ZONE 'UTC')::date AS day FROM
        """ + BY_MEMBER + """
            LEFT JOIN unnest(?::text[], ?::text[]) AS merged(patient, survivor) ON merged.patient = whose WHERE api = ? AND purpose = 'MEMBER_REQUEST') AS uses
        GROUP BY GROUPING SETS ((app, person), (person))
        """;

    private static final String MEMBERS = "SELECT DISTINCT whose FROM\n" + BY_MEMBER + "WHERE api = ? AND app = ?";

    private static final int MEMBERS_AT_ONCE = 5_000;

    private final DataSource database;

    public TrailReports(DataSource database) {
        this.database = database;
    }

    /**
     * What one recipient got of one member on one day (45 CFR 164.528(b)(2): date, who, what, why).
     *
     * @param resources of this member alone; what left together with other members' is not counted here
     * @param toTheMember true if the member's own app or the member asked: such disclosures need no accounting (164.528(a)(1)(ii)) and are shown apart
     */
    public record Disclosure(LocalDate day, String app, String api, String purpose, @Nullable String person, @Nullable String relation, long accesses, long resources, List<String> categories,
        List<String> types, List<String> consents, Instant first, Instant last) {

        public boolean toTheMember() {
            return purpose.equals("MEMBER_REQUEST");
        }
    }

    /** @param patients the ids under which one member's record was kept: more than one if others were merged into it */
    public List<Disclosure> disclosures(Set<String> patients, Instant from, Instant to) {
        String[] names = patients.toArray(String[]::new);
        return rows(DISCLOSURES, row -> new Disclosure(row.getObject(1, LocalDate.class), row.getString(2), row.getString(3), row.getString(4), row.getString(5), row.getString(6), row.getLong(7),
            row.getLong(8), texts(row.getArray(9)), texts(row.getArray(10)), texts(row.getArray(11)), instant(row, 12), instant(row, 13)), names, names, from, to);
    }

    /**
     * One app at one API.
     *
     * @param members different members, where an access was about one
     */
    public record AppAccess(String app, String api, long requests, long refused, long forbidden, long resources, long members, Instant first, Instant last) {}

    public List<AppAccess> apps(Instant from, Instant to) {
        return rows(APPS, row -> new AppAccess(row.getString(1), row.getString(2), row.getLong(3), row.getLong(4), row.getLong(5), row.getLong(6), row.getLong(7), instant(row, 8), instant(row, 9)), from, to);
    }

    /** Patient ids of those whose data an app got at one API: in answers that held data, and in files that it fetched. */
    public Set<String> members(String api, String app, Instant from, Instant to) {
        return new TreeSet<>(rows(MEMBERS, row -> row.getString(1), from, to, api, app));
    }

    /**
     * Members whose data an app got (42 CFR 422.119(f)).
     *
     * @param app null for all apps together, where a member counts once however many apps the member has
     * @param members different members with at least one answer that held data
     * @param more of them, those with such answers on two or more days
     */
    public record Usage(@Nullable String app, long members, long more) {}

    /** Whoever asked, and whatever for. */
    public List<Usage> usage(String api, Year year) {
        List<Usage> usage = rows(USAGE, row -> new Usage(row.getString(1), row.getLong(2), row.getLong(3)), begins(year), begins(year.plusYears(1)), api);
        return usage.isEmpty() ? List.of(new Usage(null, 0, 0)) : usage;
    }

    /**
     * One member whose data went to an app that the member chose.
     *
     * @param app null for all apps together
     * @param more on two or more days
     */
    public record MemberUse(@Nullable String app, String member, boolean more) {}

    /**
     * What the regulator asks for each year: apps that the member chose, not the plan's own programs, which may call the same API. Every member is told once for all apps together and once for each, in no order,
     * all as the trail stood at one instant and a few thousand at a time, however many there are.
     *
     * @param survivors by Patient id, whom a merged member is now: whatever was given under either name was given to one person
     */
    public void eachMemberOfApps(String api, Year year, Map<String, String> survivors, Consumer<MemberUse> each) {
        try (Connection connection = database.getConnection()) {
            // Rows come in portions within a transaction only.
            OneTransaction.on(connection, () -> {
                try (PreparedStatement statement = connection.prepareStatement(MEMBERS_OF_APPS)) {
                    List<String> merged = List.copyOf(survivors.keySet());
                    bind(statement, begins(year), begins(year.plusYears(1)), merged.toArray(String[]::new), merged.stream().map(survivors::get).toArray(String[]::new), api);
                    statement.setFetchSize(MEMBERS_AT_ONCE);
                    try (ResultSet rows = statement.executeQuery()) {
                        while (rows.next()) {
                            each.accept(new MemberUse(rows.getString(1), rows.getString(2), rows.getBoolean(3)));
                        }
                    }
                    return null;
                }
            });
        } catch (SQLException e) {
            throw new AuditUnavailableException("the audit trail could not be read", e);
        }
    }

    private static Instant begins(Year year) {
        return year.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private <T> List<T> rows(String sql, RowReader<T> reader, Object... values) {
        try (Connection connection = database.getConnection(); PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            List<T> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(reader.read(rows));
                }
            }
            return found;
        } catch (SQLException e) {
            throw new AuditUnavailableException("the audit trail could not be read", e);
        }
    }

    private static void bind(PreparedStatement statement, Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i] instanceof Instant instant ? instant.atOffset(ZoneOffset.UTC) : values[i]);
        }
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static List<String> texts(@Nullable Array array) throws SQLException {
        return array == null ? List.of() : List.of((String[]) array.getArray());
    }
}
