package dev.portolan.benchmarks.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** HAPI FHIR's JPA server in a process of its own, from the class path that the {@code peer} module's build wrote. */
public final class PeerServerProcess {

    private PeerServerProcess() {}

    /**
     * Starts the peer on an empty or an earlier database of its own.
     *
     * @param module the built {@code peer} module's folder
     * @param purpose {@code benchmark} or {@code differential}
     */
    public static FhirServer start(Path module, PostgresCluster database, String purpose, String heap, Path log) {
        int port = ChildProcess.freePort();
        List<String> arguments = List.of(
                "-Xmx" + heap, "-cp", classPath(module), "dev.portolan.peer.PeerServer",
                "--port", Integer.toString(port),
                "--jdbc", database.jdbcUrl(),
                "--purpose", purpose);
        ChildProcess process = ChildProcess.startJava(arguments, Map.of("TZ", "UTC"), log, () -> ChildProcess.says(log, "peer ready "), 300);
        return new FhirServer("peer", URI.create("http://127.0.0.1:" + port + "/fhir"), "", process, database);
    }

    private static String classPath(Path module) {
        try {
            return module.resolve("target/classes") + ":" + Files.readString(module.resolve("target/classpath.txt")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("the peer is not built: run mvn test-compile first", e);
        }
    }
}
