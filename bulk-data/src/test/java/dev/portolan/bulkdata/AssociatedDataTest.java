package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.Grant;
import dev.portolan.store.Grants;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code includeAssociatedData} against a scan of what was written that knows nothing of parts and passes. {@code -Dportolan.seed=N} for other data. */
class AssociatedDataTest {

    private static final long SEED = Long.getLong("portolan.seed", 20270101L);
    private static final int MEMBERS = 9;
    private static final int OBSERVATIONS = 4;
    private static BulkServer server;
    private static final List<Written> PROVENANCES = new ArrayList<>();

    /** @param targets {@code Type/id} */
    private record Written(String id, Instant recorded, Set<String> targets) {}

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        server = new BulkServer(folder.resolve("exports"), new ExportSettings(4, 8, 3, 8, Duration.ofDays(1), Duration.ofSeconds(20)));
        server.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
        Random random = new Random(SEED);
        for (int member = 0; member < MEMBERS; member++) {
            server.member("m" + member, OBSERVATIONS);
            for (int i = random.nextInt(7); i > 0; i--) {
                provenance("p" + member + "-" + i, "m" + member, random);
            }
        }
        put(new Written("of-doc", Instant.parse("2024-05-01T00:00:00Z"), Set.of("Practitioner/doc")), List.of("Practitioner/doc"));
        server.put("{\"resourceType\":\"Group\",\"id\":\"g\",\"type\":\"person\",\"actual\":true,\"member\":[{\"entity\":{\"reference\":\"Patient/m1\"}},{\"entity\":{\"reference\":\"Patient/m2\"}},"
            + "{\"entity\":{\"reference\":\"Patient/m7\"}}]}");
    }

    private static void provenance(String id, String member, Random random) {
        Set<String> targets = new TreeSet<>();
        List<String> references = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            String target = switch (random.nextInt(4)) {
                case 0 -> "Patient/" + member;
                case 1 -> "Condition/" + member + "-c";
                default -> "Observation/" + member + "-" + random.nextInt(OBSERVATIONS);
            };
            targets.add(target);
            references.add(switch (random.nextInt(4)) {
                case 0 -> target + "/_history/1";
                // Never the first: the store of this test was not told its address, so that does not say whose it is.
                case 1 -> references.isEmpty() ? target : server.base + "/" + target;
                default -> target;
            });
        }
        references.add("https://elsewhere.example/fhir/Observation/" + member + "-0");
        // Few instants, so that some are equal.
        put(new Written(id, Instant.parse("2024-01-01T00:00:00Z").plus(Duration.ofDays(random.nextInt(4))), targets), references);
    }

    private static void put(Written written, List<String> references) {
        PROVENANCES.add(written);
        server.put("{\"resourceType\":\"Provenance\",\"id\":\"" + written.id() + "\",\"target\":[" + String.join(",", references.stream().map(it -> "{\"reference\":\"" + it + "\"}").toList()) + "],\"recorded\":\""
            + written.recorded() + "\",\"agent\":[{\"who\":{\"reference\":\"Practitioner/doc\"}}]}");
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        server.pool.close();
    }

    /** What must be there, from what was given beside Provenance. */
    private static Set<String> expected(Set<String> given, boolean latest, Predicate<Written> offered) {
        Map<String, Instant> last = new HashMap<>();
        List<Written> about = PROVENANCES.stream().filter(offered).toList();
        about.forEach(it -> it.targets().forEach(target -> last.merge(target, it.recorded(), (one, other) -> one.isAfter(other) ? one : other)));
        Set<String> ids = new TreeSet<>();
        for (Written it : about) {
            if (it.targets().stream().anyMatch(target -> given.contains(target) && (!latest || last.get(target).equals(it.recorded())))) {
                ids.add(it.id());
            }
        }
        return ids;
    }

    private static boolean isOfAMember(Written written) {
        return !written.id().equals("of-doc");
    }

    private static void check(String path, boolean latest, Predicate<Written> offered) throws Exception {
        JsonDocument manifest = server.export("plan", path);
        Set<String> given = new TreeSet<>();
        Set<String> provenances = new TreeSet<>();
        for (String line : server.lines("plan", manifest, "output")) {
            JsonValue root = JsonDocument.parse(line.getBytes(StandardCharsets.UTF_8)).root();
            boolean provenance = "Provenance".equals(root.fieldText("resourceType"));
            assertThat(provenance ? provenances.add(root.fieldText("id")) : given.add(root.fieldText("resourceType") + "/" + root.fieldText("id"))).as("twice: %s", line).isTrue();
        }
        assertThat(given).as("%s, seed %d", path, SEED).isNotEmpty();
        assertThat(provenances).as("%s, seed %d", path, SEED).isEqualTo(expected(given, latest, offered));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void blk08_relevant_provenance_is_all_that_is_about_what_is_given_and_no_other() throws Exception {
        String asked = "includeAssociatedData=RelevantProvenanceResources";
        check("Patient/$export?" + asked, false, AssociatedDataTest::isOfAMember);
        check("Group/g/$export?" + asked, false, AssociatedDataTest::isOfAMember);
        check("$export?" + asked, false, any -> true);
        check("Group/g/$export?_type=Condition&" + asked, false, AssociatedDataTest::isOfAMember);
        check("Patient/$export?_type=Observation,Provenance&" + asked + "&_typeFilter=" + encoded("Observation?code=1-1"), false, AssociatedDataTest::isOfAMember);
        check("Patient/$export?_type=Patient&" + asked + "&_elements=Patient.name,Provenance.recorded", false, AssociatedDataTest::isOfAMember);
    }

    @Test
    void blk08_latest_provenance_is_of_each_resource_the_one_that_was_recorded_last() throws Exception {
        String asked = "includeAssociatedData=LatestProvenanceResources";
        check("Patient/$export?" + asked, true, AssociatedDataTest::isOfAMember);
        check("$export?" + asked, true, any -> true);
        check("Group/g/$export?_type=Observation&" + asked, true, AssociatedDataTest::isOfAMember);
        check("Patient/$export?_type=Observation,Patient&" + asked + "&_typeFilter=" + encoded("Observation?code=2-2"), true, AssociatedDataTest::isOfAMember);
        check("Patient/$export?_type=Observation,Provenance&" + asked + "&_typeFilter=" + encoded("Provenance?recorded=lt2024-01-03"), true,
            it -> isOfAMember(it) && it.recorded().isBefore(Instant.parse("2024-01-03T00:00:00Z")));
    }

    @Test
    void blk08_of_both_the_one_that_gives_more_counts_and_provenance_that_the_access_does_not_include_is_400() throws Exception {
        check("Group/g/$export?includeAssociatedData=LatestProvenanceResources,RelevantProvenanceResources", false, AssociatedDataTest::isOfAMember);
        Grant.Rule rule = Grants.everything().rule("Patient");
        Map<String, Grant.Rule> rules = Map.of("Patient", rule, "Practitioner", rule);
        Grant all = BulkServer.grant("narrow", new Grant.Members.Everyone());
        server.grants.put("narrow", new Grant(all.id(), all.app(), all.user(), all.purpose(), all.members(), rules, all.withheldLabels(), all.consents(), all.scopes(), all.relation()));
        for (String query : List.of("includeAssociatedData=RelevantProvenanceResources", "_type=Patient&includeAssociatedData=LatestProvenanceResources")) {
            HttpResponse<String> refused = server.start("narrow", "Patient/$export?" + query);
            assertThat(refused.statusCode()).as(query).isEqualTo(400);
            assertThat(refused.body()).contains("OperationOutcome", "Provenance", "access");
        }
        HttpResponse<String> lenient = server.get("narrow", "Patient/$export?_type=Patient&includeAssociatedData=LatestProvenanceResources,_ours", "Prefer", "respond-async, handling=lenient");
        assertThat(lenient.statusCode()).as(lenient.body()).isEqualTo(202);
        JsonDocument manifest = JsonDocument.parse(server.await("narrow", lenient.headers().firstValue("Content-Location").orElseThrow()).body().getBytes(StandardCharsets.UTF_8));
        assertThat(server.lines("narrow", manifest, "output")).hasSize(MEMBERS);
        assertThat(server.lines("narrow", manifest, "error")).hasSize(3).allMatch(line -> line.contains("ignored"));
    }
}
