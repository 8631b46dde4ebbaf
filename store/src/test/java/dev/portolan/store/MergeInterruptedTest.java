package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A merge whose process dies in the middle, and an export that runs meanwhile. */
class MergeInterruptedTest {

    private static final String SURVIVOR = "ann";
    private static final String MERGED = "anne";
    private static final int RESOURCES = 40;
    private static final Duration LONG = Duration.ofSeconds(20);

    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView all;

    @BeforeAll
    static void open() {
        pool = TestDatabase.migrated();
        database = new SampleDefinitions().open(pool, StoreSettings.DEFAULT);
        all = database.records().open(Grants.everything());
        put("Patient", SURVIVOR, "");
        put("Patient", MERGED, "");
        for (int i = 0; i < RESOURCES; i++) {
            put("Observation", "o" + i, ",\"subject\":{\"reference\":\"Patient/" + (i % 2 == 0 ? MERGED : SURVIVOR) + "\"}");
        }
        put("Provenance", "p", ",\"target\":[{\"reference\":\"Observation/o0\"}]");
    }

    @AfterAll
    static void close() {
        database.close();
        pool.close();
    }

    private static void put(String type, String id, String rest) {
        all.write(transaction -> transaction.put(new ResourceKey(type, id), JsonDocument.parse("{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"" + rest + "}")));
    }

    private interface Change {
        void on(Connection connection) throws SQLException;
    }

    private static void changed(Change change) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            try {
                change.on(connection);
                connection.commit();
            } finally {
                if (!connection.isClosed()) {
                    connection.setAutoCommit(true);
                }
            }
        }
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void merge() throws SQLException {
        changed(connection -> database.merges(Grants.everything()).merge(connection, SURVIVOR, MERGED));
    }

    private static void unmerge() throws SQLException {
        changed(connection -> database.merges(Grants.everything()).unmerge(connection, MERGED));
    }

    /** Everything that a merge writes, row by row; contents as they are read, since they may be compressed anew at any time. */
    private static List<String> tables() throws SQLException {
        List<String> rows = new ArrayList<>();
        all.history(new HistoryRequest(null, null, null, null, null, 1000)).versions().forEach(version -> rows.add(new String(version.content().json(), StandardCharsets.UTF_8)));
        try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
            for (String sql : List.of("SELECT self, member, version, updated, refs::text FROM store.resource ORDER BY self", "SELECT self, version, member FROM store.history ORDER BY self, version",
                "SELECT hash, member, rid FROM store.value_token ORDER BY 1, 2, 3", "SELECT * FROM store.moved ORDER BY 1, 2, 3", "SELECT merged, survivor FROM store.merged_member", "SELECT self, merged FROM store.merged_resource ORDER BY 1",
                "SELECT merges FROM store.horizon")) {
                try (ResultSet row = statement.executeQuery(sql)) {
                    while (row.next()) {
                        StringBuilder text = new StringBuilder(sql.substring(sql.indexOf("store.")).split(" ")[0]);
                        for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) {
                            text.append('|').append(row.getString(column));
                        }
                        rows.add(text.toString());
                    }
                }
            }
        }
        return rows;
    }

    /** The server process of the connection ends by itself when it has written so many rows: as if the machine had been switched off there. */
    private static void diesAt(int row) throws SQLException {
        execute("CREATE SEQUENCE written");
        execute("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('public.written') = " + row + " THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$");
        execute("CREATE TRIGGER die AFTER UPDATE ON store.resource FOR EACH ROW WHEN (old.version <> new.version) EXECUTE FUNCTION die()");
    }

    private static void livesAgain() throws SQLException {
        execute("DROP TRIGGER die ON store.resource");
        execute("DROP FUNCTION die()");
        execute("DROP SEQUENCE written");
    }

    @Test
    void edi11_a_merge_and_an_unmerge_that_are_killed_at_any_row_leave_nothing_half_done_and_hold_nobody_up() throws SQLException {
        killed(MergeInterruptedTest::merge);
        merge();
        killed(MergeInterruptedTest::unmerge);
        unmerge();
        assertThat(scan(database.settle(LONG), MERGED)).hasSize(RESOURCES / 2 + 2);
    }

    @Test
    void edi11_a_merge_that_waits_for_a_write_that_hangs_gives_up_before_nobody_can_write_any_more() throws SQLException {
        MemberMerges merges = new MemberMerges(Grants.everything(), database.context(), database.parts(), Duration.ofMillis(200));
        try (Connection hangs = pool.getConnection(); Statement write = hangs.createStatement()) {
            hangs.setAutoCommit(false);
            write.execute("SELECT pg_advisory_xact_lock_shared(" + Horizon.WRITERS + ")"); // as the transaction of a node that stands still
            List<String> before = tables();
            assertThatThrownBy(() -> changed(connection -> merges.merge(connection, SURVIVOR, MERGED))).isInstanceOf(MemberMerges.BusyException.class);
            assertThatThrownBy(() -> changed(connection -> merges.unmerge(connection, MERGED))).isInstanceOf(MemberMerges.BusyException.class);
            put("Observation", "o1", ",\"subject\":{\"reference\":\"Patient/" + SURVIVOR + "\"}");
            assertThat(tables()).isEqualTo(before);
            hangs.rollback();
            hangs.setAutoCommit(true);
        }
        merge();
        unmerge();
    }

    private interface Work {
        void run() throws SQLException;
    }

    private static void killed(Work work) throws SQLException {
        List<String> before = tables();
        for (int row : new int[] {1, 7, RESOURCES / 2, RESOURCES / 2 + 2}) {
            diesAt(row);
            assertThatThrownBy(work::run).as("killed at row %d", row).isInstanceOfAny(SQLException.class, StoreFailureException.class);
            livesAgain();
            assertThat(tables()).as("killed at row %d", row).isEqualTo(before);
            long began = System.nanoTime();
            all.write(transaction -> transaction.put(new ResourceKey("Observation", "o1"), JsonDocument.parse("{\"resourceType\":\"Observation\",\"id\":\"o1\",\"subject\":{\"reference\":\"Patient/" + SURVIVOR + "\"}}")));
            assertThat(Duration.ofNanos(System.nanoTime() - began)).as("nobody waits for the lock of the dead").isLessThan(LONG);
            assertThat(tables()).isEqualTo(before);
        }
    }

    /** As an export of some members reads them. */
    private static Set<String> scan(Instant asOf, String... members) throws SQLException {
        return scan(asOf, null, members);
    }

    private static Set<String> scan(Instant asOf, @Nullable Instant since, String... members) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            database.panels().replace(connection, "export", List.of(members));
        }
        return scan(Grants.of("panel-export", new Grant.Members.Panel("export"), Grants.everything().rules()), asOf, since);
    }

    private static Set<String> scan(Grant grant, Instant asOf, @Nullable Instant since) {
        Map<String, String> given = new TreeMap<>();
        ScanRequest request = new ScanRequest(Set.of("Patient", "Observation", "Provenance"), Map.of(), asOf, since, null, null, ScanRequest.Shared.REFERENCED);
        RecordScan scan = database.records().open(grant).scan(request);
        ScanSink sink = new ScanSink() {
            @Override
            public boolean member(String patientId) {
                return true;
            }

            @Override
            public void resource(String type, StoredResource.Content content) {
                JsonDocument json = JsonDocument.parse(content.json());
                assertThat(given.put(type + "/" + json.root().fieldText("id"), new String(content.json(), StandardCharsets.UTF_8))).as("given once").isNull();
            }

            @Override
            public void deleted(ResourceKey key) {
                throw new AssertionError(key + " was deleted by nobody");
            }
        };
        try {
            for (ScanRange range : scan.ranges(1)) {
                scan.read(range, sink);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return new TreeSet<>(given.values());
    }

    @Test
    void edi11_an_export_gives_the_state_before_a_merge_or_after_it_and_never_some_of_each() throws Exception {
        Instant early = database.settle(LONG);
        Set<String> everybody = scan(Grants.everything(), early, null);
        Set<String> ofSurvivor = scan(early, SURVIVOR);
        Set<String> ofMerged = scan(early, MERGED);
        assertThat(ofSurvivor).hasSize(RESOURCES / 2 + 1);
        assertThat(ofMerged).hasSize(RESOURCES / 2 + 2);
        CompletableFuture<Instant> during = new CompletableFuture<>();
        changed(connection -> {
            database.merges(Grants.everything()).merge(connection, SURVIVOR, MERGED);
            CompletableFuture.runAsync(() -> during.complete(database.settle(LONG)));
            assertThat(scan(early, SURVIVOR)).as("an export that began before, while the merge is not committed").isEqualTo(ofSurvivor);
            assertThat(scan(early, MERGED)).isEqualTo(ofMerged);
            assertThat(during).as("an export that begins now waits for the merge").isNotDone();
        });
        Instant late = during.get(20, TimeUnit.SECONDS);
        assertThat(scan(Grants.everything(), early, null)).as("an export of everybody that began before, after the merge").isEqualTo(everybody);
        assertThat(scan(early, SURVIVOR)).as("nothing of the other's record, which was not the survivor's then").isEqualTo(ofSurvivor);
        assertThat(scan(early, MERGED)).as("what was moved is out of reach of who may read the merged member; the Patient is what it was").hasSize(1).isSubsetOf(ofMerged);
        assertThat(scan(late, early, SURVIVOR)).as("the next export, of what changed since: all that was moved").hasSize(RESOURCES / 2 + 2);
        Set<String> after = scan(late, SURVIVOR);
        assertThat(after).hasSize(RESOURCES + 2).allMatch(line -> line.contains("replaces") || !line.contains("Patient/" + MERGED + "\""));
        assertThat(scan(late, MERGED)).hasSize(1).allMatch(line -> line.contains("replaced-by") && line.contains("\"active\":false"));
        unmerge();
        Instant latest = database.settle(LONG);
        assertThat(scan(latest, SURVIVOR)).hasSize(RESOURCES / 2 + 1);
        assertThat(scan(latest, MERGED)).hasSize(RESOURCES / 2 + 2).noneMatch(line -> line.contains("\"Patient/" + SURVIVOR + "\""));
    }
}
