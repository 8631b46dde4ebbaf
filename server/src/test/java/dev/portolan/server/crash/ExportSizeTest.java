package dev.portolan.server.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Issue 5, acceptance 3: the server's memory while it exports does not grow with the size of the export. A server with a small heap exports some members, a fresh one on the same data ten times as many.
 * Only when asked for, by the number of members: {@code -Dportolan.export.size=300}.
 */
@EnabledIfSystemProperty(named = "portolan.export.size", matches = "\\d+")
class ExportSizeTest {

    private static final int TIMES = 10;
    private static final int OBSERVATIONS = 40;
    private static final int MEMBERS_IN_BUNDLE = 10;
    private static final int RUNS = Integer.getInteger("portolan.export.runs", 3);
    private static final double MOST_GROWTH = 1.25;
    /** Of random letters, which do not compress away. */
    private static final int TEXT = 700;

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ObjectMapper json = new ObjectMapper();
    private final java.util.Random random = new java.util.Random(7);

    @TempDir
    private Path folder;

    @AfterEach
    void leaveNoDatabaseBehind() throws IOException {
        ServerProcess.postmaster(folder.resolve("data")).forEach(ProcessHandle::destroyForcibly);
    }

    @Test
    void an_export_ten_times_as_large_takes_no_more_memory() throws Exception {
        int members = Integer.getInteger("portolan.export.size");
        load(0, members);
        double small = measure(members);
        load(members, members * TIMES);
        double large = measure(members * TIMES);
        assertThat(large).as("resident memory at ten times the size, with %.0f MiB at one", small).isLessThan(small * MOST_GROWTH);
    }

    /** Resident memory in MiB at its highest, of a fresh server that did nothing but export. */
    private double measure(int members) throws Exception {
        ServerProcess server = ServerProcess.start(folder, Map.of());
        try {
            double before = resident(server);
            List<Long> rates = new ArrayList<>();
            for (int run = 0; run < RUNS; run++) {
                rates.add(export(server, members));
            }
            System.out.printf("export of %,d members: %,.0f MiB resident before, %,.0f MiB at the highest; resources/s %s%n", members, before, resident(server), rates);
            return resident(server);
        } finally {
            server.stop();
        }
    }

    private static double resident(ServerProcess server) throws IOException {
        String highest = Files.readAllLines(Path.of("/proc/" + server.pid() + "/status")).stream().filter(line -> line.startsWith("VmHWM")).findFirst().orElseThrow();
        return Long.parseLong(highest.replaceAll("\\D", "")) / 1024.0;
    }

    /** Resources a second, from the kick-off to the manifest. */
    private long export(ServerProcess server, int members) throws Exception {
        long began = System.nanoTime();
        String poll = send(server, "GET", "/Patient/$export", null).headers().firstValue("Content-Location").orElseThrow();
        String path = poll.substring(poll.indexOf("/fhir/") + "/fhir".length());
        HttpResponse<String> status = send(server, "GET", path, null);
        while (status.statusCode() == 202 || status.statusCode() == 429) {
            Thread.sleep(20);
            status = send(server, "GET", path, null);
        }
        long nanos = System.nanoTime() - began;
        assertThat(status.statusCode()).as(status.body()).isEqualTo(200);
        long resources = 0;
        for (JsonNode file : json.readTree(status.body()).path("output")) {
            resources += file.path("count").asLong();
        }
        assertThat(resources).isEqualTo((long) members * (1 + OBSERVATIONS));
        assertThat(send(server, "DELETE", path, null).statusCode()).isEqualTo(202);
        return resources * 1_000_000_000L / nanos;
    }

    private void load(int from, int to) throws Exception {
        ServerProcess server = ServerProcess.start(folder, Map.of());
        for (int i = from; i < to; i += MEMBERS_IN_BUNDLE) {
            List<String> entries = new ArrayList<>();
            for (int member = i; member < Math.min(to, i + MEMBERS_IN_BUNDLE); member++) {
                String id = "p" + member;
                entries.add(entry("Patient", id, "\"name\":[{\"family\":\"Quill" + member + "\"}],\"birthDate\":\"1970-01-01\""));
                for (int k = 0; k < OBSERVATIONS; k++) {
                    entries.add(entry("Observation", id + "-" + k, """
                        "status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2339-0"}],"text":"Glucose"},"effectiveDateTime":"2024-03-01T10:00:00Z","subject":{"reference":"Patient/%s"},"valueQuantity":{"value":%d,"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"},"note":[{"text":"%s"}]"""
                        .formatted(id, random.nextInt(200), text())));
                }
            }
            HttpResponse<String> loaded = send(server, "POST", "", "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + String.join(",", entries) + "]}");
            assertThat(loaded.statusCode()).as(loaded.body()).isEqualTo(200);
        }
        server.stop();
    }

    private String text() {
        return random.ints(TEXT, 'a', 'z' + 1).mapToObj(letter -> String.valueOf((char) letter)).collect(Collectors.joining());
    }

    private static String entry(String type, String id, String rest) {
        return "{\"resource\":{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + rest + "},\"request\":{\"method\":\"PUT\",\"url\":\"" + type + "/" + id + "\"}}";
    }

    private HttpResponse<String> send(ServerProcess server, String method, String path, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.system() + path)).header("Authorization", "Bearer " + server.token()).header("Prefer", "respond-async");
        request.method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/fhir+json");
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
