package dev.portolan.members.notice;

import dev.portolan.members.MembersSchema;
import dev.portolan.members.consent.Preference;
import dev.portolan.members.consent.Preferences;
import dev.portolan.members.notice.Notice.Kind;
import dev.portolan.members.notice.Notice.State;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes messages and keeps what became of them. Every decision of a member has its confirmation, made in the decision's own transaction. Sending is the plan's: its mail house fetches what waits, and says
 * what became of it.
 */
public final class MemberNotices {

    private static final String ITSELF = "portolan";
    private static final int MOST = 500;

    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;
    private final Clock clock;
    private final String plan;
    private final String page;
    private final NoticeTexts texts = new NoticeTexts();

    /**
     * @param preferences whose decisions are confirmed from now on
     * @param plan as members know it
     * @param page where members decide
     */
    public MemberNotices(DataSource dataSource, MembersSchema migrated, Preferences preferences, String plan, String page, Clock clock) {
        this.jdbc = JdbcClient.create(dataSource);
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        this.clock = clock;
        this.plan = plan;
        this.page = page;
        preferences.follow(this::confirm);
    }

    private void confirm(Preference decided) {
        String language = texts.language(decided.recorded().language());
        String sentence = texts.text(language, "DECISION." + decided.kind() + "." + decided.decision(), Map.of());
        make(decided.patient(), Kind.DECISION, decided.id() + " " + decided.version(), decided.recorded().language(), Map.of("decision", sentence), ITSELF);
    }

    /**
     * An education notice for a member, unless there is one of that year.
     *
     * @param language that the member wants, as BCP 47
     * @return whether it was made now
     */
    public boolean educate(Kind kind, String patient, int year, String language, String by) {
        if (kind == Kind.DECISION) {
            throw new IllegalArgumentException("A confirmation is made when a decision is.");
        }
        return make(patient, kind, String.valueOf(year), language, Map.of(), by);
    }

    private boolean make(String patient, Kind kind, String about, String wanted, Map<String, String> more, String by) {
        String language = texts.language(wanted);
        Map<String, String> values = new java.util.HashMap<>(more);
        values.put("plan", plan);
        values.put("page", page);
        String id = UUID.randomUUID().toString();
        return Boolean.TRUE.equals(transactions.execute(status -> {
            int made = jdbc.sql("""
                insert into members.notice (id, patient, kind, about, language, wanted, subject, body, state, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, 'WAITING', ?)
                on conflict (patient, kind, about) do nothing""")
                .params(id, patient, kind.name(), about, language, wanted, texts.text(language, kind + ".subject", values), texts.text(language, kind + ".body", values), at(clock.instant())).update();
            if (made == 1) {
                log(id, State.WAITING, "", "made", by);
            }
            return made == 1;
        }));
    }

    private void log(String id, State state, String channel, String detail, String by) {
        jdbc.sql("insert into members.notice_event (notice, at, state, channel, detail, by) values (?, ?, ?, ?, ?, ?)").params(id, at(clock.instant()), state.name(), channel, detail, by).update();
    }

    /**
     * Says what became of a message.
     *
     * @return empty if there is no such message
     * @throws IllegalArgumentException if it was delivered already
     */
    public Optional<Notice> report(String id, State state, String channel, String detail, String by) {
        return Objects.requireNonNull(transactions.execute(status -> {
            Optional<Notice> found = jdbc.sql("select * from members.notice where id = ? for update").param(id).query(MemberNotices::notice).optional();
            if (found.isEmpty()) {
                return found;
            }
            if (found.get().state() == State.DELIVERED) {
                throw new IllegalArgumentException("This message was delivered; nothing more can become of it.");
            }
            jdbc.sql("update members.notice set state = ? where id = ?").params(state.name(), id).update();
            log(id, state, channel, detail, by);
            return find(id);
        }));
    }

    public Optional<Notice> find(String id) {
        return jdbc.sql("select * from members.notice where id = ?").param(id).query(MemberNotices::notice).optional();
    }

    /** What became of a message, oldest first. */
    public List<Notice.Event> log(String id) {
        return jdbc.sql("select * from members.notice_event where notice = ? order by seq").param(id).query((row, number) -> new Notice.Event(instant(row, "at"), State.valueOf(row.getString("state")),
            row.getString("channel"), row.getString("detail"), row.getString("by"))).list();
    }

    /** What has yet to be sent, oldest first. */
    public List<Notice> waiting(@Nullable Kind kind) {
        String condition = kind == null ? "" : " and kind = '" + kind.name() + "'";
        return jdbc.sql("select * from members.notice where state in ('WAITING', 'FAILED')" + condition + " order by created_at, id limit " + MOST).query(MemberNotices::notice).list();
    }

    /** Everything that a member was told, newest first. */
    public List<Notice> of(String patient) {
        return jdbc.sql("select * from members.notice where patient = ? order by created_at desc, id limit " + MOST).param(patient).query(MemberNotices::notice).list();
    }

    private static Notice notice(ResultSet row, int number) throws SQLException {
        return new Notice(row.getString("id"), row.getString("patient"), Kind.valueOf(row.getString("kind")), row.getString("about"), row.getString("language"), row.getString("wanted"), row.getString("subject"),
            row.getString("body"), State.valueOf(row.getString("state")), instant(row, "created_at"));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static OffsetDateTime at(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
