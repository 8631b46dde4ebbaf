package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.portolan.intake.load.LoadOptions;
import dev.portolan.intake.load.LoadReports;
import dev.portolan.intake.load.Loads;
import dev.portolan.server.command.LoadCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The inbound side: one Portolan drinks from another, and {@code $import} by a manifest of files. Allowed and denied. */
class BulkImportTest {

    private static final List<String> PUSHED = List.of("""
        {"resourceType":"Patient","id":"pia","name":[{"family":"Pushed"}]}
        {"resourceType":"Patient","name":[{"family":"Without an id"}]}
        this is no JSON
        {"resourceType":"Patient","id":"pol","name":[{"family":"Pushed"}]}
        """, """
        {"resourceType":"Observation","id":"pia-1","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/pia"}}
        """);

    private static final int LONGEST = 10_000;
    private static Path folder;
    private static BulkStand source;
    private static BulkStand target;
    private static HttpServer files;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        files = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        for (int i = 0; i < PUSHED.size(); i++) {
            byte[] content = PUSHED.get(i).getBytes(StandardCharsets.UTF_8);
            files.createContext("/" + i + ".ndjson", exchange -> {
                exchange.sendResponseHeaders(200, content.length);
                exchange.getResponseBody().write(content);
                exchange.close();
            });
        }
        for (int length : new int[] {LONGEST, LONGEST + 1}) {
            byte[] content = (PUSHED.get(1).strip() + " ".repeat(LONGEST)).substring(0, length - 1).concat("\n").getBytes(StandardCharsets.UTF_8);
            files.createContext("/of-" + length + ".ndjson", exchange -> {
                exchange.sendResponseHeaders(200, content.length);
                exchange.getResponseBody().write(content);
                exchange.close();
            });
        }
        files.start();
        source = BulkStand.shared();
        target = new BulkStand(folder.resolve("target"), Map.of("portolan.bulk-data.import-sources", origin() + "," + origin().replace("127.0.0.1", "localhost"),
            "portolan.bulk-data.import-file-max", LONGEST + "B", "portolan.bulk-data.import-total-max", LONGEST * 3 / 2 + "B"));
    }

    @AfterAll
    static void stop() {
        files.stop(0);
        target.close();
    }

    private static String origin() {
        return "http://127.0.0.1:" + files.getAddress().getPort();
    }

    private static String command(int exit, String... arguments) {
        StringWriter said = new StringWriter();
        CommandLine line = new CommandLine(new LoadCommand());
        line.setOut(new PrintWriter(said, true));
        line.setErr(new PrintWriter(said, true));
        assertThat(line.execute(arguments)).as(said.toString()).isEqualTo(exit);
        return said.toString();
    }

    @Test
    void blk16_one_portolan_drinks_from_another_with_backend_services() throws Exception {
        Path key = folder.resolve("key.jwk");
        Files.writeString(key, source.ec.toJSONString());
        String data = folder.resolve("target/data").toString();
        String kickOff = source.base() + "/Group/" + BulkStand.GROUP + "/$export";
        command(1, "ndjson", kickOff, "--client", "stranger", "--key", key.toString(), "--data", data);
        String said = command(0, "ndjson", kickOff, "--client", BulkStand.APP, "--key", key.toString(), "--data", data, "--feed", "other-plan");
        assertThat(said).contains("Fetched ", "files as of 20");
        Map<String, JsonNode> there = plain(source.scan(BulkStand.MEMBERS));
        Map<String, JsonNode> here = plain(target.scan(BulkStand.MEMBERS));
        assertThat(here.keySet()).isEqualTo(there.keySet());
        here.forEach((reference, resource) -> assertThat(resource).as(reference).isEqualTo(there.get(reference)));
        assertThat(folder.resolve("target/data/fetched")).isEmptyDirectory();
        assertThat(target.send("GET", target.base() + "/Patient/" + BulkStand.STRANGER, target.operator(), null).statusCode()).as("who is not in the group").isEqualTo(404);
    }

    /** Without what each server says of its own. */
    private static Map<String, JsonNode> plain(Map<String, JsonNode> resources) {
        Map<String, JsonNode> plain = new TreeMap<>();
        resources.forEach((reference, resource) -> plain.put(reference, ((ObjectNode) resource.deepCopy()).without("meta")));
        return plain;
    }

    private static String token(String scope) throws Exception {
        HttpResponse<String> answer = target.tokenRequest(BulkStand.APP, target.rsa, scope, Map.of());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return BulkStand.JSON.readTree(answer.body()).path("access_token").asText();
    }

    private static HttpResponse<String> push(String token, String format, String... urls) throws Exception {
        StringBuilder inputs = new StringBuilder();
        for (String url : urls) {
            inputs.append(inputs.isEmpty() ? "" : ",").append("{\"type\":\"Patient\",\"url\":\"").append(url).append("\"}");
        }
        return target.send("POST", target.base() + "/$import", token,
            "{\"inputFormat\":\"" + format + "\",\"inputSource\":\"https://ehr.example\",\"storageDetail\":{\"type\":\"https\"},\"input\":[" + inputs + "]}", "Prefer", "respond-async");
    }

    @Test
    void blk16_what_is_pushed_is_loaded_and_each_line_that_is_not_is_told() throws Exception {
        String token = token("system/*.cruds");
        String poll = BulkStand.poll(push(token, "application/fhir+ndjson", origin() + "/0.ndjson", origin() + "/1.ndjson"));
        HttpResponse<String> ended = target.await(token, poll);
        assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
        JsonNode manifest = BulkStand.JSON.readTree(ended.body());
        assertThat(manifest.path("output")).hasSize(2);
        assertThat(manifest.at("/output/0/inputUrl").asText()).isEqualTo(origin() + "/0.ndjson");
        assertThat(manifest.at("/output/0/count").asInt()).isEqualTo(2);
        assertThat(manifest.at("/output/1/count").asInt()).isEqualTo(1);
        assertThat(manifest.path("error")).hasSize(1);
        assertThat(manifest.at("/error/0/count").asInt()).isEqualTo(2);
        HttpResponse<String> errors = target.send("GET", manifest.at("/error/0/url").asText(), token, null);
        assertThat(errors.headers().firstValue("Content-Type").orElse("")).isEqualTo("application/fhir+ndjson");
        assertThat(errors.body().lines().toList()).hasSize(2).allMatch(line -> line.startsWith("{\"resourceType\":\"OperationOutcome\""));
        assertThat(errors.body()).contains("line 2: no-key", "line 3: no-json");
        for (String loaded : List.of("Patient/pia", "Patient/pol", "Observation/pia-1")) {
            assertThat(target.send("GET", target.base() + "/" + loaded, target.operator(), null).statusCode()).as(loaded).isEqualTo(200);
        }
        String other = target.token(BulkStand.OTHER_APP);
        assertThat(target.send("GET", poll, other, null).statusCode()).isEqualTo(404);
        assertThat(target.send("GET", manifest.at("/error/0/url").asText(), other, null).statusCode()).isEqualTo(404);
        String next = BulkStand.poll(push(token, "application/fhir+ndjson", origin() + "/0.ndjson"));
        assertThat(target.send("DELETE", poll, token, null).statusCode()).isEqualTo(202);
        assertThat(target.send("GET", poll, token, null).statusCode()).isEqualTo(404);
        assertThat(target.await(token, next).statusCode()).as("another test looks at what imports leave behind").isEqualTo(200);
    }

    @Test
    void blk16_pushing_the_same_again_changes_nothing() throws Exception {
        String token = token("system/*.cruds");
        for (int i = 0; i < 2; i++) {
            String poll = BulkStand.poll(push(token, "application/fhir+ndjson", origin() + "/0.ndjson"));
            JsonNode manifest = BulkStand.JSON.readTree(target.await(token, poll).body());
            assertThat(manifest.at("/output/0/count").asInt()).isEqualTo(2);
        }
        JsonNode patient = BulkStand.JSON.readTree(target.send("GET", target.base() + "/Patient/pol", target.operator(), null).body());
        assertThat(patient.at("/meta/versionId").asText()).isEqualTo("1");
    }

    @Test
    void blk16_an_import_is_refused_without_the_right_to_write_everything_and_from_servers_that_are_not_named() throws Exception {
        String url = origin() + "/0.ndjson";
        assertThat(push(null, "application/fhir+ndjson", url).statusCode()).isEqualTo(401);
        assertThat(push(token("system/*.rs"), "application/fhir+ndjson", url).statusCode()).isEqualTo(403);
        assertThat(push(token("system/Patient.cruds"), "application/fhir+ndjson", url).statusCode()).isEqualTo(403);
        String token = token("system/*.cruds");
        for (String elsewhere : List.of("http://127.0.0.1:1/0.ndjson", "https://ehr.example/0.ndjson", "file:///etc/passwd", "http://127.0.0.1@evil.example/", origin().replace("127.0.0.1", "127.0.0.2") + "/0.ndjson",
            origin().replace("http://", "http://user@") + "/0.ndjson")) {
            HttpResponse<String> refused = push(token, "application/fhir+ndjson", elsewhere);
            assertThat(refused.statusCode()).as(elsewhere).isEqualTo(403);
            assertThat(refused.body()).contains("OperationOutcome", "import-sources");
        }
        assertThat(push(token, "application/fhir+json", url).statusCode()).isEqualTo(400);
        assertThat(push(token, "application/fhir+ndjson").statusCode()).isEqualTo(400);
        assertThat(target.send("POST", target.base() + "/$import", token, "{\"resourceType\":\"Parameters\"}", "Prefer", "respond-async").statusCode()).isEqualTo(400);
        assertThat(target.send("POST", target.base() + "/$import", token, "{\"inputFormat\":\"application/fhir+ndjson\",\"input\":[{\"type\":\"Patient\",\"url\":\"" + url + "\"}]}").statusCode()).isEqualTo(400);
        assertThat(target.send("GET", target.base() + "/$import", token, null, "Prefer", "respond-async").statusCode()).isIn(400, 404, 405);
    }

    @Test
    void blk16_a_file_that_cannot_be_had_ends_the_import_and_nothing_is_loaded() throws Exception {
        String token = token("system/*.cruds");
        String poll = BulkStand.poll(push(token, "application/fhir+ndjson", origin() + "/1.ndjson", origin() + "/gone.ndjson"));
        HttpResponse<String> ended = target.await(token, poll);
        assertThat(ended.statusCode()).isEqualTo(500);
        assertThat(ended.body()).contains("OperationOutcome", "file 2 of the manifest", "404");
    }

    @Test
    void blk16_files_that_are_too_long_and_names_that_lead_inside_end_the_import_and_nothing_is_loaded() throws Exception {
        String token = token("system/*.cruds");
        String whole = origin() + "/of-" + LONGEST + ".ndjson";
        String longer = origin() + "/of-" + (LONGEST + 1) + ".ndjson";
        Map<List<String>, String> failures = Map.of(List.of(longer), "file 1 of the manifest is too long: a file has at most 10000 bytes", List.of(whole, whole), "file 2 of the manifest is too long: the files of an import have at most 15000 bytes",
            List.of(whole.replace("127.0.0.1", "localhost")), "file 1 of the manifest: its server's address is not on the Internet");
        for (Map.Entry<List<String>, String> failure : failures.entrySet()) {
            HttpResponse<String> ended = target.await(token, BulkStand.poll(push(token, "application/fhir+ndjson", failure.getKey().toArray(String[]::new))));
            assertThat(ended.statusCode()).isEqualTo(500);
            assertThat(ended.body()).contains("OperationOutcome", failure.getValue());
        }
        assertThat(target.await(token, BulkStand.poll(push(token, "application/fhir+ndjson", whole))).statusCode()).isEqualTo(200);
        assertThat(folder.resolve("target/data/imports")).isEmptyDirectory();
    }

    /** An import as it stands in the table. */
    private static String leftBehind(String state) throws Exception {
        return leftBehind(state, UUID.randomUUID().toString());
    }

    private static String leftBehind(String state, String id) throws Exception {
        try (Connection connection = target.server.part(DataSource.class).getConnection(); PreparedStatement insert = connection.prepareStatement("""
            INSERT INTO bulk_data.import (id, base, base_url, app, grant_id, scopes, consents, request_url, types, urls, state, finished, expires)
            VALUES (?, 'system', ?, ?, 'g', '{system/*.cruds}', '{}', ?, '{Patient}', ARRAY[?::text], ?, CASE WHEN ? <> 'RUNNING' THEN now() END, CASE WHEN ? <> 'RUNNING' THEN now() - interval '1 hour' END)""")) {
            int i = 1;
            for (String value : new String[] {id, target.base(), BulkStand.APP, target.base() + "/$import", origin() + "/0.ndjson", state, state, state}) {
                insert.setString(i++, value);
            }
            insert.executeUpdate();
        }
        return id;
    }

    private static void clean() throws Exception {
        try (Connection connection = target.server.part(DataSource.class).getConnection(); Statement statement = connection.createStatement()) {
            // One that is under way, as after a start, has looked already and would put its next turn over this one.
            for (int i = 0; i < 600 && statement.executeUpdate("UPDATE jobs.work SET execution_time = now() WHERE task_name = 'bulk-import-cleaning' AND NOT picked") == 0; i++) {
                Thread.sleep(100);
            }
        }
    }

    @Test
    void blk16_an_import_whose_server_died_before_its_work_was_handed_on_is_done_and_files_that_were_left_go() throws Exception {
        String id = leftBehind("RUNNING");
        leftBehind("FAILED", "/proc/sys/kernel/random"); // a folder that not even root can delete keeps no other
        Path left = Files.createDirectories(folder.resolve("target/data/imports").resolve(leftBehind("FAILED")));
        Files.writeString(left.resolve("00000-Patient.ndjson"), "{}");
        clean();
        String token = token("system/*.cruds");
        HttpResponse<String> ended = target.await(token, target.base() + "/$import-status?import=" + id);
        assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
        for (int i = 0; i < 600 && Files.exists(left); i++) {
            Thread.sleep(100);
        }
        assertThat(left).doesNotExist();
    }

    @Test
    void blk16_what_is_not_loaded_of_a_file_is_told_however_much_there_is_of_another() throws Exception {
        String token = token("system/*.cruds");
        String poll = BulkStand.poll(push(token, "application/fhir+ndjson", origin() + "/0.ndjson", origin() + "/0.ndjson"));
        assertThat(target.await(token, poll).statusCode()).isEqualTo(200);
        try (Connection connection = target.server.part(DataSource.class).getConnection(); Statement statement = connection.createStatement()) {
            // As if the first file had ten thousand such lines more; those of the second come after them.
            String file = "(SELECT id FROM intake.file WHERE run = (SELECT run FROM bulk_data.import WHERE id = '" + poll.substring(poll.indexOf('=') + 1) + "') AND position = ";
            statement.executeUpdate("INSERT INTO intake.quarantine (file, line, lines, raw, reasons) SELECT q.file, 1000 + g, 1, q.raw, q.reasons FROM intake.quarantine q, generate_series(1, 10000) g"
                + " WHERE q.line = 2 AND q.file = " + file + "0)");
            statement.executeUpdate("UPDATE intake.batch SET lines = lines + 10000, rejected = rejected + 10000 WHERE number = 0 AND file = " + file + "0)");
            assertThat(statement.executeUpdate("UPDATE intake.quarantine SET id = DEFAULT WHERE file = " + file + "1)")).isEqualTo(2);
        }
        JsonNode manifest = BulkStand.JSON.readTree(target.await(token, poll).body());
        for (JsonNode file : manifest.path("error")) {
            List<String> lines = target.send("GET", file.path("url").asText(), token, null).body().lines().toList();
            assertThat(lines).hasSize(file.path("count").asInt());
            assertThat(lines.get(0)).contains("line 2: no-key");
        }
        assertThat(manifest.at("/error/0/count").asInt()).isEqualTo(10_001);
        assertThat(target.send("GET", manifest.at("/error/0/url").asText(), token, null).body()).contains("\"2 more lines were not loaded");
        assertThat(manifest.at("/error/1/count").asInt()).isEqualTo(2);
    }

    private static String feedsHealth() throws Exception {
        return target.send("GET", target.server.url() + "/health", null, null, "Accept", "application/json").body();
    }

    private static void load(Path source) throws Exception {
        long run = target.server.part(Loads.class).ask("late-feed", "ndjson", source.toString(), LoadOptions.DEFAULT, Map.of(), Map.of(), "test");
        for (int i = 0; i < 1_200 && target.server.part(LoadReports.class).run(run).orElseThrow().finished() == null; i++) {
            Thread.sleep(100);
        }
    }

    @Test
    void edi10_the_health_page_says_whose_last_load_failed_until_one_does_not() throws Exception {
        load(Files.createDirectory(folder.resolve("nothing-here")));
        assertThat(feedsHealth()).contains("The last load failed: late-feed (");
        load(Files.writeString(folder.resolve("late.ndjson"), PUSHED.get(1)));
        assertThat(feedsHealth()).contains("feeds and parts").doesNotContain("The last load failed");
    }
}
