package dev.portolan.intake.load;

import static dev.portolan.intake.load.X12ClaimTest.billing;
import static dev.portolan.intake.load.X12ClaimTest.paid;
import static dev.portolan.intake.load.X12ClaimTest.payer;
import static dev.portolan.intake.load.X12ClaimTest.professional;
import static dev.portolan.intake.load.X12ClaimTest.subscriber;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Characters, lengths and separators that no sender should use: what is wrong is rejected, and only that. */
class X12HostileFormTest {

    @RegisterExtension
    private final X12Plan plan = new X12Plan();

    private String answer() {
        return plan.fixture.reports.acknowledgements(plan.fixture.reports.latest(1).get(0).id()).get(0).answer();
    }

    @Test
    void edi09_aMembersNumberWithSignsOfASearchRejectsItsClaimAndStopsNoLoad() throws Exception {
        int number = 0;
        for (String id : List.of("a|b", "|", "m1,m2", "a\\", "$")) {
            LoadRun.FileReport report = plan.claim(++number, billing(), X12Plan.replaced(subscriber(), "MI*m1", "MI*" + id), professional("A-" + number, "1", ""));
            assertThat(report.problems()).as(id).extracting(LoadRun.GroupedProblem::code).contains("unknown-member");
        }
    }

    @Test
    void edi09_aZeroInANumberOfTheRemittanceStopsNoLoad() throws Exception {
        LoadRun.FileReport report = plan.remittance(1, payer("T1"), paid("A-1", "ICN\0"), paid("A-2", "ICN2"));
        assertThat(report.mapped()).isEqualTo(1);
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).contains("not-utf-8");
    }

    @Test
    void edi06_aLetterIsNoSeparator() throws Exception {
        List<String> julia = List.of("INS*Y*18*021*20*A", "REF*0F*mU1", "NM1*IL*1*DE LA CRUZ*JULIA", "DMG*D8*19700203*F");
        String text = new X12Text(1, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, julia)).toString();
        assertThat(plan.load(text.replace("*P*:~", "*P*L~")).mapped()).isZero();
        assertThat(answer()).contains("*R*027~");
        for (String version : List.of("*U*00401*", "*U*00501*")) {
            plan.load(text.replace("*^*00501*", version).replace("000000001", version.contains("00401") ? "000000002" : "000000003"));
            assertThat(answer()).contains("*A*000~");
            assertThat(plan.read("Patient", "mU1").path("name").toString()).as("U says which standard it is, and nothing repeats").contains("DE LA CRUZ", "JULIA");
        }
    }

    @Test
    void edi09_aRecordThatIsTooLongIsRejectedWhole() throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = 3; i < 3400; i++) {
            lines.addAll(List.of("LX*" + i, "SV1*HC:99213*1*UN*1***1", "DTP*472*D8*20240415"));
        }
        assertThat(plan.claim(1, billing(), subscriber(), professional("A-1", "1", ""), lines).mapped()).isZero();
        List<String> notes = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            notes.add("NTE*ADD*" + "X".repeat(200_000));
        }
        assertThat(plan.claim(2, billing(), subscriber(), professional("A-2", "1", "").subList(0, 2), notes).mapped()).isZero();
        assertThat(plan.explanations()).isEmpty();
        assertThat(plan.claim(3, "NTE*ADD*" + "X".repeat(5_000), billing(), subscriber(), professional("A-3", "1", "")).mapped()).isZero();
        assertThat(plan.claim(4, billing(), subscriber(), professional("A-4", "1", "")).rejected()).isZero();
    }

    @Test
    void edi09_aHundredThousandRepetitionsTakeNoMinute() throws Exception {
        Instant begin = Instant.now();
        plan.enrollment(1, X12EnrollmentTest.HEADER, "INS*Y*18*021*20*A", "REF*0F*n1", "NM1*IL*1*DOE*JANE", "DMG*D8*19700203*F*S*" + "C^".repeat(110_000) + "C");
        assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(60));
        assertThat(plan.claim(2, billing(), subscriber(), X12Plan.replaced(professional("A-1", "1", ""), "*ABF:Z1159", "*ABF:Z1159".repeat(60))).problems()).extracting(LoadRun.GroupedProblem::code).contains("bad-element");
    }

    @Test
    void edi06_whatComesBackToTheSenderHoldsItsOwnSeparators() throws Exception {
        String text = X12Text.withDelimiters(new X12Text(1, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, X12EnrollmentTest.SUBSCRIBER)).toString(), '|', '>', '!', "'");
        plan.load(text.replace("|0001|", "|00*1~|").replace("|0001'", "|00*1~'"));
        assertThat(answer()).contains("AK2*834*00 1 *005010X220A1~");
    }

    @Test
    void edi06_whatALoadThatFailedBeganMayComeAgain() throws Exception {
        String text = new X12Text(1, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, X12EnrollmentTest.SUBSCRIBER)).toString();
        plan.load(text);
        try (var connection = plan.fixture.pool.getConnection(); var statement = connection.createStatement()) {
            statement.execute("UPDATE intake.file SET state = 'loading' WHERE run = (SELECT max(id) FROM intake.run)");
            statement.execute("UPDATE intake.run SET state = 'failed', failure = 'it stopped' WHERE id = (SELECT max(id) FROM intake.run)");
        }
        assertThat(plan.load(text).rejected()).isZero();
        Path file = plan.file("third.x12");
        Files.writeString(file, text + "\n");
        assertThat(plan.fixture.load("x12", file, LoadFixture.options(false, false)).files().get(0).mapped()).as("it is loaded now").isZero();
    }
}
