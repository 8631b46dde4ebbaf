package dev.portolan.members.consent;

import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.MembersSchema;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.members.consent.Preference.Recorded;
import dev.portolan.store.ReadResult;
import dev.portolan.store.WriteConflictException;
import dev.portolan.store.WriteTransaction;
import dev.portolan.store.WriteTransaction.Written;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What members decided: it holds from the moment that {@link #record} returns, and every version of it stays. */
public final class Preferences {

    private static final String COLUMNS = "id, patient, kind, app, decision, categories, valid_until, version, recorded_at, recorded_by, relation, method, language";

    private static final int ATTEMPTS = 8;

    private final JdbcClient jdbc;
    private final JdbcTemplate template;
    private final TransactionTemplate transactions;
    private final PreferenceRecord record;
    private final SecurityEvents events;
    private final Clock clock;
    /** Whoever waits for a lock in the database holds a connection meanwhile: of each node one does. */
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final List<Consequence> consequences = new CopyOnWriteArrayList<>();

    /** What follows from a decision at once: it happens in the decision's own transaction, or the decision is not made. */
    @FunctionalInterface
    public interface Consequence {

        void of(Preference decided);
    }

    /**
     * @param record where each decision is kept as a FHIR Consent too
     * @param events where each decision is told: one that cannot be told is not made
     */
    public Preferences(DataSource dataSource, MembersSchema migrated, PreferenceRecord record, SecurityEvents events, Clock clock) {
        this.jdbc = JdbcClient.create(dataSource);
        this.template = new JdbcTemplate(dataSource);
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        this.record = record;
        this.events = events;
        this.clock = clock;
    }

    /** What is decided; see {@link Preference} for what its parts mean. */
    public record Choice(String patient, Kind kind, String app, Decision decision, Set<SensitiveCategory> categories, @Nullable Instant validUntil) {

        public Choice {
            if (kind == Kind.APP && app.isEmpty() || kind != Kind.APP && kind != Kind.SENSITIVE && !app.isEmpty()) {
                throw new IllegalArgumentException("A decision about an app names it; one about providers or payers names none.");
            }
            if (kind == Kind.SENSITIVE && (decision == Decision.DENY) == categories.isEmpty()) {
                // One decision takes the other's place: a yes to one kind would free all others, and a no to none holds nothing back.
                throw new IllegalArgumentException("What is held back is named: deny, with all categories that are; permit, without any, holds nothing back.");
            }
            if (validUntil != null && kind != Kind.PAYER_TO_PAYER) {
                throw new IllegalArgumentException("Only the sharing with other payers can be given an end.");
            }
            categories = Set.copyOf(categories);
            // As the database keeps it: what it rounds up would hold a moment longer than was said.
            validUntil = validUntil == null ? null : validUntil.truncatedTo(ChronoUnit.MICROS);
        }
    }

    /** What has to hold of the decision that stood, and what is done when the new one can be committed. */
    interface Making<R> {

        /** @param before null if nothing was decided */
        void check(@Nullable Preference before);

        /** The Consent that stands, locked. */
        void check(ReadResult present);

        R beforeCommit(Preference now, WriteTransaction transaction, Written consent);
    }

    /** Records a decision in place of the one that stood. */
    public Preference record(Choice choice, Recorded by) {
        return record(choice, by, new Making<>() {
            @Override
            public void check(@Nullable Preference before) {}

            @Override
            public void check(ReadResult present) {}

            @Override
            public Preference beforeCommit(Preference now, WriteTransaction transaction, Written consent) {
                return now;
            }
        });
    }

    <R> R record(Choice choice, Recorded by, Making<R> making) {
        oneAtATime.lock();
        try {
            for (int attempt = 1;; attempt++) {
                try {
                    return recorded(choice, by, making);
                } catch (WriteConflictException e) {
                    if (attempt == ATTEMPTS) {
                        throw e;
                    }
                }
            }
        } finally {
            oneAtATime.unlock();
        }
    }

    private <R> R recorded(Choice choice, Recorded by, Making<R> making) {
        return Objects.requireNonNull(transactions.execute(status -> {
            jdbc.sql("select pg_advisory_xact_lock(hashtextextended(?, 0))").param("members.preference " + choice.patient()).query().singleRow();
            Preference before = find(choice).orElse(null);
            making.check(before);
            Preference now = new Preference(before == null ? UUID.randomUUID().toString() : before.id(), choice.patient(), choice.kind(), choice.app(), choice.decision(), choice.categories(),
                choice.validUntil(), before == null ? 1 : before.version() + 1, clock.instant().truncatedTo(ChronoUnit.MICROS), by);
            save(now);
            consequences.forEach(consequence -> consequence.of(now));
            // Last, so that it is told when nothing but the commit can fail any more (AUD-01).
            return template.execute((ConnectionCallback<R>) connection -> record.keep(connection, now, making::check, (transaction, consent) -> {
                tell(now);
                return making.beforeCommit(now, transaction, consent);
            }));
        }));
    }

    private void tell(Preference decided) {
        Map<String, String> details = new TreeMap<>(Map.of("kind", decided.kind().name(), "decision", decided.decision().name(), "version", String.valueOf(decided.version()),
            "relation", decided.recorded().relation(), "method", decided.recorded().method()));
        details.put("categories", decided.categories().stream().map(SensitiveCategory::name).sorted().collect(Collectors.joining(" ")));
        events.record(SecurityEvent.Type.CONSENT_CHANGED, true, decided.app().isEmpty() ? null : decided.app(), decided.recorded().by(), decided.patient(), decided.id(), details);
    }

    /** From now on this follows from every decision. */
    public void follow(Consequence consequence) {
        consequences.add(consequence);
    }

    private java.util.Optional<Preference> find(Choice choice) {
        return jdbc.sql("select " + COLUMNS + " from members.preference where patient = ? and kind = ? and app = ?").params(choice.patient(), choice.kind().name(), choice.app())
            .query(Preferences::preference).optional();
    }

    private void save(Preference preference) {
        List<Object> values = Arrays.asList(preference.id(), preference.patient(), preference.kind().name(), preference.app(), preference.decision().name(),
            preference.categories().stream().map(SensitiveCategory::name).sorted().toArray(String[]::new), preference.validUntil() == null ? null : preference.validUntil().atOffset(ZoneOffset.UTC),
            preference.version(), preference.recordedAt().atOffset(ZoneOffset.UTC), preference.recorded().by(), preference.recorded().relation(), preference.recorded().method(),
            preference.recorded().language());
        jdbc.sql("""
            insert into members.preference (%s) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (id) do update set decision = excluded.decision, categories = excluded.categories, valid_until = excluded.valid_until, version = excluded.version,
              recorded_at = excluded.recorded_at, recorded_by = excluded.recorded_by, relation = excluded.relation, method = excluded.method, language = excluded.language""".formatted(COLUMNS))
            .params(values).update();
        jdbc.sql("insert into members.preference_version (%s) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)".formatted(COLUMNS)).params(values).update();
    }

    /** What stands now. */
    public List<Preference> of(Collection<String> patients) {
        return jdbc.sql("select " + COLUMNS + " from members.preference where patient = any(?) order by patient, kind, app").param(patients.toArray(String[]::new)).query(Preferences::preference).list();
    }

    /**
     * A decision, and of whom it is told.
     *
     * @param about the member who was asked for: the decision is that one's, or of a Patient that is merged into that one
     * @param mergedAt since when that is so; for a survivor's own decision since when the latest merge stands; null where nobody is merged
     */
    record Standing(Preference preference, String about, @Nullable Instant mergedAt) {}

    /** What stands now, with what those decided who are merged into these members. */
    List<Standing> standing(Collection<String> patients) {
        String[] asked = patients.toArray(String[]::new);
        return jdbc.sql("""
            select a.about, a.merged_at, p.* from (
              select x as about, x as member, (select max(m.merged_at) from members.merge m where m.survivor = x and m.undone_at is null) as merged_at from unnest(?::text[]) as x
              union all select m.survivor, m.merged, m.merged_at from members.merge m where m.survivor = any(?) and m.undone_at is null) a
            join members.preference p on p.patient = a.member order by a.about, p.patient, p.kind, p.app""").params(asked, asked)
            .query((row, number) -> {
                OffsetDateTime mergedAt = row.getObject("merged_at", OffsetDateTime.class);
                return new Standing(preference(row, number), row.getString("about"), mergedAt == null ? null : mergedAt.toInstant());
            }).list();
    }

    /** Everything that was ever decided for a member, newest first. */
    public List<Preference> history(String patient) {
        return jdbc.sql("select " + COLUMNS + " from members.preference_version where patient = ? order by recorded_at desc, version desc").param(patient).query(Preferences::preference).list();
    }

    private static Preference preference(ResultSet row, int number) throws SQLException {
        Array categories = row.getArray("categories");
        OffsetDateTime until = row.getObject("valid_until", OffsetDateTime.class);
        return new Preference(row.getString("id"), row.getString("patient"), Kind.valueOf(row.getString("kind")), row.getString("app"), Decision.valueOf(row.getString("decision")),
            SensitiveCategory.named(List.of((String[]) categories.getArray())), until == null ? null : until.toInstant(), row.getInt("version"), row.getObject("recorded_at", OffsetDateTime.class).toInstant(),
            new Recorded(row.getString("recorded_by"), row.getString("relation"), row.getString("method"), row.getString("language")));
    }
}
