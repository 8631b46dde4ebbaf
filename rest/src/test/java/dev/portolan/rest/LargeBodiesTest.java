package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer.Reply;
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
        String base = SERVER.serveWithin(256 << 20, new FhirBase("answers", "Answers", "/answers/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF, RequestLimits.PUBLIC, List.of()));
        for (int i = 0; i < 4; i++) {
            assertThat(SERVER.put(base + "/Basic/large-" + i, "{\"resourceType\":\"Basic\",\"id\":\"large-" + i + "\",\"identifier\":[{\"system\":\"urn:large\",\"value\":\"1\"}],\"code\":{\"text\":\"x\"},"
                + "\"extension\":[{\"url\":\"http://x.example\",\"valueBase64Binary\":\"" + "AAAA".repeat(500_000) + "\"}]}").status()).isEqualTo(201);
        }
        URI search = URI.create(base + "/Basic?identifier=urn:large%7C1");
        List<Socket> callers = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) {
                Socket caller = new Socket();
                callers.add(caller);
                caller.setOption(StandardSocketOptions.SO_RCVBUF, 2048);
                caller.connect(new InetSocketAddress(search.getHost(), search.getPort()));
                caller.getOutputStream().write(("GET " + search.getRawPath() + "?" + search.getRawQuery() + " HTTP/1.1\r\nHost: " + search.getAuthority() + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            }
            Reply late = SERVER.get(search.toString());
            assertThat(late.status()).as("there is no room").isEqualTo(503);
            assertThat(late.text()).contains("send this one again");
            assertThat(SERVER.get(base + "/metadata").status()).isEqualTo(200);
            assertThat(SERVER.get(base + "/Basic?_summary=count&identifier=urn:large%7C1").status()).isEqualTo(200);
        } finally {
            for (Socket caller : callers) {
                caller.close();
            }
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        int status = 503;
        while (status == 503 && System.nanoTime() < end) {
            status = SERVER.get(search.toString()).status();
        }
        assertThat(status).as("their callers have gone").isEqualTo(200);
    }

    @Test
    void moreValuesThanAnyResourceHasAreRefused() {
        Reply reply = SERVER.post(BASE + "/Patient/$validate", "{\"resourceType\":\"Patient\",\"x\":[" + String.join(",", Collections.nCopies(1_100_000, "1")) + "]}");
        assertThat(reply.status()).isEqualTo(413);
    }
}
