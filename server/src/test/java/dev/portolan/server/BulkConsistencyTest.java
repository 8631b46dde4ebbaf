package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Issue 5, acceptance 4, over HTTP: while four writers change members' records, every export equals the state at its {@code transactionTime}, as the history of every resource tells it afterwards. A few
 * exports by default; whole with {@code -Dportolan.consistency.exports=20}, and with {@code portolan.consistency.runs} one seed after the other. The seed is random, and taken from
 * {@code portolan.consistency.seed} to repeat a run.
 */
class BulkConsistencyTest {

    private static final int WRITERS = 4;
    private static final int MEMBERS_OF_EACH = 4;
    private static final int OBSERVATIONS = 6;
    private static final int EXPORTS = Integer.getInteger("portolan.consistency.exports", 4);
    private static final int RUNS = Integer.getInteger("portolan.consistency.runs", 1);
    private static final long SEED = Long.getLong("portolan.consistency.seed", 28251194968305L);

    private final Set<String> written = new ConcurrentSkipListSet<>();
    private final AtomicBoolean stop = new AtomicBoolean();
    private BulkStand stand;
    private String operator;

    /** What stood in the files of an export. */
    private record Exported(Instant transactionTime, Map<String, String> versions) {}

    @Test
    void exports_equal_the_state_at_their_transaction_time_while_four_writers_write(@TempDir Path folder) throws Exception {
        stand = new BulkStand(folder);
        try {
            operator = stand.operator();
            for (long seed = SEED; seed < SEED + RUNS; seed++) {
                run(seed);
            }
        } finally {
            stand.close();
        }
    }

    private void run(long seed) throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
        try {
            stop.set(false);
            List<Future<Integer>> writing = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                int number = i;
                writing.add(writers.submit(() -> write(number, new Random(seed * WRITERS + number))));
            }
            String token = stand.token(BulkStand.APP);
            List<Exported> exports = new ArrayList<>();
            for (int i = 0; i < EXPORTS; i++) {
                exports.add(export(token));
            }
            stop.set(true);
            int writes = 0;
            for (Future<Integer> writer : writing) {
                writes += writer.get(60, TimeUnit.SECONDS);
            }
            check(seed, exports);
            System.out.printf("consistency over HTTP, seed %d: %d exports of %s resources equal their instants, %d writes%n", seed, exports.size(),
                exports.stream().map(export -> export.versions().size()).toList(), writes);
        } finally {
            stop.set(true);
            writers.shutdown();
            writers.awaitTermination(60, TimeUnit.SECONDS);
        }
    }

    private void check(long seed, List<Exported> exports) throws Exception {
        Map<String, TreeMap<Instant, String>> histories = new TreeMap<>();
        for (String reference : written) {
            histories.put(reference, history(reference));
        }
        for (Exported export : exports) {
            Map<String, String> expected = new TreeMap<>();
            histories.forEach((reference, history) -> {
                Map.Entry<Instant, String> then = history.floorEntry(export.transactionTime());
                if (then != null && !then.getValue().isEmpty()) {
                    expected.put(reference, then.getValue());
                }
            });
            assertThat(export.versions()).as("seed %d, as of %s", seed, export.transactionTime()).isEqualTo(expected);
        }
        Set<Map<String, String>> different = new java.util.HashSet<>();
        exports.forEach(export -> different.add(export.versions()));
        assertThat(different).as("seed %d: the state changed between exports, or nothing was shown", seed).hasSizeGreaterThan(1);
    }

    /** When each version came to be, and its number; empty for a deletion. */
    private TreeMap<Instant, String> history(String reference) throws Exception {
        TreeMap<Instant, String> history = new TreeMap<>();
        HttpResponse<String> answer = stand.send("GET", stand.base() + "/" + reference + "/_history?_count=1000", operator, null);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode bundle = BulkStand.JSON.readTree(answer.body());
        assertThat(bundle.path("link")).as("one page").noneMatch(link -> link.path("relation").asText().equals("next"));
        for (JsonNode entry : bundle.path("entry")) {
            JsonNode meta = entry.at("/resource/meta");
            boolean deleted = entry.at("/request/method").asText().equals("DELETE");
            Instant when = Instant.parse(deleted ? entry.at("/response/lastModified").asText() : meta.path("lastUpdated").asText());
            assertThat(history.put(when, deleted ? "" : meta.path("versionId").asText())).as("two versions of %s at one instant", reference).isNull();
        }
        return history;
    }

    private Exported export(String token) throws Exception {
        HttpResponse<String> started = stand.start(token, "Patient/$export?_type=Patient,Observation");
        String poll = BulkStand.poll(started);
        JsonNode manifest = BulkStand.JSON.readTree(stand.await(token, poll).body());
        Map<String, String> versions = new TreeMap<>();
        stand.lines(token, manifest, "output").forEach((reference, resource) -> versions.put(reference, resource.at("/meta/versionId").asText()));
        assertThat(stand.send("DELETE", poll, token, null).statusCode()).isEqualTo(202);
        return new Exported(Instant.parse(manifest.path("transactionTime").asText()), versions);
    }

    /** Creates, changes and deletes what is this writer's, one by one and several in a transaction; the number of requests. */
    private int write(int writer, Random random) throws Exception {
        int requests = 0;
        for (int i = 0; i < MEMBERS_OF_EACH; i++) {
            send("PUT", "Patient/" + member(writer, i), patient(writer, i, random));
        }
        while (!stop.get()) {
            int member = random.nextInt(MEMBERS_OF_EACH);
            String observation = "Observation/" + member(writer, member) + "-" + random.nextInt(OBSERVATIONS);
            switch (random.nextInt(8)) {
                case 0 -> send("DELETE", observation, null);
                case 1 -> send("PUT", "Patient/" + member(writer, member), patient(writer, member, random));
                case 2 -> transaction(writer, member, random);
                default -> send("PUT", observation, observation(observation, writer, member, random));
            }
            requests++;
        }
        return requests;
    }

    private static String member(int writer, int member) {
        return "w" + writer + "m" + member;
    }

    private static String patient(int writer, int member, Random random) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + member(writer, member) + "\",\"name\":[{\"family\":\"Quill" + random.nextInt(1_000_000) + "\"}]}";
    }

    private static String observation(String reference, int writer, int member, Random random) {
        return "{\"resourceType\":\"Observation\",\"id\":\"" + reference.substring("Observation/".length()) + "\",\"status\":\"final\",\"code\":{\"text\":\"n" + random.nextInt(1_000_000)
            + "\"},\"subject\":{\"reference\":\"Patient/" + member(writer, member) + "\"}}";
    }

    private void transaction(int writer, int member, Random random) throws Exception {
        List<String> entries = new ArrayList<>();
        Set<Integer> numbers = new TreeSet<>();
        while (numbers.size() < 3) {
            numbers.add(random.nextInt(OBSERVATIONS));
        }
        for (int number : numbers) {
            String reference = "Observation/" + member(writer, member) + "-" + number;
            written.add(reference);
            entries.add("{\"resource\":" + observation(reference, writer, member, random) + ",\"request\":{\"method\":\"PUT\",\"url\":\"" + reference + "\"}}");
        }
        send("POST", "", "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + String.join(",", entries) + "]}");
    }

    private void send(String method, String path, String body) throws Exception {
        if (method.equals("PUT")) {
            written.add(path);
        }
        HttpResponse<String> answer = stand.send(method, stand.base() + (path.isEmpty() ? "" : "/" + path), operator, body);
        assertThat(answer.statusCode()).as("seeds from %d, %s %s: %s", SEED, method, path, answer.body()).isIn(200, 201, 204, 404);
    }
}
