package dev.portolan.server.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.portolan.server.database.OpenDatabase;

/** Twenty times (or as often as {@code -Dportolan.crash.kills} says) kill -9 during concurrent writes: every acknowledged write is there afterwards, no transaction is half there, and no version stands without its audit entry. */
class CrashTest {

    private static final int KILLS = Integer.getInteger("portolan.crash.kills", 20);
    private static final int WRITERS = 4;
    private static final String UNRECORDED = """
        WITH versions AS (SELECT id, count(*) AS stored FROM (SELECT id FROM store.resource UNION ALL SELECT id FROM store.history) AS all_versions GROUP BY id),
            entries AS (SELECT patient AS id, count(*) AS recorded FROM audit.entry, unnest(coalesce(members, ARRAY[member])) AS patient
                WHERE status < 300 AND operation IN ('update', 'transaction') GROUP BY patient)
        SELECT v.id, v.stored, coalesce(e.recorded, 0) FROM versions v LEFT JOIN entries e USING (id) WHERE v.stored > coalesce(e.recorded, 0)""";

    @TempDir
    private Path folder;

    @AfterEach
    void leaveNoDatabaseBehind() throws IOException {
        ServerProcess.postmaster(folder.resolve("data")).forEach(ProcessHandle::destroyForcibly);
    }

    @Test
    void losesNoAcknowledgedWriteAndHalvesNoTransaction() throws Exception {
        long seed = Long.getLong("portolan.crash.seed", 20);
        Random random = new Random(seed);
        List<Writer> writers = IntStream.range(0, WRITERS).mapToObj(Writer::new).toList();
        for (int kill = 0; kill < KILLS; kill++) {
            ServerProcess server = ServerProcess.start(folder);
            List<Thread> threads = start(writers, server);
            awaitWrites(writers, acknowledged(writers) + WRITERS);
            Thread.sleep(random.nextInt(900));
            crash(server, kill);
            writers.forEach(Writer::stop);
            for (Thread thread : threads) {
                thread.join();
            }
        }
        ServerProcess last = ServerProcess.start(folder);
        List<String> wrong = new ArrayList<>();
        for (Writer writer : writers) {
            wrong.addAll(writer.check(last));
        }
        wrong.addAll(unrecorded());
        last.stop();
        int acknowledged = acknowledged(writers);
        System.out.println("crash test, seed " + seed + ": " + acknowledged + " acknowledged writes over " + KILLS + " kills");
        assertThat(wrong).as("seed %d", seed).isEmpty();
        assertThat(acknowledged).as("writes between the kills, or nothing was shown").isGreaterThanOrEqualTo(KILLS * WRITERS);
        assertThat(ServerProcess.postmaster(folder.resolve("data"))).as("a stopped server leaves no database running").isEmpty();
    }

    private static int acknowledged(List<Writer> writers) {
        return writers.stream().mapToInt(Writer::acknowledged).sum();
    }

    /** A server that was killed before it had taken anything would show nothing, and a slow machine takes its time until then. */
    private static void awaitWrites(List<Writer> writers, int wanted) throws InterruptedException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(300); acknowledged(writers) < wanted; Thread.sleep(10)) {
            assertThat(System.nanoTime()).as("nothing is acknowledged").isLessThan(end);
        }
    }

    /** AUD-01: the versions of a resource that are stored and that no entry of the trail names, whatever their writers were told. */
    private List<String> unrecorded() throws SQLException {
        List<String> unrecorded = new ArrayList<>();
        try (OpenDatabase database = OpenDatabase.in(folder.resolve("data")); Connection connection = database.connections().getConnection(); Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery(UNRECORDED)) {
            while (rows.next()) {
                unrecorded.add("Patient/" + rows.getString(1) + " has " + rows.getLong(2) + " versions, and the trail names " + rows.getLong(3));
            }
        }
        return unrecorded;
    }

    /** Mostly the server alone; sometimes the database with it, before it, or one of its sessions. */
    private static void crash(ServerProcess server, int kill) throws Exception {
        switch (kill % 5) {
            case 1 -> {
                server.kill();
                server.killPostmaster();
            }
            case 2 -> {
                server.killPostmaster();
                Thread.sleep(1_000);
                server.kill();
            }
            case 3 -> {
                server.killOneBackend();
                Thread.sleep(500);
                server.kill();
            }
            default -> server.kill();
        }
    }

    private static List<Thread> start(List<Writer> writers, ServerProcess server) {
        List<Thread> threads = new ArrayList<>();
        for (Writer writer : writers) {
            writer.aimAt(server);
            Thread thread = new Thread(writer);
            thread.start();
            threads.add(thread);
        }
        return threads;
    }
}
