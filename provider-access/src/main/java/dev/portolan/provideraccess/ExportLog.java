package dev.portolan.provideraccess;

import dev.portolan.tables.RoomTables;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What providers asked for in bulk, whom it covered and how long it took. */
public final class ExportLog {

    private final JdbcClient jdbc;

    public ExportLog(DataSource dataSource) {
        this.jdbc = JdbcClient.create(dataSource);
    }

    /** Makes the tables of this room (schema {@code provider_access}). */
    public static void migrate(DataSource dataSource) {
        new RoomTables("provider_access", 3).migrate(dataSource);
    }

    record Entry(String id, String group, String app, String kind) {}

    void started(String id, String group, String app, String kind, Instant at) {
        jdbc.sql("insert into provider_access.export (id, group_id, app, kind, started_at) values (?, ?, ?, ?, ?)").params(id, group, app, kind, sql(at)).update();
    }

    void completed(String id, int members, Instant at) {
        jdbc.sql("update provider_access.export set completed_at = ?, members = ? where id = ? and completed_at is null").params(sql(at), members, id).update();
    }

    Optional<Entry> find(String id) {
        return jdbc.sql("select id, group_id, app, kind from provider_access.export where id = ?").param(id)
            .query((row, number) -> new Entry(row.getString(1), row.getString(2), row.getString(3), row.getString(4))).optional();
    }

    /** When the group's provider last got these members' data, as it was when the export began; without those who were never sent, and of exports of another kind without anyone. */
    Map<String, Instant> sentBefore(String export, String kind, Collection<String> patients) {
        Map<String, Instant> sent = new HashMap<>();
        jdbc.sql("""
            select t.patient, t.sent_at from provider_access.export e join members.transmission t on t.group_id = e.group_id and t.patient = any(?)
            where e.id = ? and e.kind = ? and t.sent_at < e.started_at""")
            .params(patients.toArray(String[]::new), export, kind).query((row, number) -> sent.put(row.getString(1), row.getObject(2, OffsetDateTime.class).toInstant())).list();
        return sent;
    }

    /** How many have waited longer than a limit. */
    public int olderThan(Duration limit, Instant now) {
        return jdbc.sql("""
            select count(*) from provider_access.export e where completed_at is null and started_at < ?
              and exists (select from bulk_data.export b where b.id = e.id and b.state in ('QUEUED', 'RUNNING'))""").param(sql(now.minus(limit))).query(Integer.class).single();
    }

    /**
     * The plan's report for a time.
     *
     * @param medianSeconds from a request to its files; null if none was completed
     * @param longestSeconds the same for the slowest
     */
    public record Report(Instant from, Instant to, int requests, int completed, long membersCovered, @Nullable Double medianSeconds, @Nullable Double longestSeconds, int optOuts, List<Provider> providers) {}

    public record Provider(String app, String group, int requests, long membersCovered) {}

    public Report report(Instant from, Instant to) {
        List<Object> time = Arrays.asList(sql(from), sql(to));
        int optOuts = optOuts(from, to);
        List<Provider> providers = jdbc.sql("select app, group_id, count(*), coalesce(sum(members), 0) from provider_access.export where started_at >= ? and started_at < ? group by 1, 2 order by 1, 2").params(time)
            .query((row, number) -> new Provider(row.getString(1), row.getString(2), row.getInt(3), row.getLong(4))).list();
        return jdbc.sql("""
            select count(*), count(completed_at), coalesce(sum(members), 0), percentile_cont(0.5) within group (order by extract(epoch from completed_at - started_at)),
              max(extract(epoch from completed_at - started_at))::float8
            from provider_access.export where started_at >= ? and started_at < ?""").params(time)
            .query((row, number) -> new Report(from, to, row.getInt(1), row.getInt(2), row.getLong(3), (Double) row.getObject(4), (Double) row.getObject(5), optOuts, providers)).single();
    }

    /** Different members who said no to Provider Access within a time. */
    int optOuts(Instant from, Instant to) {
        return jdbc.sql("select count(distinct patient) from members.preference_version where kind = 'PROVIDER_ACCESS' and decision = 'DENY' and recorded_at >= ? and recorded_at < ?").params(sql(from), sql(to))
            .query(Integer.class).single();
    }

    /**
     * Exports of one list.
     *
     * @param longestSeconds from asking to files; null if none was ready
     */
    record OfList(int asked, int ready, @Nullable Double longestSeconds) {

        static final OfList NONE = new OfList(0, 0, null);
    }

    Map<String, OfList> byList(Instant from, Instant to) {
        Map<String, OfList> lists = new HashMap<>();
        jdbc.sql("""
            select group_id, count(*), count(completed_at), max(extract(epoch from completed_at - started_at))::float8 from provider_access.export where started_at >= ? and started_at < ? group by 1""")
            .params(sql(from), sql(to)).query((row, number) -> lists.put(row.getString(1), new OfList(row.getInt(2), row.getInt(3), (Double) row.getObject(4)))).list();
        return lists;
    }

    private static OffsetDateTime sql(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
