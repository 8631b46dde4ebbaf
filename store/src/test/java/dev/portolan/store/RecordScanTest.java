package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.SearchQuery;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecordScanTest {

    private static final int MEMBERS = 9;
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Set<String> TYPES = Set.of("Patient", "Observation", "Encounter", "Coverage", "Provenance", "Practitioner", "PractitionerRole", "Organization", "Group", "List");

    private final SmallDefinitions definitions = new SmallDefinitions();
    private RecordFixture records;

    @BeforeEach
    void load() {
        records = new RecordFixture(definitions);
        new RandomRecords(5, MEMBERS).all().forEach(records::put);
    }

    @AfterEach
    void close() {
        records.close();
    }

    /** Lines, and whom they were of. */
    private static class Gathered implements ScanSink {

        private final Set<String> passedOver = new TreeSet<>();
        private final List<String> members = new ArrayList<>();
        private final List<String> lines = new ArrayList<>();
        private final List<String> deleted = new ArrayList<>();

        @Override
        public boolean member(String patientId) {
            members.add(patientId);
            return !passedOver.contains(patientId);
        }

        @Override
        public void resource(String type, StoredResource.Content content) {
            lines.add(new String(content.json(), StandardCharsets.UTF_8));
        }

        @Override
        public void deleted(ResourceKey key) {
            deleted.add(key.toString());
        }
    }

    private ScanRequest request(Instant asOf, ScanRequest.Shared shared) {
        return new ScanRequest(TYPES, Map.of(), asOf, null, null, null, shared);
    }

    private Gathered scan(Grant grant, ScanRequest request) {
        return scan(grant, request, new Gathered());
    }

    private Gathered scan(Grant grant, ScanRequest request, Gathered sink) {
        RecordScan scan = records.open(grant).scan(request);
        List<byte[]> shared = new ArrayList<>();
        try {
            for (ScanRange range : scan.ranges(4)) {
                shared.add(scan.read(range, sink));
            }
            scan.readShared(shared, sink);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return sink;
    }

    private static Grant panel(String id) {
        return Grants.of("panel-" + id, new Grant.Members.Panel(id), Grants.everything().rules());
    }

    private void replace(String panel, Collection<String> members) {
        try (Connection connection = records.pool.getConnection()) {
            records.database.panels().replace(connection, panel, members);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(StoredResource resource) {
        return new String(resource.content().json(), StandardCharsets.UTF_8);
    }

    private Set<String> everything(Grant grant, Collection<String> members) {
        Set<String> lines = new TreeSet<>();
        for (String member : members) {
            records.open(grant).everything(new EverythingRequest(member, Set.of(), null, null, null, null, 0)).entries().forEach(entry -> lines.add(text(entry.resource())));
        }
        return lines;
    }

    @Test
    void blk12_a_panel_is_given_as_its_members_everything_each_line_once_and_never_anyone_elses() {
        for (List<String> members : List.of(List.of("p0", "p3", "p4", "p5", "p7"), List.of("p8"), List.<String>of())) {
            replace("some", members);
            Gathered all = scan(panel("some"), request(records.database.settle(LONG), ScanRequest.Shared.REFERENCED));
            assertThat(all.lines).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(everything(panel("some"), members));
            assertThat(all.members).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(members);
            Gathered named = scan(Grants.only(members.toArray(String[]::new)), request(records.database.settle(LONG), ScanRequest.Shared.REFERENCED));
            assertThat(named.lines).containsExactlyInAnyOrderElementsOf(all.lines);
        }
    }

    @Test
    void a_member_who_is_passed_over_leaves_no_line_and_draws_in_no_practitioner() {
        Gathered sink = new Gathered();
        sink.passedOver.add("p1");
        scan(Grants.only("p1", "p2"), request(records.database.settle(LONG), ScanRequest.Shared.REFERENCED), sink);
        assertThat(sink.lines).containsExactlyInAnyOrderElementsOf(everything(Grants.only("p2"), List.of("p2")));
    }

    @Test
    void a_panel_beside_the_grant_narrows_it_and_widens_nothing() {
        replace("asked", List.of("p1", "p2", "p6"));
        ScanRequest narrowed = new ScanRequest(Set.of("Patient"), Map.of(), records.database.settle(LONG), null, null, "asked", ScanRequest.Shared.REFERENCED);
        assertThat(scan(Grants.only("p2", "p3"), narrowed).members).containsExactly("p2");
        assertThat(scan(Grants.everything(), narrowed).members).containsExactlyInAnyOrder("p1", "p2", "p6");
        assertThat(records.open(Grants.only("p2", "p3")).scan(narrowed).reached(List.of("p1", "p2", "p3", "unknown"))).containsExactly("p2");
    }

    @Test
    void blk08_filters_give_what_the_search_gives_also_of_a_state_that_has_passed() {
        RandomQueries queries = new RandomQueries(17, definitions, MEMBERS, records.times);
        record Asked(String type, List<Criterion> one, List<Criterion> other, Grant grant, Set<String> expected) {}
        List<Asked> asked = new ArrayList<>();
        int found = 0;
        for (int i = 0; i < 150; i++) {
            String type = queries.type();
            List<Criterion> one = queries.criteria(type);
            List<Criterion> other = queries.criteria(type);
            Grant grant = queries.grant();
            if (!grant.allows(type, Interaction.SEARCH) || !grant.allows(type, Interaction.READ)) {
                continue;
            }
            Set<String> expected;
            try {
                expected = new TreeSet<>(found(grant, type, one));
                expected.addAll(found(grant, type, other));
            } catch (GrantRefusedException e) {
                continue; // it names someone who is out of reach
            }
            asked.add(new Asked(type, one, other, grant, expected));
            found += expected.size();
        }
        assertThat(found).isGreaterThan(200);
        Instant then = records.database.settle(LONG);
        for (Asked each : asked) {
            assertThat(filtered(each.type(), each.one(), each.other(), each.grant(), then)).as("%s", each).containsExactlyInAnyOrderElementsOf(each.expected());
        }
        changeEverything();
        for (Asked each : asked) {
            boolean own = java.util.stream.Stream.concat(each.one().stream(), each.other().stream()).allMatch(SearchPlanner::isOwn);
            boolean plain = each.grant().rules().values().stream().allMatch(rule -> rule.extents().values().stream().allMatch(Grant.Extent.WHOLE::equals));
            if (own && plain) {
                assertThat(filtered(each.type(), each.one(), each.other(), each.grant(), then)).as("later, %s", each).containsExactlyInAnyOrderElementsOf(each.expected());
            }
        }
    }

    private Set<String> found(Grant grant, String type, List<Criterion> criteria) {
        SearchQuery query = RandomQueries.query(type, criteria, List.of(), List.of());
        return records.open(grant).search(new SearchRequest(query, null, 10_000)).entries().stream().map(entry -> text(entry.resource())).collect(Collectors.toSet());
    }

    private List<String> filtered(String type, List<Criterion> one, List<Criterion> other, Grant grant, Instant asOf) {
        return scan(grant, new ScanRequest(Set.of(type), Map.of(type, List.of(one, other)), asOf, null, null, null, ScanRequest.Shared.ALL)).lines;
    }

    /** Every resource gets another version of no use to any filter, and a third of them goes. */
    private void changeEverything() {
        int i = 0;
        for (JsonDocument resource : new RandomRecords(5, MEMBERS).all()) {
            ResourceKey key = SearchOracle.key(resource);
            String subject = resource.root().field("subject") == null ? "" : ",\"subject\":" + new String(resource.root().field("subject").toBytes(), StandardCharsets.UTF_8);
            if (i++ % 3 == 0) {
                records.delete(key);
            } else if (!subject.isEmpty() || key.type().equals("Patient") || records.context().homes().isShared(key.type())) {
                records.put("{\"resourceType\":\"" + key.type() + "\",\"id\":\"" + key.id() + "\"" + subject + ",\"language\":\"xx\"}");
            }
        }
    }

    @Test
    void blk07_since_gives_what_changed_after_it_and_names_what_was_deleted() {
        Instant before = records.database.settle(LONG);
        records.put("{\"resourceType\":\"Observation\",\"id\":\"x1-0\",\"subject\":{\"reference\":\"Patient/p1\"},\"language\":\"zz\"}");
        records.put("{\"resourceType\":\"Observation\",\"id\":\"gone\",\"subject\":{\"reference\":\"Patient/p1\"}}");
        records.delete(new ResourceKey("Observation", "gone"));
        records.delete(new ResourceKey("Patient", "p2"));
        Instant after = records.database.settle(LONG);
        records.put("{\"resourceType\":\"Observation\",\"id\":\"x1-0\",\"subject\":{\"reference\":\"Patient/p1\"},\"language\":\"later\"}");
        records.put("{\"resourceType\":\"Observation\",\"id\":\"gone\",\"subject\":{\"reference\":\"Patient/p1\"},\"language\":\"again\"}");
        Gathered changes = scan(Grants.everything(), new ScanRequest(TYPES, Map.of(), after, before, null, null, ScanRequest.Shared.ALL));
        assertThat(changes.lines).hasSize(1).allMatch(line -> line.contains("\"zz\""));
        assertThat(changes.deleted).containsExactlyInAnyOrder("Observation/gone", "Patient/p2");
        assertThat(scan(Grants.only("p1"), new ScanRequest(TYPES, Map.of(), after, before, null, null, ScanRequest.Shared.REFERENCED)).deleted).containsExactly("Observation/gone");
        Gathered until = scan(Grants.everything(), new ScanRequest(TYPES, Map.of(), after, null, before.plusMillis(1), null, ScanRequest.Shared.ALL));
        assertThat(until.lines).hasSize(scan(Grants.everything(), request(before, ScanRequest.Shared.ALL)).lines.size() - 2);
    }

    /** One committed write. */
    private record Write(ResourceKey key, long version, Instant at, boolean deleted, String json) {}

    @Test
    void blk04_twenty_scans_while_four_writers_write_each_equal_the_state_at_their_instant() throws Exception {
        Queue<Write> log = new ConcurrentLinkedQueue<>();
        for (String type : TYPES) {
            SearchQuery query = RandomQueries.query(type, List.of(), List.of(), List.of());
            records.open(Grants.everything()).search(new SearchRequest(query, null, 10_000)).entries().forEach(entry -> log.add(write(entry.resource())));
        }
        AtomicBoolean stop = new AtomicBoolean();
        List<CompletableFuture<Void>> writers = IntStream.range(0, 4).mapToObj(i -> CompletableFuture.runAsync(() -> writeUntil(stop, i, log))).toList();
        Map<Instant, List<String>> scans = new TreeMap<>();
        replace("everyone", IntStream.range(0, MEMBERS).mapToObj(i -> "p" + i).toList());
        int before = log.size();
        for (int i = 0; i < 20; i++) {
            Instant instant = records.database.settle(LONG);
            scans.put(instant, scan(Grants.everything(), request(instant, ScanRequest.Shared.ALL)).lines);
        }
        stop.set(true);
        for (CompletableFuture<Void> writer : writers) {
            writer.get(30, TimeUnit.SECONDS);
        }
        assertThat(log.size()).as("writes meanwhile").isGreaterThan(before + 200);
        scans.forEach((instant, lines) -> {
            Set<String> expected = new TreeSet<>(state(log, instant));
            assertThat(lines).as("as of %s", instant).doesNotHaveDuplicates();
            assertThat(lines.stream().filter(line -> !expected.contains(line)).toList()).as("more than the state as of %s", instant).isEmpty();
            assertThat(expected.stream().filter(line -> !lines.contains(line)).toList()).as("less than the state as of %s", instant).isEmpty();
        });
    }

    private void writeUntil(AtomicBoolean stop, int writer, Queue<Write> log) {
        Random random = new Random(writer);
        RecordView view = records.open(Grants.everything());
        String[] types = {"Observation", "Observation", "Encounter", "Practitioner"};
        for (int n = 0; !stop.get(); n++) {
            int number = n;
            List<Write> written = view.write(transaction -> {
                List<Write> some = new ArrayList<>();
                for (int k = 0; k < 1 + number % 3; k++) {
                    String type = types[random.nextInt(types.length)];
                    ResourceKey key = new ResourceKey(type, (random.nextInt(3) == 0 ? "new" + writer + "-" : "shared-") + k + "-" + random.nextInt(6));
                    if (random.nextInt(5) == 0) {
                        WriteTransaction.Written gone = transaction.delete(key);
                        if (gone.outcome() == WriteTransaction.Written.Outcome.DELETED) {
                            some.add(write(gone.resource()));
                        }
                    } else {
                        String subject = type.equals("Practitioner") ? "" : ",\"subject\":{\"reference\":\"Patient/p" + random.nextInt(MEMBERS) + "\"}";
                        some.add(write(transaction.put(key, JsonDocument.parse("{\"resourceType\":\"" + type + "\",\"language\":\"" + writer + "-" + number + "\"" + subject + "}")).resource()));
                    }
                }
                return some;
            });
            log.addAll(written);
        }
    }

    private static Write write(StoredResource resource) {
        return new Write(resource.key(), resource.version(), resource.lastUpdated(), resource.deleted(), resource.deleted() ? "" : text(resource));
    }

    private static List<String> state(Collection<Write> log, Instant instant) {
        Map<ResourceKey, Write> last = new HashMap<>();
        log.stream().filter(write -> !write.at().isAfter(instant)).forEach(write -> last.merge(write.key(), write, (a, b) -> a.version() > b.version() ? a : b));
        return last.values().stream().filter(write -> !write.deleted()).map(Write::json).toList();
    }

    @Test
    void withheld_labels_and_conditions_hold_for_what_is_and_for_what_was() {
        records.put("{\"resourceType\":\"Observation\",\"id\":\"was-labelled\",\"subject\":{\"reference\":\"Patient/p1\"},\"meta\":{\"security\":[{\"system\":\"urn:l\",\"code\":\"R\"}]}}");
        records.put("{\"resourceType\":\"Observation\",\"id\":\"is-labelled\",\"subject\":{\"reference\":\"Patient/p1\"}}");
        Instant then = records.database.settle(LONG);
        records.put("{\"resourceType\":\"Observation\",\"id\":\"was-labelled\",\"subject\":{\"reference\":\"Patient/p1\"}}");
        records.put("{\"resourceType\":\"Observation\",\"id\":\"is-labelled\",\"subject\":{\"reference\":\"Patient/p1\"},\"meta\":{\"security\":[{\"system\":\"urn:l\",\"code\":\"R\"}]}}");
        Grant grant = new Grant("labels", "test", null, Purpose.TREATMENT, new Grant.Members.Only(Set.of("p1")), Grants.everything().rules(), Set.of("urn:l|R"), Set.of());
        assertThat(scan(grant, request(then, ScanRequest.Shared.REFERENCED)).lines).noneMatch(line -> line.contains("labelled"));
        assertThat(scan(grant, request(records.database.settle(LONG), ScanRequest.Shared.REFERENCED)).lines).filteredOn(line -> line.contains("labelled")).hasSize(1);
        assertThat(scan(Grants.only("p1"), request(then, ScanRequest.Shared.REFERENCED)).lines).filteredOn(line -> line.contains("labelled")).hasSize(2);
    }

    @Test
    void aud10_what_was_moved_out_of_a_record_since_is_told_as_that_members() {
        records.put("{\"resourceType\":\"Observation\",\"id\":\"was-anothers\",\"subject\":{\"reference\":\"Patient/p1\"},\"language\":\"then\"}");
        Instant then = records.database.settle(LONG);
        records.put("{\"resourceType\":\"Observation\",\"id\":\"was-anothers\",\"subject\":{\"reference\":\"Patient/p6\"},\"language\":\"now\"}");
        Map<String, String> whose = new HashMap<>();
        scan(Grants.everything(), request(then, ScanRequest.Shared.REFERENCED), new Gathered() {
            private String member;

            @Override
            public boolean member(String patientId) {
                member = patientId;
                return super.member(patientId);
            }

            @Override
            public void resource(String type, StoredResource.Content content) {
                super.resource(type, content);
                whose.put(JsonDocument.parse(content.json()).root().fieldText("id"), member);
            }
        });
        assertThat(whose).containsEntry("was-anothers", "p1");
    }

    /** Random, so that nothing is saved by compressing it. */
    private static String noise(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return java.util.Base64.getEncoder().encodeToString(bytes);
    }

    @Test
    void large_resources_are_not_in_memory_together() {
        int count = 48;
        int length = 1 << 20;
        Random random = new Random(7);
        for (int version = 0; version < 2; version++) {
            for (int i = 0; i < count / 2; i++) {
                records.put("{\"resourceType\":\"Observation\",\"id\":\"large-" + version + "-" + i + "\",\"subject\":{\"reference\":\"Patient/p1\"},\"note\":[{\"text\":\"" + noise(random, length) + "\"}]}");
            }
        }
        Instant then = records.database.settle(LONG);
        for (int i = 0; i < count / 2; i++) { // these are read from the history
            records.put("{\"resourceType\":\"Observation\",\"id\":\"large-1-" + i + "\",\"subject\":{\"reference\":\"Patient/p1\"}}");
        }
        long before = used();
        long[] most = {0};
        Set<String> found = new TreeSet<>();
        scan(Grants.only("p1"), request(then, ScanRequest.Shared.REFERENCED), new Gathered() {
            @Override
            public void resource(String type, StoredResource.Content content) {
                String id = JsonDocument.parse(content.json()).root().fieldText("id");
                if (id.startsWith("large-")) {
                    found.add(id);
                    if (found.size() % 10 == 1) {
                        most[0] = Math.max(most[0], used() - before);
                    }
                }
            }
        });
        assertThat(found).hasSize(count);
        assertThat(most[0]).as("bytes in use at most").isLessThan(count / 2L * length);
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
