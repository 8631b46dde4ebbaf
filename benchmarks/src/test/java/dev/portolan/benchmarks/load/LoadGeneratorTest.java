package dev.portolan.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {

    private static final int LARGE = 3_000_000;

    private final ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;
    private URI base;

    /** Answers with as many bytes as it was sent; every seventh time it closes the connection afterwards, and to /refused it says 404. */
    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            byte[] sent = exchange.getRequestBody().readAllBytes();
            seen.add(exchange.getRequestURI().getPath());
            if (seen.size() % 7 == 0) {
                exchange.getResponseHeaders().set("Connection", "close");
            }
            int status = exchange.getRequestURI().getPath().equals("/refused") ? 404 : 200;
            // A length of 0 asks for chunks.
            exchange.sendResponseHeaders(status, seen.size() % 2 == 0 ? 0 : sent.length == 0 ? -1 : sent.length);
            exchange.getResponseBody().write(sent);
            exchange.close();
        });
        server.start();
        base = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private Request request(String path, int size) {
        return new Request(HttpConnection.request("POST", base.resolve(path), "", new byte[size]), size, size);
    }

    @Test
    void sendsEveryRequestOnceAndThoseOfASequenceInOrder() throws Exception {
        List<List<Request>> sequences = new ArrayList<>();
        List<String> paths = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            List<Request> sequence = new ArrayList<>();
            for (int k = 0; k < i % 4; k++) {
                String path = "/" + i + "/" + k;
                paths.add(path);
                sequence.add(request(path, i == 3 ? LARGE : 1 + i));
            }
            sequences.add(sequence);
        }
        Measurement measured = new LoadGenerator(base, () -> 0).all(sequences, 5);
        assertThat(seen).containsExactlyInAnyOrderElementsOf(paths);
        for (int i = 0; i < 40; i++) {
            String start = "/" + i + "/";
            assertThat(seen.stream().filter(path -> path.startsWith(start)).toList()).as("sequence %d", i).isSorted();
        }
        assertThat(measured.units()).isEqualTo(sequences.stream().flatMap(List::stream).mapToLong(Request::units).sum());
    }

    @Test
    void repeatsUntilTheTimeIsOver() throws Exception {
        double seconds = 0.5;
        Measurement measured = repeated(seconds);
        while (measured.units() <= 4 && seconds < 30) { // a machine that does much else answers each connection's first request in that time
            seconds *= 4;
            measured = repeated(seconds);
        }
        assertThat(measured.units()).isEqualTo(seen.size()).isGreaterThan(4);
        assertThat(seen).contains("/a", "/b");
        assertThat(measured.rate()).isLessThan(measured.units() / seconds);
    }

    private Measurement repeated(double seconds) throws Exception {
        seen.clear();
        return new LoadGenerator(base, () -> 0).repeat(List.of(request("/a", 1), request("/b", 1)), 4, seconds);
    }

    @Test
    void endsAtAWrongAnswer() {
        assertThatThrownBy(() -> new LoadGenerator(base, () -> 0).repeat(List.of(request("/refused", 3)), 2, 5)).isInstanceOf(IOException.class).hasMessageContaining("404");
    }
}
