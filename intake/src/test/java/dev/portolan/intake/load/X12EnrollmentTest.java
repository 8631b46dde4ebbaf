package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files as the 834's guide (005010X220A1) describes them, written by hand. */
class X12EnrollmentTest {

    static final String VERSION = "005010X220A1";
    static final List<String> HEADER = List.of("BGN*00*12456*20240501*1200****4", "REF*38*ABCD012354", "N1*P5*ACME MANUFACTURING*FI*999888777", "N1*IN*GOOD HEALTH PLAN*XV*payer1");
    static final List<String> CHANGES = List.of("BGN*00*12457*20240601*1200****2", "REF*38*ABCD012354", "N1*P5*ACME MANUFACTURING*FI*999888777", "N1*IN*GOOD HEALTH PLAN*XV*payer1");
    static final List<String> SUBSCRIBER = List.of("INS*Y*18*021*20*A***FT", "REF*0F*m1", "REF*1L*g1", "DTP*356*D8*20240101", "NM1*IL*1*DE LA CRUZ*MARIA*ANN*MS**34*123456789", "PER*IP**HP*5551230001*EM*maria@example.org",
        "N3*12 MAIN ST*APT 3", "N4*LYNN*MA*019011234**CY*025", "DMG*D8*19800203*F*M*C^H", "LUI*LE*SPA**7", "HD*021**HLT*PLAN A*FAM", "DTP*348*D8*20240101", "HD*021**DEN*DENTAL B*EMP", "DTP*348*D8*20240101");
    static final List<String> CHILD = List.of("INS*N*19*021*20*A", "REF*0F*m1", "REF*23*m2", "NM1*IL*1*DE LA CRUZ*LEO", "N3*12 MAIN ST", "N4*LYNN*MA*01901", "DMG*D8*20150304*M", "NM1*S1*1*DE LA CRUZ*MARIA", "PER*RP**HP*5551230001",
        "HD*021**HLT*PLAN A*FAM", "DTP*348*D8*20240101", "LX*1", "NM1*P3*1*DIAZ*ANA****XX*1679576722*25", "COB*P*POL-77*1", "REF*6P*GRP9", "DTP*344*D8*20240101", "NM1*IN*2*OTHER MUTUAL*****NI*other9");

    private static LoadFixture.Definitions definitions;
    private LoadFixture fixture;
    @TempDir
    private Path folder;

    @BeforeAll
    static void read() {
        definitions = LoadFixture.Definitions.shared();
    }

