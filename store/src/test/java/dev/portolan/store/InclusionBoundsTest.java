package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchQuery;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A page includes all that belongs to it, at most 1,000 resources, or the search is refused: never a part. */
class InclusionBoundsTest {

    private static final int MOST = 1_000;
    private static final int CHAIN = 22;

    private static final SampleDefinitions DEFINITIONS = new SampleDefinitions("bounds").add("Observation", "derived-from", ParameterType.REFERENCE, "derivedFrom");
    private static final HikariDataSource POOL = TestDatabase.migrated();
    private static RecordDatabase database;

    @BeforeAll
    static void load() {
        database = DEFINITIONS.open(POOL, new StoreSettings(Set.of(), Duration.ofSeconds(60), false));
        database.records().open(Grants.everything()).write(transaction -> {
            put(transaction, "many", List.of());
            put(transaction, "most", List.of());
            for (int i = 0; i < MOST + 100; i++) {
                put(transaction, "m" + i, List.of("many"));
            }
            for (int i = 0; i < MOST + 1; i++) {
                put(transaction, "a" + i, List.of("most"));
                put(transaction, "b" + i, List.of());
            }
            put(transaction, "of-many", IntStream.range(0, MOST + 100).mapToObj(i -> "m" + i).toList());
            put(transaction, "of-most", IntStream.range(0, MOST + 1).mapToObj(i -> "b" + i).toList());
            put(transaction, "c0", List.of());
            for (int i = 1; i <= CHAIN; i++) {
                put(transaction, "c" + i, List.of("c" + (i - 1)));
            }
            return null;
        });
    }

    @AfterAll
    static void close() {
        database.close();
        POOL.close();
    }

    private static void put(WriteTransaction transaction, String id, List<String> from) {
        String references = from.stream().map(source -> "{\"reference\":\"Observation/" + source + "\"}").collect(Collectors.joining(","));
        transaction.put(new ResourceKey("Observation", id), JsonDocument.parse("{\"resourceType\":\"Observation\",\"id\":\"" + id + "\",\"derivedFrom\":[" + references + "]}"));
    }

    private static int included(boolean reverse, String... ids) {
        return included(reverse, false, ids);
    }

    private static int included(boolean reverse, boolean iterate, String... ids) {
        SearchParameter by = DEFINITIONS.find("Observation", "derived-from").orElseThrow();
        SearchQuery query = RandomQueries.query("Observation", List.of(new Criterion.Ids(Set.of(ids))), List.of(), List.of(new Inclusion(reverse, "Observation", List.of(by), null, iterate)));
        List<SearchPage.Entry> entries = database.records().open(Grants.everything()).search(new SearchRequest(query, null, MOST)).entries();
        Set<ResourceKey> keys = entries.stream().map(entry -> entry.resource().key()).collect(Collectors.toCollection(() -> new TreeSet<>()));
        assertThat(keys).as("each once").hasSameSizeAs(entries);
        return (int) entries.stream().filter(entry -> entry.mode() == SearchPage.Mode.INCLUDE).count();
    }

    private static void assertRefused(boolean reverse, String... ids) {
        assertThatThrownBy(() -> included(reverse, ids)).isInstanceOf(SearchTooCostlyException.class).hasMessageContaining("1000");
    }

    @Test
    void whatIsOnThePageItselfDoesNotHideThatThereAreTooMany() {
        assertRefused(true, "many");
        assertRefused(true, "many", "m5");
        assertRefused(true, "many", "m5", "m1099");
        assertRefused(false, "of-many");
        assertRefused(false, "of-many", "m5");
        assertRefused(false, "of-many", "m5", "m1099");
    }

    @Test
    void whatIsOnThePageItselfDoesNotCount() {
        assertRefused(true, "most");
        assertThat(included(true, "most", "a5")).isEqualTo(MOST);
        assertThat(included(true, "most", "a5", "a6")).isEqualTo(MOST - 1);
        assertRefused(false, "of-most");
        assertThat(included(false, "of-most", "b5")).isEqualTo(MOST);
        assertThat(included(false, "of-most", "b5", "b6")).isEqualTo(MOST - 1);
    }

    @Test
    void anIterationGoesToItsEndOrIsRefused() {
        assertThat(included(false, true, "c20")).isEqualTo(20);
        assertThat(included(true, true, "c2")).isEqualTo(20);
        assertThatThrownBy(() -> included(false, true, "c21")).isInstanceOf(SearchTooCostlyException.class).hasMessageContaining(":iterate");
        assertThatThrownBy(() -> included(true, true, "c0")).isInstanceOf(SearchTooCostlyException.class).hasMessageContaining(":iterate");
    }
}
