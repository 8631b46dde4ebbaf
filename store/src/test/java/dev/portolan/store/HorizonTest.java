package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.fhir.json.JsonDocument;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A settled instant is never written at or before again, whoever writes and however late he commits. */
class HorizonTest {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration VERY_LONG = Duration.ofSeconds(60);
    /** Of the eight threads together, so that something was shown. */
    private static final int WRITES = 200;
    private static RecordFixture records;

    @BeforeAll
    static void open() {
        records = new RecordFixture(new SmallDefinitions());
    }

    @AfterAll
    static void close() {
        records.close();
    }

    /** Leaves no writes of later times, and no later instant, to the next test. */
    @AfterEach
    void forgetLaterTimes() throws SQLException {
        long now = System.currentTimeMillis();
        try (Connection connection = records.pool.getConnection();
            Statement statement = connection.createStatement()) {
            statement.execute("DELETE FROM store.resource WHERE updated > " + now);
            statement.execute("UPDATE store.horizon SET millis = least(millis, " + now + ")");
        }
    }

    private static StoredResource put(WriteTransaction transaction, String id, long number) {
        return transaction.put(new ResourceKey("Observation", id), JsonDocument.parse("{\"resourceType\":\"Observation\",\"valueInteger\":" + number + "}")).resource();
    }

    @Test
    void settling_waits_for_the_writer_who_has_his_time_already_and_for_nobody_else() throws Exception {
        CountDownLatch stamped = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Instant> slow = CompletableFuture.supplyAsync(() -> records.open(Grants.everything()).write(transaction -> {
            Instant at = put(transaction, "slow", 1).lastUpdated();
            transaction.read(new ResourceKey("Observation", "slow")); // sends the row
            stamped.countDown();
            await(goOn);
            return at;
        }));
        assertThat(stamped.await(60, TimeUnit.SECONDS)).isTrue();
        long before = horizon();
        CompletableFuture<Instant> settled = CompletableFuture.supplyAsync(() -> records.database.settle(VERY_LONG));
        awaitAdvanceFrom(before);
        assertThat(settled).isNotDone();
        Instant meanwhile = records.open(Grants.everything()).write(transaction -> put(transaction, "quick", 1)).lastUpdated();
        assertThat(settled).as("writers do not wait, and are not waited for").isNotDone();
        goOn.countDown();
        Instant instant = settled.get(60, TimeUnit.SECONDS);
        assertThat(slow.get()).isBeforeOrEqualTo(instant);
        assertThat(meanwhile).isAfter(instant);
    }

