package dev.portolan.intake.load;

import static dev.portolan.intake.load.X12EnrollmentTest.CHANGES;
import static dev.portolan.intake.load.X12EnrollmentTest.HEADER;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What an 834 says of a member: when the member was insured, and who the member is. */
class X12PeriodsTest {

    private static final List<String> JANE = List.of("REF*0F*n1", "NM1*IL*1*DOE*JANE", "DMG*D8*19700203*F");

    @RegisterExtension
    private final X12Plan plan = new X12Plan();

    private String period(String id) throws Exception {
        JsonNode coverage = plan.read("Coverage", id);
        return coverage.path("status").asText() + ' ' + coverage.path("period").path("start").asText() + ' ' + coverage.path("period").path("end").asText();
    }

    @Test
    void edi02_anEndOfAnEarlierPeriodIsCorrectedAndThePresentOneStays() throws Exception {
        plan.enrollment(1, HEADER, "INS*Y*18*030*XN*A", JANE, "HD*030**HLT*PLAN", "DTP*348*D8*20220101", "DTP*349*D8*20221231", "HD*030**HLT*PLAN", "DTP*348*D8*20240101");
        plan.enrollment(2, CHANGES, "INS*Y*18*001*07*A", JANE, "HD*024**HLT*PLAN", "DTP*348*D8*20220101", "DTP*349*D8*20220930");
        assertThat(period("n1-HLT-PLAN")).isEqualTo("active 2024-01-01 ");
        assertThat(period("n1-HLT-PLAN-2022-01-01")).isEqualTo("cancelled 2022-01-01 2022-09-30");
    }

    @Test
    void edi02_aPeriodThatIsToldLaterAndWasOverBeforeDoesNotEndThePresentOne() throws Exception {
        plan.enrollment(1, HEADER, "INS*Y*18*021*20*A", JANE, "HD*021**HLT*PLAN", "DTP*348*D8*20240101");
        plan.enrollment(2, CHANGES, "INS*Y*18*001*43*A", JANE, "HD*001**HLT*PLAN", "DTP*348*D8*20210101", "DTP*349*D8*20211231");
        assertThat(period("n1-HLT-PLAN")).isEqualTo("active 2024-01-01 ");
        assertThat(period("n1-HLT-PLAN-2021-01-01")).isEqualTo("cancelled 2021-01-01 2021-12-31");
        plan.enrollment(3, CHANGES, "INS*Y*18*001*43*A", JANE, "HD*001**HLT*PLAN", "DTP*348*D8*20231201");
        assertThat(period("n1-HLT-PLAN")).as("a corrected beginning").isEqualTo("active 2023-12-01 ");
    }

    @Test
    void edi02_whoComesBackKeepsTheTimeBefore() throws Exception {
        plan.enrollment(1, HEADER, "INS*Y*18*021*20*A", JANE, "HD*021**HLT*PLAN", "DTP*348*D8*20220101");
        plan.enrollment(2, CHANGES, "INS*Y*18*024*07*A", JANE, "HD*024**HLT*PLAN", "DTP*348*D8*20220101", "DTP*349*D8*20230630");
        plan.enrollment(3, CHANGES, "INS*Y*18*021*28*A", JANE, "HD*021**HLT*PLAN", "DTP*348*D8*20240301");
        assertThat(period("n1-HLT-PLAN")).isEqualTo("active 2024-03-01 ");
        assertThat(period("n1-HLT-PLAN-2022-01-01")).isEqualTo("cancelled 2022-01-01 2023-06-30");
        plan.claim(4, X12ClaimTest.billing(), "HL*2*1*22*0", "SBR*P*18*g1******CI", "NM1*IL*1*DOE*JANE****MI*n1", "DMG*D8*19700203*F", "NM1*PR*2*GOOD HEALTH PLAN*****PI*payer1", "CLM*A-1*150***11:B:1*Y*A*Y*Y", "HI*ABK:J0300", "LX*1",
            "SV1*HC:99213*150*UN*1***1", "DTP*472*D8*20230115");
        assertThat(plan.explanations().get(0).path("insurance").path(0).path("coverage").path("reference").asText()).isEqualTo("Coverage/n1-HLT-PLAN-2022-01-01");
        plan.enrollment(5, CHANGES, "INS*Y*18*025*41*A", JANE, "HD*025**HLT*PLAN", "DTP*348*D8*20240301");
        assertThat(period("n1-HLT-PLAN")).isEqualTo("active 2024-03-01 ");
    }

    @Test
    void edi02_whoAMemberIsIsToldWhole() throws Exception {
        plan.enrollment(1, HEADER, "INS*N*19*021*02*A************2", "REF*0F*m1", "REF*23*t2", "NM1*IL*1*DE LA CRUZ*EVA", "PER*IP**HP*5550000001*TE*5550000002", "DMG*D8*20200304*F**C^:RET:2054-5^H", "LUI*LE*JPN**7", "HD*021**EPO*X", "DTP*348*D8*20240101");
        JsonNode twin = plan.read("Patient", "t2");
        assertThat(twin.path("multipleBirthInteger").asInt()).as("INS17: the second of those born on one day").isEqualTo(2);
        assertThat(plan.read("Coverage", "t2-EPO-X").has("dependent")).as("which is no number of a dependent").isFalse();
        assertThat(twin.path("communication").toString()).contains("\"code\":\"ja\"");
        assertThat(twin.path("telecom").toString()).contains("5550000001").doesNotContain("5550000002");
        List<String> races = new ArrayList<>();
        twin.path("extension").path(0).path("extension").forEach(one -> races.add(one.has("valueCoding") ? one.path("valueCoding").path("code").asText() : one.path("valueString").asText()));
        assertThat(races).containsExactly("2106-3", "2054-5", "Caucasian, Black or African American");
        assertThat(twin.path("extension").path(1).toString()).contains("2135-2");
    }

    @Test
    void edi02_aByteOrderMarkIsNoPartOfAnInterchange() throws Exception {
        String text = new X12Text(7, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(HEADER, "INS*Y*18*021*20*A", JANE, "HD*021**HLT*PLAN", "DTP*348*D8*20240101")).toString();
        LoadRun.FileReport report = plan.load('\uFEFF' + text.replace("~", "~\r\n"));
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
        assertThat(period("n1-HLT-PLAN")).isEqualTo("active 2024-01-01 ");
        Path none = Files.writeString(plan.file("none.txt"), "no X12", StandardCharsets.UTF_8);
        assertThat(plan.fixture.load("x12", none, LoadFixture.options(false, false)).failure()).contains("begin with an ISA segment").doesNotContain("[]");
    }
}
