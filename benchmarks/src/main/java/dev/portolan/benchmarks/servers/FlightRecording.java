package dev.portolan.benchmarks.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** A recording of some events of another Java process, by Java's flight recorder; closing it ends it. */
public final class FlightRecording implements AutoCloseable {

    private static final String NAME = "portolan-bench";
    private static final long MOST_SECONDS = 60;

    private final long pid;
    private final Path folder;

    private FlightRecording(long pid, Path folder) {
        this.pid = pid;
        this.folder = folder;
    }

    public static FlightRecording start(long pid, List<String> events) throws IOException {
        Path folder = Files.createTempDirectory("portolan-recording");
        FlightRecording recording = new FlightRecording(pid, folder);
        Path settings = folder.resolve("events.jfc");
        Files.writeString(settings, events.stream()
                .map(event -> "<event name=\"" + event + "\"><setting name=\"enabled\">true</setting><setting name=\"threshold\">0 ns</setting></event>")
                .collect(Collectors.joining("", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><configuration version=\"2.0\">", "</configuration>")));
        recording.command("JFR.start", "name=" + NAME, "settings=" + settings);
        return recording;
    }

    /** How long each event of a type lasted so far. */
    public long[] nanoseconds(String event) throws IOException {
        Path file = folder.resolve("recording.jfr");
        command("JFR.dump", "name=" + NAME, "filename=" + file);
        try (RecordingFile recorded = new RecordingFile(file)) {
            java.util.stream.LongStream.Builder lengths = java.util.stream.LongStream.builder();
            while (recorded.hasMoreEvents()) {
                RecordedEvent each = recorded.readEvent();
                if (each.getEventType().getName().equals(event)) {
                    lengths.add(each.getDuration().toNanos());
                }
            }
            return lengths.build().toArray();
        }
    }

    private void command(String... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid)));
        command.addAll(List.of(arguments));
        Path output = folder.resolve("jcmd.out");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " failed: " + Files.readString(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during " + String.join(" ", command), e);
        }
    }

    @Override
    public void close() throws IOException {
        command("JFR.stop", "name=" + NAME);
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