    private static long horizon() throws SQLException {
        try (Connection connection = records.pool.getConnection();
            Statement statement = connection.createStatement();
            var row = statement.executeQuery("SELECT millis FROM store.horizon")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Until who settles has written its instant down: what is written from then on comes after it. */
    private static void awaitAdvanceFrom(long before) throws Exception {
        for (long end = System.nanoTime() + VERY_LONG.toNanos(); horizon() == before; Thread.sleep(5)) {
            assertThat(System.nanoTime()).as("nobody settles").isLessThan(end);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void a_writer_who_does_not_end_makes_settling_fail_and_not_lie() {
        assertThatThrownBy(() -> records.open(Grants.everything()).write(transaction -> {
            put(transaction, "stuck", 1);
            transaction.read(new ResourceKey("Observation", "stuck"));
            return records.database.settle(Duration.ofMillis(300));
        })).isInstanceOf(StoreFailureException.class);
    }

    @Test
    void writes_come_after_a_settled_instant_even_if_the_clock_was_set_back() throws SQLException {
        Instant before = records.database.settle(LONG);
        long ahead = before.plus(Duration.ofHours(2)).toEpochMilli();
        try (Connection connection = records.pool.getConnection();
            Statement statement = connection.createStatement()) {
            statement.execute("UPDATE store.horizon SET millis = " + ahead);
            Instant after = records.open(Grants.everything()).write(transaction -> put(transaction, "after", 1)).lastUpdated();
            assertThat(after.toEpochMilli()).isGreaterThan(ahead);
            assertThat(records.database.settle(LONG)).as("it belongs to the next instant, and not to one of two hours later only").isAfterOrEqualTo(after);
        }
    }

    @Test
    void what_a_node_acknowledged_whose_clock_is_ahead_belongs_to_the_next_instant() throws SQLException {
        Instant before = records.database.settle(LONG);
        try (Connection connection = records.pool.getConnection();
            Statement statement = connection.createStatement()) {
            // As by a node of that clock: a write is stamped after what was settled.
            statement.execute("UPDATE store.horizon SET millis = " + before.plusSeconds(5).toEpochMilli());
            Instant early = records.open(Grants.everything()).write(transaction -> put(transaction, "early", 1)).lastUpdated();
            statement.execute("UPDATE store.horizon SET millis = " + before.toEpochMilli());
            assertThat(records.database.settle(LONG)).isAfterOrEqualTo(early);
        }
    }

    @Test
    void a_node_whose_clock_is_wrong_by_years_does_not_set_the_time_of_all_that_follows() throws SQLException {
        Instant before = records.database.settle(LONG);
        try (Connection connection = records.pool.getConnection();
            Statement statement = connection.createStatement()) {
            statement.execute("UPDATE store.horizon SET millis = " + before.plus(Duration.ofDays(800)).toEpochMilli());
            records.open(Grants.everything()).write(transaction -> put(transaction, "years", 1));
            statement.execute("UPDATE store.horizon SET millis = " + before.toEpochMilli());
            assertThat(records.database.settle(LONG)).isBefore(before.plus(Duration.ofMinutes(10)));
        }
    }

    @Test
    void what_was_acknowledged_just_before_belongs_to_the_instant() {
        RecordView view = records.open(Grants.everything());
        for (int n = 0; n < 500; n++) {
            long number = n;
            Instant written = view.write(transaction -> put(transaction, "before-" + number % 3, number)).lastUpdated();
            assertThat(written).isBeforeOrEqualTo(records.database.settle(LONG));
        }
    }

    @Test
    void the_number_of_versions_up_to_a_settled_instant_never_changes_while_eight_threads_write() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong writes = new AtomicLong();
        List<CompletableFuture<Void>> writers = java.util.stream.IntStream.range(0, 8).mapToObj(i -> CompletableFuture.runAsync(() -> {
            RecordView view = records.open(Grants.everything());
            for (long n = 0; !stop.get(); n++) {
                long number = n;
                view.write(transaction -> {
                    put(transaction, "w" + i + "-" + number % 5, number);
                    return put(transaction, "v" + i, number);
                });
                writes.incrementAndGet();
            }
        })).toList();
        java.util.Map<Instant, Long> counts = new java.util.LinkedHashMap<>();
        for (int i = 0; i < 40 || writes.get() <= WRITES; i++) {
            assertThat(writers).as("writers that ended by themselves").noneMatch(CompletableFuture::isDone);
            Instant instant = records.database.settle(LONG);
            counts.put(instant, versionsUpTo(instant));
            Thread.sleep(5);
        }
        stop.set(true);
        for (CompletableFuture<Void> writer : writers) {
            writer.get(30, TimeUnit.SECONDS);
        }
        assertThat(writes.get()).isGreaterThan(WRITES);
        for (var entry : counts.entrySet()) {
            assertThat(versionsUpTo(entry.getKey())).as("versions up to %s", entry.getKey()).isEqualTo(entry.getValue());
        }
    }

    private static long versionsUpTo(Instant instant) throws SQLException {
        String sql = "SELECT (SELECT count(*) FROM store.resource WHERE updated <= " + instant.toEpochMilli() + ") + (SELECT count(*) FROM store.history WHERE updated <= " + instant.toEpochMilli() + ")";
        try (Connection connection = records.pool.getConnection();
            Statement statement = connection.createStatement();
            var row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
