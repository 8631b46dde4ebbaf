package dev.portolan.members.merge;

import dev.portolan.identity.account.MovedSignIns;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.members.MembersSchema;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.MemberMerges;
import dev.portolan.store.Purpose;
import dev.portolan.store.RecordDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes two Patients one record, and two again, when a person says so. The records, whose patients they are and that it happened are one transaction with the entry of the trail before its end: all of it
 * stands, or nothing. What members decided is not touched: while the merge stands the stricter of both holds, and afterwards each has again what was decided for it.
 */
public final class Merges {

    private static final String COLUMNS = "survivor, merged, merged_at, merged_by, reason, resources, sign_ins_moved, undone_at, undone_by, undo_reason";
    private static final Set<String> CONFLICTS = Set.of("40001", "40P01");
    private static final int ATTEMPTS = 5;
    private static final int MOST = 200;
    private static final Grant GRANT = new Grant("member-merge", "portolan", null, Purpose.ADMINISTRATION, new Grant.Members.Everyone(),
        Map.of("*", new Grant.Rule(EnumSet.of(Interaction.READ, Interaction.CREATE, Interaction.UPDATE), List.of())), Set.of(), Set.of());

    private final JdbcClient jdbc;
    private final JdbcTemplate template;
    private final TransactionTemplate transactions;
    private final MemberMerges records;
    private final Attributions attributions;
    private final Duplicates duplicates;
    private final MovedSignIns signIns;
    private final SecurityEvents events;
    private final Clock clock;
    /** Each takes two connections, the second for the trail while it holds the first. */
    private final ReentrantLock oneAtATime = new ReentrantLock();

    public Merges(DataSource dataSource, MembersSchema migrated, RecordDatabase records, Attributions attributions, Duplicates duplicates, MovedSignIns signIns,
        SecurityEvents events, Clock clock) {
        this.jdbc = JdbcClient.create(dataSource);
        this.template = new JdbcTemplate(dataSource);
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        this.records = records.merges(GRANT);
        this.attributions = attributions;
        this.duplicates = duplicates;
        this.signIns = signIns;
        this.events = events;
        this.clock = clock;
    }

    /**
     * @param resources that went into the survivor's record when they were merged
     * @param signInsMoved whether the merged member's sign-ins act for the survivor while it stands
     * @param undoneAt null while it stands, as the two after it
     */
    public record Merge(String survivor, String merged, Instant mergedAt, String mergedBy, String reason, int resources, boolean signInsMoved, @Nullable Instant undoneAt, @Nullable String undoneBy,
        @Nullable String undoReason) {

        public boolean stands() {
            return undoneAt == null;
        }
    }

    /**
     * @param moveSignIns whether those who sign in for the merged member act for the survivor from now on, and their apps with their next token
     * @param by the account of the member of staff who decided it
     * @throws MemberMerges.RefusedException if one is no member, or already part of a merge
     */
    public Merge merge(String survivor, String merged, boolean moveSignIns, String by, String reason) {
        return change(() -> {
            int moved = connected(connection -> records.merge(connection, survivor, merged));
            jdbc.sql("insert into members.merge (survivor, merged, merged_at, merged_by, reason, resources, sign_ins_moved) values (?, ?, ?, ?, ?, ?, ?)")
                .params(survivor, merged, now(), by, reason, moved, moveSignIns).update();
            if (moveSignIns) {
                signIns.move(merged, survivor, by);
            }
            attributions.recount(List.of(survivor, merged));
            duplicates.decided(survivor, merged, Duplicates.State.MERGED, by, reason);
            tell(SecurityEvent.Type.MEMBER_MERGED, survivor, merged, by, moved);
            return standing(merged);
        });
    }

