package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.Prefix;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.SortKey;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Page links: signed, bound to the grant and the query, and right while data changes. */
class SearchPagingTest {

    private static final SmallDefinitions DEFINITIONS = new SmallDefinitions();
    private static final List<RawParameter> APPLIED = List.of(new RawParameter("patient", "p0"));
    private RecordFixture records;

    @BeforeEach
    void load() {
        records = new RecordFixture(DEFINITIONS);
        records.put("{\"resourceType\":\"Patient\",\"id\":\"p0\"}");
        for (int i = 0; i < 10; i++) {
            put(i, "2020-01-0" + (1 + i % 5));
        }
    }

    @AfterEach
    void close() {
        records.close();
    }

    private void put(int i, String date) {
        records.put("{\"resourceType\":\"Observation\",\"id\":\"x" + i + "\",\"status\":\"a\",\"subject\":{\"reference\":\"Patient/p0\"},\"effectiveDateTime\":\"" + date + "\"}");
    }

    private static SearchQuery query(SearchQuery.Total total, SortKey... sort) {
        Criterion patient = new Criterion.Parameter(DEFINITIONS.get("Observation", "patient"), Modifier.NONE, List.of(new CriterionValue.Reference("Patient", "p0", null, null)));
        return new SearchQuery(List.of("Observation"), List.of(patient), List.of(), List.of(sort), OptionalInt.empty(), total, SearchQuery.Summary.FALSE, Set.of(), APPLIED, List.of());
    }

    private SearchPage page(Grant grant, SearchQuery query, String cursor, int size) {
        return records.open(grant).search(new SearchRequest(query, cursor, size));
    }

    private static List<String> ids(SearchPage page) {
        return page.entries().stream().map(entry -> entry.resource().key().id()).toList();
    }

    @Test
    void aCursorCarriesTheQueryToBeParsedAgain() {
        SearchPage first = page(Grants.only("p0"), query(SearchQuery.Total.NONE), null, 4);
        PageCursors.Opened opened = records.database.cursors().open(first.next(), Grants.only("p0"));
        assertThat(opened).isEqualTo(new PageCursors.Opened(List.of("Observation"), APPLIED, 4));
    }

    @Test
    void aCursorOfAnotherGrantIsRefused() {
        String cursor = page(Grants.everything(), query(SearchQuery.Total.NONE), null, 4).next();
        assertThatThrownBy(() -> records.database.cursors().open(cursor, Grants.only("p0"))).isInstanceOf(InvalidSearchException.class);
        assertThatThrownBy(() -> page(Grants.only("p0"), query(SearchQuery.Total.NONE), cursor, 4)).isInstanceOf(InvalidSearchException.class);
    }

    @Test
    void aCursorWithAnyByteChangedIsRefused() {
        String cursor = page(Grants.everything(), query(SearchQuery.Total.NONE), null, 4).next();
        for (int i = 0; i < cursor.length() - 1; i++) {
            char other = cursor.charAt(i) == 'A' ? 'B' : 'A';
            String altered = cursor.substring(0, i) + other + cursor.substring(i + 1);
            assertThatThrownBy(() -> records.database.cursors().open(altered, Grants.everything())).isInstanceOf(InvalidSearchException.class);
        }
        for (String nonsense : List.of("", "x", "%%%", "AAAA".repeat(30))) {
            assertThatThrownBy(() -> records.database.cursors().open(nonsense, Grants.everything())).isInstanceOf(InvalidSearchException.class);
        }
    }

    @Test
    void aCursorOfAnotherQueryIsRefused() {
        String cursor = page(Grants.everything(), query(SearchQuery.Total.NONE), null, 4).next();
        SearchQuery other = RandomQueries.query("Observation", List.of(), List.of(), List.of());
        assertThatThrownBy(() -> page(Grants.everything(), other, cursor, 4)).isInstanceOf(InvalidSearchException.class);
    }

    @Test
    void pagesStayRightWhileResourcesComeAndGo() {
        for (SortKey[] sort : new SortKey[][] {{}, {new SortKey(DEFINITIONS.get("Observation", "date"), true)}, {new SortKey(DEFINITIONS.get("Observation", "status"), false)}}) {
            List<String> seen = new ArrayList<>();
            SearchQuery query = query(SearchQuery.Total.NONE, sort);
            SearchPage page = page(Grants.everything(), query, null, 3);
            seen.addAll(ids(page));
            String deleted = seen.get(1);
            records.delete(new ResourceKey("Observation", deleted));
            put(20, "2021-01-01");
            while (page.next() != null) {
                page = page(Grants.everything(), query, page.next(), 3);
                seen.addAll(ids(page));
            }
            assertThat(seen).doesNotHaveDuplicates().contains("x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9");
            put(Integer.parseInt(deleted.substring(1)), "2020-01-03");
            records.delete(new ResourceKey("Observation", "x20"));
        }
    }

