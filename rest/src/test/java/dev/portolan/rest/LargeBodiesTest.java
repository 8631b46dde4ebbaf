package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer.Reply;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Many of the largest bodies at once: each alone was within its bounds, and together they took all memory. */
class LargeBodiesTest {

    private static final RunningServer SERVER = RunningServer.get();
    private static final String BASE = SERVER.serve(new FhirBase("bodies", "Bodies", "/bodies/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF, RequestLimits.PUBLIC, List.of()), grants -> grants);

    @Test
    void manyLargeBodiesTakeTurns() throws Exception {
        String name = "{\"family\":\"x\"}";
        String body = "{\"resourceType\":\"Patient\",\"name\":[" + String.join(",", Collections.nCopies(250_000, name)) + "]}";
        ExecutorService callers = Executors.newFixedThreadPool(12);
        try {
            List<CompletableFuture<Reply>> all = IntStream.range(0, 12)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> SERVER.post(BASE + "/Patient/$validate?mode=create", body), callers)).toList();
            Map<Integer, Integer> statuses = new TreeMap<>();
            for (CompletableFuture<Reply> each : all) {
                statuses.merge(each.get().status(), 1, Integer::sum);
                assertThat(each.get().text()).containsAnyOf("too-costly", "send this one again");
            }
            assertThat(statuses.keySet()).isSubsetOf(200, 503);
            assertThat(statuses.getOrDefault(200, 0)).as("some at least had their turn").isGreaterThan(3);
        } finally {
            callers.shutdown();
        }
        assertThat(SERVER.get("metadata").status()).isEqualTo(200);
    }

    /** Each of the callers asks for eight megabytes and takes nothing of them. */
    @Test
    void largeAnswersThatNobodyTakesHoldUpLargeOnesAloneAndAreOverWithTheirCallers() throws Exception {
        String base = withLargeOnes("answers", 4, 500_000);
        String search = base + "/Basic?identifier=urn:large%7Canswers";
        List<Socket> callers = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) {
                callers.add(asks(search));
            }
            Reply late = onceOther(200, search);
            assertThat(late.status()).as("there is no room").isEqualTo(503);
            assertThat(late.text()).contains("send this one again");
            assertThat(SERVER.get(base + "/metadata").status()).isEqualTo(200);
            assertThat(SERVER.get(base + "/Basic?_summary=count&identifier=urn:large%7Canswers").status()).isEqualTo(200);
        } finally {
            close(callers);
        }
        assertThat(onceOther(503, search).status()).as("their callers have gone").isEqualTo(200);
    }

    /** Each read would have had its eight megabytes in memory, twice, before anybody asked whether there is room for them. */
    @Test
    void soDoReadsOfOneLargeResource() throws Exception {
        String base = withLargeOnes("reads", 1, 2_000_000);
        String read = base + "/Basic/reads-0";
        assertThat(SERVER.put(base + "/Basic/small", "{\"resourceType\":\"Basic\",\"id\":\"small\",\"code\":{\"text\":\"x\"}}").status()).isEqualTo(201);
        List<Socket> callers = new ArrayList<>();
        try {
            for (int i = 0; i < 12; i++) {
                callers.add(asks(i % 2 == 0 ? read : read + "/_history/1"));
            }
            Reply late = onceOther(200, read);
            assertThat(late.status()).as("there is no room").isEqualTo(503);
            assertThat(late.text()).contains("send this one again");
            assertThat(SERVER.get(read + "/$validate").status()).as("an operation on it needs it, too").isEqualTo(503);
            assertThat(SERVER.get(base + "/Basic/small").status()).isEqualTo(200);
            Reply written = SERVER.put(read, large("reads", 0, 2_000_001));
            assertThat(written.status()).as("what was done is told").isEqualTo(200);
            assertThat(written.text()).as("without the resource").isEmpty();
            assertThat(written.response().headers().firstValue("ETag")).contains("W/\"2\"");
        } finally {
            close(callers);
        }
        assertThat(onceOther(503, read).status()).as("their callers have gone").isEqualTo(200);
        assertThat(SERVER.get(read).text()).hasSizeGreaterThan(8_000_000).contains("\"versionId\":\"2\"");
    }

    private static String withLargeOnes(String name, int count, int quartets) {
        String base = SERVER.serveWithin(256 << 20, new FhirBase(name, name, "/" + name + "/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF, RequestLimits.PUBLIC, List.of()));
        for (int i = 0; i < count; i++) {
            assertThat(SERVER.put(base + "/Basic/" + name + "-" + i, large(name, i, quartets)).status()).isEqualTo(201);
        }
        return base;
    }

    private static String large(String name, int number, int quartets) {
        return "{\"resourceType\":\"Basic\",\"id\":\"" + name + "-" + number + "\",\"identifier\":[{\"system\":\"urn:large\",\"value\":\"" + name + "\"}],\"code\":{\"text\":\"x\"},"
            + "\"extension\":[{\"url\":\"http://x.example\",\"valueBase64Binary\":\"" + "AAAA".repeat(quartets) + "\"}]}";
    }

    /** Takes nothing of the answer. */
    private static Socket asks(String url) throws IOException {
        URI asked = URI.create(url);
        Socket caller = new Socket();
        caller.setOption(StandardSocketOptions.SO_RCVBUF, 2048);
        caller.connect(new InetSocketAddress(asked.getHost(), asked.getPort()));
        String query = asked.getRawQuery() == null ? "" : "?" + asked.getRawQuery();
        caller.getOutputStream().write(("GET " + asked.getRawPath() + query + " HTTP/1.1\r\nHost: " + asked.getAuthority() + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        return caller;
    }

    private static void close(List<Socket> callers) throws IOException {
        for (Socket caller : callers) {
            caller.close();
        }
    }

    /** The first answer of another status, as the others come and go. */
    private static Reply onceOther(int status, String url) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        Reply reply = SERVER.get(url);
        while (reply.status() == status && System.nanoTime() < end) {
            reply = SERVER.get(url);
        }
        return reply;
    }

    @Test
    void moreValuesThanAnyResourceHasAreRefused() {
        Reply reply = SERVER.post(BASE + "/Patient/$validate", "{\"resourceType\":\"Patient\",\"x\":[" + String.join(",", Collections.nCopies(1_100_000, "1")) + "]}");
        assertThat(reply.status()).isEqualTo(413);
    }
}
