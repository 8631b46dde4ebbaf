package dev.portolan.members.merge;

import dev.portolan.members.MembersSchema;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The queue of pairs that may be one person. A pair that was judged stays judged: it comes back only if what speaks for it changed since. */
public final class Duplicates {

    private static final int MOST = 200;
    private static final String COLUMNS = "first, second, grade, reasons, state, found_at, decided_at, decided_by, note";

    private final JdbcClient jdbc;
    private final Clock clock;

    public Duplicates(DataSource dataSource, MembersSchema migrated, Clock clock) {
        this.jdbc = JdbcClient.create(dataSource);
        this.clock = clock;
    }

    /** Where a pair stands. */
    public enum State {
        OPEN,
        /** The records speak against it by now. */
        WITHDRAWN,
        DISMISSED,
        MERGED
    }

    /**
     * @param first the lesser of the two Patient ids
     * @param grade {@code STRONG} or {@code POSSIBLE}
     * @param decidedBy the account; null while it is open
     */
    public record Pair(String first, String second, String grade, List<String> reasons, State state, Instant foundAt, @Nullable Instant decidedAt, @Nullable String decidedBy, @Nullable String note) {}

    /** The open ones first to be judged: the surest, then the oldest. */
    public List<Pair> list(State state) {
        return list(state, 0, MOST);
    }

    List<Pair> list(State state, int skip, int most) {
        return jdbc.sql("select " + COLUMNS + " from members.duplicate where state = ? order by grade desc, found_at, first, second offset ? limit ?").params(state.name(), skip, most).query(Duplicates::pair).list();
    }

    public long open() {
        return jdbc.sql("select count(*) from members.duplicate where state = 'OPEN'").query(Long.class).single();
    }

    public Optional<Pair> find(String one, String other) {
        return jdbc.sql("select " + COLUMNS + " from members.duplicate where first = ? and second = ?").params(lesser(one, other), greater(one, other)).query(Duplicates::pair).optional();
    }

    /** @return false if it was known already, whatever was decided of it */
    boolean offer(String one, String other, MatchRules.Verdict verdict) {
        return jdbc.sql("""
            insert into members.duplicate (first, second, grade, reasons, state, found_at) values (?, ?, ?, ?, 'OPEN', ?)
            on conflict (first, second) do update set grade = excluded.grade, reasons = excluded.reasons, state = 'OPEN', found_at = excluded.found_at, decided_at = null, decided_by = null, note = null
            where members.duplicate.state = 'WITHDRAWN' or members.duplicate.state <> 'MERGED' and members.duplicate.reasons <> excluded.reasons""")
            .params(lesser(one, other), greater(one, other), verdict.grade().name(), verdict.reasons().toArray(String[]::new), now()).update() > 0;
    }

    /** What the records say now speaks against it. */
    void withdraw(String one, String other) {
        jdbc.sql("update members.duplicate set state = 'WITHDRAWN' where first = ? and second = ? and state = 'OPEN'").params(lesser(one, other), greater(one, other)).update();
    }

    /** @return false if the pair is not open */
    public boolean dismiss(String one, String other, String by, String note) {
        return jdbc.sql("update members.duplicate set state = 'DISMISSED', decided_at = ?, decided_by = ?, note = ? where first = ? and second = ? and state = 'OPEN'")
            .params(now(), by, note, lesser(one, other), greater(one, other)).update() == 1;
    }

    /** Whoever was merged without having been offered is written down too; after the undoing they are two people. */
    void decided(String one, String other, State state, String by, String note) {
        jdbc.sql("""
            insert into members.duplicate (first, second, grade, reasons, state, found_at, decided_at, decided_by, note) values (?, ?, 'POSSIBLE', '{}', ?, ?, ?, ?, ?)
            on conflict (first, second) do update set state = excluded.state, decided_at = excluded.decided_at, decided_by = excluded.decided_by, note = excluded.note""")
            .params(lesser(one, other), greater(one, other), state.name(), now(), now(), by, note).update();
    }

    private OffsetDateTime now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
    }

    private static String lesser(String one, String other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static String greater(String one, String other) {
        return one.compareTo(other) < 0 ? other : one;
    }

    private static Pair pair(ResultSet row, int number) throws SQLException {
        OffsetDateTime decided = row.getObject("decided_at", OffsetDateTime.class);
        return new Pair(row.getString("first"), row.getString("second"), row.getString("grade"), List.of((String[]) row.getArray("reasons").getArray()), State.valueOf(row.getString("state")),
            row.getObject("found_at", OffsetDateTime.class).toInstant(), decided == null ? null : decided.toInstant(), row.getString("decided_by"), row.getString("note"));
    }
}