    /**
     * @throws MemberMerges.RefusedException if the Patient is not merged
     */
    public Merge undo(String merged, String by, String reason) {
        return change(() -> {
            String survivor = jdbc.sql("select survivor from members.merge where merged = ? and undone_at is null").param(merged).query(String.class).optional().orElse("");
            int moved = connected(connection -> records.unmerge(connection, merged));
            signIns.giveBack(merged, by);
            long id = jdbc.sql("update members.merge set undone_at = ?, undone_by = ?, undo_reason = ? where merged = ? and undone_at is null returning id").params(now(), by, reason, merged)
                .query(Long.class).single();
            attributions.recount(List.of(survivor, merged));
            duplicates.decided(survivor, merged, Duplicates.State.DISMISSED, by, reason);
            tell(SecurityEvent.Type.MEMBER_UNMERGED, survivor, merged, by, moved);
            return jdbc.sql("select " + COLUMNS + " from members.merge where id = ?").param(id).query(Merges::merge).single();
        });
    }

    /** The latest first. */
    public List<Merge> list() {
        return list(0, MOST);
    }

    List<Merge> list(int skip, int most) {
        return jdbc.sql("select " + COLUMNS + " from members.merge order by id desc offset ? limit ?").params(skip, most).query(Merges::merge).list();
    }

    long count() {
        return jdbc.sql("select count(*) from members.merge").query(Long.class).single();
    }

    /** Whom each merged member is now, by the Patients' ids. */
    public Map<String, String> survivors() {
        Map<String, String> survivors = new HashMap<>();
        jdbc.sql("select merged, survivor from members.merge where undone_at is null").query((row, number) -> survivors.put(row.getString(1), row.getString(2))).list();
        return survivors;
    }

    /** The ids of all Patients who are one with this one now: itself, and who was merged into it. */
    public Set<String> names(String patient) {
        Set<String> names = new TreeSet<>(jdbc.sql("select merged from members.merge where survivor = ? and undone_at is null").param(patient).query(String.class).list());
        names.add(patient);
        return names;
    }

    /** The ids of all Patients whose record ever was one with this one's, itself among them: a merge that was undone has left its time's marks under the survivor's. */
    public Set<String> everNames(String patient) {
        return new TreeSet<>(jdbc.sql("""
            with recursive one(patient) as (select ?::text union select case when m.merged = one.patient then m.survivor else m.merged end from members.merge m join one on one.patient in (m.merged, m.survivor))
            select patient from one""").param(patient).query(String.class).list());
    }

    private Merge standing(String merged) {
        return jdbc.sql("select " + COLUMNS + " from members.merge where merged = ? and undone_at is null").param(merged).query(Merges::merge).single();
    }

    private void tell(SecurityEvent.Type type, String survivor, String merged, String by, int moved) {
        events.record(type, true, null, by, survivor, null, Map.of("survivor", survivor, "merged", merged, "resources", String.valueOf(moved)));
    }

    /** Writers and mergers that got into each other's way begin again. */
    private Merge change(Supplier<Merge> work) {
        oneAtATime.lock();
        try {
            for (int attempt = 1;; attempt++) {
                try {
                    return Objects.requireNonNull(transactions.execute(status -> {
                        attributions.lock();
                        return work.get();
                    }));
                } catch (RuntimeException e) {
                    if (attempt == ATTEMPTS || !isConflict(e)) {
                        throw e;
                    }
                }
            }
        } finally {
            oneAtATime.unlock();
        }
    }

    private static boolean isConflict(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && CONFLICTS.contains(String.valueOf(sql.getSQLState()))) {
                return true;
            }
        }
        return false;
    }

    private interface Change {
        int on(Connection connection) throws SQLException;
    }

    private int connected(Change change) {
        return Objects.requireNonNull(template.execute((ConnectionCallback<Integer>) change::on));
    }

    private OffsetDateTime now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
    }

    private static Merge merge(ResultSet row, int number) throws SQLException {
        OffsetDateTime undone = row.getObject("undone_at", OffsetDateTime.class);
        return new Merge(row.getString("survivor"), row.getString("merged"), row.getObject("merged_at", OffsetDateTime.class).toInstant(), row.getString("merged_by"), row.getString("reason"),
            row.getInt("resources"), row.getBoolean("sign_ins_moved"), undone == null ? null : undone.toInstant(), row.getString("undone_by"), row.getString("undo_reason"));
    }
}
