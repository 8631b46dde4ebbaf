package dev.portolan.patientaccess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever copies a line out of docs/patient-access.md gets an answer. */
class DocumentationTest {

    @Test
    void everyCurlLineWorks() throws IOException, InterruptedException {
        RunningServer server = RunningServer.get();
        assumeTrue(server.packages.guide("hl7.fhir.us.core", "6.1.0").isPresent(), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "needs curl");
        SandboxMembersLoaded.into(server);
        List<String> lines = Files.readAllLines(Path.of("..", "docs", "patient-access.md")).stream().filter(line -> line.startsWith("    curl ")).map(String::strip).toList();
        assertThat(lines).hasSizeGreaterThan(10);
        for (String line : lines) {
            ProcessBuilder shell = new ProcessBuilder("bash", "-c", line).redirectErrorStream(true);
            shell.environment().put("BASE", SandboxMembersLoaded.base());
            shell.environment().put("TOKEN", "any");
            Process process = shell.start();
            byte[] answer = process.getInputStream().readAllBytes();
            assertThat(process.waitFor()).as(line).isZero();
            JsonValue root = JsonDocument.parse(answer).root();
            assertThat(root.fieldText("resourceType")).as(line).isIn("Bundle", "Patient", "CapabilityStatement");
            if (root.fieldText("resourceType").equals("Bundle")) {
                assertThat(root.field("entry")).as(line + " finds nothing").isNotNull();
            }
        }
    }
}
