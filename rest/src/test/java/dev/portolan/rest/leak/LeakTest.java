package dev.portolan.rest.leak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Issue 3, acceptance 3: generated calls under random scopes; not one resource too many, and none missing. A failure names its seed; {@code -Dportolan.leak.seed} runs it again. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LeakTest {

    private static final int CALLS = Integer.getInteger("portolan.leak.calls", 10_000);
    private static final int WRITES = Math.max(1, CALLS / 15);
    private static final int TOKENS = 400;
    private static final int WORKERS = 4;
    private static final long SEED = Long.getLong("portolan.leak.seed", 11);

    private static LeakServer server;
    private static World world;
    private static List<Token> tokens;

    @BeforeAll
    static void start() throws Exception {
        Random random = new Random(SEED);
        world = new World(random);
        server = new LeakServer();
        server.load(world);
        tokens = new ArrayList<>();
        for (int i = 0; i < TOKENS; i++) {
            tokens.add(Token.random(random, i, world));
            server.issue(tokens.get(i));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    @Test
    @Order(1)
    void smt22_smt34_rst38_no_call_that_reads_gives_a_resource_too_many_or_too_few() throws Exception {
        read(CALLS, SEED);
    }

    @Test
    @Order(2)
    void smt22_smt34_no_call_that_writes_touches_what_it_may_not_and_what_is_written_is_seen_by_the_right_tokens() throws Exception {
        WritingCalls writing = new WritingCalls(server, world, new Random(SEED));
        Random random = new Random(SEED + 1);
        List<Token> writers = tokens.stream().filter(token -> List.of("c", "u", "d").stream().anyMatch(letter -> Oracle.allows(token, "Observation", letter))).toList();
        for (int i = 0; i < WRITES; i++) {
            writing.one(i % 4 == 0 ? tokens.get(random.nextInt(TOKENS)) : writers.get(random.nextInt(writers.size())));
        }
        System.out.println("leak test, seed " + SEED + ": " + WRITES + " writes, " + writing.met);
        if (WRITES >= 500) {
            assertThat(writing.met.keySet()).as("a test that only meets refusals shows nothing").contains("PUT 200", "PUT 403", "POST 201", "POST 403", "DELETE deleted", "DELETE nothing", "PATCH 200", "PATCH 404",
                "transaction 200", "transaction 403", "conditional POST 403", "conditional PUT 403");
        }
        read(CALLS / 10, SEED + 2);
    }

    private static void read(int calls, long seed) throws Exception {
        long started = System.nanoTime();
        int before = server.requests.get();
        Map<String, Integer> met = new TreeMap<>();
        ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
        List<Future<ReadingCalls>> running = new ArrayList<>();
        for (int worker = 0; worker < WORKERS; worker++) {
            Random random = new Random(seed * WORKERS + worker);
            running.add(workers.submit(() -> {
                ReadingCalls reading = new ReadingCalls(server, world, random);
                for (int i = 0; i < calls / WORKERS; i++) {
                    try {
                        reading.one(tokens.get(random.nextInt(TOKENS)));
                    } catch (RuntimeException | AssertionError e) {
                        throw new AssertionError("seed " + SEED + ": " + e.getMessage(), e);
                    }
                }
                return reading;
            }));
        }
        try {
            for (Future<ReadingCalls> one : running) {
                one.get().met.forEach((what, count) -> met.merge(what, count, Integer::sum));
            }
        } finally {
            workers.shutdownNow();
        }
        System.out.printf("leak test, seed %d: %d calls, %d requests, %.1f s: %s%n", SEED, calls, server.requests.get() - before, (System.nanoTime() - started) / 1e9, met);
        if (calls >= 1_000) {
            assertThat(met.keySet()).as("a test that only meets refusals shows nothing").contains("read 200", "read 403", "read 404", "vread 200", "history 200", "search 200", "search 403", "chain 200", "_has 200",
                "includes something", "$everything 200", "$everything 403", "cursor refused", "total 200", "compartment 200", "_list 200", "export", "$graphql refused", "history-type 200");
        }
    }
}
