package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.InvalidSearchException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class HistoryPagingTest {

    private static final int PATIENTS = 7;
    private static final int VERSIONS = 5;
    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView all;

    @BeforeAll
    static void open() throws Exception {
        pool = TestDatabase.migrated();
        database = new SampleDefinitions().open(pool, StoreSettings.DEFAULT);
        all = database.records().open(Grants.everything());
        for (int version = 1; version <= VERSIONS; version++) {
            int number = version;
            all.write(transaction -> {
                for (int i = 0; i < PATIENTS; i++) {
                    transaction.put(new ResourceKey("Patient", "p" + i), JsonDocument.parse("{\"resourceType\":\"Patient\",\"n\":" + number + "}"));
                }
                return null;
            });
            Thread.sleep(3);
        }
    }

    @AfterAll
    static void close() {
        database.close();
        pool.close();
    }

    private static List<StoredResource> pages(HistoryRequest first, Runnable between) {
        List<StoredResource> versions = new ArrayList<>();
        HistoryPage page = all.history(first);
        versions.addAll(page.versions());
        while (page.next() != null) {
            between.run();
            page = all.history(new HistoryRequest(first.type(), first.id(), null, null, page.next(), 0));
            versions.addAll(page.versions());
        }
        return versions;
    }

    @Test
    void pages_hold_every_version_once_newest_first_while_new_ones_arrive() {
        int[] extra = {0};
        List<StoredResource> versions = pages(new HistoryRequest(null, null, null, null, null, 4), () -> all.write(transaction ->
            transaction.put(new ResourceKey("Practitioner", "late" + extra[0]++), JsonDocument.parse("{\"resourceType\":\"Practitioner\"}"))));
        assertThat(versions).filteredOn(v -> v.key().type().equals("Patient")).hasSize(PATIENTS * VERSIONS).extracting(v -> v.key() + "/" + v.version()).doesNotHaveDuplicates();
        assertThat(versions).isSortedAccordingTo((a, b) -> b.lastUpdated().compareTo(a.lastUpdated()));
    }

    @Test
    void since_and_at_select_versions_by_when_they_were_current() {
        List<StoredResource> one = all.history(new HistoryRequest("Patient", "p0", null, null, null, 100)).versions();
        Instant third = one.get(2).lastUpdated();
        assertThat(all.history(new HistoryRequest("Patient", "p0", third, null, null, 100)).versions()).extracting(StoredResource::version).containsExactly(5L, 4L, 3L);
        for (StoredResource from : one) {
            for (StoredResource to : one) {
                HistoryRequest.Period period = new HistoryRequest.Period(from.lastUpdated().plusMillis(1), to.lastUpdated().plusMillis(1));
                List<StoredResource> current = IntStream.range(0, one.size()).filter(i -> !one.get(i).lastUpdated().isAfter(period.last()))
                    .filter(i -> i == 0 || one.get(i - 1).lastUpdated().isAfter(period.first())).mapToObj(one::get).toList();
                assertThat(pages(new HistoryRequest("Patient", "p0", null, period, null, 2), () -> { })).as("%s", period).extracting(StoredResource::version)
                    .containsExactlyElementsOf(current.stream().map(StoredResource::version).toList());
            }
        }
        assertThat(pages(new HistoryRequest("Patient", null, third, null, null, 2), () -> { })).hasSize(PATIENTS * 3);
        assertThat(all.history(new HistoryRequest("Patient", "p0", third, null, null, 1)).total()).hasValue(3);
    }

    @Test
    void a_cursor_of_another_request_or_altered_is_refused() {
        String cursor = all.history(new HistoryRequest("Patient", null, null, null, null, 2)).next();
        assertThatThrownBy(() -> all.history(new HistoryRequest(null, null, null, null, cursor, 2))).isInstanceOf(InvalidSearchException.class);
        String altered = cursor.substring(0, cursor.length() - 2) + (cursor.endsWith("A") ? "BB" : "AA");
        assertThatThrownBy(() -> all.history(new HistoryRequest("Patient", null, null, null, altered, 2))).isInstanceOf(InvalidSearchException.class);
        assertThatThrownBy(() -> database.records().open(Grants.only("p0")).history(new HistoryRequest("Patient", null, null, null, cursor, 2)))
            .isInstanceOf(InvalidSearchException.class);
    }
}
