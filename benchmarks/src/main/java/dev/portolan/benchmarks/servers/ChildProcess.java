package dev.portolan.benchmarks.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A Java process that a comparison started; ended with this one. */
public final class ChildProcess {

    /** Long enough for a server that leaves an archive of its classes behind. */
    private static final long STOP_SECONDS = 90;

    private final Process process;
    private final long startMilliseconds;

    private ChildProcess(Process process, long startMilliseconds) {
        this.process = process;
        this.startMilliseconds = startMilliseconds;
    }

    /** Starts {@code java} with these arguments, its output in {@code log}, and waits until it is ready. */
    static ChildProcess startJava(
            List<String> arguments, Map<String, String> environment, Path log, BooleanSupplier ready, long limitSeconds) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        long began = System.nanoTime();
        try {
            Process process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            while (!ready.getAsBoolean()) {
                if (!process.isAlive()) {
                    throw new IllegalStateException("exited with " + process.exitValue() + " before it was ready:\n" + tail(log));
                }
                if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(limitSeconds)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("not ready after " + limitSeconds + " s:\n" + tail(log));
                }
                Thread.sleep(20);
            }
            return new ChildProcess(process, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a server to start", e);
        }
    }

    /** A port that nobody listens on now. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a server has written this text to its log yet. */
    static boolean says(Path log, String text) {
        try {
            return Files.exists(log) && Files.readString(log).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String tail(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    }

    long pid() {
        return process.pid();
    }

    long startMilliseconds() {
        return startMilliseconds;
    }

    void stop() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
