package dev.portolan.store;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A database of its own with records written through the store, each at its own time. */
final class RecordFixture implements AutoCloseable {

    final HikariDataSource pool = TestDatabase.migrated();
    final RecordDatabase database;
    /** When each resource was written, in the order of writing. */
    final Map<ResourceKey, Long> updated = new HashMap<>();
    final List<Long> times = new ArrayList<>();

    RecordFixture(SmallDefinitions definitions) {
        database = RecordDatabase.open(pool, definitions, definitions, definitions, new StoreSettings(Set.of(), Duration.ofSeconds(30), false));
    }

    void put(JsonDocument resource) {
        ResourceKey key = SearchOracle.key(resource);
        StoredResource written = open(Grants.everything()).write(transaction -> transaction.put(key, resource)).resource();
        updated.put(key, written.lastUpdated().toEpochMilli());
        times.add(written.lastUpdated().toEpochMilli());
    }

    void put(String json) {
        put(JsonDocument.parse(json));
    }

    void delete(ResourceKey key) {
        open(Grants.everything()).write(transaction -> transaction.delete(key));
    }

    StoreContext context() {
        return database.context();
    }

    RecordView open(Grant grant) {
        return database.records().open(grant);
    }

    @Override
    public void close() {
        database.close();
        pool.close();
    }
}
