package dev.portolan.intake.load;

import static dev.portolan.intake.load.X12ClaimTest.billing;
import static dev.portolan.intake.load.X12ClaimTest.child;
import static dev.portolan.intake.load.X12ClaimTest.paid;
import static dev.portolan.intake.load.X12ClaimTest.payer;
import static dev.portolan.intake.load.X12ClaimTest.professional;
import static dev.portolan.intake.load.X12ClaimTest.subscriber;
import static dev.portolan.intake.load.X12Plan.replaced;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** CLM01 may be the patient's account number (837, CLM01 note 1): one number, and many claims of a provider. */
class X12SharedNumberTest {

    @RegisterExtension
    private final X12Plan plan = new X12Plan();

    private static List<String> may(List<String> segments) {
        return replaced(segments, "202404", "202405");
    }

    @Test
    void edi03_edi04_twoVisitsUnderOneAccountAreTwoClaimsWithAPaymentEach() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("77", "1", ""));
        plan.claim(2, billing(), subscriber(), may(professional("77", "1", "")));
        assertThat(plan.explanations()).hasSize(2);
        plan.remittance(3, payer("T1"), may(paid("77", "ICN2")));
        plan.remittance(4, payer("T2"), paid("77", "ICN1"));
        assertThat(plan.explanations()).hasSize(2).allSatisfy(claim -> {
            assertThat(claim.path("status").asText()).isEqualTo("active");
            assertThat(claim.path("outcome").asText()).isEqualTo("complete");
            assertThat(claim.has("related")).isFalse();
        });
        assertThat(plan.explanation("ICN1").path("billablePeriod").path("start").asText()).isEqualTo("2024-04-15");
        assertThat(plan.explanation("ICN2").path("billablePeriod").path("start").asText()).isEqualTo("2024-05-15");
        assertThat(plan.fixture.reports.waitingClaims()).isEmpty();
        plan.claim(5, billing(), subscriber(), may(professional("77", "1", "")));
        plan.claim(6, billing(), subscriber(), professional("77", "1", ""));
        assertThat(plan.explanations()).as("the same claims again").hasSize(2);
    }

    @Test
    void edi03_edi04_aFamilysAccountKeepsEachMembersClaim() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("77", "1", ""));
        plan.claim(2, billing(), child(), professional("77", "1", ""));
        assertThat(plan.explanations()).extracting(claim -> claim.path("patient").path("reference").asText()).containsExactlyInAnyOrder("Patient/m1", "Patient/m2");
        plan.remittance(3, payer("T1"), replaced(paid("77", "ICN-LEO"), "MARIA", "LEO"), paid("77", "ICN-MARIA"));
        assertThat(plan.explanation("ICN-LEO").path("patient").path("reference").asText()).isEqualTo("Patient/m2");
        assertThat(plan.explanation("ICN-MARIA").path("patient").path("reference").asText()).isEqualTo("Patient/m1");
        assertThat(plan.explanations()).hasSize(2);
    }

    @Test
    void edi04_aPaymentOfOtherDaysWaitsForItsClaim() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("77", "1", ""));
        plan.remittance(2, payer("T1"), paid("77", "ICN1"));
        assertThat(plan.remittance(3, payer("T2"), may(paid("77", "ICN2"))).problems()).extracting(LoadRun.GroupedProblem::code).contains("waiting-for-claim");
        assertThat(plan.explanations()).hasSize(1);
        assertThat(plan.explanation("ICN1").path("status").asText()).isEqualTo("active");
        plan.claim(4, billing(), subscriber(), may(professional("77", "1", "")));
        assertThat(plan.explanation("ICN2").path("billablePeriod").path("start").asText()).isEqualTo("2024-05-15");
        assertThat(plan.fixture.reports.waitingClaims()).isEmpty();
    }

    @Test
    void edi04_whatWasTakenForASecondDecisionIsWithdrawnWhenItsOwnClaimComes() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("77", "1", ""));
        plan.remittance(2, payer("T1"), paid("77", "ICN1"));
        plan.remittance(3, payer("T2"), replaced(paid("77", "ICN2"), "MARIA", "LEO").stream().filter(segment -> !segment.startsWith("NM1")).toList());
        assertThat(plan.explanation("ICN1").path("status").asText()).isEqualTo("cancelled");
        plan.claim(4, billing(), child(), professional("77", "1", ""));
        assertThat(plan.explanations().stream().filter(claim -> claim.path("status").asText().equals("active"))).extracting(claim -> claim.path("patient").path("reference").asText())
            .containsExactlyInAnyOrder("Patient/m1", "Patient/m2");
        assertThat(plan.explanations().stream().filter(claim -> claim.path("status").asText().equals("entered-in-error"))).hasSize(1);
    }

    @Test
    void edi03_interimBillsOfAStayAreEachAClaim() throws Exception {
        for (int month = 1; month <= 3; month++) {
            String days = "2024%02d01-2024%02d28".formatted(month, month);
            plan.load(new X12Text(month, "HC", X12ClaimTest.INSTITUTIONAL).transaction("837", X12Text.list(billing(), subscriber(), "CLM*H-1*100***11:A:" + (month == 1 ? "2" : "3") + "**A*Y*Y", "DTP*434*RD8*" + days,
                "DTP*435*DT*202401011200", "CL1*1*7*30", "HI*ABK:I2510:::::::Y", "NM1*71*1*JONES*JOHN****XX*1679576722", "LX*1", "SV2*0120**100*DA*28")).toString());
        }
        assertThat(plan.explanations()).extracting(claim -> claim.path("billablePeriod").path("start").asText()).containsExactlyInAnyOrder("2024-01-01", "2024-02-01", "2024-03-01");
        assertThat(plan.explanations()).allSatisfy(claim -> assertThat(claim.has("related")).isFalse());
    }

    @Test
    void pac24_aReplacementIsOfTheClaimThatItNames() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("77", "1", ""));
        plan.claim(2, billing(), subscriber(), may(professional("77", "1", "")));
        plan.remittance(3, payer("T1"), paid("77", "ICN1"), may(paid("77", "ICN2")));
        plan.claim(4, billing(), subscriber(), replaced(professional("77", "7", "ICN1"), "*50*", "*60*").stream().map(segment -> segment.replace("77*150", "77*160")).toList());
        plan.remittance(5, payer("T2"), replaced(paid("77", "ICN3"), "*1*150*", "*1*160*"));
        assertThat(plan.explanation("ICN1").path("status").asText()).isEqualTo("cancelled");
        assertThat(plan.explanation("ICN1").path("related").toString()).contains("ICN3");
        assertThat(plan.explanation("ICN3").path("related").toString()).contains("ICN1");
        assertThat(plan.explanation("ICN2").path("status").asText()).isEqualTo("active");
        plan.claim(6, billing(), subscriber(), may(professional("77", "8", "ICN2")));
        assertThat(plan.explanation("ICN2").path("status").asText()).isEqualTo("cancelled");
        assertThat(plan.explanation("ICN3").path("status").asText()).isEqualTo("active");
    }

    @Test
    void edi04_aPartOfTheChargeUnderAnotherNumberDoesNotReplaceTheOther() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("77", "1", ""));
        plan.remittance(2, payer("T1"), "CLP*77*1*100*70*15*12*ICN1*11*1", "NM1*QC*1*DE LA CRUZ*MARIA****MI*m1", "SVC*HC:99213:25*100*70**1", "DTM*472*20240415", "CAS*CO*45*15", "CAS*PR*3*15", "REF*6R*A1",
            "CLP*77*1*50*10*10*12*ICN2*11*1", "NM1*QC*1*DE LA CRUZ*MARIA****MI*m1", "SVC*HC:J1100*50*10**2", "DTM*472*20240415", "CAS*PR*1*10", "CAS*CO*45*30", "REF*6R*A2");
        JsonNode first = plan.explanation("ICN1");
        assertThat(first.path("status").asText()).isEqualTo("active");
        assertThat(plan.explanations()).hasSize(1);
    }

    @Test
    void edi04_aPaymentForSomebodyElseOfTheFamilyIsNotJoined() throws Exception {
        plan.claim(1, billing(), child(), professional("77", "1", ""));
        LoadRun.FileReport payment = plan.remittance(2, payer("T1"), paid("77", "ICN1"));
        assertThat(payment.problems()).extracting(LoadRun.GroupedProblem::code).contains("other-patient");
        assertThat(plan.explanations()).allSatisfy(claim -> assertThat(claim.path("outcome").asText()).isEqualTo("queued"));
    }

    @Test
    void edi04_aCorrectionFitsWhatWasReversedThoughThePayerHasAnotherCharge() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("77", "1", ""));
        plan.remittance(2, payer("T1"), replaced(paid("77", "ICN1"), "*1*150*", "*1*140*"));
        plan.remittance(3, payer("T2"), "CLP*77*22*-140*-80*-25*12*ICN1*11*1", "NM1*QC*1*DE LA CRUZ*MARIA****MI*m1", replaced(paid("77", "ICN2"), "*1*150*", "*1*140*"));
        assertThat(plan.explanation("ICN1").path("status").asText()).isEqualTo("cancelled");
        assertThat(plan.explanation("ICN2").path("status").asText()).isEqualTo("active");
        assertThat(plan.explanation("ICN1").path("related").toString()).contains("ICN2");
    }

    @Test
    void edi04_amountsThatDoNotBalanceAreWarnedOf() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("77", "1", ""));
        assertThat(plan.remittance(2, payer("T1"), paid("77", "ICN1")).problems()).isEmpty();
        assertThat(plan.remittance(3, payer("T2"), replaced(paid("77", "ICN1"), "CAS*PR*3*15", "CAS*PR*3*51")).problems()).extracting(LoadRun.GroupedProblem::code).containsExactly("unbalanced");
    }

    @Test
    void edi04_aCapitatedServiceIsNotDenied() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("77", "1", ""));
        plan.remittance(2, payer("T1"), "CLP*77*1*150*0*0*HM*ICN1*11*1", "NM1*QC*1*DE LA CRUZ*MARIA****MI*m1", "SVC*HC:99213:25*100*0**1", "CAS*CO*24*100", "REF*6R*A1", "SVC*HC:J1100*50*0**2", "CAS*CO*24*50", "REF*6R*A2");
        assertThat(plan.explanation("ICN1").path("payment").path("type").toString()).contains("paid").doesNotContain("denied");
    }

    @Test
    void edi03_aClaimWithALineThatNamesNoServiceIsRejected() throws Exception {
        List<String> claim = new java.util.ArrayList<>(professional("77", "1", ""));
        claim.addAll(claim.indexOf("LX*2"), List.of("LX*9", "NTE*ADD*X"));
        assertThat(plan.claim(1, billing(), subscriber(), claim).problems()).extracting(LoadRun.GroupedProblem::code).contains("missing-value");
        assertThat(plan.explanations()).isEmpty();
    }

    @Test
    void edi03_aTwinsMiddleInitialIsNoName() throws Exception {
        plan.enrollment(1, X12EnrollmentTest.CHANGES, "INS*N*19*021*20*A", "REF*0F*m1", "REF*23*m3", "NM1*IL*1*DE LA CRUZ*JOHN*L", "DMG*D8*20140304*M", "HD*021**HLT*PLAN A*FAM", "DTP*348*D8*20240101");
        List<String> twin = replaced(child(), "20150304", "20140304");
        assertThat(plan.claim(2, billing(), twin, professional("77", "1", "")).problems()).extracting(LoadRun.GroupedProblem::code).contains("unknown-member");
        assertThat(plan.claim(3, billing(), replaced(twin, "*LEO", "*JOHNNY"), professional("77", "1", "")).rejected()).isZero();
    }

    /** A sender that has one number for all: {@code -Dportolan.x12.visits=1500}. */
    @Test
    void edi03_edi04_oneNumberForAllStaysManyClaims() throws Exception {
        int visits = Integer.getInteger("portolan.x12.visits", 150);
        List<String> claims = new java.util.ArrayList<>();
        List<String> payments = new java.util.ArrayList<>();
        for (int i = 0; i < visits; i++) {
            String day = java.time.LocalDate.of(2020, 1, 1).plusDays(i).toString().replace("-", "");
            claims.addAll(List.of("CLM*0*100***11:B:1*Y*A*Y*Y", "HI*ABK:J0300", "LX*1", "SV1*HC:99213*100*UN*1***1", "DTP*472*D8*" + day));
            payments.addAll(0, List.of("CLP*0*1*100*80*0*12*ICN" + i + "*11*1", "NM1*QC*1*DE LA CRUZ*MARIA****MI*m1", "SVC*HC:99213*100*80**1", "DTM*472*" + day, "CAS*CO*45*20"));
        }
        java.time.Instant begin = java.time.Instant.now();
        assertThat(plan.claim(1, billing(), subscriber(), claims).mapped()).isEqualTo(visits);
        assertThat(plan.remittance(2, payer("T1"), payments).mapped()).isEqualTo(visits);
        System.out.printf("%d claims of one number and their payments in %d ms%n", visits, java.time.Duration.between(begin, java.time.Instant.now()).toMillis());
        assertThat(plan.explanations()).hasSize(visits).allSatisfy(claim -> assertThat(claim.path("status").asText() + claim.path("outcome").asText()).isEqualTo("activecomplete"));
        assertThat(plan.explanation("ICN7").path("billablePeriod").path("start").asText()).isEqualTo("2020-01-08");
    }
}
