package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes on one database, each with a folder of its own where they should share one. */
class FoldersApartTest {

    private static final int MEMBERS = 4;
    private static final int OBSERVATIONS = 2;
    private static final ExportSettings SETTINGS = new ExportSettings(2, 1_000, 2, 10, Duration.ofDays(1), Duration.ofSeconds(20));

    private static BulkServer first(Path folder) throws Exception {
        BulkServer server = new BulkServer(folder.resolve("first"), SETTINGS);
        server.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
        for (int i = 0; i < MEMBERS; i++) {
            server.member("m" + i, OBSERVATIONS);
        }
        return server;
    }

    private static JsonDocument manifest(HttpResponse<String> ended, BulkServer from, BulkServer to) {
        assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
        return JsonDocument.parse(ended.body().replace(from.base, to.base).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void blk15_what_a_node_that_ended_has_in_its_own_folder_is_done_again_by_the_node_that_goes_on(@TempDir Path folder) throws Exception {
        BulkServer one = first(folder);
        // At the first member of the second part: the files of the first are noted.
        String poll = one.stoppedAtMember(3, "plan");
        try (BulkServer two = new BulkServer(one.pool, folder.resolve("second"), SETTINGS)) {
            JsonDocument manifest = manifest(two.await("plan", two.base + poll.substring(poll.indexOf("/$export-status"))), one, two);
            assertThat(two.lines("plan", manifest, "output")).hasSize(MEMBERS * (OBSERVATIONS + 2) + 1).doesNotHaveDuplicates();
        } finally {
            one.pool.close();
        }
    }
}
