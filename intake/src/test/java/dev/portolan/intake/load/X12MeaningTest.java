package dev.portolan.intake.load;

import static dev.portolan.intake.load.X12ClaimTest.billing;
import static dev.portolan.intake.load.X12ClaimTest.payer;
import static dev.portolan.intake.load.X12ClaimTest.professional;
import static dev.portolan.intake.load.X12ClaimTest.subscriber;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the elements of claims and remittances mean by their guides, and what a member reads of it. */
class X12MeaningTest {

    private static final List<String> PATIENT = List.of("NM1*QC*1*DE LA CRUZ*MARIA****MI*m1");
    private static final List<String> STAY = List.of("DTP*434*RD8*20240401-20240405", "DTP*435*DT*202404011200", "HI*ABK:I2510:::::::Y", "NM1*71*1*JONES*JOHN****XX*1679576722");

    @RegisterExtension
    private final X12Plan plan = new X12Plan();

    private void institutional(int number, String bill, Object... rest) throws Exception {
        LoadRun.FileReport report = plan.load(new X12Text(number, "HC", X12ClaimTest.INSTITUTIONAL).transaction("837", X12Text.list(billing(), subscriber(), "CLM*H-1*1000***" + bill + ":A:1**A*Y*Y", X12Text.list(rest))).toString());
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
    }

    private LoadRun.FileReport dental(int number, String claim, Object... rest) throws Exception {
        return plan.load(new X12Text(number, "HC", X12ClaimTest.DENTAL).transaction("837", X12Text.list(billing(), subscriber(), claim, List.of(rest))).toString());
    }

    private JsonNode only() throws Exception {
        assertThat(plan.explanations()).hasSize(1);
        return plan.explanations().get(0);
    }

    private static String total(JsonNode claim, String category) {
        return amount(claim.path("total"), category);
    }

    private static String amount(JsonNode list, String category) {
        List<String> found = new ArrayList<>();
        list.forEach(one -> {
            if (one.path("category").path("coding").path(0).path("code").asText().equals(category)) {
                found.add(one.has("amount") ? one.path("amount").path("value").decimalValue().setScale(2).toPlainString() : one.path("value").asText());
            }
        });
        return String.join(",", found);
    }

    /** CLP02 is 1 whether or not anything is paid; 4 is for patients whom the payer does not know (005010X221A1). */
    @Test
    void edi04_aClaimThatIsDeniedAsAWholeIsDeniedThoughItWasProcessedAsPrimary() throws Exception {
        institutional(1, "11", STAY, "LX*1", "SV2*0120**1000*DA*4");
        plan.remittance(2, payer("T1"), "CLP*H-1*1*1000*0*0*12*ICN7*11*1", "CAS*CO*50*1000", PATIENT, "MIA*0***0**N115");
        assertThat(only().path("payment").path("type").toString()).contains("denied");
        assertThat(total(only(), "noncovered")).isEqualTo("1000.00");
        plan.remittance(3, payer("T2").stream().map(segment -> segment.replace("20240509", "20240609")).toList(), "CLP*H-1*1*1000*0*0*12*ICN7*11*1", "CAS*CO*24*1000", PATIENT);
        assertThat(only().path("payment").path("type").toString()).as("capitation denies nothing").contains("\"paid\"");
    }

