package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Reads that go to the database together give each caller what a read of its own gives under its own grant. */
class CombinedReadsTest {

    private static final int MEMBERS = 8;
    private static final int CALLERS = 24;
    private static final int READS = 400;
    private static final long LONGEST_SECONDS = 60;
    private static final long HELD = 1;
    private static final long FREE = 0;
    private static final long SEED = Long.getLong("portolan.seed", 5);
    private static final SmallDefinitions DEFINITIONS = new SmallDefinitions();

    private static final List<CombinedReads> OPENED = new ArrayList<>();

    private static RecordFixture records;
    private static List<ResourceKey> keys;

    @BeforeAll
    static void load() {
        records = new RecordFixture(DEFINITIONS);
        List<JsonDocument> all = new RandomRecords(13, MEMBERS).all();
        all.forEach(records::put);
        keys = new ArrayList<>(all.stream().map(SearchOracle::key).toList());
        keys.subList(0, 10).forEach(records::delete);
        keys.add(new ResourceKey("Patient", "nobody"));
        keys.add(new ResourceKey("Observation", "nothing"));
    }

    private static CombinedReads opened() {
        CombinedReads reads = new CombinedReads(records.context());
        OPENED.add(reads);
        return reads;
    }

    @AfterAll
    static void close() {
        OPENED.forEach(CombinedReads::close);
        records.close();
    }

    /** What one caller is told: a refusal has to be the same too. */
    private static String told(Callable<ReadResult> read) throws Exception {
        try {
            ReadResult result = read.call();
            return result instanceof ReadResult.Found found ? found.resource().key() + " " + found.resource().version() + " " + new String(found.resource().content().json(), java.nio.charset.StandardCharsets.UTF_8)
                : result.toString();
        } catch (GrantRefusedException refused) {
            return "refused: " + refused.getMessage();
        }
    }

    private static String readAlone(Grant grant, ResourceKey key) throws Exception {
        StoreContext context = records.context();
        try (Connection connection = records.pool.getConnection()) {
            return told(() -> records.database.parts().reads().read(connection, GrantPredicate.of(grant, context, connection), key));
        }
    }

    @Test
    void manyCallersGetWhatEachAloneGets() throws Exception {
        List<Grant> grants = new ArrayList<>(List.of(Grants.everything(), Grants.only("p1"), Grants.only("p2", "p3")));
        RandomQueries queries = new RandomQueries(SEED, DEFINITIONS, MEMBERS, records.times);
        for (int i = 0; i < 12; i++) {
            grants.add(queries.grant());
        }
        Queue<String> wrong = new ConcurrentLinkedQueue<>();
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        List<Future<?>> running = new ArrayList<>();
        for (int caller = 0; caller < CALLERS; caller++) {
            Random random = new Random(SEED * CALLERS + caller);
            running.add(callers.submit(() -> {
                for (int i = 0; i < READS; i++) {
                    // Few grants, so that callers with the same and with others meet.
                    Grant grant = grants.get(random.nextInt(grants.size()));
                    ResourceKey key = keys.get(random.nextInt(keys.size()));
                    String together = told(() -> records.open(grant).read(key));
                    String alone = readAlone(grant, key);
                    if (!together.equals(alone)) {
                        wrong.add("seed " + SEED + ": " + key + " under " + grant + ": " + together + " instead of " + alone);
                    }
                }
                return null;
            }));
        }
        for (Future<?> each : running) {
            each.get();
        }
        callers.shutdown();
        assertThat(wrong).isEmpty();
    }

    @Test
    void oneThatFailsFailsItsOwnCallerAlone() throws Exception {
        CombinedReads reads = opened();
        ResourceKey there = keys.get(20);
        StoreContext context = records.context();
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        List<Future<Boolean>> answers = new ArrayList<>();
        for (int i = 0; i < CALLERS * 40; i++) {
            int divisor = i % 5 == 0 ? 0 : 1;
            answers.add(callers.submit(() -> {
                StoredResource row = reads.read(Sql.of("SELECT " + StoredRows.COLUMNS + " FROM store.resource r WHERE r.self = ")
                    .bind(context.hash().self(context.names().type(there.type()), there.id())).add(" AND 1 / ").bind(divisor).add(" = 1 LIMIT 1"));
                return row != null && row.key().equals(there);
            }));
        }
        for (int i = 0; i < answers.size(); i++) {
            Future<Boolean> answer = answers.get(i);
            if (i % 5 == 0) {
                assertThat(org.assertj.core.api.Assertions.catchThrowable(answer::get)).hasStackTraceContaining("division by zero");
            } else {
                assertThat(answer.get()).isTrue();
            }
        }
        callers.shutdown();
    }

