package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Properties;

import com.fasterxml.jackson.databind.JsonNode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.portolan.server.crash.ServerProcess;

/** Issue 3, acceptance 5: two server processes on one database. */
class SuspensionTest {

    /** It takes milliseconds; without the word from the other process it would be as long as a token lives. A machine that halts meanwhile is let pass. */
    private static final long SOON = 5_000;
    private static final String KEY = "0123456789abcdef0123456789abcdef";
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    private Path folder;

    @Test
    void reg05_a_suspended_apps_tokens_are_refused_within_a_second_on_every_process() throws Exception {
        ServerProcess first = ServerProcess.start(folder.resolve("first"), Map.of("PORTOLAN_IDENTITY_ENCRYPTION_KEY", KEY));
        ServerProcess second = null;
        try {
            second = ServerProcess.start(folder.resolve("second"), secondNode(folder.resolve("first/data")));
            String token = first.token();
            for (int warm = 0; warm < 3; warm++) {
                assertThat(status(first, token)).isEqualTo(200);
                assertThat(status(second, token)).as("the other process knows the token too").isEqualTo(200);
            }
            long suspended = suspend(first);
            long firstRefused = untilRefused(first, token) - suspended;
            long secondRefused = untilRefused(second, token) - suspended;
            System.out.printf("suspended app refused after %d ms on its own process, %d ms on the other%n", firstRefused, secondRefused);
            assertThat(firstRefused).isLessThan(SOON);
            assertThat(secondRefused).isLessThan(SOON);
        } finally {
            if (second != null) {
                second.stop();
            }
            first.stop();
        }
    }

    /** The embedded PostgreSQL of the first process is the database of the second. */
    private static Map<String, String> secondNode(Path data) throws Exception {
        Properties passwords = new Properties();
        try (var file = Files.newBufferedReader(data.resolve("postgresql/passwords.properties"))) {
            passwords.load(file);
        }
        String port = Files.readAllLines(data.resolve("postgresql/data/postmaster.pid")).get(3).strip();
        return Map.of("PORTOLAN_IDENTITY_ENCRYPTION_KEY", KEY,
                "PORTOLAN_DB_URL", "jdbc:postgresql://127.0.0.1:" + port + "/portolan",
                "PORTOLAN_DB_USER", "portolan", "PORTOLAN_DB_PASSWORD", passwords.getProperty("application"),
                "PORTOLAN_DB_OWNER_USER", "postgres", "PORTOLAN_DB_OWNER_PASSWORD", passwords.getProperty("owner"));
    }

    private static int status(ServerProcess server, String token) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.system() + "/Patient?_summary=count")).header("Authorization", "Bearer " + token).build();
        return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    /** @return when the server said that it is done */
    private static long suspend(ServerProcess server) throws Exception {
        JsonNode staff = server.info().path("staff");
        String basic = Base64.getEncoder().encodeToString((staff.path("user").asText() + ":" + staff.path("password").asText()).getBytes(StandardCharsets.UTF_8));
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.info().path("url").asText() + "/api/staff/apps/portolan-operator/suspend"))
                .header("Authorization", "Basic " + basic).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"criterion\":\"CREDENTIAL_LEAK\",\"reason\":\"its key is on the web\"}")).build();
        HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return System.nanoTime() / 1_000_000;
    }

    private static long untilRefused(ServerProcess server, String token) throws Exception {
        long start = System.nanoTime() / 1_000_000;
        while (status(server, token) != 401) {
            assertThat(System.nanoTime() / 1_000_000 - start).as("still let in").isLessThan(12 * SOON);
            Thread.sleep(20);
        }
        return System.nanoTime() / 1_000_000;
    }
}
