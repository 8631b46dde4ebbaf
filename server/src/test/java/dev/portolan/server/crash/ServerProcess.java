package dev.portolan.server.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.server.SharedPackages;

/**
 * The real server in a process of its own, as {@code ./portolan up} starts it, to be killed. It runs on the Java that the launcher would take: Java 25 where that is installed beside ours, so that the suite
 * has tried both.
 */
public final class ServerProcess {

    private static final long START_SECONDS = 300;

    private final Process process;
    private final URI system;
    private final JsonNode told;
    private final Path data;

    private ServerProcess(Process process, URI system, JsonNode told, Path data) {
        this.told = told;
        this.process = process;
        this.system = system;
        this.data = data;
    }

    static ServerProcess start(Path folder) throws Exception {
        return start(folder, Map.of());
    }

    /** @param environment settings beside the usual */
    public static ServerProcess start(Path folder, Map<String, String> environment) throws Exception {
        Files.createDirectories(folder);
        Path data = SharedPackages.in(folder.resolve("data"));
        Path info = folder.resolve("info.json");
        Path output = folder.resolve("output.log");
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        ProcessBuilder builder = new ProcessBuilder(java().toString(),
                "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classPath, "dev.portolan.server.command.Portolan",
                "up", "--port", "0", "--members", "0", "--data", data.toString(), "--info", info.toString());
        builder.environment().keySet().removeIf(name -> name.startsWith("PORTOLAN_"));
        builder.environment().put("PORTOLAN_PACKAGE_REGISTRY", "off");
        builder.environment().put("PORTOLAN_AUDIT_LONGEST_WAIT_SECONDS", "40");
        builder.environment().putAll(environment);
        Files.deleteIfExists(info);
        Process process = builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile())).start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!Files.exists(info)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                process.destroyForcibly();
                throw new AssertionError("the server did not become ready:\n" + Files.readString(output));
            }
            Thread.sleep(50);
        }
        JsonNode told = new ObjectMapper().readTree(info.toFile());
        return new ServerProcess(process, URI.create(told.at("/bases/system").asText()), told, data);
    }

    /** The launcher's rule again. It cannot be asked: it heeds JAVA_HOME first, which whoever runs the tests sets to the Java of the tests, and the suite is to try the other one as well. */
    private static Path java() throws IOException {
        Path ours = Path.of(System.getProperty("java.home")).toRealPath();
        try (Stream<Path> installed = Files.list(ours.getParent())) {
            return installed.filter(ServerProcess::isLatest).findFirst().orElse(ours).resolve("bin").resolve("java");
        }
    }

    private static boolean isLatest(Path home) {
        try {
            return Files.exists(home.resolve("release")) && Files.readString(home.resolve("release")).contains("JAVA_VERSION=\"25.") && Files.isExecutable(home.resolve("bin").resolve("java"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI system() {
        return system;
    }

    /** A token for everything. */
    public String token() {
        return told.path("token").asText();
    }

    long pid() {
        return process.pid();
    }

    /** What {@code up --info} wrote. */
    public JsonNode info() {
        return told;
    }

    /** SIGKILL. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** SIGTERM, which must stop the database too. */
    public void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the server did not stop");
        }
    }

    /** SIGKILL for PostgreSQL's first process, whoever started it. */
    void killPostmaster() throws IOException {
        postmaster(data).forEach(ProcessHandle::destroyForcibly);
    }

    /** SIGKILL for one of PostgreSQL's session processes: PostgreSQL itself then recovers as after a crash. */
    void killOneBackend() throws IOException {
        postmaster(data).stream().flatMap(ProcessHandle::children).reduce((first, last) -> last).ifPresent(ProcessHandle::destroyForcibly);
    }

    static List<ProcessHandle> postmaster(Path data) throws IOException {
        Path file = data.resolve("postgresql/data/postmaster.pid");
        if (!Files.exists(file)) {
            return List.of();
        }
        long pid = Long.parseLong(Files.readAllLines(file).get(0).strip());
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).stream().toList();
    }
}
