package dev.portolan.intake.load;

import static dev.portolan.intake.load.X12EnrollmentTest.CHANGES;
import static dev.portolan.intake.load.X12EnrollmentTest.HEADER;
import static dev.portolan.intake.load.X12EnrollmentTest.SUBSCRIBER;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.portolan.intake.mapping.LogicalId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What 834s do to members and coverages that are there: whoever is insured stays it, and nobody else becomes it. */
class X12ChangeTest {

    private static final String HEALTH = LogicalId.of("m1-HLT-PLAN A");
    private static final String DENTAL = LogicalId.of("m1-DEN-DENTAL B");
    private static final List<String> MARIA = List.of("REF*0F*m1", "NM1*IL*1*DE LA CRUZ*MARIA");

    @RegisterExtension
    private final X12Plan plan = new X12Plan();

    @Test
    void edi02_aCoverageThatEndsWithoutADateIsNotLeftOpenInSilence() throws Exception {
        LoadRun.FileReport report = plan.enrollment(1, CHANGES, "INS*Y*18*001*07*A", MARIA, "HD*024**DEN*DENTAL B*EMP");
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).contains("missing-value");
        assertThat(plan.read("Coverage", DENTAL).path("period").has("end")).isFalse();
    }

    @Test
    void edi02_aTerminationNeedsNoEndOfWhatAnotherPayerCovers() throws Exception {
        LoadRun.FileReport report = plan.enrollment(1, CHANGES, "INS*N*19*024*07*A", "REF*0F*m1", "REF*23*m2", "NM1*IL*1*DE LA CRUZ*LEO", "HD*024**HLT*PLAN A*FAM", "DTP*349*D8*20240531", "COB*P*POL-77*1", "NM1*IN*2*OTHER MUTUAL*****NI*other9");
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
        assertThat(plan.read("Coverage", LogicalId.of("m2-HLT-PLAN A")).path("status").asText()).isEqualTo("cancelled");
        assertThat(plan.read("Coverage", "m2-cob-other9-POL-77").path("status").asText()).isEqualTo("active");
    }

    @Test
    void edi02_aCoverageThatIsReinstatedByAChangeHasNoEnd() throws Exception {
        plan.enrollment(1, CHANGES, "INS*Y*18*024*07*A", "REF*0F*m1", "DTP*357*D8*20240531", "NM1*IL*1*DE LA CRUZ*MARIA");
        plan.enrollment(2, CHANGES, "INS*Y*18*001*41*A", MARIA, "HD*025**HLT*PLAN A*FAM", "DTP*348*D8*20240101", "HD*001**DEN*DENTAL B*EMP");
        JsonNode health = plan.read("Coverage", HEALTH);
        assertThat(health.path("status").asText()).isEqualTo("active");
        assertThat(health.path("period").has("end")).isFalse();
        JsonNode dental = plan.read("Coverage", DENTAL);
        assertThat(dental.path("period").path("end").asText()).isEqualTo("2024-05-31");
        assertThat(dental.path("status").asText()).as("a change of what has ended does not bring it back").isEqualTo("cancelled");
    }

    @Test
    void edi02_twoPeriodsOfOnePlanInWhateverOrderAreTwoCoverages() throws Exception {
        for (boolean newestFirst : List.of(true, false)) {
            List<String> now = List.of("HD*021**HLT*PLAN", "DTP*348*D8*20240101");
            List<String> before = List.of("HD*021**HLT*PLAN", "DTP*348*D8*20220101", "DTP*349*D8*20221231");
            String id = newestFirst ? "n1" : "n2";
            plan.enrollment(newestFirst ? 1 : 2, HEADER, "INS*Y*18*021*20*A", "REF*0F*" + id, "NM1*IL*1*DOE*JANE", "DMG*D8*19700203*F", newestFirst ? now : before, newestFirst ? before : now);
            assertThat(plan.read("Coverage", id + "-HLT-PLAN").path("status").asText()).isEqualTo("active");
            assertThat(plan.read("Coverage", id + "-HLT-PLAN").path("period").path("start").asText()).isEqualTo("2024-01-01");
            assertThat(plan.read("Coverage", id + "-HLT-PLAN-2022-01-01").path("period").path("end").asText()).isEqualTo("2022-12-31");
        }
    }

    @Test
    void edi11_aNumberOfSomebodyElseMergesNobody() throws Exception {
        LoadRun.FileReport report = plan.enrollment(1, CHANGES, "INS*Y*18*021*20*A", "REF*0F*x1", "REF*17*FULLTIME", "NM1*IL*1*DOE*JANE", "DMG*D8*19700203*F", "HD*021**HLT*PLAN", "DTP*348*D8*20240101",
            "INS*Y*18*021*20*A", "REF*0F*x2", "REF*17*FULLTIME", "NM1*IL*1*ROE*RICHARD", "DMG*D8*19650203*M", "HD*021**HLT*PLAN", "DTP*348*D8*20240101");
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).contains("other-person");
        assertThat(plan.read("Patient", "FULLTIME").path("birthDate").asText()).isEqualTo("1970-02-03");
        LoadRun.FileReport corrected = plan.enrollment(2, CHANGES, "INS*Y*18*001*43*A", MARIA, "DMG*D8*19800302*F");
        assertThat(corrected.rejected()).as("a birth date may be corrected").isZero();
    }

    @Test
    void edi02_aPayerWhoseOrderIsUnknownIsAnotherPayerNevertheless() throws Exception {
        plan.enrollment(1, CHANGES, "INS*Y*18*001*43*A", MARIA, "HD*001**HLT*PLAN A*FAM", "DTP*348*D8*20240101", "COB*U*POL-5*1", "DTP*344*D8*20240301", "NM1*IN*2*OTHER MUTUAL*****NI*other9");
        plan.claim(2, X12ClaimTest.billing(), X12ClaimTest.subscriber(), X12ClaimTest.professional("A-1", "1", ""));
        assertThat(plan.explanations()).allSatisfy(claim -> assertThat(claim.path("insurer").path("reference").asText()).isEqualTo("Organization/payer1"));
        plan.enrollment(3, CHANGES, "INS*Y*18*024*07*A", "REF*0F*m1", "DTP*357*D8*20240531", "NM1*IL*1*DE LA CRUZ*MARIA");
        assertThat(plan.read("Coverage", "m1-cob-other9-POL-5").path("status").asText()).isEqualTo("active");
    }

    @Test
    void edi02_aNewHomeAddressLeavesTheMailingAddressAndOtherNumbers() throws Exception {
        plan.enrollment(1, HEADER, "INS*Y*18*021*20*A", "REF*0F*n1", "NM1*IL*1*DOE*JANE", "PER*IP**HP*5551230001*EM*a@b.org", "N3*1 MAIN", "N4*LYNN*MA*01901", "DMG*D8*19700203*F", "NM1*31*1", "N3*PO BOX 7", "N4*SALEM*MA*01970");
        plan.enrollment(2, CHANGES, "INS*Y*18*001*43*A", "REF*0F*n1", "NM1*IL*1*DOE*JANE", "PER*IP**HP*5559999999", "N3*2 ELM", "N4*BOSTON*MA*02101");
        String patient = plan.read("Patient", "n1").toString();
        assertThat(patient).contains("2 ELM", "PO BOX 7", "5559999999", "a@b.org").doesNotContain("1 MAIN", "5551230001");
    }

    @Test
    void edi02_aChangeOfMariasAddressKeepsWhatIsKnownOfHer() throws Exception {
        plan.enrollment(1, CHANGES, "INS*Y*18*001*43*A", SUBSCRIBER.subList(1, 7));
        assertThat(plan.read("Coverage", HEALTH).path("status").asText()).isEqualTo("active");
    }
}
