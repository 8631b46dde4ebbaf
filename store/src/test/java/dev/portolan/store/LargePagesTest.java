package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchQuery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A record of scanned documents is given in as many pages as it takes: what a page comes to in memory does not grow with them. */
class LargePagesTest {

    private static final int DOCUMENTS = 20;
    private static final int BYTES = 3_000_000;
    private static final SampleDefinitions DEFINITIONS = new SampleDefinitions("large").add("Observation", "patient", ParameterType.REFERENCE, "subject");
    private static final HikariDataSource POOL = TestDatabase.migrated();
    private static RecordDatabase database;
    private static RecordView all;

    @BeforeAll
    static void load() {
        database = DEFINITIONS.open(POOL, new StoreSettings(Set.of(), Duration.ofSeconds(60), false));
        all = database.records().open(Grants.everything());
        all.write(transaction -> transaction.put(new ResourceKey("Patient", "p"), JsonDocument.parse("{\"resourceType\":\"Patient\",\"id\":\"p\"}")));
        Random random = new Random(7);
        for (int i = 0; i < DOCUMENTS; i++) {
            byte[] scan = new byte[BYTES / 4 * 3];
            random.nextBytes(scan);
            // Half of them hardly compress, and half to next to nothing.
            put(i, i % 2 == 0 ? Base64.getEncoder().encodeToString(scan) : "A".repeat(BYTES));
        }
    }

    private static void put(int i, String data) {
        all.write(transaction -> transaction.put(new ResourceKey("Observation", "o" + i), JsonDocument.parse("{\"resourceType\":\"Observation\",\"id\":\"o" + i
            + "\",\"subject\":{\"reference\":\"Patient/p\"},\"extension\":[{\"url\":\"http://x.example/scan\",\"valueBase64Binary\":\"" + data + "\"}]}")));
    }

    @AfterAll
    static void close() {
        database.close();
        POOL.close();
    }

    private static SearchQuery ofPatient(List<Inclusion> inclusions, String type) {
        Criterion criterion = type.equals("Patient") ? new Criterion.Ids(Set.of("p"))
            : new Criterion.Parameter(DEFINITIONS.find("Observation", "patient").orElseThrow(), Modifier.NONE, List.of(new CriterionValue.Reference("Patient", "p", null, null)));
        return RandomQueries.query(type, List.of(criterion), List.of(), inclusions);
    }

    private interface Pages {
        SearchPage page(String cursor);
    }

    /** All that the pages hold, each page within its bounds and with what it says. */
    private static List<String> followed(Pages pages) {
        List<String> ids = new ArrayList<>();
        String cursor = null;
        do {
            SearchPage page = pages.page(cursor);
            long bytes = 0;
            for (SearchPage.Entry entry : page.entries()) {
                byte[] json = entry.resource().content().json();
                assertThat(JsonDocument.parse(json).root().fieldText("id")).isEqualTo(entry.resource().key().id());
                bytes += json.length;
                ids.add(entry.resource().key().id());
            }
            assertThat(bytes).isLessThanOrEqualTo(PageBytes.MOST);
            cursor = page.next();
        } while (cursor != null);
        return ids;
    }

    private static List<String> everyId(boolean patient) {
        List<String> ids = new ArrayList<>();
        if (patient) {
            ids.add("p");
        }
        for (int i = 0; i < DOCUMENTS; i++) {
            ids.add("o" + i);
        }
        return ids;
    }

    @Test
    void aSearchIsCutWhereItsPageIsFull() {
        assertThat(followed(cursor -> all.search(new SearchRequest(ofPatient(List.of(), "Observation"), cursor, 500)))).containsExactlyInAnyOrderElementsOf(everyId(false)).doesNotHaveDuplicates();
    }

    @Test
    void soIsAWholeRecord() {
        assertThat(followed(cursor -> all.everything(new EverythingRequest("p", Set.of(), null, null, null, cursor, 500)))).containsExactlyInAnyOrderElementsOf(everyId(true)).doesNotHaveDuplicates();
    }

    @Test
    void soIsAHistory() {
        put(0, "B".repeat(BYTES));
        List<String> versions = new ArrayList<>();
        String cursor = null;
        do {
            HistoryPage page = all.history(new HistoryRequest("Observation", null, null, null, cursor, 500));
            assertThat(page.versions().stream().mapToLong(version -> version.content().json().length).sum()).isLessThanOrEqualTo(PageBytes.MOST);
            page.versions().forEach(version -> versions.add(version.key().id() + "/" + version.version()));
            cursor = page.next();
        } while (cursor != null);
        assertThat(versions).hasSize(DOCUMENTS + 1).doesNotHaveDuplicates().contains("o0/1", "o0/2");
    }

    @Test
    void whatIsIncludedCannotBeCutAndIsRefused() {
        SearchParameter by = DEFINITIONS.find("Observation", "patient").orElseThrow();
        SearchRequest request = new SearchRequest(ofPatient(List.of(new Inclusion(true, "Observation", List.of(by), null, false)), "Patient"), null, 500);
        assertThatThrownBy(() -> all.search(request)).isInstanceOf(SearchTooCostlyException.class).hasMessageContaining("with what is included");
    }
}