    @Test
    void whoIsInterruptedWhileItWaitsIsAnsweredAndStaysInterrupted() throws Exception {
        CombinedReads reads = opened();
        StoreContext context = records.context();
        ResourceKey there = keys.get(20);
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        List<Future<Boolean>> answers = new ArrayList<>();
        for (int i = 0; i < CALLERS * 10; i++) {
            answers.add(callers.submit(() -> {
                Thread.currentThread().interrupt();
                Sql sql = Sql.of("SELECT " + StoredRows.COLUMNS + " FROM store.resource r WHERE r.self = ").bind(context.hash().self(context.names().type(there.type()), there.id())).add(" LIMIT 1");
                return reads.read(sql) != null && Thread.interrupted();
            }));
        }
        for (Future<Boolean> answer : answers) {
            assertThat(answer.get()).isTrue();
        }
        callers.shutdown();
    }

    @Test
    void whoComesWhileOneHangsIsNotHeldUp() throws Exception {
        CombinedReads reads = opened();
        ExecutorService callers = Executors.newCachedThreadPool();
        try (Connection holder = held()) {
            Future<Boolean> hanging = callers.submit(() -> reads.read(waiting(HELD, "true")) != null);
            awaitOneInTheDatabase();
            List<Future<Boolean>> others = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                // Of several texts, so that no one of them reads for all; the first come before anybody can know that one hangs.
                String text = List.of("true", "1 = 1", "2 = 2").get(i % 3);
                others.add(callers.submit(() -> reads.read(waiting(FREE, text)) != null));
                Thread.sleep(i < 6 ? 0 : 2);
            }
            for (Future<Boolean> other : others) {
                assertThat(other.get(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(hanging).as("the one that hangs").isNotDone();
            holder.close();
            assertThat(hanging.get(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        callers.shutdown();
    }

    @Test
    void whoComesLastWhileOneHangsIsNotHeldUp() throws Exception {
        CombinedReads reads = opened();
        ExecutorService callers = Executors.newCachedThreadPool();
        try (Connection holder = held()) {
            Future<Boolean> hanging = callers.submit(() -> reads.read(waiting(HELD, "true")) != null);
            awaitOneInTheDatabase();
            Future<Boolean> last = callers.submit(() -> reads.read(waiting(FREE, "true")) != null);
            assertThat(last.get(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(hanging).as("the one that hangs").isNotDone();
            holder.close();
            assertThat(hanging.get(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        callers.shutdown();
    }

    /** A connection beside the pool that holds what one of the reads waits for, until it is closed. */
    private static Connection held() throws SQLException {
        Connection holder = DriverManager.getConnection(records.pool.getJdbcUrl(), "postgres", "");
        try (Statement statement = holder.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + HELD + ")");
        }
        return holder;
    }

    /** Who has a connection has gathered whom it reads for: whoever comes from then on is read by another. */
    private static void awaitOneInTheDatabase() {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS); records.pool.getHikariPoolMXBean().getActiveConnections() == 0; LockSupport.parkNanos(100_000)) {
            assertThat(System.nanoTime()).as("nobody reads").isLessThan(end);
        }
    }

    private static Sql waiting(long lock, String text) {
        StoreContext context = records.context();
        ResourceKey there = keys.get(20);
        return Sql.of("SELECT " + StoredRows.COLUMNS + " FROM store.resource r WHERE r.self = ").bind(context.hash().self(context.names().type(there.type()), there.id()))
            .add(" AND " + text + " AND (SELECT count(pg_advisory_xact_lock_shared(").bind(lock).add("))) = 1 LIMIT 1");
    }
}
