package dev.portolan.members.merge;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.members.MembersSchema;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.RecordScan;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.ScanRange;
import dev.portolan.store.ScanRequest;
import dev.portolan.store.ScanSink;
import dev.portolan.store.StoredResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Finds pairs for the queue: reads the Patients that changed since the last time, and compares each with those that have a key in common. */
public final class DuplicateSearch {

    private static final Duration SETTLE = Duration.ofSeconds(30);
    private static final int MEMBERS_AT_ONCE = 2_000;
    private static final int KEY_BYTES = 16;
    /** What so many have in common (a clinic's telephone number, a test name) tells nobody apart, and would compare everybody with everybody. */
    private static final int MOST_WITH_ONE_KEY = 30;
    private static final Grant LOOKUP = new Grant("member-matching", "portolan", null, Purpose.OPERATIONS, new Grant.Members.Everyone(),
        Map.of("Patient", new Grant.Rule(Set.of(Interaction.READ, Interaction.SEARCH), List.of())), Set.of(), Set.of());

    private final RecordDatabase records;
    private final JdbcClient jdbc;
    private final JdbcTemplate template;
    private final Duplicates duplicates;
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final Object askedFor = new Object();
    private CompletableFuture<Found> asked = CompletableFuture.completedFuture(new Found(0, 0));

    public DuplicateSearch(RecordDatabase records, DataSource dataSource, MembersSchema migrated, Duplicates duplicates) {
        this.records = records;
        this.jdbc = JdbcClient.create(dataSource);
        this.template = new JdbcTemplate(dataSource);
        this.duplicates = duplicates;
    }

    /**
     * @param patients that were read
     * @param found pairs that are new in the queue
     */
    public record Found(int patients, int found) {}

    /** What is interrupted is done again the next time. */
    public Found run() {
        oneAtATime.lock();
        try {
            Instant until = records.settle(SETTLE);
            RecordView view = records.records().open(LOOKUP);
            RecordScan scan = view.scan(new ScanRequest(Set.of("Patient"), Map.of(), until, since(), null, null, ScanRequest.Shared.REFERENCED));
            int patients = 0;
            int found = 0;
            for (ScanRange range : scan.ranges(MEMBERS_AT_ONCE)) {
                List<PersonFacts> changed = read(scan, range);
                keep(changed);
                patients += changed.size();
                for (PersonFacts person : changed) {
                    found += compare(view, person);
                }
            }
            jdbc.sql("insert into members.match_progress (until) values (?) on conflict (only_row) do update set until = excluded.until").param(until.atOffset(ZoneOffset.UTC)).update();
            return new Found(patients, found);
        } finally {
            oneAtATime.unlock();
        }
    }

    /**
     * The same in the background, waited for so long: a plan's first search may take minutes, which no browser waits for, and whoever pressed again would hold one more of the threads that serve calls.
     *
     * @return empty if it goes on; of several who ask meanwhile nobody begins another
     */
    public Optional<Found> run(Duration patience) {
        try {
            return Optional.of(started().get(patience.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException goesOn) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private CompletableFuture<Found> started() {
        synchronized (askedFor) {
            if (asked.isDone()) {
                CompletableFuture<Found> next = new CompletableFuture<>();
                Thread thread = new Thread(() -> {
                    try {
                        next.complete(run());
                    } catch (RuntimeException | Error e) {
                        next.completeExceptionally(e);
                    }
                }, "duplicate-search");
                thread.setDaemon(true);
                thread.start();
                asked = next;
            }
            return asked;
        }
    }

    /** How the search stands that was asked for last. */
    public enum State { ENDED, RUNNING, FAILED }

    public State state() {
        synchronized (askedFor) {
            return !asked.isDone() ? State.RUNNING : asked.isCompletedExceptionally() ? State.FAILED : State.ENDED;
        }
    }

    private @Nullable Instant since() {
        return jdbc.sql("select until from members.match_progress").query(OffsetDateTime.class).optional().map(OffsetDateTime::toInstant).orElse(null);
    }

    private static List<PersonFacts> read(RecordScan scan, ScanRange range) {
        List<PersonFacts> people = new ArrayList<>();
        try {
            scan.read(range, new ScanSink() {
                @Override
                public boolean member(String patientId) {
                    return true;
                }

                @Override
                public void resource(String type, StoredResource.Content content) {
                    people.add(PersonFacts.of(JsonDocument.parse(content.json()).root()));
                }

                @Override
                public void deleted(ResourceKey key) {}
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return people;
    }

    private void keep(List<PersonFacts> people) {
        if (people.isEmpty()) {
            return;
        }
        jdbc.sql("delete from members.match_key where patient = any(?)").param(people.stream().map(PersonFacts::patient).toArray(String[]::new)).update();
        List<Object[]> rows = new ArrayList<>();
        people.stream().filter(PersonFacts::active).forEach(person -> hashes(person).forEach(key -> rows.add(new Object[] {key, person.patient()})));
        template.batchUpdate("insert into members.match_key (key, patient) values (?, ?) on conflict do nothing", rows);
    }

    private int compare(RecordView view, PersonFacts person) {
        int found = 0;
        for (String other : candidates(person)) {
            Optional<PersonFacts> facts = facts(view, other);
            MatchRules.Verdict verdict = facts.filter(PersonFacts::active).map(candidate -> MatchRules.judge(person, candidate)).orElse(null);
            if (verdict == null) {
                duplicates.withdraw(person.patient(), other);
            } else if (duplicates.offer(person.patient(), other, verdict)) {
                found++;
            }
        }
        return found;
    }

    /** With those that the queue names: what changed may speak against them now. */
    private Set<String> candidates(PersonFacts person) {
        Set<String> candidates = new java.util.TreeSet<>(jdbc.sql("select case when first = ? then second else first end from members.duplicate where state = 'OPEN' and (first = ? or second = ?)")
            .params(person.patient(), person.patient(), person.patient()).query(String.class).list());
        if (person.active()) {
            byte[][] keys = hashes(person).toArray(byte[][]::new);
            candidates.addAll(jdbc.sql("""
                select distinct k.patient from unnest(?::bytea[]) as asked (key) cross join lateral
                  (select key, patient from members.match_key m where m.key = asked.key limit ?) k
                where k.patient <> ? and (select count(*) from (select from members.match_key c where c.key = k.key limit ?) few) < ?""")
                .params(keys, MOST_WITH_ONE_KEY, person.patient(), MOST_WITH_ONE_KEY, MOST_WITH_ONE_KEY).query(String.class).list());
        }
        return candidates;
    }

    private static Optional<PersonFacts> facts(RecordView view, String patient) {
        return view.read(new ResourceKey("Patient", patient)) instanceof ReadResult.Found found ? Optional.of(PersonFacts.of(JsonDocument.parse(found.resource().content().json()).root())) : Optional.empty();
    }

    private static List<byte[]> hashes(PersonFacts person) {
        return person.keys().stream().map(DuplicateSearch::hash).toList();
    }

    private static byte[] hash(String key) {
        try {
            return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)), KEY_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
