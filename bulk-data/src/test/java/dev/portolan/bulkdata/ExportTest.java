package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.Grant;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exports over HTTP, from the kick-off to the files, as a client does them; allowed and denied. */
class ExportTest {

    private static final int MEMBERS = 7;
    private static final int OBSERVATIONS = 5;
    private static final int LONGEST_SECONDS = 60;
    private static BulkServer server;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        server = new BulkServer(folder.resolve("exports"), new ExportSettings(3, 8, 2, 4, Duration.ofDays(1), Duration.ofSeconds(20)));
        server.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
        server.put("{\"resourceType\":\"Practitioner\",\"id\":\"nobodys-doc\"}");
        for (int i = 0; i < MEMBERS; i++) {
            server.member("m" + i, OBSERVATIONS);
        }
        server.put("{\"resourceType\":\"Group\",\"id\":\"g\",\"type\":\"person\",\"actual\":true,\"member\":[{\"entity\":{\"reference\":\"Patient/m1\"}},{\"entity\":{\"reference\":\"Patient/m2\"}},"
            + "{\"entity\":{\"reference\":\"Patient/m3\"},\"inactive\":true}]}");
        server.panel("panel-of-clinic", List.of("m4", "m5"));
        server.grants.put("clinic", BulkServer.grant("clinic", new Grant.Members.Panel("panel-of-clinic")));
        server.grants.put("other", BulkServer.grant("other", new Grant.Members.Everyone()));
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        server.pool.close();
    }

    private static Set<String> ids(List<String> lines) {
        Set<String> ids = new TreeSet<>();
        for (String line : lines) {
            JsonValue root = JsonDocument.parse(line.getBytes(StandardCharsets.UTF_8)).root();
            assertThat(ids.add(root.fieldText("resourceType") + "/" + root.fieldText("id"))).as("a line twice: %s", line).isTrue();
        }
        return ids;
    }

    private static Set<String> ofMembers(String... members) {
        Set<String> ids = new TreeSet<>();
        for (String member : members) {
            ids.add("Patient/" + member);
            ids.add("Condition/" + member + "-c");
            for (int i = 0; i < OBSERVATIONS; i++) {
                ids.add("Observation/" + member + "-" + i);
            }
        }
        return ids;
    }

    private static Set<String> with(Set<String> ids, String... more) {
        ids.addAll(List.of(more));
        return ids;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void blk01_blk04_blk05_a_group_is_exported_from_kick_off_to_files() throws Exception {
        HttpResponse<String> started = server.start("plan", "Group/g/$export");
        assertThat(started.statusCode()).as(started.body()).isEqualTo(202);
        String poll = started.headers().firstValue("Content-Location").orElseThrow();
        assertThat(poll).startsWith(server.base + "/");
        HttpResponse<String> ended = server.await("plan", poll);
        assertThat(ended.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(ended.headers().firstValue("Expires").orElseThrow()).endsWith("GMT");
        JsonDocument manifest = JsonDocument.parse(ended.body().getBytes(StandardCharsets.UTF_8));
        assertThat(Instant.parse(manifest.root().fieldText("transactionTime"))).isBetween(Instant.now().minusSeconds(120), Instant.now());
        assertThat(manifest.root().fieldText("request")).isEqualTo(server.base + "/Group/g/$export");
        assertThat(manifest.root().field("requiresAccessToken").text()).isEqualTo("true");
        assertThat(manifest.root().field("error").size()).isZero();
        assertThat(manifest.root().field("deleted").size()).isZero();
        assertThat(ids(server.lines("plan", manifest, "output"))).isEqualTo(with(ofMembers("m1", "m2"), "Practitioner/doc"));
        String url = manifest.root().field("output").firstChild().fieldText("url");
        assertThat(server.get(null, url).statusCode()).isEqualTo(401);
        assertThat(server.get("unknown", url).statusCode()).isEqualTo(401);
        try (Stream<Path> files = Files.walk(server.files)) {
            assertThat(files.filter(Files::isRegularFile).toList()).isNotEmpty()
                .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------"));
        }
    }

    @Test
    void blk01_a_system_export_holds_everything_and_a_patient_export_the_members_and_what_they_refer_to() throws Exception {
        Set<String> members = ofMembers("m0", "m1", "m2", "m3", "m4", "m5", "m6");
        Set<String> everything = new TreeSet<>(server.stored); // other tests bring members of their own
        assertThat(everything).containsAll(with(members, "Practitioner/doc", "Practitioner/nobodys-doc", "Group/g"));
        Set<String> patients = new TreeSet<>(everything);
        patients.removeAll(Set.of("Practitioner/nobodys-doc", "Group/g"));
        assertThat(ids(server.lines("plan", server.export("plan", "Patient/$export"), "output"))).isEqualTo(patients);
        assertThat(ids(server.lines("plan", server.export("plan", "$export"), "output"))).isEqualTo(everything);
    }

    @Test
    void blk12_an_app_gets_the_members_and_types_that_its_right_reaches_and_no_others() throws Exception {
        assertThat(ids(server.lines("clinic", server.export("clinic", "Patient/$export"), "output"))).isEqualTo(with(ofMembers("m4", "m5"), "Practitioner/doc"));
        assertThat(server.start("clinic", "Group/g/$export").statusCode()).as("a group out of reach").isEqualTo(404);
        server.grants.put("narrow", new Grant("of-narrow", "narrow", null, dev.portolan.store.Purpose.OPERATIONS, new Grant.Members.Panel("panel-of-clinic"),
            java.util.Map.of("Condition", new Grant.Rule(Set.of(dev.portolan.store.Interaction.READ, dev.portolan.store.Interaction.SEARCH), List.of())), Set.of(), Set.of(), List.of("system/Condition.rs"), null));
        assertThat(ids(server.lines("narrow", server.export("narrow", "Patient/$export"), "output"))).containsExactly("Condition/m4-c", "Condition/m5-c");
        HttpResponse<String> refused = server.start("narrow", "Patient/$export?_type=Condition,Observation");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("OperationOutcome", "Observation");
    }

    @Test
    void blk03_without_a_token_nothing_begins() throws Exception {
        for (String path : List.of("$export", "Patient/$export", "Group/g/$export", "$export-status?export=x", "$export-file?export=x&file=y")) {
            HttpResponse<String> refused = server.start(null, path);
            assertThat(refused.statusCode()).as(path).isEqualTo(401);
            assertThat(refused.body()).contains("OperationOutcome");
        }
    }

    @Test
    void blk02_the_capability_statement_names_the_operations_with_the_guides_canonicals() throws Exception {
        JsonValue rest = JsonDocument.parse(server.get("plan", "metadata").body().getBytes(StandardCharsets.UTF_8)).root().field("rest").firstChild();
        assertThat(operations(rest)).contains("export http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export").noneMatch(operation -> operation.startsWith("export-"));
        for (JsonValue resource : rest.field("resource").children()) {
            boolean has = operations(resource).stream().anyMatch(operation -> operation.startsWith("export "));
            switch (String.valueOf(resource.fieldText("type"))) {
                case "Patient" -> assertThat(operations(resource)).contains("export http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export");
                case "Group" -> assertThat(operations(resource)).contains("export http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export");
                default -> assertThat(has).isFalse();
            }
        }
    }

    private static List<String> operations(JsonValue of) {
        return of.field("operation") == null ? List.of()
            : Stream.of(of.field("operation")).flatMap(list -> java.util.stream.StreamSupport.stream(list.children().spliterator(), false)).map(each -> each.fieldText("name") + " " + each.fieldText("definition")).toList();
    }

    @Test
    void blk06_the_three_spellings_of_the_format_are_taken_and_no_other() throws Exception {
        for (String format : List.of("application/fhir+ndjson", "application%2Ffhir%2Bndjson", "application/ndjson", "ndjson")) {
            HttpResponse<String> started = server.start("other", "Group/g/$export?_outputFormat=" + format);
            assertThat(started.statusCode()).as(format).isEqualTo(202);
            assertThat(server.send("other", "DELETE", started.headers().firstValue("Content-Location").orElseThrow(), null).statusCode()).isEqualTo(202);
        }
        for (String format : List.of("text/csv", "application/fhir+json", "")) {
            assertThat(server.start("other", "Group/g/$export?_outputFormat=" + format).statusCode()).as(format).isEqualTo(400);
        }
    }

    @Test
    void what_is_wrong_with_a_kick_off_is_said_before_it_begins() throws Exception {
        assertThat(server.get("plan", "$export").statusCode()).as("without Prefer").isEqualTo(400);
        for (String query : List.of("_since=yesterday", "_since=%2B999999999-12-31T23:59:59Z", "_until=-999999999-01-01T00:00:00Z", "_since=2024-01-01", "_type=Nonsense", "_typeFilter=Observation", "_typeFilter=" + encoded("Observation?nonsense=1"),
            "_typeFilter=" + encoded("Observation?_include=Observation:subject"), "_typeFilter=" + encoded("Observation?code=1-1&_sort=date"), "_elements=a.b.c", "nonsense=1", "patient=Patient/m1",
            "includeAssociatedData=_ours", "_type=Provenance&includeAssociatedData=LatestProvenanceResources", "_type=", "_type=,", "_elements=", "includeAssociatedData=", "_typeFilter=",
            "_since=2024-01-01T00:00:00Z&_since=2025-01-01T00:00:00Z", "_type=Condition&_typeFilter=" + encoded("Observation?code=1-1"))) {
            HttpResponse<String> refused = server.start("plan", "Patient/$export?" + query);
            assertThat(refused.statusCode()).as(query + " " + refused.body()).isEqualTo(400);
            assertThat(refused.body()).contains("OperationOutcome");
        }
        assertThat(server.start("plan", "Group/unknown/$export").statusCode()).isEqualTo(404);
        assertThat(server.start("plan", "Observation/$export").statusCode()).isEqualTo(404);
    }

    @Test
    void blk14_lenient_handling_passes_over_and_says_so_in_the_error_file() throws Exception {
        HttpResponse<String> started = server.get("other", "Group/g/$export?_type=Patient,Nonsense&nonsense=1", "Prefer", "respond-async, handling=lenient");
        assertThat(started.statusCode()).as(started.body()).isEqualTo(202);
        JsonDocument manifest = JsonDocument.parse(server.await("other", started.headers().firstValue("Content-Location").orElseThrow()).body().getBytes(StandardCharsets.UTF_8));
        assertThat(ids(server.lines("other", manifest, "output"))).containsExactly("Patient/m1", "Patient/m2");
        assertThat(server.lines("other", manifest, "error")).hasSize(2).allMatch(line -> line.contains("OperationOutcome"));
    }

    @Test
    void blk08_what_is_not_supported_of_the_guide_is_said_and_lenient_handling_leaves_it_out() throws Exception {
        List<String> all = List.of("organizeOutputBy=Patient", "allowPartialManifests=true");
        for (String query : all) {
            HttpResponse<String> refused = server.start("other", "Group/g/$export?" + query);
            assertThat(refused.statusCode()).as(query).isEqualTo(400);
            assertThat(refused.body()).contains("OperationOutcome", query.substring(0, query.indexOf('=')) + " is not supported", "handling=lenient");
        }
        HttpResponse<String> taken = server.get("other", "Group/g/$export?_type=Patient&" + String.join("&", all), "Prefer", "respond-async, handling=lenient");
        assertThat(taken.statusCode()).isEqualTo(202);
        String poll = taken.headers().firstValue("Content-Location").orElseThrow();
        JsonDocument manifest = JsonDocument.parse(server.await("other", poll).body().getBytes(StandardCharsets.UTF_8));
        assertThat(server.lines("other", manifest, "output")).hasSize(2);
        assertThat(String.join("", server.lines("other", manifest, "error"))).contains("organizeOutputBy", "allowPartialManifests");
        server.send("other", "DELETE", poll, null);
    }

    @Test
    void blk08_types_filters_elements_and_patients_narrow_it() throws Exception {
        assertThat(ids(server.lines("plan", server.export("plan", "Group/g/$export?_type=Condition"), "output"))).containsExactly("Condition/m1-c", "Condition/m2-c");
        String filter = encoded("Observation?code=http://loinc.org|2-2") + "," + encoded("Observation?_id=m1-0");
        assertThat(ids(server.lines("plan", server.export("plan", "Group/g/$export?_type=Observation,Condition&_typeFilter=" + filter), "output")))
            .containsExactly("Condition/m1-c", "Condition/m2-c", "Observation/m1-0", "Observation/m1-1", "Observation/m1-3", "Observation/m2-1", "Observation/m2-3");
        List<String> parts = server.lines("plan", server.export("plan", "Group/g/$export?_type=Observation,Patient&_elements=Observation.code"), "output");
        assertThat(parts).filteredOn(line -> line.contains("\"Observation\"")).allMatch(line -> line.contains("SUBSETTED") && line.contains("\"status\"") && !line.contains("valueString"));
        assertThat(parts).filteredOn(line -> line.contains("\"resourceType\":\"Patient\"")).allMatch(line -> line.contains("family") && !line.contains("SUBSETTED"));
        HttpResponse<String> posted = post("Group/g/$export", "{\"name\":\"_type\",\"valueString\":\"Patient\"},{\"name\":\"patient\",\"valueReference\":{\"reference\":\"Patient/m2\"}}");
        assertThat(posted.statusCode()).as(posted.body()).isEqualTo(202);
        JsonDocument manifest = JsonDocument.parse(server.await("plan", posted.headers().firstValue("Content-Location").orElseThrow()).body().getBytes(StandardCharsets.UTF_8));
        assertThat(ids(server.lines("plan", manifest, "output"))).containsExactly("Patient/m2");
        for (String notIn : List.of("m3", "m4", "unknown")) {
            assertThat(post("Group/g/$export", "{\"name\":\"patient\",\"valueReference\":{\"reference\":\"Patient/" + notIn + "\"}}").statusCode()).as(notIn).isEqualTo(400);
        }
    }

    private static HttpResponse<String> post(String path, String parameters) throws Exception {
        return server.send("plan", "POST", path, "{\"resourceType\":\"Parameters\",\"parameter\":[" + parameters + "]}", "Prefer", "respond-async");
    }

    @Test
    void blk07_blk14_since_gives_changes_and_a_deleted_file() throws Exception {
        server.member("since", 1);
        server.panel("since", List.of("since"));
        server.grants.put("since", BulkServer.grant("since", new Grant.Members.Panel("since")));
        Instant then = Instant.parse(server.export("since", "Patient/$export").root().fieldText("transactionTime"));
        server.put("{\"resourceType\":\"Observation\",\"id\":\"since-new\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/since\"}}");
        server.delete(new dev.portolan.store.ResourceKey("Observation", "since-0"));
        JsonDocument manifest = server.export("since", "Patient/$export?_since=" + then);
        assertThat(ids(server.lines("since", manifest, "output"))).containsExactly("Observation/since-new");
        assertThat(server.lines("since", manifest, "deleted")).hasSize(1).allMatch(line -> line.contains("\"method\":\"DELETE\",\"url\":\"Observation/since-0\"") && line.contains("\"transaction\""));
    }

    @Test
    void blk09_a_deleted_export_is_gone_with_its_files() throws Exception {
        HttpResponse<String> started = server.start("other", "Group/g/$export");
        String poll = started.headers().firstValue("Content-Location").orElseThrow();
        JsonDocument manifest = JsonDocument.parse(server.await("other", poll).body().getBytes(StandardCharsets.UTF_8));
        String file = manifest.root().field("output").firstChild().fieldText("url");
        assertThat(server.send("other", "DELETE", poll, null).statusCode()).isEqualTo(202);
        for (String gone : List.of(poll, file)) {
            HttpResponse<String> answer = server.get("other", gone);
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).contains("OperationOutcome");
        }
        assertThat(server.send("other", "DELETE", poll, null).statusCode()).isEqualTo(404);
        assertThat(Files.exists(server.files.resolve(poll.substring(poll.indexOf('=') + 1)))).isFalse();
    }

    @Test
    void blk09_an_export_that_is_deleted_at_any_moment_is_gone_with_its_files() throws Exception {
        long seed = Long.getLong("portolan.delete.seed", 42);
        java.util.Random random = new java.util.Random(seed);
        server.grants.put("hasty", BulkServer.grant("hasty", new Grant.Members.Everyone()));
        List<String> ids = new java.util.ArrayList<>();
        for (int i = 0; i < Integer.getInteger("portolan.delete.runs", 20); i++) {
            String poll = server.start("hasty", "$export").headers().firstValue("Content-Location").orElseThrow();
            Thread.sleep(random.nextInt(120));
            assertThat(server.send("hasty", "DELETE", poll, null).statusCode()).as("seed %d, deletion %d", seed, i).isEqualTo(202);
            assertThat(server.get("hasty", poll).statusCode()).as("seed %d, deletion %d", seed, i).isEqualTo(404);
            ids.add(poll.substring(poll.indexOf('=') + 1));
        }
        for (int i = 0; i < 100 && ids.stream().anyMatch(id -> Files.exists(server.files.resolve(id))); i++) {
            Thread.sleep(100);
        }
        assertThat(ids).as("seed %d", seed).noneMatch(id -> Files.exists(server.files.resolve(id)));
    }

    @Test
    void blk10_only_the_app_that_started_it_may_poll_download_and_delete() throws Exception {
        String poll = server.start("plan", "Group/g/$export").headers().firstValue("Content-Location").orElseThrow();
        JsonDocument manifest = JsonDocument.parse(server.await("plan", poll).body().getBytes(StandardCharsets.UTF_8));
        String file = manifest.root().field("output").firstChild().fieldText("url");
        for (String app : List.of("other", "clinic")) {
            assertThat(server.get(app, poll).statusCode()).isEqualTo(404);
            assertThat(server.get(app, file).statusCode()).isEqualTo(404);
            assertThat(server.send(app, "DELETE", poll, null).statusCode()).isEqualTo(404);
        }
        assertThat(server.get("plan", poll).statusCode()).isEqualTo(200);
        for (String name : List.of("../../etc/passwd", "unknown.ndjson", "", "%2e%2e")) {
            assertThat(server.get("plan", poll.replace("$export-status", "$export-file") + "&file=" + encoded(name)).statusCode()).as(name).isEqualTo(404);
        }
    }

    @Test
    void blk14_files_are_given_compressed_and_in_ranges() throws Exception {
        JsonDocument manifest = server.export("plan", "Patient/$export?_type=Observation");
        String url = manifest.root().field("output").firstChild().fieldText("url");
        String whole = server.get("plan", url).body();
        HttpResponse<byte[]> packed = server.http.send(HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer plan").header("Accept-Encoding", "gzip").build(), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(packed.headers().firstValue("Content-Encoding")).contains("gzip");
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(whole);
        }
        HttpResponse<String> head = server.get("plan", url, "Range", "bytes=0-99");
        HttpResponse<String> tail = server.get("plan", url, "Range", "bytes=100-", "Accept-Encoding", "gzip");
        assertThat(head.statusCode()).isEqualTo(206);
        assertThat(head.headers().firstValue("Content-Range")).contains("bytes 0-99/" + whole.length());
        assertThat(head.body() + tail.body()).isEqualTo(whole);
        assertThat(server.get("plan", url, "Range", "bytes=-10").body()).isEqualTo(whole.substring(whole.length() - 10));
        assertThat(server.get("plan", url, "Range", "bytes=99999999-").statusCode()).isEqualTo(416);
        assertThat(manifest.root().field("output").size()).as("files of eight lines").isGreaterThan(4);
    }

    @Test
    void aud10_the_entry_of_a_download_names_the_members_in_the_file_and_a_kick_off_is_recorded() throws Exception {
        JsonDocument manifest = server.export("plan", "Group/g/$export?_type=Condition");
        server.lines("plan", manifest, "output");
        assertThat(server.audited).anySatisfy(entry -> {
            assertThat(entry.operation()).isEqualTo("$export");
            assertThat(entry.outcome().status()).isEqualTo(202);
            assertThat(entry.subject().resource()).isEqualTo("Group/g");
        }).anySatisfy(entry -> {
            assertThat(entry.operation()).isEqualTo("$export-file");
            assertThat(entry.subject().members()).containsExactly("m1", "m2");
            assertThat(entry.subject().types()).containsExactly("Condition");
            assertThat(entry.subject().resources()).isEqualTo(2);
            assertThat(entry.subject().categories()).as("AUD-02, and what an accounting of disclosures says was given").containsExactly("conditions");
        });
    }

    @Test
    void blk13_polling_too_often_and_too_many_exports_are_429_and_more_than_may_run_wait() throws Exception {
        server.grants.put("busy", BulkServer.grant("busy", new Grant.Members.Everyone()));
        CountDownLatch go = new CountDownLatch(1);
        server.pause = () -> {
            try {
                go.await(LONGEST_SECONDS * 2, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        try {
            List<String> polls = new java.util.ArrayList<>();
            for (int i = 0; i < 4; i++) {
                polls.add(server.start("busy", "Group/g/$export").headers().firstValue("Content-Location").orElseThrow());
            }
            HttpResponse<String> fifth = server.start("busy", "Group/g/$export");
            assertThat(fifth.statusCode()).isEqualTo(429);
            assertThat(fifth.headers().firstValue("Retry-After")).isPresent();
            List<String> states = states(polls);
            for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS); waiting(states) > 2 && System.nanoTime() < end; ) {
                Thread.sleep(200);
                states = states(polls);
            }
            assertThat(waiting(states)).as("%s", states).isEqualTo(2);
            Thread.sleep(2_500); // by now a third would run, if one might
            assertThat(waiting(states(polls))).isEqualTo(2);
            for (String poll : polls) {
                HttpResponse<String> again = server.get("busy", poll);
                for (int i = 0; i < 10 && again.statusCode() == 202; i++) { // after a halt of the machine it was not too soon
                    again = server.get("busy", poll);
                }
                assertThat(again.statusCode()).isEqualTo(429);
                assertThat(again.headers().firstValue("Retry-After")).isPresent();
            }
            lastPolled("now() + interval '1 hour'");
            assertThat(server.get("busy", polls.get(0)).statusCode()).as("noted by a clock that was ahead").isEqualTo(202);
            go.countDown();
            lastPolled("NULL");
            for (String poll : polls) {
                assertThat(server.await("busy", poll).statusCode()).isEqualTo(200);
            }
        } finally {
            go.countDown();
            server.pause = () -> { };
        }
    }

    private static void lastPolled(String when) throws Exception {
        try (var connection = server.pool.getConnection(); var update = connection.createStatement()) {
            update.executeUpdate("UPDATE bulk_data.export SET last_polled = " + when + " WHERE app = 'busy'");
        }
    }

    /** As of who was not asked before: how soon one may ask again grows with what an export takes, on a slow machine too. */
    private static List<String> states(List<String> polls) throws Exception {
        lastPolled("NULL");
        List<String> states = new java.util.ArrayList<>();
        for (String poll : polls) {
            HttpResponse<String> status = server.get("busy", poll);
            assertThat(status.statusCode()).isEqualTo(202);
            assertThat(status.headers().firstValue("Retry-After")).isPresent();
            states.add(status.headers().firstValue("X-Progress").orElseThrow());
        }
        return states;
    }

    private static long waiting(List<String> states) {
        return states.stream().filter("waiting for its turn"::equals).count();
    }

    @Test
    void a_member_who_is_withdrawn_while_it_runs_is_in_no_file_that_is_given_out() throws Exception {
        server.member("leaver", 3);
        server.member("stayer", 3);
        server.panel("withdrawing", List.of("leaver", "stayer"));
        server.grants.put("withdrawing", BulkServer.grant("withdrawing", new Grant.Members.Panel("withdrawing")));
        // Withdrawn after its lines were written: when the last member of the part is asked about.
        java.util.concurrent.atomic.AtomicInteger asked = new java.util.concurrent.atomic.AtomicInteger();
        server.pause = () -> {
            if (asked.incrementAndGet() == 2) {
                server.withdrawn.add("leaver");
            }
        };
        try {
            JsonDocument manifest = server.export("withdrawing", "Patient/$export");
            assertThat(asked.get()).isGreaterThan(2);
            assertThat(server.lines("withdrawing", manifest, "output")).isNotEmpty().noneMatch(line -> line.contains("leaver"));
        } finally {
            server.pause = () -> { };
            server.withdrawn.clear();
        }
    }

    @Test
    void an_app_whose_right_ends_while_it_runs_gets_nothing() throws Exception {
        server.grants.put("ending", BulkServer.grant("ending", new Grant.Members.Everyone()));
        Grant grant = server.grants.get("ending");
        server.pause = () -> server.grants.remove("ending");
        try {
            String poll = server.start("ending", "Patient/$export").headers().firstValue("Content-Location").orElseThrow();
            awaitFailure("ending");
            server.grants.put("ending", grant);
            HttpResponse<String> ended = server.await("ending", poll);
            assertThat(ended.statusCode()).isEqualTo(500);
            assertThat(ended.body()).contains("OperationOutcome", "no right");
        } finally {
            server.pause = () -> { };
        }
    }

    /** Until the run has seen that the right ended. */
    private static void awaitFailure(String app) throws Exception {
        try (var connection = server.pool.getConnection(); var select = connection.prepareStatement("SELECT count(*) > 0 FROM bulk_data.export WHERE app = ? AND state = 'FAILED'")) {
            select.setString(1, app);
            for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS); System.nanoTime() < end; Thread.sleep(50)) {
                try (var row = select.executeQuery()) {
                    row.next();
                    if (row.getBoolean(1)) {
                        return;
                    }
                }
            }
        }
    }
}
