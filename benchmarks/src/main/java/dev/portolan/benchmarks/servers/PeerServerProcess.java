package dev.portolan.benchmarks.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** HAPI FHIR's JPA server in a process of its own, from the class path that the {@code peer} module's build wrote. */
public final class PeerServerProcess implements FhirServer {

    private final ChildProcess process;
    private final URI base;
    private final PostgresCluster database;

    private PeerServerProcess(ChildProcess process, URI base, PostgresCluster database) {
        this.process = process;
        this.base = base;
        this.database = database;
    }

    /**
     * Starts the peer on an empty or an earlier database of its own.
     *
     * @param module the built {@code peer} module's folder
     * @param purpose {@code benchmark} or {@code differential}
     */
    public static PeerServerProcess start(Path module, PostgresCluster database, String purpose, String heap, Path log) {
        int port = freePort();
        List<String> arguments = List.of(
                "-Xmx" + heap, "-cp", classPath(module), "dev.portolan.peer.PeerServer",
                "--port", Integer.toString(port),
                "--jdbc", database.jdbcUrl(),
                "--purpose", purpose);
        ChildProcess process = ChildProcess.startJava(arguments, Map.of("TZ", "UTC"), log, () -> saysReady(log), 300);
        return new PeerServerProcess(process, URI.create("http://127.0.0.1:" + port + "/fhir"), database);
    }

    private static String classPath(Path module) {
        try {
            return module.resolve("target/classes") + ":" + Files.readString(module.resolve("target/classpath.txt")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("the peer is not built: run mvn test-compile first", e);
        }
    }

    private static boolean saysReady(Path log) {
        try {
            return Files.exists(log) && Files.readString(log).contains("peer ready ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "peer";
    }

    @Override
    public URI base() {
        return base;
    }

    @Override
    public String authorization() {
        return "";
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public PostgresCluster database() {
        return database;
    }

    @Override
    public long startMilliseconds() {
        return process.startMilliseconds();
    }

    @Override
    public void close() {
        process.stop();
    }
}
