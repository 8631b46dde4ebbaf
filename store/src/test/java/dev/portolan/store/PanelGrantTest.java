package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.fhir.search.SearchQuery;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A panel's grant gives what a grant that names the same members gives, whatever is asked; and whoever leaves the panel is out of reach at once. */
class PanelGrantTest {

    private static final int MEMBERS = 8;
    private static final int QUERIES = 300;
    private static final SmallDefinitions DEFINITIONS = new SmallDefinitions();

    private static RecordFixture records;
    private static List<ResourceKey> keys;

    private interface Change {
        void on(Panels panels, Connection connection) throws SQLException;
    }

    @BeforeAll
    static void load() {
        records = new RecordFixture(DEFINITIONS);
        List<JsonDocument> all = new RandomRecords(11, MEMBERS).all();
        all.forEach(records::put);
        all.stream().filter(resource -> !"Patient".equals(resource.root().fieldText("resourceType"))).limit(40).forEach(PanelGrantTest::again);
        keys = all.stream().map(SearchOracle::key).toList();
    }

    /** A second version, so that there is a past. */
    private static void again(JsonDocument resource) {
        String json = new String(resource.bytes(), java.nio.charset.StandardCharsets.UTF_8);
        records.put(JsonDocument.parse(json.substring(0, json.length() - 1) + ",\"language\":\"en\"}"));
    }

    @AfterAll
    static void close() {
        records.close();
    }