    private void put(int i, String status, String patient) {
        records.put("{\"resourceType\":\"Observation\",\"id\":\"x" + i + "\",\"status\":\"" + status + "\",\"subject\":{\"reference\":\"Patient/" + patient
            + "\"},\"effectiveDateTime\":\"2020-01-01\",\"valueString\":\"Secret " + i / 4 + "\"}");
    }

    private static SortKey key(String code, boolean descending) {
        return new SortKey(DEFINITIONS.get("Observation", code), descending);
    }

    /** Of the status {@code a}, by several keys. */
    private static SearchQuery active(SortKey... sort) {
        Criterion status = new Criterion.Parameter(DEFINITIONS.get("Observation", "status"), Modifier.NONE, List.of(new CriterionValue.Token(null, "a")));
        return new SearchQuery(List.of("Observation"), List.of(status), List.of(), List.of(sort), OptionalInt.empty(), SearchQuery.Total.NONE, SearchQuery.Summary.FALSE, Set.of(), APPLIED, List.of());
    }

    private static int number(String id) {
        return Integer.parseInt(id.substring(1));
    }

    /** A work list: what was shown is done, and so no longer matches. */
    @Test
    void noneIsLostWhenThoseShownNoLongerMatch() {
        SearchQuery query = active(key("value-string", false), key("_id", false));
        SearchPage page = page(Grants.everything(), query, null, 3);
        List<String> seen = new ArrayList<>(ids(page));
        while (page.next() != null) {
            ids(page).forEach(id -> put(number(id), "done", "p0"));
            page = page(Grants.everything(), query, page.next(), 3);
            seen.addAll(ids(page));
        }
        assertThat(seen).containsExactly("x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9");
    }

    @Test
    void thePlaceIsThatOfTheVersionShownWhenTheLastOneMovesInTheOrder() {
        SearchQuery query = query(SearchQuery.Total.NONE, key("status", true), key("_id", false));
        SearchPage first = page(Grants.everything(), query, null, 3);
        assertThat(ids(first)).containsExactly("x0", "x1", "x2");
        put(2, "A", "p0");
        List<String> rest = new ArrayList<>();
        for (SearchPage page = first; page.next() != null;) {
            page = page(Grants.everything(), query, page.next(), 3);
            rest.addAll(ids(page));
        }
        assertThat(rest).containsExactly("x3", "x4", "x5", "x6", "x7", "x8", "x9", "x2");
    }

    @Test
    void thePlaceHoldsWhenTheLastOneIsDeletedOrGoesToARecordThatTheGrantDoesNotReach() {
        SearchQuery query = query(SearchQuery.Total.NONE, key("date", false), key("_lastUpdated", true));
        String next = page(Grants.only("p0"), query, null, 3).next();
        List<String> second = ids(page(Grants.only("p0"), query, next, 10));
        records.delete(new ResourceKey("Observation", "x6"));
        assertThat(ids(page(Grants.only("p0"), query, next, 10))).isEqualTo(second.stream().filter(id -> !id.equals("x6")).toList());
        put(6, "a", "p1");
        assertThat(ids(page(Grants.only("p0"), query, next, 10))).isEqualTo(second.stream().filter(id -> !id.equals("x6")).toList());
    }

    @Test
    void theLinkHoldsNoValueOfTheResourceAndIsShort() {
        for (int i = 0; i < 10; i++) {
            put(i, "a", "p0");
        }
        String next = page(Grants.everything(), active(key("value-string", false), key("_id", false)), null, 5).next();
        String read = new String(Base64.getUrlDecoder().decode(next), StandardCharsets.ISO_8859_1);
        assertThat(read).doesNotContainIgnoringCase("secret");
        assertThat(read).as("nor numbers of rows and members, which stand beside the type").doesNotContain("Observation");
        assertThat(next).hasSizeLessThan(400);
    }

    @Test
    void aLinkWhoseVersionIsGoneIsRefused() throws SQLException {
        SearchQuery query = query(SearchQuery.Total.NONE, key("status", true), key("_id", false));
        String next = page(Grants.everything(), query, null, 3).next();
        put(2, "b", "p0");
        try (Connection connection = records.pool.getConnection(); Statement purge = connection.createStatement()) {
            purge.execute("DELETE FROM store.history WHERE id = 'x2'");
        }
        assertThatThrownBy(() -> page(Grants.everything(), query, next, 3)).isInstanceOf(InvalidSearchException.class).hasMessageContaining("first page");
    }

