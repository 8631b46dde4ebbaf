package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.store.WriteTransaction.Written.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ConcurrentWriteTest {

    private static final int WRITERS = 6;
    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView all;
    private static ExecutorService threads;

    @BeforeAll
    static void open() {
        pool = TestDatabase.migrated();
        database = new SampleDefinitions().open(pool, StoreSettings.DEFAULT);
        all = database.records().open(Grants.everything());
        threads = Executors.newFixedThreadPool(WRITERS);
    }

    @AfterAll
    static void close() {
        threads.shutdownNow();
        database.close();
        pool.close();
    }

    private static <T> List<T> together(Callable<T> work) throws Exception {
        CyclicBarrier start = new CyclicBarrier(WRITERS);
        List<Future<T>> running = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            running.add(threads.submit(() -> {
                start.await();
                return work.call();
            }));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> one : running) {
            results.add(one.get());
        }
        return results;
    }

    @Test
    void counting_up_one_resource_loses_no_update() throws Exception {
        ResourceKey key = new ResourceKey("Patient", "counter");
        all.write(transaction -> transaction.put(key, counter(0)));
        int rounds = 25;
        together(() -> {
            for (int i = 0; i < rounds; i++) {
                all.write(transaction -> {
                    ReadResult now = transaction.lock(List.of(key)).get(key);
                    JsonDocument json = JsonDocument.parse(((ReadResult.Found) now).resource().content().json());
                    return transaction.put(key, counter(Integer.parseInt(json.root().field("count").text()) + 1));
                });
            }
            return null;
        });
        StoredResource end = ((ReadResult.Found) all.read(key)).resource();
        assertThat(new String(end.content().json(), StandardCharsets.UTF_8)).contains("\"count\":" + WRITERS * rounds);
        assertThat(end.version()).isEqualTo(1 + WRITERS * rounds);
        HistoryPage history = all.history(new HistoryRequest("Patient", "counter", null, null, null, 1000));
        assertThat(history.versions()).hasSize(1 + WRITERS * rounds);
        assertThat(history.versions()).isSortedAccordingTo((a, b) -> b.lastUpdated().compareTo(a.lastUpdated()));
    }

    private static JsonDocument counter(int count) {
        return JsonDocument.parse("{\"resourceType\":\"Patient\",\"count\":" + count + "}");
    }

    @Test
    void an_id_that_several_create_at_once_is_created_once() throws Exception {
        for (int round = 0; round < 10; round++) {
            ResourceKey key = new ResourceKey("Patient", "created-" + round);
            AtomicInteger number = new AtomicInteger();
            List<Outcome> outcomes = together(() -> all.<WriteTransaction.Written>write(transaction ->
                transaction.put(key, counter(number.incrementAndGet()))).outcome());
            assertThat(outcomes).containsOnlyOnce(Outcome.CREATED);
            assertThat(((ReadResult.Found) all.read(key)).resource().version()).isEqualTo(WRITERS);
        }
    }

    @Test
    void a_condition_that_is_serialized_creates_once() throws Exception {
        for (int round = 0; round < 10; round++) {
            ResourceKey marker = new ResourceKey("Patient", "marker-" + round);
            List<Boolean> created = together(() -> all.<Boolean>write(transaction -> {
                transaction.serialize(List.of("Patient?identifier=" + marker));
                if (transaction.read(marker) instanceof ReadResult.Found) {
                    return false;
                }
                transaction.put(marker, counter(0));
                return true;
            }));
            assertThat(Collections.frequency(created, true)).isEqualTo(1);
        }
    }

    @Test
    void writers_of_the_same_resources_in_opposite_orders_all_get_through() throws Exception {
        List<ResourceKey> keys = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            keys.add(new ResourceKey("Patient", "order-" + i));
        }
        AtomicInteger number = new AtomicInteger();
        together(() -> {
            for (int round = 0; round < 5; round++) {
                int mine = number.incrementAndGet();
                List<ResourceKey> order = new ArrayList<>(keys);
                Collections.shuffle(order);
                all.write(transaction -> {
                    transaction.lock(order);
                    order.forEach(key -> transaction.put(key, counter(mine)));
                    return null;
                });
            }
            return null;
        });
        long version = ((ReadResult.Found) all.read(keys.get(0))).resource().version();
        assertThat(version).isEqualTo(WRITERS * 5L);
        assertThat(keys).allMatch(key -> ((ReadResult.Found) all.read(key)).resource().version() == version);
    }
}
