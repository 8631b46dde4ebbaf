package dev.portolan.server.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Twenty times kill -9 during concurrent writes: every acknowledged write is there afterwards, and no transaction is half there. */
class CrashTest {

    private static final int KILLS = 20;
    private static final int WRITERS = 4;

    @TempDir
    private Path folder;

    @AfterEach
    void leaveNoDatabaseBehind() throws IOException {
        ServerProcess.postmaster(folder.resolve("data")).forEach(ProcessHandle::destroyForcibly);
    }

    @Test
    void losesNoAcknowledgedWriteAndHalvesNoTransaction() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Writer> writers = IntStream.range(0, WRITERS).mapToObj(Writer::new).toList();
        for (int kill = 0; kill < KILLS; kill++) {
            ServerProcess server = ServerProcess.start(folder);
            List<Thread> threads = start(writers, server);
            Thread.sleep(300 + random.nextInt(900));
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
        last.stop();
        int acknowledged = writers.stream().mapToInt(Writer::acknowledged).sum();
        System.out.println("crash test, seed " + seed + ": " + acknowledged + " acknowledged writes over " + KILLS + " kills");
        assertThat(wrong).as("seed %d", seed).isEmpty();
        assertThat(acknowledged).as("writes between the kills, or nothing was shown").isGreaterThan(KILLS * WRITERS);
        assertThat(ServerProcess.postmaster(folder.resolve("data"))).as("a stopped server leaves no database running").isEmpty();
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
