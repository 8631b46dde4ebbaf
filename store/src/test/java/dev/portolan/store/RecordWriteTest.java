package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.store.WriteTransaction.Written;
import dev.portolan.store.WriteTransaction.Written.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RecordWriteTest {

    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView all;

    @BeforeAll
    static void open() {
        pool = TestDatabase.migrated();
        database = new SampleDefinitions().open(pool, StoreSettings.DEFAULT);
        all = database.records().open(Grants.everything());
    }

    @AfterAll
    static void close() {
        database.close();
        pool.close();
    }

    private static Written put(RecordView view, String type, String id, String json) {
        return view.write(transaction -> transaction.put(new ResourceKey(type, id), JsonDocument.parse(json)));
    }

    private static String text(StoredResource resource) {
        return new String(resource.content().json(), StandardCharsets.UTF_8);
    }

    private static StoredResource found(ReadResult result) {
        assertThat(result).isInstanceOf(ReadResult.Found.class);
        return ((ReadResult.Found) result).resource();
    }

    @Test
    void what_is_written_is_read_back_with_its_own_bytes_and_the_stamps() {
        Written written = put(all, "Patient", "bytes", "{\"resourceType\":\"Patient\",\"birthDate\":\"1980-01-01\",\"name\":[{\"family\":\"O\\u0027Neil\\/x\"}],\"x\":1.00}");
        String stamp = Stamps.instant(written.resource().lastUpdated().toEpochMilli());
        StoredResource read = found(all.read(new ResourceKey("Patient", "bytes")));
        assertThat(text(read)).isEqualTo("{\"resourceType\":\"Patient\",\"id\":\"bytes\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"" + stamp
            + "\"},\"birthDate\":\"1980-01-01\",\"name\":[{\"family\":\"O\\u0027Neil\\/x\"}],\"x\":1.00}");
        assertThat(read.change()).isEqualTo(StoredResource.Change.CREATED);
        assertThat(written.outcome()).isEqualTo(Outcome.CREATED);
    }

    @Test
    void an_update_with_the_same_content_writes_nothing_and_another_content_makes_a_version() {
        String first = "{\"resourceType\":\"Patient\",\"id\":\"same\",\"meta\":{\"tag\":[{\"code\":\"a\"}]},\"gender\":\"male\"}";
        put(all, "Patient", "same", first);
        assertThat(put(all, "Patient", "same", first).outcome()).isEqualTo(Outcome.UNCHANGED);
        String read = text(found(all.read(new ResourceKey("Patient", "same"))));
        assertThat(put(all, "Patient", "same", read).outcome()).isEqualTo(Outcome.UNCHANGED);
        Written changed = put(all, "Patient", "same", first.replace("male", "female"));
        assertThat(changed.outcome()).isEqualTo(Outcome.UPDATED);
        assertThat(changed.resource().version()).isEqualTo(2);
        assertThat(text(found(all.readVersion(new ResourceKey("Patient", "same"), 1)))).contains("\"gender\":\"male\"").contains("\"versionId\":\"1\"");
        assertThat(text(found(all.read(new ResourceKey("Patient", "same"))))).contains("\"gender\":\"female\"").contains("\"versionId\":\"2\"");
        assertThat(all.readVersion(new ResourceKey("Patient", "same"), 3)).isInstanceOf(ReadResult.Absent.class);
    }

    @Test
    void a_deleted_resource_is_gone_keeps_its_past_and_can_come_back() {
        ResourceKey key = new ResourceKey("Patient", "gone");
        put(all, "Patient", "gone", "{\"resourceType\":\"Patient\"}");
        assertThat(all.<Written>write(transaction -> transaction.delete(key)).outcome()).isEqualTo(Outcome.DELETED);
        assertThat(all.read(key)).isInstanceOf(ReadResult.Gone.class);
        assertThat(all.<Written>write(transaction -> transaction.delete(key)).outcome()).isEqualTo(Outcome.NOT_THERE);
        assertThat(all.readVersion(key, 1)).isInstanceOf(ReadResult.Found.class);
        assertThat(all.readVersion(key, 2)).isInstanceOf(ReadResult.Gone.class);
        Written back = put(all, "Patient", "gone", "{\"resourceType\":\"Patient\"}");
        assertThat(back.resource().version()).isEqualTo(3);
        HistoryPage history = all.history(new HistoryRequest("Patient", "gone", null, null, null, 10));
        assertThat(history.versions()).extracting(StoredResource::version).containsExactly(3L, 2L, 1L);
        assertThat(history.versions()).extracting(StoredResource::deleted).containsExactly(false, true, false);
        assertThat(history.total()).hasValue(3);
        assertThat(history.next()).isNull();
    }

    @Test
    void a_large_transaction_and_one_that_changes_it_all_are_whole_and_searchable_rows_follow() throws Exception {
        List<ResourceKey> keys = new ArrayList<>();
        all.write(transaction -> {
            for (int i = 0; i < 300; i++) {
                ResourceKey key = new ResourceKey("Observation", transaction.newId());
                keys.add(key);
                transaction.put(key, JsonDocument.parse("{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/large\"},\"identifier\":[{\"system\":\"urn:s\",\"value\":\"" + i + "\"}]}"));
            }
            return null;
        });
        assertThat(count("SELECT count(*) FROM store.value_token v JOIN store.resource r USING (rid) WHERE r.id = ANY(?)", keys)).isEqualTo(600);
        all.write(transaction -> {
            Map<ResourceKey, ReadResult> locked = transaction.lock(keys);
            assertThat(locked.values()).allMatch(ReadResult.Found.class::isInstance);
            for (int i = 0; i < keys.size(); i++) {
                transaction.put(keys.get(i), JsonDocument.parse("{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/large2\"},\"identifier\":[{\"system\":\"urn:s\",\"value\":\"" + (i + 150) + "\"}]}"));
            }
            return null;
        });
        assertThat(count("SELECT count(*) FROM store.value_token v JOIN store.resource r ON r.rid = v.rid AND r.member = v.member WHERE r.id = ANY(?)", keys)).isEqualTo(600);
        assertThat(count("SELECT count(*) FROM store.history WHERE id = ANY(?)", keys)).isEqualTo(300);
        assertThat(count("SELECT count(*) FROM store.resource r JOIN store.member m ON m.key = r.member WHERE m.patient_id = 'large2' AND r.id = ANY(?)", keys)).isEqualTo(300);
    }

    @Test
    void a_failed_transaction_leaves_nothing() {
        assertThatThrownBy(() -> all.write(transaction -> {
            transaction.put(new ResourceKey("Patient", "half"), JsonDocument.parse("{\"resourceType\":\"Patient\"}"));
            assertThat(transaction.read(new ResourceKey("Patient", "half"))).isInstanceOf(ReadResult.Found.class);
            throw new IllegalStateException("stop");
        })).hasMessage("stop");
        assertThat(all.read(new ResourceKey("Patient", "half"))).isInstanceOf(ReadResult.Absent.class);
    }

    /** One row, few (an INSERT) and many (COPY). */
    @Test
    void what_is_taken_for_new_and_was_there_is_not_overwritten_and_the_work_runs_again() {
        for (int others : List.of(0, 2, 60)) {
            for (boolean deleted : List.of(false, true)) {
                String name = "taken-" + others + "-" + deleted;
                put(all, "Patient", name, "{\"resourceType\":\"Patient\"}");
                if (deleted) {
                    all.write(transaction -> transaction.delete(new ResourceKey("Patient", name)));
                }
                List<ResourceKey> keys = IntStream.range(0, others).mapToObj(i -> new ResourceKey("Patient", name + "-" + i)).collect(Collectors.toCollection(ArrayList::new));
                keys.add(new ResourceKey("Patient", name));
                AtomicInteger runs = new AtomicInteger();
                List<Outcome> outcomes = all.write(transaction -> {
                    if (runs.incrementAndGet() == 1) {
                        transaction.expectNew(keys);
                    }
                    return keys.stream().map(key -> transaction.put(key, JsonDocument.parse("{\"resourceType\":\"Patient\",\"gender\":\"male\"}")).outcome()).toList();
                });
                assertThat(runs).as(name).hasValue(2);
                assertThat(outcomes.get(others)).as(name).isEqualTo(deleted ? Outcome.CREATED : Outcome.UPDATED);
                assertThat(found(all.read(new ResourceKey("Patient", name))).version()).as(name).isEqualTo(deleted ? 3 : 2);
                assertThat(all.history(new HistoryRequest("Patient", name, null, null, null, 10)).versions()).as(name).hasSize(deleted ? 3 : 2);
            }
        }
    }

    @Test
    void one_resource_written_twice_in_a_transaction_has_both_versions() {
        all.write(transaction -> {
            transaction.put(new ResourceKey("Patient", "twice"), JsonDocument.parse("{\"resourceType\":\"Patient\"}"));
            return transaction.put(new ResourceKey("Patient", "twice"), JsonDocument.parse("{\"resourceType\":\"Patient\",\"gender\":\"male\"}"));
        });
        assertThat(all.history(new HistoryRequest("Patient", "twice", null, null, null, 10)).versions()).extracting(StoredResource::version).containsExactly(2L, 1L);
    }

    @Test
    void a_character_that_postgresql_cannot_hold_is_stored_and_read_back() {
        put(all, "Patient", "zero", "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"a\\u0000b\"}]}");
        assertThat(text(found(all.read(new ResourceKey("Patient", "zero"))))).contains("a\\u0000b");
    }

    private static long count(String sql, List<ResourceKey> keys) throws Exception {
        try (var connection = pool.getConnection();
            var select = connection.prepareStatement(sql)) {
            select.setArray(1, connection.createArrayOf("text", keys.stream().map(ResourceKey::id).toArray()));
            var row = select.executeQuery();
            row.next();
            return row.getLong(1);
        }
    }
}