    @BeforeEach
    void open() throws IOException {
        fixture = new LoadFixture(definitions);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void edi02_aFullFileBecomesMembersCoveragesAndWhoTheyBelongTo() throws Exception {
        String text = new X12Text(1, "BE", VERSION).transaction("834", X12Text.list(HEADER, SUBSCRIBER, CHILD)).toString();
        LoadRun.FileReport report = load(text);
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
        assertThat(report.lines()).isEqualTo(X12Text.segments(text)).isEqualTo(report.mapped() + report.merged());
        assertThat(report.mapped()).isEqualTo(2);
        assertThat(json("Patient", "m1")).contains("\"family\":\"DE LA CRUZ\",\"given\":[\"MARIA\",\"ANN\"]", "\"birthDate\":\"1980-02-03\"", "\"gender\":\"female\"", "2135-2", "2106-3", "\"code\":\"es\"", "01901-1234", "5551230001")
            .doesNotContain("123456789");
        assertThat(json("Coverage", "h-" + dev.portolan.intake.mapping.LogicalId.digest("m1-HLT-PLAN A"))).contains("\"status\":\"active\"", "\"start\":\"2024-01-01\"", "\"beneficiary\":{\"reference\":\"Patient/m1\"}",
            "Organization/payer1", "\"value\":\"g1\"", "ACME MANUFACTURING", "\"code\":\"self\"");
        String child = json("Coverage", "h-" + dev.portolan.intake.mapping.LogicalId.digest("m2-HLT-PLAN A"));
        assertThat(child).contains("\"subscriber\":{\"reference\":\"Patient/m1\"}", "\"subscriberId\":\"m1\"", "Patient/m2", "\"code\":\"child\"");
        assertThat(json("Coverage", "m2-cob-other9-POL-77")).contains("\"order\":1", "Organization/other9", "GRP9", "POL-77");
        assertThat(json("Organization", "other9")).contains("OTHER MUTUAL");
        assertThat(json("Patient", "m2")).contains("Practitioner/1679576722");
        assertThat(json("RelatedPerson", "subscriber-h-" + dev.portolan.intake.mapping.LogicalId.digest("m2-HLT-PLAN A"))).contains("Patient/m2", "PRN", "MARIA");
    }

    @Test
    void edi02_aChangeFileChangesWhatItNamesAndKeepsTheRest() throws Exception {
        load(new X12Text(1, "BE", VERSION).transaction("834", X12Text.list(HEADER, SUBSCRIBER, CHILD)).toString());
        LoadRun.FileReport change = load(new X12Text(2, "BE", VERSION).transaction("834", X12Text.list(CHANGES, "INS*Y*18*001*43*A", "REF*0F*m1", "NM1*IL*1*DE LA CRUZ*MARIA", "N3*7 ELM ST", "N4*SALEM*MA*01970")).toString());
        assertThat(change.rejected()).as(change.problems().toString()).isZero();
        assertThat(json("Patient", "m1")).contains("7 ELM ST", "SALEM", "\"birthDate\":\"1980-02-03\"", "5551230001").doesNotContain("LYNN");
        assertThat(fixture.version("Patient", "m1")).isEqualTo(2);
        assertThat(fixture.version("Patient", "m2")).isEqualTo(1);
    }

    @Test
    void edi02_aTerminationEndsTheCoverageAndThoseOfTheDependents() throws Exception {
        load(new X12Text(1, "BE", VERSION).transaction("834", X12Text.list(HEADER, SUBSCRIBER, CHILD)).toString());
        LoadRun.FileReport end = load(new X12Text(2, "BE", VERSION).transaction("834", X12Text.list(CHANGES, "INS*Y*18*024*07*A", "REF*0F*m1", "DTP*357*D8*20240531", "NM1*IL*1*DE LA CRUZ*MARIA")).toString());
        assertThat(end.rejected()).as(end.problems().toString()).isZero();
        for (String key : List.of("m1-HLT-PLAN A", "m1-DEN-DENTAL B", "m2-HLT-PLAN A")) {
            assertThat(json("Coverage", dev.portolan.intake.mapping.LogicalId.of(key))).as(key).contains("\"end\":\"2024-05-31\"", "\"status\":\"cancelled\"");
        }
        assertThat(json("Coverage", "m2-cob-other9-POL-77")).contains("\"status\":\"active\"");
        LoadRun.FileReport back = load(new X12Text(3, "BE", VERSION).transaction("834", X12Text.list(CHANGES, "INS*Y*18*025*41*A", SUBSCRIBER.subList(1, SUBSCRIBER.size()))).toString());
        assertThat(back.rejected()).isZero();
        assertThat(json("Coverage", dev.portolan.intake.mapping.LogicalId.of("m1-HLT-PLAN A"))).contains("\"status\":\"active\"").doesNotContain("2024-05-31");
    }

    @Test
    void edi02_oneCoverageEndsInTheFutureAndStaysInForceUntilThen() throws Exception {
        load(new X12Text(1, "BE", VERSION).transaction("834", X12Text.list(HEADER, SUBSCRIBER)).toString());
        load(new X12Text(2, "BE", VERSION).transaction("834", X12Text.list(CHANGES, "INS*Y*18*001*07*A", "REF*0F*m1", "NM1*IL*1*DE LA CRUZ*MARIA", "HD*024**DEN*DENTAL B*EMP", "DTP*349*D8*20241231")).toString());
        assertThat(json("Coverage", dev.portolan.intake.mapping.LogicalId.of("m1-DEN-DENTAL B"))).contains("\"end\":\"2024-12-31\"", "\"start\":\"2024-01-01\"", "\"status\":\"active\"");
        assertThat(json("Coverage", dev.portolan.intake.mapping.LogicalId.of("m1-HLT-PLAN A"))).doesNotContain("\"end\"");
    }

    private int files;

    private LoadRun.FileReport load(String text) throws Exception {
        Path file = folder.resolve("file-" + ++files + ".x12");
        Files.writeString(file, text);
        LoadRun run = fixture.load("x12", file, LoadFixture.options(false, false));
        assertThat(run.failure()).isNull();
        return run.files().get(0);
    }

    private String json(String type, String id) {
        JsonDocument found = fixture.read(type, id);
        assertThat(found).as(type + "/" + id).isNotNull();
        return new String(found.bytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
}
