package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is refused: a kick-off that is none, and a file beyond the right that there is by then. */
class ExportRefusalTest {

    private static BulkServer server;
    private static Path exports;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        exports = folder.resolve("exports");
        server = new BulkServer(exports, new ExportSettings(3, 8, 2, 4, Duration.ofDays(1), Duration.ofSeconds(20)));
        server.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
        server.member("m1", 2);
        server.put("{\"resourceType\":\"Group\",\"id\":\"g\",\"type\":\"person\",\"actual\":true,\"member\":[{\"entity\":{\"reference\":\"Patient/m1\"}}]}");
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        server.pool.close();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static HttpResponse<String> post(String path, String parameters) throws Exception {
        return server.send("plan", "POST", path, "{\"resourceType\":\"Parameters\",\"parameter\":[" + parameters + "]}", "Prefer", "respond-async");
    }

    @Test
    void blk12_a_file_is_given_as_long_as_the_right_includes_its_type() throws Exception {
        server.grants.put("narrowed", BulkServer.grant("narrowed", new Grant.Members.Everyone()));
        HttpResponse<String> started = server.get("narrowed", "Group/g/$export?_type=Condition,Observation&nonsense=1", "Prefer", "respond-async, handling=lenient");
        JsonDocument manifest = JsonDocument.parse(server.await("narrowed", started.headers().firstValue("Content-Location").orElseThrow()).body().getBytes(StandardCharsets.UTF_8));
        server.grants.put("narrowed", new Grant("of-narrowed", "narrowed", null, Purpose.OPERATIONS, new Grant.Members.Everyone(),
            Map.of("Condition", new Grant.Rule(Set.of(Interaction.READ, Interaction.SEARCH), List.of())), Set.of(), Set.of(), List.of("system/Condition.rs"), null));
        Set<String> types = new TreeSet<>();
        for (JsonValue file : manifest.root().field("output").children()) {
            types.add(file.fieldText("type"));
            assertThat(server.get("narrowed", file.fieldText("url")).statusCode()).as(file.fieldText("type")).isEqualTo("Condition".equals(file.fieldText("type")) ? 200 : 403);
        }
        assertThat(types).containsExactly("Condition", "Observation");
        assertThat(server.get("narrowed", manifest.root().field("error").firstChild().fieldText("url")).statusCode()).as("what is about the order itself").isEqualTo(200);
    }

    /** A backup of the database that was restored without the exports' folder. */
    @Test
    void blk12_a_file_that_is_not_there_any_more_is_410_and_is_not_recorded_as_given() throws Exception {
        JsonDocument manifest = server.export("plan", "Patient/$export?_type=Patient");
        String url = manifest.root().field("output").firstChild().fieldText("url");
        assertThat(server.get("plan", url).statusCode()).isEqualTo(200);
        try (Stream<Path> kept = Files.walk(exports)) {
            for (Path file : kept.filter(path -> path.getFileName().toString().startsWith("Patient-")).toList()) {
                Files.delete(file);
            }
        }
        HttpResponse<String> gone = server.get("plan", url);
        assertThat(gone.statusCode()).as(gone.body()).isEqualTo(410);
        assertThat(gone.body()).contains("start another export");
        assertThat(server.audited.stream().filter(entry -> entry.operation().equals("$export-file")).map(entry -> entry.outcome().status()).toList()).endsWith(200, 410);
    }

    @Test
    void a_kick_off_that_no_database_can_hold_or_that_is_none_is_400() throws Exception {
        for (String bad : List.of("\\u0000", "\\ud800")) {
            assertThat(post("Patient/$export", "{\"name\":\"_typeFilter\",\"valueString\":\"Patient?name=" + bad + "\"}").statusCode()).as(bad).isEqualTo(400);
        }
        for (String filter : List.of("Patient?name=%00", "Observation?code=%00", "Patient?identifier=%00|%00", "Patient?name=%ED%A0%80", "Patient?name=%zz")) {
            HttpResponse<String> refused = server.start("plan", "Patient/$export?_typeFilter=" + encoded(filter));
            assertThat(refused.statusCode()).as(filter + " " + refused.body()).isEqualTo(400);
        }
        for (String parameters : List.of("\"x\"", "5", "null", "[]", "{\"name\":5,\"valueString\":\"x\"}", "{\"name\":\"_since\"}", "{\"name\":\"_type\",\"valueString\":null}", "{\"name\":\"_type\",\"valueString\":{}}",
            "{\"name\":\"patient\",\"valueReference\":{}}", "{\"name\":\"patient\",\"valueReference\":{\"reference\":5}}")) {
            HttpResponse<String> refused = post("Patient/$export", parameters);
            assertThat(refused.statusCode()).as(parameters + " " + refused.body()).isEqualTo(400);
        }
    }
}
