package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Long exports of one app do not keep those of another waiting until they end. */
class FairTurnsTest {

    private static final int THREADS = 3;
    private static final int MEMBERS = 30;
    private static final long SLOW_MILLIS = 500;

    @Test
    void a_short_export_has_its_turn_while_long_ones_hold_all_threads(@TempDir Path folder) throws Exception {
        try (BulkServer server = new BulkServer(folder.resolve("exports"), new ExportSettings(1, 1_000, THREADS, 10, Duration.ofDays(1), Duration.ofSeconds(20)))) {
            server.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
            for (int i = 0; i < MEMBERS; i++) {
                server.member("m" + i, 1);
            }
            server.panel("few", List.of("m3"));
            server.grants.put("brief", BulkServer.grant("brief", new dev.portolan.store.Grant.Members.Panel("few")));
            server.pause = () -> {
                try {
                    Thread.sleep(SLOW_MILLIS);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            };
            List<String> polls = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                polls.add(poll(server.start("plan", "Patient/$export")));
            }
            Thread.sleep(1_500);
            assertThat(server.await("brief", poll(server.start("brief", "Patient/$export"))).statusCode()).isEqualTo(200);
            for (String poll : polls) {
                assertThat(server.get("plan", poll).statusCode()).as("the long ones are under way").isEqualTo(202);
            }
            server.pause = () -> { };
            for (String poll : polls) {
                Thread.sleep(1_200);
                HttpResponse<String> ended = server.await("plan", poll);
                assertThat(server.lines("plan", dev.portolan.fhir.json.JsonDocument.parse(ended.body().getBytes(java.nio.charset.StandardCharsets.UTF_8)), "output")).hasSize(MEMBERS * 3 + 1).doesNotHaveDuplicates();
            }
        }
    }

    private static String poll(HttpResponse<String> started) {
        return started.headers().firstValue("Content-Location").orElseThrow();
    }
}
