package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against the server of this room, and two nodes on one database. */
class BulkClientTest {

    private static BulkServer server;
    private static Path folder;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        server = new BulkServer(temporary.resolve("exports"), new ExportSettings(2, 1_000, 2, 10, Duration.ofDays(1), Duration.ofSeconds(20)));
        server.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
        for (int i = 0; i < 6; i++) {
            server.member("m" + i, 4);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        server.pool.close();
    }

    private static BulkClient client(String token) {
        return new BulkClient(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(), () -> token);
    }

    private static List<String> lines(BulkClient.Fetched fetched) throws Exception {
        List<String> lines = new ArrayList<>();
        for (BulkClient.FetchedFile file : fetched.files()) {
            lines.addAll(Files.readAllLines(file.path()));
        }
        return lines;
    }

    @Test
    void blk16_the_client_fetches_what_the_server_exports_and_goes_on_file_by_file() throws Exception {
        URI kickOff = URI.create(server.base + "/Patient/$export");
        Path own = folder.resolve("fetched");
        BulkClient.Fetched first = client("plan").fetch(kickOff, own);
        assertThat(lines(first)).hasSize(6 * 6 + 1).doesNotHaveDuplicates();
        assertThat(Instant.parse(first.transactionTime())).isBefore(Instant.now());
        List<String> whole = lines(first);
        Path gone = first.files().get(0).path();
        Path half = first.files().get(1).path();
        byte[] content = Files.readAllBytes(half);
        Files.delete(gone);
        Files.write(half.resolveSibling(half.getFileName() + ".unfinished"), java.util.Arrays.copyOf(content, content.length / 2));
        Files.delete(half);
        Path kept = first.files().get(2).path();
        Files.setLastModifiedTime(kept, FileTime.fromMillis(1_000_000_000_000L));
        BulkClient.Fetched second = client("plan").fetch(kickOff, own);
        assertThat(lines(second)).isEqualTo(whole);
        assertThat(Files.getLastModifiedTime(kept).toMillis()).as("not fetched again").isEqualTo(1_000_000_000_000L);
        client("plan").finish(own);
        assertThat(server.get("plan", Files.readString(own.resolve("poll.url"))).statusCode()).isEqualTo(404);
    }

    @Test
    void a_refusal_is_told_and_leaves_nothing_that_looks_whole() {
        assertThatThrownBy(() -> client("nobody").fetch(URI.create(server.base + "/Patient/$export"), folder.resolve("refused"))).isInstanceOf(BulkClient.BulkClientException.class).hasMessageContaining("401");
        assertThat(folder.resolve("refused").resolve("export.manifest")).doesNotExist();
    }