    /** CARC 100: the payer has paid the patient instead of the provider. */
    @Test
    void edi04_whatWasPaidToThePatientIsPaidAndNotDenied() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("A-1", "1", ""));
        plan.remittance(2, payer("T1"), "CLP*A-1*1*150*0*0*12*ICN1*11*1", PATIENT, "SVC*HC:99213:25*100*0**1", "CAS*CO*45*20", "CAS*OA*100*80", "REF*6R*A1", "SVC*HC:J1100*50*0**2", "CAS*OA*100*50", "REF*6R*A2");
        JsonNode claim = only();
        assertThat(claim.path("payment").path("type").toString()).contains("\"paid\"");
        assertThat(total(claim, "paidtopatient")).isEqualTo("130.00");
        assertThat(total(claim, "paidtoprovider")).isEqualTo("0.00");
        assertThat(total(claim, "benefit")).isEqualTo("130.00");
        assertThat(total(claim, "noncovered")).isEqualTo("0.00");
        assertThat(total(claim, "eligible")).isEqualTo("130.00");
        assertThat(claim.path("payment").path("amount").path("value").decimalValue().setScale(2).toPlainString()).isEqualTo("130.00");
        assertThat(claim.path("payee").path("type").toString()).contains("subscriber");
        assertThat(amount(claim.path("item").path(0).path("adjudication"), "paidtopatient")).isEqualTo("80.00");
    }

    /** A stay is paid by its case, which may be more than its charges (CARC 94): nothing of it is a service that is not covered. */
    @Test
    void edi04_aPaymentAboveTheChargeIsAnAgreementAndNoNegativeDenial() throws Exception {
        institutional(1, "11", STAY, "LX*1", "SV2*0120**1000*DA*4");
        plan.remittance(2, payer("T1"), "CLP*H-1*1*1000*1400*100*12*ICN7*11*1**470", "CAS*CO*94*-500", "CAS*PR*1*100", PATIENT);
        assertThat(total(only(), "noncovered")).isEqualTo("0.00");
        assertThat(total(only(), "discount")).isEqualTo("-500.00");
        assertThat(total(only(), "eligible")).isEqualTo("1500.00");
        assertThat(only().path("supportingInfo").toString()).as("CLP11: the DRG that was paid by").contains("\"drg\"", "\"470\"");
    }

    /** Some payers number a reversal anew. */
    @Test
    void edi04_aReversalUnderANumberOfItsOwnTakesBackWhatWasPaid() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("A-1", "1", ""));
        plan.remittance(2, payer("T1"), X12ClaimTest.paid("A-1", "ICN1"));
        plan.remittance(3, payer("T2").stream().map(segment -> segment.replace("20240509", "20240609")).toList(), "CLP*A-1*22*-150*-80*-25*12*ICN1R*11*1", PATIENT);
        assertThat(only().path("status").asText()).isEqualTo("cancelled");
        assertThat(only().path("identifier").path(0).path("value").asText()).isEqualTo("ICN1");
        plan.remittance(4, payer("T3").stream().map(segment -> segment.replace("20240509", "20240610")).toList(), X12ClaimTest.paid("A-1", "ICN2"));
        assertThat(plan.explanation("ICN1").path("related").toString()).contains("replacedby", "ICN2");
        assertThat(plan.explanation("ICN2").path("status").asText()).isEqualTo("active");
    }

    @Test
    void edi04_aLineThatThePayerHasSplitIsAllowedTheUnitsOfItsParts() throws Exception {
        plan.claim(1, billing(), subscriber(), professional("A-1", "1", ""));
        plan.remittance(2, payer("T1"), "CLP*A-1*1*150*150*0*12*ICN1*11*1", PATIENT, "SVC*HC:99213:25*100*100**1", "REF*6R*A1", "SVC*HC:J1100*25*25**2", "REF*6R*A2", "SVC*HC:J1100*25*25**3", "REF*6R*A2");
        assertThat(amount(only().path("item").path(1).path("adjudication"), "allowedunits")).isEqualTo("5");
        assertThat(amount(only().path("item").path(1).path("adjudication"), "benefit")).isEqualTo("50.00");
    }

    @Test
    void edi03_minutesAreMinutesAndModifiersOfCptAreOfCpt() throws Exception {
        List<String> anesthesia = X12Plan.replaced(professional("A-1", "1", ""), "SV1*HC:99213:25*100*UN*1*", "SV1*HC:00840:P2:QK:23*100*MJ*75*");
        plan.claim(1, billing(), subscriber(), anesthesia);
        JsonNode line = only().path("item").path(0);
        assertThat(line.path("quantity").toString()).contains("\"value\":75", "\"system\":\"http://unitsofmeasure.org\"", "\"code\":\"min\"");
        assertThat(only().path("item").path(1).path("quantity").has("code")).isFalse();
        assertThat(line.path("modifier").toString()).contains("{\"system\":\"http://www.ama-assn.org/go/cpt\",\"code\":\"P2\"}", "{\"system\":\"https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets\",\"code\":\"QK\"}",
            "{\"system\":\"http://www.ama-assn.org/go/cpt\",\"code\":\"23\"}");
    }

    /** 2420A stands for its own line alone. */
    @Test
    void edi03_eachLineIsOfWhoeverRenderedIt() throws Exception {
        List<String> claim = new ArrayList<>(professional("A-1", "1", "").stream().filter(segment -> !segment.startsWith("NM1*82") && !segment.startsWith("PRV*PE")).toList());
        claim.add(claim.indexOf("REF*6R*A1") + 1, "NM1*82*1*DIAZ*ANA****XX*1679576722");
        claim.add("NM1*82*1*ROE*JANE****XX*1245319599");
        plan.claim(1, billing(), subscriber(), claim, "AMT*F5*20");
        JsonNode made = only();
        assertThat(made.path("careTeam").toString()).contains("Practitioner/1679576722", "Practitioner/1245319599");
        List<String> rendered = new ArrayList<>();
        made.path("item").forEach(item -> made.path("careTeam").forEach(member -> {
            if (member.path("sequence").asInt() == item.path("careTeamSequence").path(0).asInt()) {
                rendered.add(member.path("provider").path("reference").asText());
            }
        }));
        assertThat(rendered).containsExactly("Practitioner/1679576722", "Practitioner/1245319599");
    }

    /** The diagnoses of a claim are its own, those of a line are some of them; and of other carriers a claim has the names. */
    @Test
    void edi03_aLineIsForTheDiagnosesThatItPointsToAndOtherCarriersAreNamed() throws Exception {
        List<String> claim = new ArrayList<>(professional("A-1", "1", ""));
        claim.addAll(claim.indexOf("LX*1"), List.of("SBR*S*18*******CI", "AMT*D*20", "OI***Y***Y", "NM1*IL*1*DE LA CRUZ*MARIA****MI*X9", "NM1*PR*2*OTHER MUTUAL*****PI*other9", "DTP*573*D8*20240430"));
        plan.claim(1, billing(), subscriber(), X12Plan.replaced(claim, "UN*2*12**1", "UN*2*12**2:1"));
        assertThat(only().path("item").path(0).path("diagnosisSequence").toString()).isEqualTo("[1,2]");
        assertThat(only().path("item").path(1).path("diagnosisSequence").toString()).isEqualTo("[2,1]");
        assertThat(only().path("insurance").path(0).path("focal").asBoolean()).isTrue();
        assertThat(only().path("insurance").path(1).toString()).isEqualTo("{\"focal\":false,\"coverage\":{\"display\":\"OTHER MUTUAL\"}}");
        assertThat(only().path("careTeam").toString()).as("who is another carrier's is nobody's of the claim").doesNotContain("X9");
    }

    /** Of a newborn point of origin 5 is born here; of anybody else it is come from a nursing facility. */
    @Test
    void edi03_aNewbornsPointOfOriginIsOfItsOwnCodes() throws Exception {
        institutional(1, "11", STAY.get(0), STAY.get(1), "CL1*4*5*01", STAY.get(2), "NM1*71*1*JONES*JOHN****XX*1679576722", "NM1*ZZ*1*ROE*JANE****XX*1245319599", "LX*1", "SV2*0170**1000*DA*4");
        assertThat(only().path("supportingInfo").toString()).contains("{\"system\":\"https://www.nubc.org/CodeSystem/PointOfOriginNewborn\",\"code\":\"5\"}").doesNotContain("PointOfOrigin\"");
        assertThat(only().path("careTeam").toString()).contains("otheroperating", "Practitioner/1245319599");
    }

    @Test
    void edi03_codesOfTheNinthRevisionAreOfTheNinth() throws Exception {
        institutional(1, "13", STAY.get(0), "HI*BK:78650", "HI*PR:78659", "HI*BN:E8859", "NM1*71*1*JONES*JOHN****XX*1679576722", "LX*1", "SV2*0450*HC:99283*1000*UN*1", "DTP*472*D8*20240402");
        assertThat(only().path("diagnosis").toString()).contains("{\"system\":\"http://hl7.org/fhir/sid/icd-9-cm\",\"code\":\"786.59\"}", "{\"system\":\"http://hl7.org/fhir/sid/icd-9-cm\",\"code\":\"E885.9\"}", "externalcauseofinjury",
            "patientreasonforvisit").doesNotContain("icd-10-cm");
    }

    @Test
    void edi03_aPredeterminationIsNoClaim() throws Exception {
        LoadRun.FileReport report = dental(1, "CLM*D-1*200***11:B:1*Y*A*Y*Y**********PB", "DTP*472*D8*20240415", "HI*ABK:K029", "NM1*82*1*DIAZ*ANA****XX*1679576722", "LX*1", "SV3*AD:D2750*200****1");
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).contains("no-claim");
        assertThat(plan.explanations()).isEmpty();
    }

    @Test
    void edi03_allTeethAndSurfacesOfALineAreTold() throws Exception {
        LoadRun.FileReport report = dental(1, "CLM*D-1*300***11:B:1*Y*A*Y*Y", "DTP*452*D8*20240115", "DTP*472*D8*20240415", "DN1*18*6", "DN2*16*M", "DN2*17*E", "HI*ABK:K029", "NM1*82*1*DIAZ*ANA****XX*1679576722", "LX*1",
            "SV3*AD:D2160*200****1", "TOO*JP*12*M:O:D", "LX*2", "SV3*AD:D4341*100**10:20**1", "TOO*JP*3", "TOO*JP*4");
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
        JsonNode claim = only();
        List<String> surfaces = new ArrayList<>();
        claim.path("item").path(0).path("subSite").forEach(surface -> surfaces.add(surface.path("coding").path(0).path("code").asText()));
        assertThat(surfaces).containsExactly("M", "O", "D");
        JsonNode second = claim.path("item").path(1);
        assertThat(second.path("bodySite").toString()).contains("ADAUniversalToothDesignationSystem", "\"3\"");
        List<String> further = new ArrayList<>();
        second.path("informationSequence").forEach(number -> claim.path("supportingInfo").forEach(info -> {
            if (info.path("sequence").equals(number)) {
                further.add(info.path("category").path("coding").path(0).path("code").asText() + ' ' + info.path("code").path("coding").path(0).path("code").asText());
            }
        }));
        assertThat(further).containsExactly("additionalbodysite 4", "additionalbodysite 10", "additionalbodysite 20");
        String information = claim.path("supportingInfo").toString();
        assertThat(information).contains("orthodontics", "\"value\":18", "2024-01-15", "missingtoothnumber", "\"16\"").doesNotContain("\"17\"");
        assertThat(claim.toString()).as("nothing in the file says whether the dentist is in the network").doesNotContain("outofnetwork").doesNotContain("C4BB-ExplanationOfBenefit-Oral");
    }

    /** What covers drugs or eyes alone is no coverage of a visit, whichever began last. */
    @Test
    void edi03_aVisitFallsUnderTheHealthPlanAndNotUnderDrugsOrEyes() throws Exception {
        plan.enrollment(1, X12EnrollmentTest.HEADER, "INS*Y*18*021*20*A", "REF*0F*n1", "NM1*IL*1*DOE*JANE", "DMG*D8*19700203*F", "HD*021**PPO*GOLD", "DTP*348*D8*20230101", "HD*021**PDG*DRUGS", "DTP*348*D8*20240101", "HD*021**VIS*EYES",
            "DTP*348*D8*20240201", "HD*021**AK*MIND", "DTP*348*D8*20240201");
        plan.claim(2, billing(), "HL*2*1*22*0", "SBR*P*18*g1******CI", "NM1*IL*1*DOE*JANE****MI*n1", "DMG*D8*19700203*F", "NM1*PR*2*GOOD HEALTH PLAN*****PI*payer1", professional("A-1", "1", ""));
        assertThat(only().path("insurance").path(0).path("coverage").path("reference").asText()).isEqualTo("Coverage/n1-PPO-GOLD");
        assertThat(plan.read("Coverage", "n1-AK-MIND").path("type").toString()).contains("MENTPOL");
    }
}
