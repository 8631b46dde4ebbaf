package dev.portolan.benchmarks.servers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Portolan as its users start it, on a PostgreSQL that the comparison started. */
public final class PortolanServerProcess implements FhirServer {

    private final ChildProcess process;
    private final JsonNode info;
    private final PostgresCluster database;

    private PortolanServerProcess(ChildProcess process, JsonNode info, PostgresCluster database) {
        this.process = process;
        this.info = info;
        this.database = database;
    }

    /**
     * @param jar the built server
     * @param data the folder for what the server keeps beside its database
     */
    public static PortolanServerProcess start(Path jar, PostgresCluster database, Path data, String heap, Path log) {
        if (!Files.exists(jar)) {
            throw new IllegalStateException(jar + " is not there: build the server first (mvn -pl server -am package -DskipTests)");
        }
        Path ready = data.resolveSibling("info.json");
        try {
            Files.createDirectories(data);
            Files.deleteIfExists(ready);
            List<String> arguments = List.of(
                    "-Xmx" + heap, "-XX:+UseParallelGC", "-XX:+ExitOnOutOfMemoryError", "-jar", jar.toString(),
                    "up", "--port", Integer.toString(PeerServerProcess.freePort()),
                    "--data", data.toString(), "--members", "0", "--info", ready.toString());
            Map<String, String> environment = Map.of(
                    "PORTOLAN_DB_URL", database.jdbcUrl(),
                    "PORTOLAN_DB_USER", "postgres",
                    "PORTOLAN_DB_PASSWORD", "postgres");
            ChildProcess process = ChildProcess.startJava(arguments, environment, log, () -> Files.exists(ready), 180);
            return new PortolanServerProcess(process, new ObjectMapper().readTree(ready.toFile()), database);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "portolan";
    }

    @Override
    public URI base() {
        return URI.create(info.path("bases").path("system").asText());
    }

    @Override
    public String authorization() {
        String token = info.path("token").asText("");
        return token.isEmpty() || token.equals("null") ? "" : "Bearer " + token;
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
