package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.portolan.bulkdata.BulkClient.BulkClientException;
import dev.portolan.identity.key.Network;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that an import names are fetched from where the operator allows, and nowhere else, however the way there is named. */
class ImportSourceTest {

    private static final byte[] LINES = "{\"resourceType\":\"Patient\",\"id\":\"p\"}\n".repeat(1_000).getBytes(StandardCharsets.UTF_8);
    private final AtomicInteger asked = new AtomicInteger();
    @TempDir
    Path folder;
    private HttpServer server;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/lines", exchange -> {
            asked.incrementAndGet();
            exchange.sendResponseHeaders(200, LINES.length);
            exchange.getResponseBody().write(LINES);
            exchange.close();
        });
        server.createContext("/endless", exchange -> {
            asked.incrementAndGet();
            exchange.sendResponseHeaders(200, 0); // in chunks, without a length
            for (int i = 0; i < 10_000; i++) {
                exchange.getResponseBody().write(LINES);
            }
            exchange.close();
        });
        server.createContext("/elsewhere", exchange -> {
            exchange.getResponseHeaders().set("Location", "http://127.0.0.1:" + port() + "/lines");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private int port() {
        return server.getAddress().getPort();
    }

    private Path fetch(String host, String path, List<String> networks, long most) throws Exception {
        URI url = URI.create("http://" + host + ":" + port() + path);
        ImportSettings settings = new ImportSettings(folder, List.of(url.resolve("/")), networks.stream().map(Network::of).toList(), most, most, 1, Duration.ofDays(1));
        Path file = folder.resolve("fetched.ndjson");
        try (ImportSource source = new ImportSource(settings)) {
            new FileDownload(source).to(file, url, most);
        }
        return file;
    }

    @Test
    void blk16_a_name_that_leads_to_this_machine_is_not_followed_unless_its_network_is_named() throws Exception {
        assertThatThrownBy(() -> fetch("localhost", "/lines", List.of(), 1 << 20)).isInstanceOf(BulkClientException.class).hasMessageContaining("import-networks");
        assertThatThrownBy(() -> fetch("localhost", "/lines", List.of("10.0.0.0/8", "192.168.0.0/16"), 1 << 20)).isInstanceOf(BulkClientException.class);
        assertThat(asked).hasValue(0);
        assertThat(Files.readAllBytes(fetch("localhost", "/lines", List.of("127.0.0.0/8"), 1 << 20))).isEqualTo(LINES);
    }

    @Test
    void blk16_a_source_that_the_operator_wrote_as_an_address_is_meant_as_it_is() throws Exception {
        assertThat(Files.readAllBytes(fetch("127.0.0.1", "/lines", List.of(), 1 << 20))).isEqualTo(LINES);
    }

    @Test
    void blk16_a_redirect_is_not_followed() {
        assertThatThrownBy(() -> fetch("127.0.0.1", "/elsewhere", List.of(), 1 << 20)).isInstanceOf(BulkClientException.class).hasMessageContaining("302");
        assertThat(asked).hasValue(0);
    }

    @Test
    void blk16_a_file_that_is_too_long_ends_it_and_nothing_of_it_is_left() {
        assertThatThrownBy(() -> fetch("127.0.0.1", "/lines", List.of(), LINES.length - 1)).isInstanceOf(FileDownload.TooLongException.class);
        assertThatThrownBy(() -> fetch("127.0.0.1", "/endless", List.of(), 3L * LINES.length)).isInstanceOf(FileDownload.TooLongException.class);
        assertThat(folder).isEmptyDirectory();
    }

    /** One of two nodes that are at an import stood still beyond its lease, in the midst of a file that the other finishes. */
    @Test
    void blk16_two_who_fetch_the_same_file_write_apart_and_the_first_to_finish_stays() throws Exception {
        URI url = URI.create("http://127.0.0.1:" + port() + "/lines");
        Path file = folder.resolve("fetched.ndjson");
        FileDownload other = new FileDownload((from, have) -> new FileDownload.Given(200, new java.io.ByteArrayInputStream(LINES)), "other");
        FileDownload woken = new FileDownload((from, have) -> {
            try {
                Files.writeString(folder.resolve("fetched.ndjson.other.unfinished"), "half a li");
                other.to(file, url, 1 << 20);
                Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return new FileDownload.Given(200, new java.io.ByteArrayInputStream(LINES));
        }, "woken");
        woken.to(file, url, 1 << 20);
        assertThat(Files.readAllBytes(file)).isEqualTo(LINES);
        assertThat(Files.getLastModifiedTime(file).toMillis()).as("it may be read already").isEqualTo(1_000_000_000_000L);
        assertThat(folder).isDirectoryContaining(left -> left.equals(file)).isDirectoryNotContaining("glob:**unfinished");
    }

    @Test
    void blk16_a_file_just_as_long_as_it_may_be_is_taken() throws Exception {
        assertThat(Files.size(fetch("127.0.0.1", "/lines", List.of(), LINES.length))).isEqualTo(LINES.length);
    }

    @Test
    void addresses_that_are_not_of_the_internet_are_told_apart() throws Exception {
        for (String inside : List.of("0.0.0.0", "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::",
            "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1", "fec0::1")) {
            assertThat(Network.isPublic(InetAddress.getByName(inside))).as(inside).isFalse();
        }
        for (String outside : List.of("8.8.8.8", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.63.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8")) {
            assertThat(Network.isPublic(InetAddress.getByName(outside))).as(outside).isTrue();
        }
        for (String bad : List.of("10.0.0.0", "10.0.0.0/33", "localhost/8", "10.0.0/x", "", "/8", "::1/129")) {
            assertThatThrownBy(() -> Network.of(bad)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
