package dev.portolan.provideraccess;

import dev.portolan.members.attribution.ListFigures;
import dev.portolan.tables.RoomTables;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What providers asked for in bulk, whom it covered and how long it took. */
public final class ExportLog {

    private final JdbcClient jdbc;
    private final ListFigures figures;

    /** @param figures of members' choices, which stand in the plan's report beside the exports */
    public ExportLog(DataSource dataSource, ListFigures figures) {
        this.jdbc = JdbcClient.create(dataSource);
        this.figures = figures;
    }

    /** Makes the tables of this room (schema {@code provider_access}). */
    public static void migrate(DataSource dataSource) {
        new RoomTables("provider_access", 4).migrate(dataSource);
    }

    /**
     * @param completedAt when its files were ready; null if they are not
     * @param types that were asked for
     * @param filters as they were asked for, one after the other
     */
    record Entry(String id, String group, String app, String kind, Instant startedAt, @Nullable Instant completedAt, Set<String> types, String filters) {}

    void started(Entry entry) {
        jdbc.sql("insert into provider_access.export (id, group_id, app, kind, started_at, types, filters) values (?, ?, ?, ?, ?, ?, ?)")
            .params(entry.id(), entry.group(), entry.app(), entry.kind(), sql(entry.startedAt()), entry.types().toArray(String[]::new), entry.filters()).update();
    }

    void completed(String id, int members, Instant at) {
        jdbc.sql("update provider_access.export set completed_at = ?, members = ? where id = ? and completed_at is null").params(sql(at), members, id).update();
    }

    Optional<Entry> find(String id) {
        return jdbc.sql("select id, group_id, app, kind, started_at, completed_at, types, filters from provider_access.export where id = ?").param(id)
            .query((row, number) -> new Entry(row.getString(1), row.getString(2), row.getString(3), row.getString(4), row.getObject(5, OffsetDateTime.class).toInstant(),
                Optional.ofNullable(row.getObject(6, OffsetDateTime.class)).map(OffsetDateTime::toInstant).orElse(null), Set.of((String[]) row.getArray(7).getArray()), row.getString(8))).optional();
    }

    /** Those that were not ready at an instant though they were started longer ago than a limit; some of them ended otherwise. */
    public List<String> notReady(Duration limit, Instant now) {
        return jdbc.sql("select id from provider_access.export where completed_at is null and started_at < ?").param(sql(now.minus(limit))).query(String.class).list();
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
        int optOuts = figures.optOuts(from, to);
        List<Provider> providers = jdbc.sql("select app, group_id, count(*), coalesce(sum(members), 0) from provider_access.export where started_at >= ? and started_at < ? group by 1, 2 order by 1, 2").params(time)
            .query((row, number) -> new Provider(row.getString(1), row.getString(2), row.getInt(3), row.getLong(4))).list();
        return jdbc.sql("""
            select count(*), count(completed_at), coalesce(sum(members), 0), percentile_cont(0.5) within group (order by extract(epoch from completed_at - started_at)),
              max(extract(epoch from completed_at - started_at))::float8
            from provider_access.export where started_at >= ? and started_at < ?""").params(time)
            .query((row, number) -> new Report(from, to, row.getInt(1), row.getInt(2), row.getLong(3), (Double) row.getObject(4), (Double) row.getObject(5), optOuts, providers)).single();
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
