package dev.portolan.benchmarks.servers;

import dev.portolan.tables.LocalSocketFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
        // For a few thousand questions the optimizing compiler costs more than it saves.
        List<String> arguments = new ArrayList<>(purpose.equals("differential") ? List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC") : List.of());
        arguments.addAll(List.of(
                "-Xmx" + heap, "-cp", classPath(module), "dev.portolan.peer.PeerServer",
                "--port", Integer.toString(port),
                "--jdbc", database.jdbcUrl(),
                "--purpose", purpose,
                "--parent", Long.toString(ProcessHandle.current().pid())));
        ChildProcess process = ChildProcess.startJava(arguments, Map.of("TZ", "UTC"), log, () -> ChildProcess.says(log, "peer ready "), 900);
        return new FhirServer("peer", URI.create("http://127.0.0.1:" + port + "/fhir"), "", process, database);
    }

    private static String classPath(Path module) {
        try {
            Path socket = Path.of(LocalSocketFactory.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            return module.resolve("target/classes") + ":" + Files.readString(module.resolve("target/classpath.txt")).strip() + ":" + socket;
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException("the peer is not built: run mvn test-compile first", e);
        }
    }
}
