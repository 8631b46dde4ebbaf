package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.portolan.fhir.json.JsonDocument;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Against a server that speaks S3 and checks signatures. */
class ObjectStoreFilesTest extends OutputFilesContract {

    private static final int PIECE = 5 << 20;
    @TempDir
    static Path folder;
    private static ObjectStoreServer store;
    private static ObjectStoreFiles files;
    private static final Outage outage = new Outage();
    private static BulkServer server;

    @BeforeAll
    static void start() throws Exception {
        store = new ObjectStoreServer(folder);
        files = new ObjectStoreFiles(store.settings(), folder.resolve("waiting"), PIECE, 10);
        server = new BulkServer(outage, new ExportSettings(3, 100, 2, 4, Duration.ofDays(1), Duration.ofSeconds(20)));
        server.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
        for (int i = 0; i < 4; i++) {
            server.member("m" + i, 20);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        server.pool.close();
        files.close();
        store.close();
    }

    @Override
    OutputFiles files() {
        return files;
    }

    @Test
    void a_long_file_goes_in_pieces_and_comes_whole() throws IOException {
        byte[] bytes = some(2 * PIECE + 12_345);
        write(files, "pieces", "long.ndjson", bytes);
        assertThat(read(files, "pieces", "long.ndjson", 0)).isEqualTo(bytes);
        assertThat(read(files, "pieces", "long.ndjson", 2 * PIECE)).hasSize(12_345);
        assertThat(store.unfinished()).isZero();
    }

    @Test
    void what_waits_to_be_sent_has_no_name_on_this_machine() throws IOException {
        OutputFiles.Writing writing = files.write("waiting", "a.ndjson");
        writing.out().write(some(1 << 20));
        try (Stream<Path> named = Files.list(folder.resolve("waiting"))) {
            assertThat(named).isEmpty();
        }
        writing.discard();
        assertThat(store.keys()).noneMatch(key -> key.contains("/waiting/"));
    }

    @Test
    void blk15_what_a_killed_process_had_begun_is_forgotten_by_the_next_run() throws IOException {
        store.begin(ObjectStoreServer.PREFIX + "crashed/half.ndjson");
        write(files, "crashed", "whole.ndjson", some(3));
        assertThat(store.unfinished()).isOne();
        files.deleteAllBut("crashed", Set.of("whole.ndjson"));
        assertThat(store.unfinished()).isZero();
        assertThat(store.keys()).contains(ObjectStoreServer.PREFIX + "crashed/whole.ndjson");
    }

    @Test
    void more_objects_than_a_page_lists_are_deleted() throws IOException {
        for (int i = 0; i < 23; i++) {
            write(files, "many", "f-" + i + ".ndjson", some(1));
        }
        files.deleteAllBut("many", Set.of("f-7.ndjson"));
        assertThat(store.keys()).filteredOn(key -> key.contains("/many/")).containsExactly(ObjectStoreServer.PREFIX + "many/f-7.ndjson");
    }

    @Test
    void a_store_that_refuses_or_is_not_there_fails_and_neither_message_nor_log_has_the_keys() throws IOException {
        Logger root = (Logger) LoggerFactory.getLogger("software.amazon.awssdk");
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        logged.start();
        Level before = root.getLevel();
        root.setLevel(Level.TRACE);
        root.setAdditive(false);
        root.addAppender(logged);
        String wrong = "not-the-secret-that-it-should-be";
        try (ObjectStoreFiles refused = new ObjectStoreFiles(store.settings(wrong), folder.resolve("waiting"));
            ObjectStoreFiles nowhere = new ObjectStoreFiles(ObjectStoreServer.nowhere(), folder.resolve("waiting"))) {
            write(files, "logged", "a.ndjson", some(3));
            for (ObjectStoreFiles each : List.of(refused, nowhere)) {
                assertThatThrownBy(() -> write(each, "refused", "a.ndjson", some(3))).isInstanceOf(IOException.class).hasMessageContaining("object store").hasMessageNotContaining(wrong);
                assertThatThrownBy(() -> each.deleteAllBut("refused", Set.of())).isInstanceOf(IOException.class);
                assertThatThrownBy(() -> each.read("refused", "a.ndjson", 0)).isInstanceOf(IOException.class);
            }
        } finally {
            root.detachAppender(logged);
            root.setLevel(before);
            root.setAdditive(true);
        }
        assertThat(logged.list).as("the client's own log at its most talkative").isNotEmpty()
            .noneMatch(event -> event.getFormattedMessage().contains(store.secretKey) || event.getFormattedMessage().contains(wrong));
        assertThat(store.settings().toString()).doesNotContain(store.secretKey).doesNotContain(store.settings().accessKey());
    }

    @Test
    void blk05_blk09_blk14_an_export_lies_in_the_store_and_is_downloaded_through_the_server_with_a_token_alone() throws Exception {
        HttpResponse<String> started = server.start("plan", "Patient/$export");
        String poll = started.headers().firstValue("Content-Location").orElseThrow();
        JsonDocument manifest = JsonDocument.parse(server.await("plan", poll).body().getBytes(StandardCharsets.UTF_8));
        assertThat(server.lines("plan", manifest, "output")).hasSize(4 * 22 + 1).doesNotHaveDuplicates();
        String url = StreamSupport.stream(manifest.root().field("output").children().spliterator(), false).filter(file -> "Observation".equals(file.fieldText("type"))).findFirst().orElseThrow().fieldText("url");
        assertThat(url).startsWith(server.base);
        assertThat(server.get(null, url).statusCode()).isEqualTo(401);
        String whole = server.get("plan", url).body();
        HttpResponse<String> tail = server.get("plan", url, "Range", "bytes=20-");
        assertThat(tail.statusCode()).isEqualTo(206);
        assertThat(whole.substring(0, 20) + tail.body()).isEqualTo(whole);
        assertThat(server.get("plan", url, "Range", "bytes=0-9").body()).isEqualTo(whole.substring(0, 10));
        assertThat(server.get("plan", url, "Accept-Encoding", "gzip").headers().firstValue("Content-Encoding")).contains("gzip");
        String export = poll.substring(poll.indexOf('=') + 1);
        assertThat(store.keys()).filteredOn(key -> key.startsWith(ObjectStoreServer.PREFIX + export + "/")).hasSize(manifest.root().field("output").size());
        assertThat(server.send("plan", "DELETE", poll, null).statusCode()).isEqualTo(202);
        assertThat(store.keys()).noneMatch(key -> key.contains(export));
    }

    /** A store that cannot be reached for deletions now and then. */
    private static final class Outage implements OutputFiles {

        private volatile boolean now;
        /** The export that they fail for; none if it is empty. */
        private volatile String of = "";

        @Override
        public Writing write(String export, String name) throws IOException {
            return files.write(export, name);
        }

        @Override
        public void settle(String export) {
            files.settle(export);
        }

        @Override
        public boolean has(String export, String name) throws IOException {
            return files.has(export, name);
        }

        @Override
        public InputStream read(String export, String name, long from) throws IOException {
            return files.read(export, name, from);
        }

        @Override
        public void delete(String export, Set<String> names) throws IOException {
            files.delete(export, names);
        }

        @Override
        public void deleteAllBut(String export, Set<String> names) throws IOException {
            if (now || export.equals(of)) {
                throw new IOException("out of reach");
            }
            files.deleteAllBut(export, names);
        }
    }

    @Test
    void blk09_an_export_whose_files_cannot_be_deleted_stays_until_they_can() throws Exception {
        String poll = server.start("plan", "Patient/$export").headers().firstValue("Content-Location").orElseThrow();
        assertThat(server.await("plan", poll).statusCode()).isEqualTo(200);
        String export = poll.substring(poll.indexOf('=') + 1);
        outage.now = true;
        assertThat(server.send("plan", "DELETE", poll, null).statusCode()).isEqualTo(500);
        assertThat(store.keys()).anyMatch(key -> key.contains(export));
        outage.now = false;
        assertThat(server.send("plan", "DELETE", poll, null).statusCode()).isEqualTo(202);
        assertThat(store.keys()).noneMatch(key -> key.contains(export));
    }

    @Test
    void blk14_an_export_whose_files_cannot_be_deleted_keeps_no_other_beyond_its_time() throws Exception {
        List<String> exports = new java.util.ArrayList<>();
        for (int i = 0; i < 2; i++) {
            String poll = server.start("plan", "Patient/$export").headers().firstValue("Content-Location").orElseThrow();
            assertThat(server.await("plan", poll).statusCode()).isEqualTo(200);
            exports.add(poll.substring(poll.indexOf('=') + 1));
        }
        outage.of = exports.get(0);
        try (java.sql.Connection connection = server.pool.getConnection(); java.sql.Statement statement = connection.createStatement()) {
            for (String export : exports) { // each by itself: the first stays the first
                statement.executeUpdate("UPDATE bulk_data.export SET expires = now() - interval '1 hour' WHERE id = '" + export + "'");
            }
            // One that is under way, as after a start, has looked already and would put its next turn over this one.
            for (int i = 0; i < 600 && statement.executeUpdate("UPDATE jobs.work SET execution_time = now() WHERE task_name = 'bulk-export-cleaning' AND NOT picked") == 0; i++) {
                Thread.sleep(100);
            }
        }
        for (int i = 0; i < 600 && store.keys().stream().anyMatch(key -> key.contains(exports.get(1))); i++) {
            Thread.sleep(100);
        }
        outage.of = "";
        assertThat(store.keys()).noneMatch(key -> key.contains(exports.get(1))).anyMatch(key -> key.contains(exports.get(0)));
    }
}
