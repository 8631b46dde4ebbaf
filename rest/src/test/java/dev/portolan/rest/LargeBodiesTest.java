package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer.Reply;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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

    @Test
    void moreValuesThanAnyResourceHasAreRefused() {
        Reply reply = SERVER.post(BASE + "/Patient/$validate", "{\"resourceType\":\"Patient\",\"x\":[" + String.join(",", Collections.nCopies(1_100_000, "1")) + "]}");
        assertThat(reply.status()).isEqualTo(413);
    }
}