    private static SearchQuery dated(Prefix prefix, String patient) {
        long day = LocalDate.of(2020, 1, 2).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
        Criterion date = new Criterion.Parameter(DEFINITIONS.get("Observation", "date"), Modifier.NONE, List.of(new CriterionValue.Date(prefix, day, day + Duration.ofDays(1).toMillis() - 1)));
        List<CriterionValue> patients = Stream.of(patient.split(",")).map(id -> (CriterionValue) new CriterionValue.Reference("Patient", id, null, null)).toList();
        Criterion of = new Criterion.Parameter(DEFINITIONS.get("Observation", "patient"), Modifier.NONE, patients);
        return new SearchQuery(List.of("Observation"), List.of(of, date), List.of(), List.of(), OptionalInt.empty(), SearchQuery.Total.NONE, SearchQuery.Summary.FALSE, Set.of(), APPLIED, List.of());
    }

    private List<String> allPages(Grant grant, SearchQuery query, Runnable between) {
        SearchPage page = page(grant, query, null, 3);
        List<String> seen = new ArrayList<>(ids(page));
        while (page.next() != null) {
            between.run();
            page = page(grant, query, page.next(), 3);
            seen.addAll(ids(page));
        }
        return seen;
    }

    @Test
    void whatIsAskedForFromADateOnIsGivenFromTheNewestRowOn() {
        for (Grant grant : List.of(Grants.everything(), Grants.only("p0"))) {
            assertThat(allPages(grant, dated(Prefix.GE, "p0"), () -> {})).containsExactly("x9", "x8", "x7", "x6", "x4", "x3", "x2", "x1");
            assertThat(allPages(grant, dated(Prefix.SA, "p0"), () -> {})).containsExactly("x9", "x8", "x7", "x4", "x3", "x2");
            assertThat(allPages(grant, dated(Prefix.LE, "p0"), () -> {})).containsExactly("x0", "x1", "x5", "x6");
        }
        assertThat(allPages(Grants.everything(), dated(Prefix.GE, "p0,p1"), () -> {})).containsExactly("x1", "x2", "x3", "x4", "x6", "x7", "x8", "x9");
    }

    @Test
    void pagesFromTheNewestRowOnStayRightWhileResourcesComeAndGo() {
        AtomicInteger next = new AtomicInteger(20);
        List<String> seen = allPages(Grants.everything(), dated(Prefix.GE, "p0"), () -> {
            records.delete(new ResourceKey("Observation", "x8"));
            put(next.getAndIncrement(), "2021-01-01");
        });
        assertThat(seen).containsExactly("x9", "x8", "x7", "x6", "x4", "x3", "x2", "x1");
    }

    @Test
    void aTotalIsGivenWhenAskedForOrForNothing() {
        assertThat(page(Grants.everything(), query(SearchQuery.Total.ACCURATE), null, 3).total()).isEqualTo(OptionalLong.of(10));
        assertThat(page(Grants.everything(), query(SearchQuery.Total.NONE), null, 3).total()).isEmpty();
        assertThat(page(Grants.everything(), query(SearchQuery.Total.NONE), null, 10).total()).isEqualTo(OptionalLong.of(10));
        SearchPage counted = page(Grants.everything(), query(SearchQuery.Total.NONE), null, 0);
        assertThat(counted.entries()).isEmpty();
        assertThat(counted.total()).isEqualTo(OptionalLong.of(10));
    }

    @Test
    void theNewestDateComesFirstAndWhatHasNoneComesLastBothWays() {
        records.put("{\"resourceType\":\"Observation\",\"id\":\"undated\",\"status\":\"a\",\"subject\":{\"reference\":\"Patient/p0\"}}");
        SortKey up = new SortKey(DEFINITIONS.get("Observation", "date"), false);
        SortKey down = new SortKey(DEFINITIONS.get("Observation", "date"), true);
        List<String> ascending = ids(page(Grants.everything(), query(SearchQuery.Total.NONE, up), null, 20));
        assertThat(ascending).startsWith("x0", "x5", "x1", "x6").endsWith("undated").hasSize(11);
        assertThat(ids(page(Grants.everything(), query(SearchQuery.Total.NONE, down), null, 20))).startsWith("x9", "x4", "x8", "x3").endsWith("undated").hasSize(11);
    }

    @Test
    void aSearchThatTakesTooLongSaysHowToNarrowIt() {
        assertThatThrownBy(() -> new Deadline(Duration.ZERO).remainingSeconds()).isInstanceOf(SearchTooCostlyException.class).hasMessageContaining("Narrow");
    }
}
