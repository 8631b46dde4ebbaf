package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.Prefix;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SortKey;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * R4 search, section 3.1.1.5.1: a resource with several values of a sort key stands where "the item in the set of multiple parameters that comes earliest in the specified sort order" puts it: going up its
 * earliest date, going down its latest.
 */
class SortBySeveralDatesTest {

    private static final SmallDefinitions DEFINITIONS = new SmallDefinitions();
    private static final String TYPE = "ExplanationOfBenefit";
    private static RecordFixture records;

    @BeforeAll
    static void load() {
        records = new RecordFixture(DEFINITIONS);
        records.put("{\"resourceType\":\"Patient\",\"id\":\"p0\"}");
        put("a", "2019-01-01", "2022-01-01");
        put("b", "2020-01-01");
        put("c", "2021-01-01");
        put("d", "2020-06-01", "2018-01-01", "2020-03-01");
        put("e");
        put("f", "2022-01-01");
    }

    @AfterAll
    static void close() {
        records.close();
    }

    private static void put(String id, String... dates) {
        String items = Arrays.stream(dates).map(date -> "{\"servicedDate\":\"" + date + "\"}").collect(Collectors.joining(","));
        records.put("{\"resourceType\":\"" + TYPE + "\",\"id\":\"" + id + "\",\"status\":\"active\",\"identifier\":[{\"system\":\"urn:x\",\"value\":\"n\"}],\"patient\":{\"reference\":\"Patient/p0\"}"
            + (items.isEmpty() ? "" : ",\"item\":[" + items + "]") + "}");
    }

    private static Criterion is(String code, CriterionValue value) {
        return new Criterion.Parameter(DEFINITIONS.get(TYPE, code), Modifier.NONE, List.of(value));
    }

    private static SortKey key(String code, boolean descending) {
        return new SortKey(DEFINITIONS.get(TYPE, code), descending);
    }

    /** All of them, two on a page. */
    private static String sorted(List<Criterion> criteria, SortKey... sort) {
        StringBuilder seen = new StringBuilder();
        SearchQuery query = RandomQueries.query(TYPE, criteria, List.of(sort), List.of());
        String next = null;
        do {
            SearchPage page = records.open(Grants.everything()).search(new SearchRequest(query, next, 2));
            page.entries().forEach(entry -> seen.append(entry.resource().key().id()));
            next = page.next();
        } while (next != null);
        return seen.toString();
    }

    /** Each reaches all rows another way: one member's, by id, by a value, what was written lately, everybody's; decided by the row, or by the content. */
    private static List<List<Criterion>> ways() {
        Criterion patient = is("patient", new CriterionValue.Reference("Patient", "p0", null, null));
        return List.of(List.of(patient), List.of(new Criterion.Ids(Set.of("a", "b", "c", "d", "e", "f"))), List.of(is("identifier", new CriterionValue.Token("urn:x", "n"))),
            List.of(new Criterion.LastUpdated(List.of(new CriterionValue.Date(Prefix.GT, 0, 1)))), List.of(), List.of(patient, is("status", new CriterionValue.Token(null, "active"))),
            List.of(patient, new Criterion.FullText(false, List.of("active"))));
    }

    @Test
    void theEarliestDateCountsGoingUpAndTheLatestGoingDown() {
        for (List<Criterion> criteria : ways()) {
            assertThat(sorted(criteria, key("service-date", false))).as("up %s", criteria).isEqualTo("dabcfe");
            assertThat(sorted(criteria, key("service-date", true))).as("down %s", criteria).isEqualTo("facdbe");
        }
    }

    @Test
    void aSecondKeyDoesNotChangeWhichDateCounts() {
        for (List<Criterion> criteria : ways()) {
            assertThat(sorted(criteria, key("service-date", false), key("_id", false))).as("up %s", criteria).isEqualTo("dabcfe");
            assertThat(sorted(criteria, key("service-date", true), key("_id", true))).as("down %s", criteria).isEqualTo("facdbe");
        }
    }

    @Test
    void aSearchByTheDateItselfFindsTheSame() {
        long low = LocalDate.of(2020, 1, 1).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
        Criterion from = is("service-date", new CriterionValue.Date(Prefix.GE, low, low));
        Criterion before = is("service-date", new CriterionValue.Date(Prefix.LT, low, low));
        Criterion patient = is("patient", new CriterionValue.Reference("Patient", "p0", null, null));
        assertThat(sorted(List.of(patient, from), key("service-date", true))).isEqualTo("facdb");
        assertThat(sorted(List.of(patient, before), key("service-date", true))).isEqualTo("ad");
    }
}
