package dev.portolan.server.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.portolan.server.database.OpenDatabase;

/** kill -9 while an export runs: it ends after the restart, and no line is lost or doubled. */
class ExportCrashTest {

    private static final int MEMBERS = 620;
    private static final int OBSERVATIONS = 14;
    private static final int MEMBERS_IN_BUNDLE = 31;
    private static final long[] KILLED_AFTER_MILLIS = {0, 40, 150};
    private static final int MOST_POLLS = 300;

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ObjectMapper json = new ObjectMapper();

    @TempDir
    private Path folder;

    @AfterEach
    void leaveNoDatabaseBehind() throws IOException {
        ServerProcess.postmaster(folder.resolve("data")).forEach(ProcessHandle::destroyForcibly);
    }

    @Test
    void blk15_an_export_ends_after_a_kill_with_no_line_lost_or_doubled() throws Exception {
        ServerProcess server = ServerProcess.start(folder);
        TreeSet<String> expected = new TreeSet<>();
        for (int i = 0; i < MEMBERS; i += MEMBERS_IN_BUNDLE) {
            HttpResponse<String> loaded = send(server, "POST", "", bundle(i, expected));
            assertThat(loaded.statusCode()).as(loaded.body()).isEqualTo(200);
        }
        int underWay = 0;
        for (long delay : KILLED_AFTER_MILLIS) {
            HttpResponse<String> started = send(server, "GET", "/$export?_type=Patient,Observation", null);
            assertThat(started.statusCode()).as(started.body()).isEqualTo(202);
            String poll = path(started.headers().firstValue("Content-Location").orElseThrow());
            Thread.sleep(delay);
            underWay += send(server, "GET", poll, null).statusCode() == 200 ? 0 : 1;
            server.kill();
            server = ServerProcess.start(folder);
            takeForDead();
            List<String> ids = await(server, poll);
            assertThat(ids).doesNotHaveDuplicates();
            assertThat(new TreeSet<>(ids)).isEqualTo(expected);
        }
        server.stop();
        assertThat(underWay).as("kills while it ran, or nothing was shown").isPositive();
    }

    /** As if the seconds had passed after which the work of a node that says nothing any more is taken over. */
    private void takeForDead() throws SQLException {
        try (OpenDatabase database = OpenDatabase.in(folder.resolve("data")); Connection connection = database.connections().getConnection(); Statement statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE jobs.work SET last_heartbeat = now() - interval '1 hour' WHERE task_name = 'bulk-export' AND picked");
        }
    }

    /** What the export's files hold, once it has ended. */
    private List<String> await(ServerProcess server, String poll) throws Exception {
        HttpResponse<String> ended = send(server, "GET", poll, null);
        for (int i = 0; i < MOST_POLLS && ended.statusCode() != 200; i++) {
            assertThat(ended.statusCode()).as(ended.body()).isIn(202, 429);
            Thread.sleep(500);
            ended = send(server, "GET", poll, null);
        }
        assertThat(ended.statusCode()).isEqualTo(200);
        List<String> ids = new ArrayList<>();
        for (JsonNode file : json.readTree(ended.body()).path("output")) {
            List<String> lines = send(server, "GET", path(file.path("url").asText()), null).body().lines().toList();
            assertThat(lines).hasSize(file.path("count").asInt());
            for (String line : lines) {
                JsonNode resource = json.readTree(line);
                ids.add(resource.path("resourceType").asText() + "/" + resource.path("id").asText());
            }
        }
        return ids;
    }

    /** What stands after the base: the server comes back at another port. */
    private static String path(String url) {
        return url.substring(url.indexOf("/fhir/") + "/fhir".length());
    }

    private static String bundle(int first, TreeSet<String> expected) {
        List<String> entries = new ArrayList<>();
        for (int i = first; i < first + MEMBERS_IN_BUNDLE; i++) {
            entries.add(entry("Patient", "p" + i, "\"name\":[{\"family\":\"Crash\"}]", expected));
            for (int k = 0; k < OBSERVATIONS; k++) {
                entries.add(entry("Observation", "p" + i + "-" + k, "\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/p" + i + "\"}", expected));
            }
        }
        return "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + String.join(",", entries) + "]}";
    }

    private static String entry(String type, String id, String rest, TreeSet<String> expected) {
        expected.add(type + "/" + id);
        return "{\"resource\":{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + rest + "},\"request\":{\"method\":\"PUT\",\"url\":\"" + type + "/" + id + "\"}}";
    }

    private HttpResponse<String> send(ServerProcess server, String method, String path, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.system() + path)).header("Authorization", "Bearer " + server.token()).header("Prefer", "respond-async");
        request.method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/fhir+json");
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
