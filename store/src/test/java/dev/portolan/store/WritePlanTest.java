package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** No statement of the write side, of reads and of history goes over a whole table: asked of PostgreSQL's own counters after each was run, not of a copy of its text. */
class WritePlanTest {

    private static final int MEMBERS = 40;
    private static final int EACH = 100;
    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView all;

    @BeforeAll
    static void open() throws SQLException {
        pool = TestDatabase.migrated(1);
        SampleDefinitions definitions = new SampleDefinitions();
        database = definitions.open(pool, new StoreSettings(java.util.Set.of(), java.time.Duration.ofSeconds(30), false));
        all = database.records().open(Grants.everything());
        for (int version = 1; version <= 2; version++) {
            for (int member = 0; member < MEMBERS; member++) {
                load(member, version);
            }
        }
        try (Connection connection = pool.getConnection();
            Statement statement = connection.createStatement()) {
            statement.execute("ANALYZE");
        }
    }

    @AfterAll
    static void close() {
        database.close();
        pool.close();
    }

    private static void load(int member, int version) {
        all.write(transaction -> {
            for (int i = 0; i < EACH; i++) {
                transaction.put(new ResourceKey("Observation", member + "-" + i), observation(member, i, version));
            }
            transaction.put(new ResourceKey("Patient", "m" + member), JsonDocument.parse("{\"resourceType\":\"Patient\",\"n\":" + version + ",\"name\":[" + names(member) + "]}"));
            return null;
        });
    }

    /** Enough for PostgreSQL not to prefer reading the whole of a table that is a single page. */
    private static String names(int member) {
        return IntStream.range(0, EACH).mapToObj(i -> "{\"family\":\"f " + member + " " + i + "\"}").collect(Collectors.joining(","));
    }

    private static JsonDocument observation(int member, int number, int version) {
        return JsonDocument.parse("{\"resourceType\":\"Observation\",\"n\":" + version + ",\"subject\":{\"reference\":\"Patient/m" + member + "\"},\"identifier\":[{\"system\":\"urn:s\",\"value\":\""
            + member + "/" + number + "/" + version + "\"}]}");
    }

    private static void assertNoScan(String what, Runnable work) throws SQLException {
        long before = flushed();
        work.run();
        assertThat(flushed() - before).as(what).isZero();
    }

    /** Rows that sequential scans have read. The pool has one connection, so that its counters are all there are. */
    private static long flushed() throws SQLException {
        try (Connection connection = pool.getConnection();
            Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_stat_force_next_flush()");
            try (ResultSet row = statement.executeQuery("""
                SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables WHERE schemaname = 'store' AND relname IN ('resource', 'history', 'value_token', 'value_text')""")) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    @Test
    void the_counters_would_tell_of_a_scan() throws SQLException {
        long before = flushed();
        try (Connection connection = pool.getConnection();
            Statement statement = connection.createStatement()) {
            statement.execute("SELECT count(*) FROM store.resource WHERE version = 99");
        }
        assertThat(flushed() - before).isGreaterThan(MEMBERS * EACH - 1L);
    }

    @Test
    void writing_uses_indexes_only() throws SQLException {
        assertNoScan("create one", () -> all.write(transaction -> transaction.put(new ResourceKey("Observation", transaction.newId()), observation(1, 1, 9))));
        assertNoScan("create under a client's id", () -> all.write(transaction -> transaction.put(new ResourceKey("Observation", "fresh"), observation(1, 1, 9))));
        assertNoScan("update one", () -> all.write(transaction -> transaction.put(new ResourceKey("Observation", "1-1"), observation(1, 1, 3))));
        assertNoScan("update a patient", () -> all.write(transaction ->
            transaction.put(new ResourceKey("Patient", "m1"), JsonDocument.parse("{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"New\"}]}"))));
        assertNoScan("update many", () -> load(2, 3));
        assertNoScan("delete", () -> all.write(transaction -> transaction.delete(new ResourceKey("Observation", "1-2"))));
        assertNoScan("home through a target", () -> all.write(transaction -> transaction.put(new ResourceKey("Provenance", "p"),
            JsonDocument.parse("{\"resourceType\":\"Provenance\",\"target\":[{\"reference\":\"Observation/3-3\"}]}"))));
    }

    @Test
    void reading_and_history_use_indexes_only() throws SQLException {
        RecordView one = database.records().open(Grants.only("m3"));
        for (RecordView view : List.of(all, one)) {
            assertNoScan("read", () -> view.read(new ResourceKey("Observation", "3-3")));
            assertNoScan("vread", () -> view.readVersion(new ResourceKey("Observation", "3-3"), 1));
            assertNoScan("history of one", () -> view.history(new HistoryRequest("Observation", "3-3", null, null, null, 10)));
        }
        assertNoScan("history of a type", () -> all.history(new HistoryRequest("Observation", null, null, null, null, 10)));
        assertNoScan("history of everything", () -> all.history(new HistoryRequest(null, null, null, null, null, 10)));
    }
}
