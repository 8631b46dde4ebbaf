package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A plan that X12 files are loaded into: what comes of them. */
final class X12Plan implements BeforeEachCallback, AfterEachCallback {

    private static final ObjectMapper JSON = new ObjectMapper();

    LoadFixture fixture;
    private Path folder;
    private int files;

    /** With Maria, who is the subscriber, and her child Leo. */
    @Override
    public void beforeEach(ExtensionContext test) throws Exception {
        folder = Files.createTempDirectory("x12");
        fixture = new LoadFixture(LoadFixture.Definitions.shared());
        assertThat(load(new X12Text(900, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, X12EnrollmentTest.SUBSCRIBER, X12EnrollmentTest.CHILD)).toString()).rejected()).isZero();
    }

    /** A file that a test writes itself. */
    Path file(String name) {
        return folder.resolve(name);
    }

    LoadRun.FileReport enrollment(int number, Object... segments) throws Exception {
        return load(new X12Text(number, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(segments)).toString());
    }

    LoadRun.FileReport claim(int number, Object... segments) throws Exception {
        return load(new X12Text(number, "HC", X12ClaimTest.PROFESSIONAL).transaction("837", X12Text.list(segments)).toString());
    }

    LoadRun.FileReport remittance(int number, Object... segments) throws Exception {
        return load(new X12Text(number, "HP", X12ClaimTest.REMITTANCE).transaction("835", X12Text.list(segments)).toString());
    }

    LoadRun.FileReport load(String text) throws Exception {
        Path file = file("file-" + ++files + ".x12");
        Files.writeString(file, text);
        LoadRun run = fixture.load("x12", file, LoadFixture.options(false, false));
        assertThat(run.failure()).isNull();
        LoadRun.FileReport report = run.files().get(0);
        assertThat(report.lines()).isEqualTo(report.mapped() + report.merged() + report.rejected());
        return report;
    }

    JsonNode read(String type, String id) throws Exception {
        return JSON.readTree(new String(fixture.read(type, id).bytes(), StandardCharsets.UTF_8));
    }

    List<JsonNode> explanations() throws Exception {
        List<JsonNode> all = new ArrayList<>();
        for (var entry : LoadFixture.contents(fixture.pool, fixture.view()).entrySet()) {
            if (entry.getKey().startsWith("ExplanationOfBenefit/")) {
                all.add(JSON.readTree(entry.getValue()));
            }
        }
        return all;
    }

    /** By the payer's number. */
    JsonNode explanation(String number) throws Exception {
        return explanations().stream().filter(claim -> claim.path("identifier").path(0).path("value").asText().equals(number)).findFirst().orElseThrow();
    }

    static List<String> replaced(List<String> segments, String from, String to) {
        return segments.stream().map(segment -> segment.replace(from, to)).toList();
    }

    @Override
    public void afterEach(ExtensionContext test) throws Exception {
        fixture.close();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