    private static void panels(Change change) {
        try (Connection connection = records.pool.getConnection()) {
            connection.setAutoCommit(false);
            change.on(records.database.panels(), connection);
            connection.commit();
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Grant byPanel(Grant named, String panel) {
        return new Grant(named.id(), named.app(), named.user(), named.purpose(), new Grant.Members.Panel(panel), named.rules(), named.withheldLabels(), named.consents());
    }

    private static Grant panel(String panel) {
        return byPanel(Grants.only(), panel);
    }

    static long[] seeds() {
        return new long[] {3, Long.getLong("portolan.seed", 4)};
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void a_panel_is_its_members_by_name_for_every_search_include_total_and_page(long seed) {
        RandomQueries queries = new RandomQueries(seed, DEFINITIONS, MEMBERS, records.times);
        int compared = 0;
        int found = 0;
        for (int i = 0; i < QUERIES; i++) {
            Grant named = queries.grant();
            String type = queries.type();
            List<Criterion> criteria = queries.criteria(type);
            SearchQuery query = RandomQueries.query(type, criteria, queries.below(3) == 0 ? queries.sort(type) : List.of(), queries.inclusions(type));
            if (!(named.members() instanceof Grant.Members.Only only) || !named.allows(type, Interaction.SEARCH)) {
                continue;
            }
            panels((panels, connection) -> panels.replace(connection, "random", only.patientIds()));
            Grant panel = byPanel(named, "random");
            int size = 1 + queries.below(9);
            List<ResourceKey> expected;
            try {
                expected = pages(named, query, size);
            } catch (GrantRefusedException refused) {
                assertThatThrownBy(() -> pages(panel, query, size)).as("%s %s under %s", type, criteria, named).isInstanceOf(GrantRefusedException.class);
                continue;
            }
            assertThat(pages(panel, query, size)).as("%s %s under %s", type, criteria, named).isEqualTo(expected);
            SearchQuery counted = new SearchQuery(
                List.of(type), criteria, List.of(), List.of(), java.util.OptionalInt.of(0), SearchQuery.Total.ACCURATE, SearchQuery.Summary.COUNT, Set.of(), List.of(), List.of());
            assertThat(records.open(panel).search(new SearchRequest(counted, null, 0)).total()).isEqualTo(records.open(named).search(new SearchRequest(counted, null, 0)).total());
            compared++;
            found += expected.size();
        }
        assertThat(compared).isGreaterThan(QUERIES / 4);
        assertThat(found).isGreaterThan(QUERIES / 4);
    }

    private static List<ResourceKey> pages(Grant grant, SearchQuery query, int size) {
        List<ResourceKey> all = new ArrayList<>();
        String cursor = null;
        do {
            SearchPage page = records.open(grant).search(new SearchRequest(query, cursor, size));
            page.entries().forEach(entry -> all.add(entry.resource().key()));
            cursor = page.next();
        } while (cursor != null);
        return all;
    }

    @Test
    void a_panel_is_its_members_by_name_for_reads_versions_history_and_everything() {
        for (Set<String> members : List.of(Set.of("p0"), Set.of("p1", "p4", "p6"), Set.of("nobody-knows-me"), Set.<String>of())) {
            panels((panels, connection) -> panels.replace(connection, "reads", members));
            RecordView named = records.open(Grants.only(members.toArray(String[]::new)));
            RecordView panel = records.open(panel("reads"));
            int found = 0;
            for (ResourceKey key : keys) {
                String sees = told(() -> named.read(key));
                found += sees.startsWith("Found") ? 1 : 0;
                assertThat(told(() -> panel.read(key))).as("read of %s", key).isEqualTo(sees);
                assertThat(told(() -> panel.readVersion(key, 1))).as("vread of %s", key).isEqualTo(told(() -> named.readVersion(key, 1)));
                HistoryRequest history = new HistoryRequest(key.type(), key.id(), null, null, null, 10);
                assertThat(told(() -> panel.history(history).versions().size())).as("history of %s", key).isEqualTo(told(() -> named.history(history).versions().size()));
                assertThat(told(() -> panel.write(transaction -> transaction.lock(List.of(key)).get(key)))).isEqualTo(told(() -> named.write(transaction -> transaction.lock(List.of(key)).get(key))));
            }
            assertThat(found).as("shared ones at least").isGreaterThan(5);
            assertThat(versions(panel.history(new HistoryRequest(null, null, null, null, null, 1_000)))).isEqualTo(versions(named.history(new HistoryRequest(null, null, null, null, null, 1_000))));
            for (int i = 0; i < MEMBERS; i++) {
                EverythingRequest everything = new EverythingRequest("p" + i, Set.of(), null, null, null, null, 0);
                assertThat(told(() -> keysOf(panel.everything(everything)))).isEqualTo(told(() -> keysOf(named.everything(everything))));
            }
        }
    }

    /** What a member holds back is withheld of that member's record and of nobody else's, by read, version, history, search, total, everything and scan. */
    @Test
    void what_one_member_of_a_panel_holds_back_is_as_if_it_were_not_there_and_everybody_elses_is() throws Exception {
        String label = "http://terminology.hl7.org/CodeSystem/v3-ActCode|PSY";
        for (String member : List.of("p1", "p2")) {
            for (String id : List.of("held-" + member, "plain-" + member)) {
                String meta = id.startsWith("held") ? "\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"PSY\"}]}," : "";
                JsonDocument resource = JsonDocument.parse("{\"resourceType\":\"Observation\",\"id\":\"" + id + "\"," + meta + "\"subject\":{\"reference\":\"Patient/" + member + "\"}}");
                records.put(resource);
                again(resource);
            }
        }
        panels((panels, connection) -> {
            panels.replace(connection, "holding", List.of("p1", "p2"));
            panels.withhold(connection, "holding", null, java.util.Map.of("p1", List.of(label)));
        });
        RecordView view = records.open(panel("holding"));
        ResourceKey held = new ResourceKey("Observation", "held-p1");
        for (String id : List.of("plain-p1", "held-p2", "plain-p2")) {
            assertThat(view.read(new ResourceKey("Observation", id))).as(id).isInstanceOf(ReadResult.Found.class);
            assertThat(view.readVersion(new ResourceKey("Observation", id), 1)).as(id).isInstanceOf(ReadResult.Found.class);
        }
        assertThat(view.read(held)).isInstanceOf(ReadResult.Absent.class);
        assertThat(view.readVersion(held, 1)).isInstanceOf(ReadResult.Absent.class);
        assertThat(view.history(new HistoryRequest("Observation", "held-p1", null, null, null, 10)).versions()).isEmpty();
        SearchQuery observations = RandomQueries.query("Observation", List.of(), List.of(), List.of());
        assertThat(keysOf(view.search(new SearchRequest(observations, null, 1_000)))).contains(new ResourceKey("Observation", "held-p2"), new ResourceKey("Observation", "plain-p1")).doesNotContain(held);
        assertThat(keysOf(view.everything(new EverythingRequest("p1", Set.of(), null, null, null, null, 1_000)))).contains(new ResourceKey("Observation", "plain-p1")).doesNotContain(held);
        assertThat(keysOf(view.everything(new EverythingRequest("p2", Set.of(), null, null, null, null, 1_000)))).contains(new ResourceKey("Observation", "held-p2"));
        assertThat(scanned(view)).contains("held-p2", "plain-p1", "plain-p2").doesNotContain("held-p1");
        panels((panels, connection) -> panels.withhold(connection, "holding", List.of("p1"), java.util.Map.of()));
        assertThat(view.read(held)).isInstanceOf(ReadResult.Found.class);
    }

    private static Set<String> scanned(RecordView view) throws java.io.IOException {
        Set<String> scanned = new java.util.TreeSet<>();
        RecordScan scan = view.scan(new ScanRequest(Set.of("Observation"), java.util.Map.of(), java.time.Instant.now().plusSeconds(60), null, null, null, ScanRequest.Shared.REFERENCED));
        for (ScanRange range : scan.ranges(100)) {
            scan.read(range, new ScanSink() {
                @Override
                public boolean member(String patientId) {
                    return true;
                }

                @Override
                public void resource(String type, StoredResource.Content content) {
                    scanned.add(JsonDocument.parse(content.json()).root().fieldText("id"));
                }

                @Override
                public void deleted(ResourceKey key) {
                    // nothing is
                }
            });
        }
        return scanned;
    }

    /** What came of it, or that it was refused. */
    private static String told(java.util.function.Supplier<Object> asked) {
        try {
            Object answer = asked.get();
            return answer instanceof ReadResult.Found found ? "Found " + found.resource().key() + " " + found.resource().version() : answer instanceof ReadResult result ? result.getClass().getSimpleName() : answer.toString();
        } catch (GrantRefusedException e) {
            return "refused";
        }
    }

    private static List<String> versions(HistoryPage page) {
        return page.versions().stream().map(version -> version.key() + "/" + version.version()).toList();
    }

    private static List<ResourceKey> keysOf(SearchPage page) {
        return page.entries().stream().map(entry -> entry.resource().key()).toList();
    }

    @Test
    void whoever_leaves_the_panel_is_out_of_reach_of_views_and_page_links_that_are_open_already() {
        panels((panels, connection) -> panels.replace(connection, "leaving", List.of("p2", "p3")));
        RecordView view = records.open(panel("leaving"));
        ResourceKey leaver = new ResourceKey("Patient", "p2");
        SearchQuery observations = RandomQueries.query("Observation", List.of(), List.of(), List.of());
        SearchPage first = view.search(new SearchRequest(observations, null, 1));
        assertThat(first.next()).isNotNull();
        assertThat(view.read(leaver)).isInstanceOf(ReadResult.Found.class);
        panels((panels, connection) -> panels.remove(connection, "leaving", List.of("p2", "p5")));
        assertThatThrownBy(() -> view.read(leaver)).isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> view.everything(new EverythingRequest("p2", Set.of(), null, null, null, null, 0))).isInstanceOf(GrantRefusedException.class);
        List<ResourceKey> rest = keysOf(view.search(new SearchRequest(observations, first.next(), 1_000)));
        Set<ResourceKey> stayers = Set.copyOf(pages(Grants.only("p3"), observations, 1_000));
        assertThat(rest).isNotEmpty().allMatch(stayers::contains);
        assertThatThrownBy(() -> records.open(new Grant("another", "test", null, Purpose.TREATMENT, new Grant.Members.Panel("leaving"), Grants.everything().rules(), Set.of(), Set.of()))
            .search(new SearchRequest(observations, first.next(), 1))).isInstanceOf(InvalidSearchException.class);
    }

    @Test
    void a_panel_that_leaves_in_the_middle_of_a_transaction_ends_it_too() {
        panels((panels, connection) -> panels.replace(connection, "writing", List.of("p1")));
        RecordView view = records.open(panel("writing"));
        JsonDocument own = JsonDocument.parse("{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/p1\"}}");
        ResourceKey key = view.<WriteTransaction.Written>write(transaction -> transaction.put(new ResourceKey("Observation", transaction.newId()), own)).resource().key();
        JsonDocument others = JsonDocument.parse("{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/p2\"}}");
        assertThatThrownBy(() -> view.write(transaction -> transaction.put(key, others))).isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> view.write(transaction -> transaction.put(new ResourceKey("Observation", transaction.newId()), others))).isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> view.write(transaction -> {
            transaction.put(key, JsonDocument.parse("{\"resourceType\":\"Observation\",\"language\":\"en\",\"subject\":{\"reference\":\"Patient/p1\"}}"));
            panels((panels, connection) -> panels.remove(connection, "writing", List.of("p1")));
            return transaction.put(new ResourceKey("Observation", transaction.newId()), own);
        })).isInstanceOf(GrantRefusedException.class);
        assertThat(records.open(Grants.everything()).readVersion(key, 2)).isInstanceOf(ReadResult.Absent.class);
    }

    @Test
    void panels_are_kept_by_transaction_and_told_in_pages() throws SQLException {
        panels((panels, connection) -> panels.replace(connection, "kept", List.of("p1", "p2", "fresh-one")));
        panels((panels, connection) -> panels.add(connection, "kept", List.of("p2", "p3")));
        try (Connection connection = records.pool.getConnection()) {
            Panels panels = records.database.panels();
            connection.setAutoCommit(false);
            panels.remove(connection, "kept", List.of("p1"));
            assertThat(panels.contains(connection, "kept", "p1")).isFalse();
            connection.rollback();
            connection.setAutoCommit(true);
            assertThat(panels.contains(connection, "kept", "p1")).isTrue();
            assertThat(panels.contains(connection, "another", "p1")).isFalse();
            assertThat(panels.contains(connection, "kept", "never-heard-of")).isFalse();
            Collection<String> first = panels.page(connection, "kept", null, 3);
            assertThat(first).containsExactly("fresh-one", "p1", "p2");
            assertThat(panels.page(connection, "kept", "p2", 3)).containsExactly("p3");
            assertThat(panels.size(connection, "kept")).isEqualTo(4);
        }
    }
}
