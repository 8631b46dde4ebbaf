package dev.portolan.provideraccess;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The tables of notices. */
final class NoticeRows {

    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;

    NoticeRows(DataSource dataSource) {
        this.jdbc = JdbcClient.create(dataSource);
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(dataSource));
    }

    /** @param last the newest that was handed over; null if none was */
    record Told(@Nullable LocalDate last, @Nullable LocalDate coverStart) {

        static final Told NEVER = new Told(null, null);
    }

    /** What the newest notice that was handed over was, by Patient id. */
    private Map<String, Told> told(Collection<String> patients) {
        Map<String, Told> told = new HashMap<>();
        jdbc.sql("select distinct on (patient) patient, handed_over, cover_start from provider_access.notice where patient = any(?) and batch is not null order by patient, handed_over desc, id desc")
            .param(patients.toArray(String[]::new)).query((row, number) -> told.put(row.getString(1), new Told(row.getObject(2, LocalDate.class), row.getObject(3, LocalDate.class)))).list();
        return told;
    }

    /**
     * From now on those of a stretch of whom it is wanted have an open notice, and the others of it have none.
     *
     * @param wants says it by what they were told; what is handed over meanwhile is known to it
     */
    void keep(Collection<String> stretch, Function<Map<String, Told>, List<Notice>> wants) {
        transactions.executeWithoutResult(status -> {
            lock();
            List<Notice> wanted = wants.apply(told(stretch));
            jdbc.sql("delete from provider_access.notice where batch is null and patient = any(?) and not patient = any(?)")
                .params(stretch.toArray(String[]::new), wanted.stream().map(Notice::patient).toArray(String[]::new)).update();
            jdbc.sql("""
                insert into provider_access.notice (patient, reason, cover_start, due) select n.patient, n.reason, n.cover_start, n.due from unnest(?::text[], ?::text[], ?::text[]::date[], ?::text[]::date[])
                  as n(patient, reason, cover_start, due)
                on conflict (patient) where batch is null do update set reason = excluded.reason, cover_start = excluded.cover_start, due = excluded.due
                where (notice.reason, notice.cover_start, notice.due) is distinct from (excluded.reason, excluded.cover_start, excluded.due)""")
                .params(wanted.stream().map(Notice::patient).toArray(String[]::new), wanted.stream().map(notice -> notice.reason().name()).toArray(String[]::new),
                    wanted.stream().map(notice -> notice.coverStart().toString()).toArray(String[]::new), wanted.stream().map(notice -> notice.due().toString()).toArray(String[]::new)).update();
        });
    }

    /** Counting and handing over take turns: what is handed over while it is counted would be listed again. */
    private void lock() {
        jdbc.sql("select pg_advisory_xact_lock(hashtext('provider_access.notice'))").query().singleRow();
    }

    /** Patient ids of open notices after one, in the order of ids. */
    List<String> open(String after, int most) {
        return jdbc.sql("select patient from provider_access.notice where batch is null and patient > ? order by patient limit ?").params(after, most).query(String.class).list();
    }

    void close(Collection<String> patients) {
        jdbc.sql("delete from provider_access.notice where batch is null and patient = any(?)").param(patients.toArray(String[]::new)).update();
    }

    /** Hands over what is open and due up to a day; empty if nothing is. */
    Optional<Batch> handOver(LocalDate dueBy, String by, Instant now) {
        return transactions.execute(status -> {
            lock();
            if (jdbc.sql("select not exists (select from provider_access.notice where batch is null and due <= ?)").param(dueBy).query(Boolean.class).single()) {
                return Optional.empty();
            }
            long batch = jdbc.sql("insert into provider_access.notice_batch (made_at, made_by, due_by, members) values (?, ?, ?, 0) returning id").params(now.atOffset(ZoneOffset.UTC), by, dueBy)
                .query(Long.class).single();
            int members = jdbc.sql("update provider_access.notice set batch = ?, handed_over = ? where batch is null and due <= ?").params(batch, LocalDate.ofInstant(now, ZoneOffset.UTC), dueBy).update();
            jdbc.sql("update provider_access.notice_batch set members = ? where id = ?").params(members, batch).update();
            return batch(batch);
        });
    }

    /** Its notices are open again; false if it was taken back before. */
    boolean takeBack(long batch, String by, Instant now) {
        return Boolean.TRUE.equals(transactions.execute(status -> {
            lock();
            if (jdbc.sql("update provider_access.notice_batch set taken_back_at = ?, taken_back_by = ? where id = ? and taken_back_at is null").params(now.atOffset(ZoneOffset.UTC), by, batch).update() == 0) {
                return false;
            }
            jdbc.sql("delete from provider_access.notice o where o.batch is null and exists (select from provider_access.notice h where h.batch = ? and h.patient = o.patient)").param(batch).update();
            jdbc.sql("update provider_access.notice set batch = null, handed_over = null where batch = ?").param(batch).update();
            return true;
        }));
    }

    Optional<Batch> batch(long id) {
        return jdbc.sql("select * from provider_access.notice_batch where id = ?").param(id).query(NoticeRows::batch).optional();
    }

    List<Batch> batches(int most) {
        return jdbc.sql("select * from provider_access.notice_batch order by id desc limit ?").param(most).query(NoticeRows::batch).list();
    }

    private static Batch batch(ResultSet row, int number) throws SQLException {
        return new Batch(row.getLong("id"), row.getTimestamp("made_at").toInstant(), row.getString("made_by"), row.getObject("due_by", LocalDate.class), row.getInt("members"), row.getString("taken_back_by"));
    }

    /** Of a batch, after one of its notices. */
    List<Listed> of(long batch, long after, int most) {
        return jdbc.sql("select id, patient, reason, cover_start, due from provider_access.notice where batch = ? and id > ? order by id limit ?").params(batch, after, most).query(NoticeRows::listed).list();
    }

    /** Open ones, the most urgent first. */
    List<Listed> due(int most) {
        return jdbc.sql("select id, patient, reason, cover_start, due from provider_access.notice where batch is null order by due, id limit ?").param(most).query(NoticeRows::listed).list();
    }

    private static Listed listed(ResultSet row, int number) throws SQLException {
        return new Listed(row.getLong(1), new Notice(row.getString(2), Notice.Reason.valueOf(row.getString(3)), row.getObject(4, LocalDate.class), row.getObject(5, LocalDate.class)));
    }

    List<Open> open(LocalDate today) {
        return jdbc.sql("select reason, count(*), count(*) filter (where due < ?), min(due) from provider_access.notice where batch is null group by 1 order by 1").param(today)
            .query((row, number) -> new Open(Notice.Reason.valueOf(row.getString(1)), row.getInt(2), row.getInt(3), row.getObject(4, LocalDate.class))).list();
    }

    record Listed(long id, Notice notice) {}

    /**
     * Open notices of one reason.
     *
     * @param overdue those of them whose day is over
     */
    public record Open(Notice.Reason reason, int members, int overdue, LocalDate nextDue) {}

    /** @param takenBackBy null unless it was taken back */
    public record Batch(long id, Instant madeAt, String madeBy, LocalDate dueBy, int members, @Nullable String takenBackBy) {}
}
