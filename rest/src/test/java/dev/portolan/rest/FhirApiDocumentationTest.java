package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever copies a line out of docs/fhir-api.md gets an answer. */
class FhirApiDocumentationTest {

    private static final RunningServer SERVER = RunningServer.get();
    private static final String BASE = SERVER.serve(
        new FhirBase("documented", "Documented", "/documented/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF, RequestLimits.SYSTEM, List.of()), grants -> grants);

    @Test
    void everyCurlLineWorks(@TempDir Path folder) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "needs curl");
        Files.writeString(folder.resolve("bundle.json"), "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\"},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}]}");
        List<String> examples = examples();
        assertThat(examples).hasSizeGreaterThan(20);
        boolean hasGuides = SERVER.packages.guide("hl7.fhir.us.core", "6.1.0").isPresent();
        for (String example : examples) {
            if (example.contains("ConceptMap") || !hasGuides && example.contains("us/core")) {
                continue; // a map or a profile that nobody has is 404, and the packages of this test have no map
            }
            SERVER.put(BASE + "/Patient/example", "{\"resourceType\":\"Patient\",\"id\":\"example\",\"active\":true}");
            ProcessBuilder shell = new ProcessBuilder("bash", "-c", "curl() { command curl -s -o answer -w '%{http_code}' \"$@\"; }\n" + example).redirectErrorStream(true).directory(folder.toFile());
            shell.environment().put("BASE", BASE);
            Process process = shell.start();
            String status = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(example).isZero();
            assertThat(status).as(example).matches("[23]\\d\\d");
        }
    }

    /** Those that begin with curl, each with the lines that go on in a text which it has begun. */
    private static List<String> examples() throws IOException {
        List<String> examples = new ArrayList<>();
        StringBuilder example = new StringBuilder();
        for (String line : Files.readAllLines(Path.of("..", "docs", "fhir-api.md"))) {
            if (line.startsWith("    curl ") || example.length() > 0) {
                example.append(line.strip()).append('\n');
                if (example.chars().filter(c -> c == '\'').count() % 2 == 0) {
                    examples.add(example.toString());
                    example.setLength(0);
                }
            }
        }
        return examples;
    }
}