    /** A server that exports at once, and answers with what it is given. */
    private static BulkClient.Fetched fetch(String manifest, Path into) throws Exception {
        HttpServer other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        other.createContext("/$export", exchange -> {
            exchange.getResponseHeaders().set("Content-Location", "/poll");
            exchange.sendResponseHeaders(202, -1);
            exchange.close();
        });
        other.createContext("/poll", exchange -> {
            byte[] bytes = manifest.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        other.start();
        try {
            return client("any").fetch(URI.create("http://127.0.0.1:" + other.getAddress().getPort() + "/$export"), into);
        } finally {
            other.stop(0);
        }
    }

    @Test
    void blk16_an_answer_that_is_no_manifest_is_told_and_is_asked_for_again_the_next_time() throws Exception {
        int number = 0;
        for (String bad : List.of("", "<html>", "[]", "{}", "{\"transactionTime\":\"2026-01-01T00:00:00Z\"}", "{\"transactionTime\":\"2026-01-01T00:00:00Z\",\"output\":{}}",
            "{\"transactionTime\":\"2026-01-01T00:00:00Z\",\"output\":[],\"deleted\":\"none\"}")) {
            Path into = folder.resolve("bad-" + number++);
            assertThatThrownBy(() -> fetch(bad, into)).as(bad).isInstanceOf(BulkClient.BulkClientException.class).hasMessageContaining("manifest");
            assertThat(into.resolve("export.manifest")).doesNotExist();
        }
        for (String file : List.of("{}", "\"x\"", "{\"type\":\"Patient\"}", "{\"type\":\"../x\",\"url\":\"http://127.0.0.1/x\"}", "{\"type\":\"Patient\",\"url\":\"file:///etc/passwd\"}",
            "{\"type\":\"Patient\",\"url\":\"not a url\"}", "{\"type\":\"Patient\",\"url\":\"/relative\"}")) {
            Path into = folder.resolve("bad-" + number++);
            assertThatThrownBy(() -> fetch("{\"transactionTime\":\"2026-01-01T00:00:00Z\",\"output\":[" + file + "]}", into)).as(file).isInstanceOf(BulkClient.BulkClientException.class)
                .hasMessageContaining("manifest");
        }
        assertThat(fetch("{\"transactionTime\":\"2026-01-01T00:00:00Z\",\"requiresAccessToken\":false,\"output\":[]}", folder.resolve("good")).files()).isEmpty();
    }

    @Test
    void blk15_another_node_ends_the_export_of_a_node_that_stopped_with_no_line_lost_or_doubled() throws Exception {
        Path shared = folder.resolve("shared");
        BulkServer one = new BulkServer(shared, new ExportSettings(2, 1_000, 2, 10, Duration.ofDays(1), Duration.ofSeconds(20)));
        one.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
        for (int i = 0; i < 6; i++) {
            one.member("m" + i, 4);
        }
        one.grants.put("moving", BulkServer.grant("moving", new dev.portolan.store.Grant.Members.Everyone()));
        String poll = one.stoppedAtMember(3, "moving");
        try (BulkServer two = new BulkServer(one.pool, shared, new ExportSettings(2, 1_000, 2, 10, Duration.ofDays(1), Duration.ofSeconds(20)))) {
            two.grants.put("moving", BulkServer.grant("moving", new dev.portolan.store.Grant.Members.Everyone()));
            String there = two.base + poll.substring(poll.indexOf("/$export-status"));
            var ended = two.await("moving", there);
            assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
            var manifest = dev.portolan.fhir.json.JsonDocument.parse(ended.body().replace(one.base, two.base).getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThat(two.lines("moving", manifest, "output")).hasSize(6 * 6 + 1).doesNotHaveDuplicates();
        }
    }

    @Test
    void blk16_what_the_other_server_could_not_give_is_fetched_apart_and_told() throws Exception {
        HttpServer files = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] outcomes = ("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"exception\"}]}\n"
            + "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"warning\",\"code\":\"not-supported\"}]}\n").getBytes(StandardCharsets.UTF_8);
        files.createContext("/errors", exchange -> {
            exchange.sendResponseHeaders(200, outcomes.length);
            exchange.getResponseBody().write(outcomes);
            exchange.close();
        });
        files.start();
        try {
            BulkClient.Fetched fetched = fetch("{\"transactionTime\":\"2026-01-01T00:00:00Z\",\"requiresAccessToken\":false,\"output\":[],\"error\":[{\"type\":\"OperationOutcome\",\"url\":\"http://127.0.0.1:"
                + files.getAddress().getPort() + "/errors\"}]}", folder.resolve("partial"));
            assertThat(fetched.files()).isEmpty();
            assertThat(fetched.errors()).hasSize(1).allSatisfy(file -> {
                assertThat(file).hasBinaryContent(outcomes);
                assertThat(file.getFileName().toString()).as("what is loaded is what ends in ndjson").doesNotEndWith(".ndjson");
            });
        } finally {
            files.stop(0);
        }
    }

    @Test
    void a_token_for_an_encrypted_server_is_sent_to_no_place_without_encryption() throws Exception {
        java.util.concurrent.atomic.AtomicReference<String> sent = new java.util.concurrent.atomic.AtomicReference<>();
        HttpServer plain = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        plain.createContext("/", exchange -> {
            sent.set(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        plain.start();
        try {
            Path into = Files.createDirectories(folder.resolve("downgraded"));
            Files.writeString(into.resolve("poll.url"), "http://127.0.0.1:" + plain.getAddress().getPort() + "/poll");
            assertThatThrownBy(() -> client("secret").fetch(URI.create("https://ehr.example/fhir/$export"), into)).isInstanceOf(BulkClient.BulkClientException.class).hasMessageContaining("encrypt");
            assertThat(sent.get()).isNull();
        } finally {
            plain.stop(0);
        }
    }

    @Test
    void a_server_is_asked_again_as_late_as_it_says() {
        assertThat(BulkClient.retryAfter("900")).isEqualTo(Duration.ofMinutes(15));
        assertThat(BulkClient.retryAfter("999999999")).isEqualTo(Duration.ofHours(1));
        assertThat(BulkClient.retryAfter("0")).isEqualTo(Duration.ofSeconds(1));
        assertThat(BulkClient.retryAfter("soon")).isNull();
        assertThat(BulkClient.retryAfter((String) null)).isNull();
    }
}
