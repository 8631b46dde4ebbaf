package dev.portolan.benchmarks.servers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Portolan as its users start it, on a PostgreSQL that the comparison started. */
public final class PortolanServerProcess {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MOST_SECONDS_TO_WARM = 240;

    private PortolanServerProcess() {}

    /**
     * @param jar the built server; the Java options of the launcher stand beside it
     * @param data the folder for what the server keeps beside its database
     */
    public static FhirServer start(Path jar, PostgresCluster database, Path data, Path log) {
        if (!Files.exists(jar)) {
            throw new IllegalStateException(jar + " is not there: build the server first (mvn -pl server -am package -DskipTests)");
        }
        Path ready = data.resolveSibling("info.json");
        try {
            Files.createDirectories(data);
            Files.deleteIfExists(ready);
            List<String> arguments = new ArrayList<>(List.of("@" + jar.resolveSibling("classes").resolve("java.options")));
            arguments.addAll(classArchive(jar));
            arguments.addAll(List.of(
                    "-Dspring.aot.enabled=true", "-jar", jar.toString(), "up", "--port", Integer.toString(ChildProcess.freePort()), "--data", data.toString(), "--members", "0", "--info", ready.toString()));
            Map<String, String> environment = Map.of(
                    "MALLOC_ARENA_MAX", "2",
                    "PORTOLAN_DB_URL", database.jdbcUrl(),
                    // The data folder lies on the database's disk, as with the embedded one, whose default this is.
                    "PORTOLAN_AUDIT_JOURNAL", "true",
                    "PORTOLAN_DB_USER", "postgres",
                    "PORTOLAN_DB_PASSWORD", "postgres");
            ChildProcess process = ChildProcess.startJava(arguments, environment, log, () -> Files.exists(ready), 900);
            JsonNode info = JSON.readTree(ready.toFile());
            String token = info.path("token").asText("");
            String authorization = token.isEmpty() || token.equals("null") ? "" : "Bearer " + token;
            return new FhirServer("portolan", URI.create(info.path("bases").path("system").asText()), authorization, process, database);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The launcher's archive of loaded classes: used if it is there, made when this process ends if not. */
    private static List<String> classArchive(Path jar) throws IOException {
        Path archive = jar.resolveSibling("portolan-" + Runtime.version().feature() + ".jsa");
        boolean fits = Files.exists(archive) && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) > 0;
        return List.of((fits ? "-XX:SharedArchiveFile=" : "-XX:ArchiveClassesAtExit=") + archive);
    }

    /** Waits until what warms up in the background (the validator) has done so: its work would be taken for that of the calls, and its memory would be missing. */
    public static void awaitWarm(FhirServer server) throws IOException {
        HttpClient http = HttpClient.newHttpClient();
        HttpRequest health = HttpRequest.newBuilder(server.base().resolve("/health")).header("Accept", "application/json").build();
        long began = System.nanoTime();
        try {
            while (http.send(health, HttpResponse.BodyHandlers.ofString()).body().contains("\"warming\"")) {
                if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(MOST_SECONDS_TO_WARM)) {
                    System.err.println("the server still warms up after " + MOST_SECONDS_TO_WARM + " s; going on");
                    return;
                }
                Thread.sleep(500);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the server warmed up", e);
        }
    }
}
