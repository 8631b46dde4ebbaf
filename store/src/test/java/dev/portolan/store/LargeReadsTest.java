package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.ParameterType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Content that is large is read when it is asked for, and is that of the version that was found, whatever has become of it since. */
class LargeReadsTest {

    private static final int DOCUMENTS = 4;
    private static final int BYTES = 3_000_000;
    private static final HikariDataSource POOL = TestDatabase.migrated();
    private static RecordDatabase database;
    private static RecordView all;

    @BeforeAll
    static void load() {
        database = new SampleDefinitions("scans").add("Observation", "patient", ParameterType.REFERENCE, "subject").open(POOL, new StoreSettings(Set.of(), Duration.ofSeconds(60), false));
        all = database.records().open(Grants.everything());
        Random random = new Random(11);
        for (int i = 0; i < DOCUMENTS; i++) {
            byte[] scan = new byte[BYTES / 4 * 3];
            random.nextBytes(scan);
            ResourceKey key = new ResourceKey("Observation", "o" + i);
            all.write(transaction -> transaction.put(key, JsonDocument.parse("{\"resourceType\":\"Observation\",\"id\":\"" + key.id() + "\",\"extension\":[{\"url\":\"http://x.example/scan\",\"valueBase64Binary\":\""
                + Base64.getEncoder().encodeToString(scan) + "\"}]}")));
        }
    }

    @AfterAll
    static void close() {
        database.close();
        POOL.close();
    }

    /** One that many ask for, and take their time with, is in memory once they begin to take it. */
    @Test
    void aReadDoesNotHaveItsContentUntilItIsAskedFor() {
        StoredResource now = found(all.read(new ResourceKey("Observation", "o0")));
        StoredResource past = found(all.readVersion(new ResourceKey("Observation", "o0"), 1));
        assertThat(now.content()).isInstanceOf(LargeContent.class);
        assertThat(past.content()).isInstanceOf(LargeContent.class);
        assertThat(now.content().json()).hasSizeGreaterThan(BYTES).hasSizeLessThanOrEqualTo(now.content().size()).isEqualTo(past.content().json());
        String id = "o0";
        all.write(transaction -> transaction.put(new ResourceKey("Observation", id), JsonDocument.parse(new String(now.content().json(), StandardCharsets.UTF_8).replace("scan", "other"))));
        byte[] later = found(all.read(new ResourceKey("Observation", id))).content().json();
        assertThat(new String(later, StandardCharsets.UTF_8)).contains("x.example/other");
        assertThat(new String(now.content().json(), StandardCharsets.UTF_8)).as("a version that has become a past one meanwhile").contains("x.example/scan");
        assertThat(found(all.readVersion(new ResourceKey("Observation", id), 1)).content().json()).isEqualTo(now.content().json());
    }

    /** What a transaction found stands as it was then, while the transaction lasts and after it. */
    @Test
    void soDoesATransactionThatIsAboutMany() {
        List<ResourceKey> keys = IntStream.range(1, DOCUMENTS).mapToObj(i -> new ResourceKey("Observation", "o" + i)).toList();
        Map<ResourceKey, ReadResult> seen = all.write(transaction -> {
            Map<ResourceKey, ReadResult> present = transaction.lock(keys);
            assertThat(present.values()).allSatisfy(each -> assertThat(found(each).content()).isInstanceOf(LargeContent.class));
            JsonDocument given = JsonDocument.parse(found(present.get(keys.get(0))).content().json());
            WriteTransaction.Written same = transaction.put(keys.get(0), given);
            assertThat(same.outcome()).isEqualTo(WriteTransaction.Written.Outcome.UNCHANGED);
            assertThat(transaction.put(keys.get(1), JsonDocument.parse("{\"resourceType\":\"Observation\",\"id\":\"o2\"}")).outcome()).isEqualTo(WriteTransaction.Written.Outcome.UPDATED);
            assertThat(transaction.read(keys.get(1))).isInstanceOf(ReadResult.Found.class);
            assertThat(found(present.get(keys.get(1))).content().json()).as("before it was written").hasSizeGreaterThan(BYTES);
            return Map.of(keys.get(0), new ReadResult.Found(same.resource()), keys.get(1), present.get(keys.get(1)), keys.get(2), transaction.read(keys.get(2)));
        });
        assertThat(seen.values()).allSatisfy(each -> assertThat(found(each).content().json()).hasSizeGreaterThan(BYTES));
    }

    private static StoredResource found(ReadResult result) {
        return ((ReadResult.Found) result).resource();
    }
}
