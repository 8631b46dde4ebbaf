package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.Prefix;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The statements use the indexes that they are written for, under the generic plans that the pool asks for. */
class SearchPlanTest {

    private static final SmallDefinitions DEFINITIONS = new SmallDefinitions();
    private static final int MEMBERS = 300;
    private static RecordFixture records;

    @BeforeAll
    static void load() throws SQLException {
        records = new RecordFixture(DEFINITIONS);
        new RandomRecords(3, 30).all().forEach(records::put);
        try (Connection connection = records.pool.getConnection(); Statement fill = connection.createStatement()) {
            // More rows of the same kind under other members: a table that is worth an index.
            fill.execute("INSERT INTO store.member (patient_id) SELECT 'm' || n FROM generate_series(1, " + MEMBERS + ") n");
            fill.execute("INSERT INTO store.resource SELECT nextval('store.resource_rid') + 1000000, member + 100 * k, type, self + k, id || '-' || k, version, updated, deleted, date_low, date_high, parameters, tokens,"
                + " refs, dates, text_parameters, texts, content FROM store.resource CROSS JOIN generate_series(1, 60) k WHERE member > 0");
            fill.execute("INSERT INTO store.value_token SELECT n * 7919, 1 + n % " + MEMBERS + ", 2000000 + n FROM generate_series(1, 20000) n");
            fill.execute("INSERT INTO store.value_text SELECT type, parameter, value || n, member + n % " + MEMBERS + ", 2000000 + n FROM store.value_text, generate_series(1, 100) n");
            fill.execute("VACUUM ANALYZE");
        }
    }

    @AfterAll
    static void close() {
        records.close();
    }

    private static String plan(Grant grant, String type, RowOrder order, Criterion... criteria) throws SQLException {
        try (Connection connection = records.pool.getConnection()) {
            StoreContext context = records.context();
            SearchRun run = new SearchRun(context, connection, GrantPredicate.of(grant, context, connection), new Deadline(Duration.ofSeconds(30)));
            TypePlan plan = new SearchPlanner(run).plan(type, List.of(criteria), null, 0);
            StringBuilder text = new StringBuilder();
            run.query(Sql.of("EXPLAIN ").add(plan.rows(Hit.COLUMNS, order, 0, null, 51)), row -> text.append(row.getString(1)).append('\n'));
            return text.toString();
        }
    }

    private static Criterion is(String type, String code, CriterionValue value) {
        return new Criterion.Parameter(DEFINITIONS.get(type, code), Modifier.NONE, List.of(value));
    }

    private static Criterion patient() {
        return is("Observation", "patient", new CriterionValue.Reference("Patient", "p3", null, null));
    }

    @Test
    void aMembersSearchReadsThatMembersRowsInOrder() throws SQLException {
        Criterion category = is("Observation", "category", new CriterionValue.Token("urn:x", "a"));
        assertThat(plan(Grants.everything(), "Observation", RowOrder.DEFAULT, patient(), category)).contains("Index Scan using resource_member_order").doesNotContain("Sort", "Seq Scan");
        assertThat(plan(Grants.only("p3"), "Observation", RowOrder.DEFAULT, category)).contains("Index Scan using resource_member_order").doesNotContain("Sort", "Seq Scan");
    }

    /** A member of ten years has thousands of rows before a date: none of them is fetched for what came after it. */
    @Test
    void aMembersSearchFromADateOnPassesOverEarlierRowsInTheIndex() throws SQLException {
        CriterionValue from = new CriterionValue.Date(Prefix.GE, 1_700_000_000_000L, 1_700_086_399_999L);
        String plan = plan(Grants.everything(), "Observation", RowOrder.NEWEST_ROWS_FIRST, patient(), is("Observation", "date", from));
        assertThat(plan).contains("Index Scan Backward using resource_member_order").doesNotContain("Sort", "Seq Scan");
        assertThat(plan.lines().filter(line -> line.contains("Index Cond")).findFirst()).hasValueSatisfying(condition -> assertThat(condition).contains("date_high >= "));
    }

    @Test
    void aMembersSearchByDateReadsTheDateIndexBackwards() throws SQLException {
        assertThat(plan(Grants.everything(), "Observation", new RowOrder(RowOrder.By.MAIN_DATE, true), patient()))
            .contains("Index Scan Backward using resource_member_date").doesNotContain("Sort", "Seq Scan");
    }

    /** The latest of several dates is in no index: the member's rows are looked at, and nobody else's. */
    @Test
    void aMembersSearchByTheLatestOfSeveralDatesReadsThatMembersRows() throws SQLException {
        assertThat(plan(Grants.everything(), "Observation", RowOrder.byMainDate(true, true, IndexRow.dateKey(records.context().names().parameter("date"))), patient()))
            .containsPattern("(Index|Bitmap Index) Scan (using|on) resource_member").doesNotContain("Seq Scan", "Subquery Scan");
    }

    @Test
    void anIdentifierIsFoundByItsValueRowAndTheRowsComeInOrder() throws SQLException {
        assertThat(plan(Grants.everything(), "Patient", RowOrder.DEFAULT, is("Patient", "identifier", new CriterionValue.Token("urn:x", "a"))))
            .contains("using value_token_hash", "Index Scan using resource_member").doesNotContain("Sort", "Seq Scan");
    }

    @Test
    void aNameIsFoundByItsRange() throws SQLException {
        assertThat(plan(Grants.everything(), "Patient", RowOrder.DEFAULT, is("Patient", "name", new CriterionValue.Text("Smi"))))
            .contains("value_text_value", "value >= ").doesNotContain("Seq Scan");
    }

    @Test
    void anIdIsFoundByItself() throws SQLException {
        assertThat(plan(Grants.everything(), "Patient", RowOrder.DEFAULT, new Criterion.Ids(java.util.Set.of("p3")))).contains("resource_self").doesNotContain("Seq Scan");
    }

    @Test
    void aSearchOverEverybodyStopsWhenThePageIsFull() throws SQLException {
        assertThat(plan(Grants.everything(), "Observation", RowOrder.DEFAULT, is("Observation", "code", new CriterionValue.Token("urn:x", "a"))))
            .contains("Incremental Sort", "Index Scan using resource_member_order").doesNotContain("Seq Scan on resource");
    }
}
