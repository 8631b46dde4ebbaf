package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that stood still until its lease had ended, and wakes up beside the one that took its work over. */
class LostLeaseTest {

    private static final int MEMBERS = 6;
    private static final int OBSERVATIONS = 4;
    private static final long LONGEST_SECONDS = 60;
    /** A run looks once a second whether it is still wanted. */
    private static final long UNTIL_IT_LOOKED_MILLIS = 4_000;

    @Test
    void blk15_who_wakes_up_in_the_midst_of_a_part_takes_no_file_from_the_export_that_another_ended(@TempDir Path folder) throws Exception {
        haltAt(1, folder);
    }

    @Test
    void blk15_who_wakes_up_at_the_end_of_a_part_takes_no_file_from_the_export_that_another_ended(@TempDir Path folder) throws Exception {
        haltAt(2, folder);
    }

    /** @param member of the part of two at which the first run halts until the second has ended the export */
    private static void haltAt(int member, Path folder) throws Exception {
        try (BulkServer server = new BulkServer(folder.resolve("exports"), new ExportSettings(2, 1_000, 2, 10, Duration.ofDays(1), Duration.ofSeconds(20)))) {
            server.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
            for (int i = 0; i < MEMBERS; i++) {
                server.member("m" + i, OBSERVATIONS);
            }
            AtomicInteger asked = new AtomicInteger();
            CountDownLatch halted = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            server.pause = () -> {
                if (asked.incrementAndGet() == member) {
                    halted.countDown();
                    await(go);
                }
            };
            String poll = server.start("plan", "Patient/$export").headers().firstValue("Content-Location").orElseThrow();
            await(halted);
            Thread.sleep(1_100); // so long that the next member is a reason to look
            loseLease(server, poll.substring(poll.indexOf('=') + 1));
            HttpResponse<String> ended = server.await("plan", poll);
            assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
            JsonDocument manifest = JsonDocument.parse(ended.body().getBytes(StandardCharsets.UTF_8));
            go.countDown();
            Thread.sleep(UNTIL_IT_LOOKED_MILLIS);
            assertThat(server.lines("plan", manifest, "output")).hasSize(MEMBERS * (OBSERVATIONS + 2) + 1).doesNotHaveDuplicates();
            assertThat(server.files.resolve(poll.substring(poll.indexOf('=') + 1)).toFile().list()).hasSize(manifest.root().field("output").size());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("waited too long");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As another node does it that heard nothing of the first for too long. */
    private static void loseLease(BulkServer server, String export) throws Exception {
        try (Connection connection = server.pool.getConnection(); PreparedStatement update = connection.prepareStatement("""
            UPDATE jobs.work SET picked = false, picked_by = NULL, last_heartbeat = NULL, version = version + 1, execution_time = now() WHERE task_name = 'bulk-export' AND task_instance = ?""")) {
            update.setString(1, export);
            assertThat(update.executeUpdate()).isOne();
        }
    }
}
