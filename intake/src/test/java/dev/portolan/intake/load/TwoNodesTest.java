package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.portolan.store.TestDatabase;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two servers on one database. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class TwoNodesTest {

    private LoadFixture asked;
    private LoadFixture other;
    private HttpServer source;
    private final CountDownLatch slow = new CountDownLatch(1);

    @BeforeEach
    void open() throws IOException {
        asked = new LoadFixture(LoadFixture.Definitions.shared());
        other = new LoadFixture(LoadFixture.Definitions.shared(), TestDatabase.another(asked.pool));
        source = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        source.setExecutor(Executors.newCachedThreadPool());
        source.createContext("/slow.ndjson", exchange -> {
            try {
                slow.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            answer(exchange, 200, "slow");
        });
        source.createContext("/guarded.ndjson", exchange -> answer(exchange, "Bearer key".equals(exchange.getRequestHeaders().getFirst("Authorization")) ? 200 : 401, "guarded"));
        source.createContext("/own.ndjson", exchange -> answer(exchange, 200, "own"));
        source.start();
    }

    @AfterEach
    void close() {
        slow.countDown();
        source.stop(0);
        other.close();
        asked.close();
    }

    private static void answer(HttpExchange exchange, int status, String patient) throws IOException {
        byte[] line = ("{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}\n").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, line.length);
        exchange.getResponseBody().write(line);
        exchange.close();
    }

    private long ask(String feed, String token) {
        return ask(asked, feed, token);
    }

    private long ask(LoadFixture node, String feed, String token) {
        String address = "http://127.0.0.1:" + source.getAddress().getPort() + "/" + feed + ".ndjson";
        return node.loads.ask(feed, "ndjson", address, LoadFixture.options(false, false), Map.of(), token == null ? Map.of() : Map.of("token", token), "test");
    }

    private void awaitStart(long run) throws InterruptedException {
        while (asked.reports.run(run).orElseThrow().started() == null) {
            Thread.sleep(20);
        }
    }

    @Test
    void aLoadWhoseTokenOnlyTheNodeHasThatWasAskedWaitsForIt() throws Exception {
        long slowly = ask("slow", null);
        awaitStart(slowly);
        long guarded = ask("guarded", "key");
        Thread.sleep(2_000); // the other node has looked several times
        assertThat(asked.reports.run(guarded).orElseThrow().state()).isEqualTo(LoadRun.State.WAITING);
        slow.countDown();
        assertThat(asked.finished(slowly).failure()).isNull();
        assertThat(asked.finished(guarded).failure()).isNull();
        assertThat(other.read("Patient", "guarded")).isNotNull();
    }

    /** Loads what no other node takes, and so has looked at all that waits before. */
    private void looks(LoadFixture node) throws Exception {
        assertThat(node.finished(ask(node, "own", "key")).failure()).isNull();
    }

    /** A rolling restart: the second node comes up while the first has a load under way and another that waits for it. */
    @Test
    void aNodeThatBeginsLaterLeavesToTheFirstWhatThatOneStillHas() throws Exception {
        long slowly = ask("slow", null);
        awaitStart(slowly);
        long guarded = ask("guarded", "key");
        try (LoadFixture later = new LoadFixture(LoadFixture.Definitions.shared(), TestDatabase.another(asked.pool))) {
            looks(later);
            slow.countDown();
            assertThat(asked.finished(slowly).failure()).isNull();
            assertThat(asked.finished(guarded).failure()).isNull();
            assertThat(later.read("Patient", "guarded")).isNotNull();
        }
    }

    /** Then the first one ends for its own restart: it has what its load needs when it is back. */
    @Test
    void aNodeThatSawAnotherAtALoadWaitsForThatOneToComeBack() throws Exception {
        long slowly = ask("slow", null);
        awaitStart(slowly);
        try (LoadFixture later = new LoadFixture(LoadFixture.Definitions.shared(), TestDatabase.another(asked.pool))) {
            looks(later);
            asked.loads.close();
            while (isHeld(slowly)) {
                Thread.sleep(20);
            }
            looks(later);
            assertThat(isHeld(slowly)).isFalse();
            assertThat(later.reports.run(slowly).orElseThrow().finished()).isNull();
        }
    }

    private boolean isHeld(long run) {
        RunLocks locks = new RunLocks();
        other.ledger.inTransaction(connection -> locks.look(connection, List.of(run)));
        return locks.wasAnothers(run);
    }

    @Test
    void aNodeThatBeginsLaterSaysWhatIsMissing() throws Exception {
        long guarded = asked.ledger.add("guarded", "ndjson", "http://127.0.0.1:" + source.getAddress().getPort() + "/guarded.ndjson", LoadFixture.options(false, false), Map.of(), "a node that ended");
        try (LoadFixture later = new LoadFixture(LoadFixture.Definitions.shared(), TestDatabase.another(asked.pool))) {
            assertThat(later.finished(guarded).failure()).contains("401");
        }
    }
}
