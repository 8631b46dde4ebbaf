package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.ParameterType;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BackgroundWorkTest {

    private static final int OBSERVATIONS = 1500;
    private HikariDataSource pool;

    @BeforeEach
    void open() {
        pool = TestDatabase.migrated();
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private static JsonDocument observation(int number) {
        return JsonDocument.parse("{\"resourceType\":\"Observation\",\"status\":\"final\",\"subject\":{\"reference\":\"Patient/" + number % 7
            + "\"},\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"c" + number % 50 + "\",\"display\":\"Something with a display that is long enough\"}]},\"valueString\":\"v"
            + number + "\",\"method\":{\"coding\":[{\"system\":\"urn:m\",\"code\":\"m" + number % 3 + "\"}]}}");
    }

    private static void load(RecordDatabase database, int from, int to) {
        database.records().open(Grants.everything()).write(transaction -> {
            for (int i = from; i < to; i++) {
                transaction.put(new ResourceKey("Observation", "o" + i), observation(i));
            }
            return null;
        });
    }

    private long count(String sql) throws SQLException {
        try (var connection = pool.getConnection();
            var row = connection.createStatement().executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("time is up").isLessThan(end);
            Thread.sleep(20);
        }
    }

    @Test
    void the_first_resources_of_a_type_make_its_dictionary_and_are_encoded_anew() throws Exception {
        try (RecordDatabase database = new SampleDefinitions().open(pool, StoreSettings.DEFAULT)) {
            load(database, 0, OBSERVATIONS);
            long before = count("SELECT sum(updated) FROM store.resource");
            await(() -> count("SELECT count(*) FROM store.resource WHERE get_byte(content, 0) = 2") == OBSERVATIONS);
            assertThat(count("SELECT count(*) FROM store.dictionary")).isEqualTo(1);
            assertThat(count("SELECT sum(updated) FROM store.resource")).isEqualTo(before);
            assertThat(count("SELECT count(*) FROM store.history")).isZero();
            assertThat(count("SELECT max(version) FROM store.resource")).isEqualTo(1);
        }
        try (HikariDataSource other = TestDatabase.another(pool);
            RecordDatabase node = new SampleDefinitions().open(other, StoreSettings.DEFAULT)) {
            RecordView view = node.records().open(Grants.everything());
            for (int i = 0; i < OBSERVATIONS; i += 100) {
                StoredResource read = ((ReadResult.Found) view.read(new ResourceKey("Observation", "o" + i))).resource();
                assertThat(JsonDocument.parse(read.content().json()).root().fieldText("valueString")).isEqualTo("v" + i);
            }
            load(node, OBSERVATIONS, OBSERVATIONS + 10);
            assertThat(count("SELECT count(*) FROM store.resource WHERE get_byte(content, 0) = 2")).as("uses it at once").isEqualTo(OBSERVATIONS + 10);
        }
    }

    @Test
    void new_definitions_are_brought_to_rows_that_were_written_before_and_nothing_else_changes() throws Exception {
        try (RecordDatabase database = new SampleDefinitions("old").open(pool, StoreSettings.DEFAULT)) {
            load(database, 0, OBSERVATIONS);
            await(() -> count("SELECT count(*) FROM store.setting WHERE name = 'definitions'") == 1);
        }
        String untouched = "SELECT sum(hashtext(id || version || updated || encode(content, 'hex'))::bigint) FROM store.resource";
        long before = count(untouched);
        SampleDefinitions changed = new SampleDefinitions("new").add("Observation", "method", ParameterType.TOKEN, "method.coding");
        try (RecordDatabase database = changed.open(pool, StoreSettings.DEFAULT)) {
            await(() -> count("SELECT count(*) FROM store.setting WHERE name = 'definitions' AND value = convert_to('2 new', 'UTF8')") == 1);
            assertThat(database.reindex().done()).isEqualTo(OBSERVATIONS);
            assertThat(database.reindex().running()).isFalse();
        }
        long method = count("SELECT number FROM store.parameter WHERE code = 'method'");
        assertThat(count("SELECT count(*) FROM store.resource WHERE " + method + " = ANY(parameters)")).isEqualTo(OBSERVATIONS);
        assertThat(count(untouched)).isEqualTo(before);
        assertThat(count("SELECT count(*) FROM store.history")).isZero();
        assertThat(count("SELECT count(*) FROM store.reindex")).isZero();
    }

    @Test
    void a_reindex_mends_value_rows_where_nothing_else_is_to_be_changed() throws Exception {
        try (RecordDatabase database = new SampleDefinitions("old").open(pool, StoreSettings.DEFAULT)) {
            database.records().open(Grants.everything()).write(transaction -> {
                for (int i = 0; i < 20; i++) {
                    transaction.put(new ResourceKey("Patient", "p" + i), JsonDocument.parse(
                        "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"F" + i + "\"}],\"identifier\":[{\"system\":\"urn:i\",\"value\":\"" + i + "\"}]}"));
                }
                return null;
            });
            await(() -> count("SELECT count(*) FROM store.setting WHERE name = 'definitions'") == 1);
        }
        String values = "SELECT count(*) * 1000 + (SELECT count(*) FROM store.value_text) FROM store.value_token";
        String sum = "SELECT coalesce(sum(hashint8(hash)::bigint), 0) + (SELECT coalesce(sum(hashtext(value)::bigint), 0) FROM store.value_text) FROM store.value_token";
        long before = count(values);
        long sumBefore = count(sum);
        assertThat(before).isGreaterThan(20_000);
        try (var connection = pool.getConnection();
            var statement = connection.createStatement()) {
            statement.execute("DELETE FROM store.value_token WHERE rid IN (SELECT rid FROM store.resource WHERE id IN ('p1', 'p2'))");
            statement.execute("DELETE FROM store.value_text WHERE rid IN (SELECT rid FROM store.resource WHERE id = 'p3')");
            statement.execute("INSERT INTO store.value_token (hash, member, rid) SELECT 77, member, rid FROM store.resource WHERE id = 'p4'");
        }
        assertThat(count(values)).isNotEqualTo(before);
        try (RecordDatabase database = new SampleDefinitions("new").open(pool, StoreSettings.DEFAULT)) {
            await(() -> count("SELECT count(*) FROM store.setting WHERE name = 'definitions' AND value = convert_to('2 new', 'UTF8')") == 1);
        }
        assertThat(count(values)).isEqualTo(before);
        assertThat(count(sum)).isEqualTo(sumBefore);
    }

    @Test
    void a_reindex_goes_on_where_it_was_stopped() throws Exception {
        try (RecordDatabase database = new SampleDefinitions("old").open(pool, new StoreSettings(java.util.Set.of(), Duration.ofSeconds(30), false))) {
            load(database, 0, OBSERVATIONS);
        }
        long blocks = count("SELECT pg_relation_size('store.resource') / 8192");
        long half = blocks / 2;
        long left = count("SELECT count(*) FROM store.resource WHERE ctid >= '(" + half + ",0)'::tid");
        try (var connection = pool.getConnection();
            var statement = connection.createStatement()) {
            statement.execute("INSERT INTO store.reindex (fingerprint, next_block, blocks, done, total) VALUES ('2 new', " + half + ", " + blocks + ", " + (OBSERVATIONS - left) + ", " + OBSERVATIONS + ")");
        }
        SampleDefinitions changed = new SampleDefinitions("new").add("Observation", "method", ParameterType.TOKEN, "method.coding");
        try (RecordDatabase database = changed.open(pool, StoreSettings.DEFAULT)) {
            await(() -> count("SELECT count(*) FROM store.setting WHERE name = 'definitions' AND value = convert_to('2 new', 'UTF8')") == 1);
        }
        long method = count("SELECT number FROM store.parameter WHERE code = 'method'");
        assertThat(count("SELECT count(*) FROM store.resource WHERE " + method + " = ANY(parameters)")).isEqualTo(left);
    }

    private static final StoreSettings WITHOUT_BACKGROUND = new StoreSettings(java.util.Set.of(), Duration.ofSeconds(30), false);

    private static SampleDefinitions withMethod(String fingerprint) {
        return new SampleDefinitions(fingerprint).add("Observation", "method", ParameterType.TOKEN, "method.coding");
    }

    private void awaitDefinitions(String fingerprint) throws Exception {
        await(() -> count("SELECT count(*) FROM store.setting WHERE name = 'definitions' AND value = convert_to('2 " + fingerprint + "', 'UTF8')") == 1);
    }

    private long withMethod() throws SQLException {
        return count("SELECT count(*) FROM store.resource WHERE (SELECT number FROM store.parameter WHERE code = 'method') = ANY(parameters)");
    }

    @Test
    void who_goes_back_to_the_definitions_of_before_gets_the_rows_back_that_followed_the_others() throws Exception {
        try (RecordDatabase database = withMethod("old").open(pool, StoreSettings.DEFAULT)) {
            load(database, 0, OBSERVATIONS);
            awaitDefinitions("old");
        }
        // A release with other definitions, ended before its reindex was: what it wrote follows them.
        try (RecordDatabase database = new SampleDefinitions("new").open(pool, WITHOUT_BACKGROUND)) {
            load(database, OBSERVATIONS, OBSERVATIONS + 10);
        }
        assertThat(withMethod()).isEqualTo(OBSERVATIONS);
        try (RecordDatabase database = withMethod("old").open(pool, StoreSettings.DEFAULT)) {
            awaitDefinitions("old");
            assertThat(database.reindex().running()).isFalse();
        }
        assertThat(withMethod()).isEqualTo(OBSERVATIONS + 10);
    }

    @Test
    void a_reindex_goes_on_by_itself_after_its_connection_was_ended_and_after_another_node_ended_in_the_midst_of_it() throws Exception {
        try (RecordDatabase database = new SampleDefinitions("old").open(pool, WITHOUT_BACKGROUND)) {
            load(database, 0, OBSERVATIONS);
        }
        try (var row = pool.getConnection();
            var other = pool.getConnection()) {
            row.setAutoCommit(false);
            row.createStatement().execute("SELECT FROM store.resource WHERE id = 'o700' FOR UPDATE");
            try (RecordDatabase database = withMethod("new").open(pool, StoreSettings.DEFAULT, 1)) {
                String waiting = " FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%store.resource%FOR UPDATE%' AND pid <> pg_backend_pid()";
                await(() -> count("SELECT count(*)" + waiting) == 1);
                // The other node has it as soon as the first has lost it, until it ends.
                CompletableFuture<Boolean> locked = CompletableFuture.supplyAsync(() -> execute(other, "SELECT pg_advisory_lock(" + Reindex.LOCK + ")"));
                await(() -> count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 1);
                count("SELECT count(pg_terminate_backend(pid))" + waiting);
                locked.get(120, TimeUnit.SECONDS);
                row.rollback();
                Thread.sleep(2_500); // the first has tried twice
                assertThat(withMethod()).isLessThan(OBSERVATIONS);
                other.createStatement().execute("SELECT pg_advisory_unlock(" + Reindex.LOCK + ")");
                awaitDefinitions("new");
            }
        }
        assertThat(withMethod()).isEqualTo(OBSERVATIONS);
    }

    private static boolean execute(Connection connection, String sql) {
        try (var statement = connection.createStatement()) {
            return statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void nothing_is_moved_by_encoding_it_anew_while_another_node_reindexes() throws Exception {
        try (var other = pool.getConnection();
            RecordDatabase database = new SampleDefinitions("old").open(pool, WITHOUT_BACKGROUND)) {
            load(database, 0, 300);
            Recompression recompression = new Recompression(pool, database.context().codec());
            short type = database.context().names().type("Observation");
            String place = "SELECT sum(hashtext(ctid::text)::bigint) FROM store.resource";
            for (int i = 0; i < 300; i++) {
                recompression.remember(type, database.context().hash().self(type, "o" + i));
            }
            byte[] dictionary = DictionaryTraining.train(java.util.stream.IntStream.range(0, 1000).mapToObj(i -> observation(i).bytes()).toList(), null);
            new Dictionaries(pool).publish(type, dictionary, database.context().codec());
            other.createStatement().execute("SELECT pg_advisory_lock(" + Reindex.LOCK + ")");
            long before = count(place);
            assertThat(recompression.run(type)).isZero();
            assertThat(count(place)).isEqualTo(before);
            other.createStatement().execute("SELECT pg_advisory_unlock(" + Reindex.LOCK + ")");
            assertThat(recompression.run(type)).isEqualTo(300);
        }
    }
}
