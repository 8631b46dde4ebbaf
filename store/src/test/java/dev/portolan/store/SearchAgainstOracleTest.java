package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SortKey;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Thousands of random searches under random grants give what looking at every resource gives: nothing more, nothing less, in order, over pages. */
class SearchAgainstOracleTest {

    private static final int MEMBERS = 8;
    private static final int QUERIES = 600;

    private static final SmallDefinitions DEFINITIONS = new SmallDefinitions();
    private static RecordFixture records;
    private static SearchOracle oracle;

    @BeforeAll
    static void load() {
        records = new RecordFixture(DEFINITIONS);
        RandomRecords random = new RandomRecords(7, MEMBERS);
        random.all().forEach(records::put);
        oracle = new SearchOracle(DEFINITIONS, DEFINITIONS, random.all(), records.updated);
    }

    @AfterAll
    static void close() {
        records.close();
    }

    static long[] seeds() {
        return new long[] {1, 2, 900_088, Long.getLong("portolan.oracle.seed", 4)};
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void findsWhatLookingAtEveryResourceFinds(long seed) {
        RandomQueries queries = new RandomQueries(seed, DEFINITIONS, MEMBERS, records.times);
        int found = 0;
        int withheld = 0;
        int told = 0;
        for (int i = 0; i < QUERIES; i++) {
            String type = queries.type();
            List<Criterion> criteria = queries.criteria(type);
            Grant grant = queries.grant();
            String description = "seed " + seed + " query " + i + ": " + type + " " + criteria + " under " + grant;
            SearchQuery query = RandomQueries.query(type, criteria, List.of(), List.of());
            if (!grant.allows(type, Interaction.SEARCH) || oracle.namesForeignRecord(type, criteria, grant)) {
                assertThatThrownBy(() -> pages(grant, query, 10)).as(description).isInstanceOf(GrantRefusedException.class);
                continue;
            }
            List<ResourceKey> expected = oracle.search(type, criteria, grant);
            assertThat(pages(grant, query, 1 + queries.below(20))).as(description).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(total(grant, query)).as("total of %s", description).isEqualTo(expected.size());
            int held = oracle.search(type, criteria, grant.withoutLabels()).size() - expected.size();
            assertThat(records.open(grant).withheld().ofSearch(new SearchRequest(query, null, 20))).as("CON-06, withheld of %s", description).isEqualTo(held);
            OptionalLong free = records.open(grant).search(new SearchRequest(query, null, 1 + queries.below(20))).withheld();
            assertThat(free.orElse(held)).as("CON-06, withheld of %s, as the page tells", description).isEqualTo(held);
            told += free.isPresent() ? 1 : 0;
            withheld += held;
            found += expected.size();
        }
        assertThat(found).as("the queries find something").isGreaterThan(QUERIES);
        assertThat(withheld).as("something is held back").isPositive();
        assertThat(told).as("some pages tell that nothing is").isPositive();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void includesWhatIsReadableAndNothingElse(long seed) {
        RandomQueries queries = new RandomQueries(seed, DEFINITIONS, MEMBERS, records.times);
        int found = 0;
        for (int i = 0; i < QUERIES / 2; i++) {
            String type = queries.type();
            List<Criterion> criteria = queries.criteria(type).stream().limit(1).toList();
            List<Inclusion> inclusions = queries.inclusions(type);
            Grant grant = queries.grant();
            if (grant.allows(type, Interaction.SEARCH) && !oracle.namesForeignRecord(type, criteria, grant)) {
                SearchPage page = search(grant, RandomQueries.query(type, criteria, List.of(), inclusions), null, 1_000);
                List<ResourceKey> matches = keys(page, SearchPage.Mode.MATCH);
                String description = "seed " + seed + " query " + i + ": " + type + " " + criteria + " " + inclusions + " under " + grant;
                assertThat(matches).as(description).containsExactlyInAnyOrderElementsOf(oracle.search(type, criteria, grant));
                List<ResourceKey> included = keys(page, SearchPage.Mode.INCLUDE);
                assertThat(included).as(description).containsExactlyInAnyOrderElementsOf(oracle.included(matches, inclusions, grant));
                found += included.size();
            }
        }
        assertThat(found).isGreaterThan(QUERIES / 4);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void pagesOfASortedSearchAreTheSortedSearchInParts(long seed) {
        RandomQueries queries = new RandomQueries(seed, DEFINITIONS, MEMBERS, records.times);
        for (int i = 0; i < QUERIES / 4; i++) {
            String type = queries.type();
            List<Criterion> criteria = queries.criteria(type).stream().limit(1).toList();
            List<SortKey> sort = queries.sort(type);
            Grant grant = queries.grant();
            if (grant.allows(type, Interaction.SEARCH) && !oracle.namesForeignRecord(type, criteria, grant)) {
                SearchQuery query = RandomQueries.query(type, criteria, sort, List.of());
                String description = "seed " + seed + " query " + i + ": " + type + " " + criteria + " " + sort + " under " + grant;
                List<ResourceKey> whole = pages(grant, query, 1_000);
                assertThat(whole).as(description).containsExactlyInAnyOrderElementsOf(oracle.search(type, criteria, grant));
                assertThat(pages(grant, query, 1 + queries.below(7))).as(description).containsExactlyElementsOf(whole);
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void con06_tellsHowMuchOfARecordIsHeldBack(long seed) {
        RandomQueries queries = new RandomQueries(seed, DEFINITIONS, MEMBERS, records.times);
        long withheld = 0;
        int told = 0;
        for (int i = 0; i < QUERIES / 4; i++) {
            Grant grant = queries.grant();
            for (int member = 0; member < MEMBERS; member++) {
                long held = oracle.withheldOfRecord("p" + member, grant);
                assertThat(records.open(grant).withheld().ofRecord("p" + member)).as("seed %d, p%d under %s", seed, member, grant).isEqualTo(held);
                withheld += held;
                int size = queries.below(40);
                OptionalLong free = everything(grant, member, size);
                assertThat(free.orElse(held)).as("seed %d, p%d under %s, pages of %d, as the page tells", seed, member, grant, size).isEqualTo(held);
                told += free.isPresent() ? 1 : 0;
            }
        }
        assertThat(withheld).as("something is held back").isGreaterThan(20);
        assertThat(told).as("some pages tell that nothing is").isGreaterThan(20);
    }

    private static OptionalLong everything(Grant grant, int member, int size) {
        try {
            return records.open(grant).everything(new EverythingRequest("p" + member, Set.of(), null, null, null, null, size)).withheld();
        } catch (GrantRefusedException e) {
            return OptionalLong.empty();
        }
    }

    private static SearchPage search(Grant grant, SearchQuery query, String cursor, int size) {
        return records.open(grant).search(new SearchRequest(query, cursor, size));
    }

    private static long total(Grant grant, SearchQuery query) {
        SearchQuery counted = new SearchQuery(query.types(), query.criteria(), List.of(), List.of(), OptionalInt.of(0), SearchQuery.Total.ACCURATE, SearchQuery.Summary.COUNT, Set.of(), List.of(), List.of());
        return search(grant, counted, null, 0).total().getAsLong();
    }

    private static List<ResourceKey> pages(Grant grant, SearchQuery query, int size) {
        List<ResourceKey> all = new ArrayList<>();
        String cursor = null;
        do {
            SearchPage page = search(grant, query, cursor, size);
            assertThat(page.entries().size()).isLessThanOrEqualTo(size);
            all.addAll(keys(page, SearchPage.Mode.MATCH));
            cursor = page.next();
        } while (cursor != null);
        return all;
    }

    private static List<ResourceKey> keys(SearchPage page, SearchPage.Mode mode) {
        return page.entries().stream().filter(entry -> entry.mode() == mode).map(entry -> entry.resource().key()).toList();
    }
}
