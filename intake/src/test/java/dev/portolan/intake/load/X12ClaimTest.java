package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.fhir.json.JsonDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Claims and remittances as their guides (005010X222A1, X223A2, X224A2, X221A1) describe them, written by hand. */
class X12ClaimTest {

    static final String PROFESSIONAL = "005010X222A1";
    static final String INSTITUTIONAL = "005010X223A2";
    static final String DENTAL = "005010X224A2";
    static final String REMITTANCE = "005010X221A1";
    static final String NPI = "1245319599";

    private static LoadFixture.Definitions definitions;
    private LoadFixture fixture;
    @TempDir
    private Path folder;
    private int files;

    @BeforeAll
    static void read() {
        definitions = LoadFixture.Definitions.shared();
    }

    @BeforeEach
    void open() throws Exception {
        fixture = new LoadFixture(definitions);
        assertThat(load(new X12Text(900, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, X12EnrollmentTest.SUBSCRIBER, X12EnrollmentTest.CHILD)).toString()).rejected()).isZero();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    static List<String> billing() {
        return List.of("BHT*0019*00*0123*20240502*1023*CH", "NM1*41*2*CLEARING HOUSE*****46*TGJ23", "PER*IC*JERRY*TE*3055552222", "NM1*40*2*GOOD HEALTH PLAN*****46*66783JJT", "HL*1**20*1", "PRV*BI*PXC*203BF0100Y",
            "NM1*85*2*GENERAL HOSPITAL*****XX*" + NPI, "N3*234 SEAWAY ST", "N4*LYNN*MA*01901", "REF*EI*587654321");
    }

    static List<String> subscriber() {
        return List.of("HL*2*1*22*0", "SBR*P*18*g1******CI", "NM1*IL*1*DE LA CRUZ*MARIA****MI*m1", "DMG*D8*19800203*F", "NM1*PR*2*GOOD HEALTH PLAN*****PI*payer1");
    }

    static List<String> child() {
        return List.of("HL*2*1*22*1", "SBR*P**g1******CI", "NM1*IL*1*DE LA CRUZ*MARIA****MI*m1", "NM1*PR*2*GOOD HEALTH PLAN*****PI*payer1", "HL*3*2*23*0", "PAT*19", "NM1*QC*1*DE LA CRUZ*LEO", "N3*12 MAIN ST", "N4*LYNN*MA*01901",
            "DMG*D8*20150304*M");
    }

    static List<String> professional(String account, String frequency, String original) {
        List<String> claim = new ArrayList<>(List.of("CLM*" + account + "*150***11:B:" + frequency + "*Y*A*Y*Y"));
        if (!original.isEmpty()) {
            claim.add("REF*F8*" + original);
        }
        claim.addAll(List.of("HI*ABK:J0300*ABF:Z1159", "NM1*DN*1*MILLER*SAM****XX*1679576722", "NM1*82*1*DIAZ*ANA****XX*1679576722", "PRV*PE*PXC*207Q00000X", "LX*1", "SV1*HC:99213:25*100*UN*1***1:2", "DTP*472*D8*20240415",
            "REF*6R*A1", "LX*2", "SV1*HC:J1100*50*UN*2*12**1", "DTP*472*RD8*20240415-20240416", "REF*6R*A2", "LIN**N4*00071015523"));
        return claim;
    }

    static List<String> payer(String trace) {
        return List.of("BPR*I*110*C*ACH*CTX*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20240510", "TRN*1*" + trace + "*1512345678", "DTM*405*20240509", "N1*PR*GOOD HEALTH PLAN", "N3*1 PLAZA", "N4*BOSTON*MA*02101",
            "N1*PE*GENERAL HOSPITAL*XX*" + NPI, "LX*1");
    }

    static List<String> paid(String account, String control) {
        return List.of("CLP*" + account + "*1*150*80*25*12*" + control + "*11*1", "NM1*QC*1*DE LA CRUZ*MARIA****MI*m1", "MOA***MA01", "DTM*050*20240503", "SVC*HC:99213:25*100*70**1", "DTM*472*20240415", "CAS*CO*45*15", "CAS*PR*3*15", "REF*6R*A1",
            "AMT*B6*85", "LQ*HE*N19", "SVC*HC:J1100*50*10**2", "DTM*472*20240415", "CAS*PR*1*4**2*6", "CAS*CO*45*30", "REF*6R*A2", "AMT*B6*20");
    }

    @Test
    void edi03_edi04_pac01_aClaimAndItsPaymentBecomeOneExplanation() throws Exception {
        LoadRun.FileReport claims = load(claim(1, X12Text.list(billing(), subscriber(), professional("A-1", "1", ""))));
        assertThat(claims.rejected()).as(claims.problems().toString()).isZero();
        JsonNode before = only();
        assertThat(before.path("outcome").asText()).isEqualTo("queued");
        assertThat(before.has("payment")).isFalse();
        assertThat(waiting()).containsExactly("remittance");
        LoadRun.FileReport payment = load(new X12Text(2, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T1"), paid("A-1", "ICN1"))).toString());
        assertThat(payment.rejected()).as(payment.problems().toString()).isZero();
        JsonNode after = only();
        assertThat(after.path("id")).isEqualTo(before.path("id"));
        assertThat(after.path("outcome").asText()).isEqualTo("complete");
        assertThat(after.path("identifier").path(0).path("value").asText()).isEqualTo("ICN1");
        assertThat(total(after, "submitted")).isEqualTo("150.00");
        assertThat(total(after, "eligible")).isEqualTo("105.00");
        assertThat(total(after, "benefit")).isEqualTo("80.00");
        assertThat(total(after, "memberliability")).isEqualTo("25.00");
        assertThat(total(after, "discount")).isEqualTo("45.00");
        assertThat(line(after, 0, "copay")).isEqualTo("15.00");
        assertThat(line(after, 1, "deductible")).isEqualTo("4.00");
        assertThat(line(after, 1, "coinsurance")).isEqualTo("6.00");
        assertThat(after.toString()).contains("\"code\":\"45\"", "\"code\":\"N19\"", "\"code\":\"MA01\"", "Practitioner/1679576722", "Organization/" + NPI, "207Q00000X", "J03.00", "\"2024-05-10\"");
        assertThat(waiting()).isEmpty();
    }

    @Test
    void edi04_itDoesNotMatterWhichOfTheTwoComesFirst() throws Exception {
        load(claim(1, X12Text.list(billing(), subscriber(), professional("A-1", "1", ""))));
        load(new X12Text(2, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T1"), paid("A-1", "ICN1"))).toString());
        String inOrder = stripped(only());
        try (LoadFixture other = new LoadFixture(definitions)) {
            LoadFixture first = fixture;
            fixture = other;
            load(new X12Text(900, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, X12EnrollmentTest.SUBSCRIBER)).toString());
            LoadRun.FileReport payment = load(new X12Text(2, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T1"), paid("A-1", "ICN1"))).toString());
            assertThat(payment.mapped()).isEqualTo(1);
            assertThat(payment.problems()).extracting(LoadRun.GroupedProblem::code).contains("waiting-for-claim");
            assertThat(all()).isEmpty();
            assertThat(waiting()).containsExactly("claim");
            load(claim(1, X12Text.list(billing(), subscriber(), professional("A-1", "1", ""))));
            assertThat(stripped(only())).isEqualTo(inOrder);
            fixture = first;
        }
    }

    @Test
    void edi04_pac01_aReversalCancelsAndItsCorrectionUnderANewNumberReplaces() throws Exception {
        load(claim(1, X12Text.list(billing(), subscriber(), professional("A-1", "1", ""))));
        load(new X12Text(2, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T1"), paid("A-1", "ICN1"))).toString());
        List<String> reversal = List.of("CLP*A-1*22*-150*-80*-25*12*ICN1*11*1", "NM1*QC*1*DE LA CRUZ*MARIA****MI*m1", "SVC*HC:99213:25*-100*-70**1", "CAS*CO*45*-15", "CAS*PR*3*-15", "REF*6R*A1");
        load(new X12Text(3, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T2").stream().map(segment -> segment.replace("20240509", "20240609")).toList(), reversal)).toString());
        assertThat(only().path("status").asText()).isEqualTo("cancelled");
        load(new X12Text(4, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T3").stream().map(segment -> segment.replace("20240509", "20240610")).toList(), paid("A-1", "ICN2"))).toString());
        JsonNode old = byNumber("ICN1");
        JsonNode corrected = byNumber("ICN2");
        assertThat(old.path("status").asText()).isEqualTo("cancelled");
        assertThat(old.path("related").toString()).contains("replacedby", "ICN2");
        assertThat(corrected.path("status").asText()).isEqualTo("active");
        assertThat(corrected.path("related").toString()).contains("prior", "ICN1");
    }

    @Test
    void pac24_aReplacementOfTheProviderIsLinkedBothWaysWhateverItsNumber() throws Exception {
        load(claim(1, X12Text.list(billing(), subscriber(), professional("A-1", "1", ""))));
        load(new X12Text(2, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T1"), paid("A-1", "ICN1"))).toString());
        load(claim(3, X12Text.list(billing(), subscriber(), professional("B-9", "7", "ICN1"))));
        assertThat(byNumber("ICN1").path("status").asText()).as("what replaces it is not decided yet").isEqualTo("active");
        load(new X12Text(4, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T2"), paid("B-9", "ICN2"))).toString());
        assertThat(byNumber("ICN1").path("related").toString()).contains("replacedby", "ICN2");
        assertThat(byNumber("ICN1").path("status").asText()).isEqualTo("cancelled");
        assertThat(byNumber("ICN2").path("related").toString()).contains("prior", "ICN1");
        load(claim(5, X12Text.list(billing(), subscriber(), professional("B-9", "8", "ICN2"))));
        assertThat(byNumber("ICN2").path("status").asText()).isEqualTo("cancelled");
    }

    @Test
    void edi04_pac01_aDeniedClaimSaysWhy() throws Exception {
        load(claim(1, X12Text.list(billing(), subscriber(), professional("A-1", "1", ""))));
        load(new X12Text(2, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T1"), "CLP*A-1*4*150*0*0*12*ICN1*11*1", "NM1*QC*1*DE LA CRUZ*MARIA****MI*m1", "SVC*HC:99213:25*100*0**1", "CAS*CO*50*100", "REF*6R*A1", "LQ*HE*N115",
            "SVC*HC:J1100*50*0**2", "CAS*PR*96*50", "REF*6R*A2")).toString());
        JsonNode denied = only();
        assertThat(denied.path("payment").path("type").toString()).contains("denied");
        assertThat(total(denied, "memberliability")).isEqualTo("50.00");
        assertThat(total(denied, "noncovered")).isEqualTo("150.00");
        assertThat(denied.path("item").path(0).toString()).contains("\"code\":\"50\"", "\"code\":\"N115\"", "adjustmentreason");
    }

    @Test
    void edi03_aDependentIsFoundBelowTheSubscriber() throws Exception {
        LoadRun.FileReport report = load(claim(1, X12Text.list(billing(), child(), professional("A-2", "1", ""))));
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
        assertThat(only().path("patient").path("reference").asText()).isEqualTo("Patient/m2");
        LoadRun.FileReport stranger = load(claim(2, X12Text.list(billing(), child().stream().map(segment -> segment.replace("20150304", "20150305")).toList(), professional("A-3", "1", ""))));
        assertThat(stranger.rejected()).isPositive();
        assertThat(stranger.problems()).extracting(LoadRun.GroupedProblem::code).contains("unknown-member");
        assertThat(all()).hasSize(1);
    }

    @Test
    void edi03_anInpatientAndADentalClaimAreOfTheirOwnProfiles() throws Exception {
        LoadRun.FileReport report = load(new X12Text(1, "HC", INSTITUTIONAL).transaction("837", X12Text.list(billing(), subscriber(), "CLM*H-1*1500***11:A:1**A*Y*Y", "DTP*434*RD8*20240401-20240405", "DTP*435*DT*202404011200", "CL1*1*7*01",
            "REF*EA*MRN77", "HI*ABK:I2510:::::::Y", "HI*ABJ:R079", "HI*ABF:E119:::::::N*ABF:I10:::::::Y", "HI*BBR:02703DZ:D8:20240402", "HI*DR:247", "NM1*71*1*JONES*JOHN****XX*1679576722", "LX*1", "SV2*0120**1000*DA*4", "LX*2",
            "SV2*0250*HC:J0120*500*UN*1", "DTP*472*D8*20240402")).toString());
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
        JsonNode inpatient = only();
        assertThat(inpatient.path("meta").path("profile").toString()).contains("Inpatient-Institutional");
        assertThat(inpatient.toString()).contains("I25.10", "02703DZ", "\"247\"", "MRN77", "attending", "2024-04-05", "admtype", "pointoforigin", "discharge-status", "\"code\":\"111\"");
        load(new X12Text(2, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T1"), "CLP*H-1*1*1500*900*100*12*ICN7*11*1", "CAS*CO*45*500", "CAS*PR*1*100", "NM1*QC*1*DE LA CRUZ*MARIA****MI*m1", "MIA*4***900**MA02")).toString());
        assertThat(total(only(), "eligible")).isEqualTo("1000.00");
        assertThat(only().path("item").toString()).doesNotContain("benefit");
        assertThat(only().path("adjudication").toString()).contains("\"deductible\"", "\"45\"");
        load(new X12Text(3, "HC", DENTAL).transaction("837", X12Text.list(billing(), subscriber(), "CLM*D-1*200***11:B:1*Y*A*Y*Y", "DTP*472*D8*20240415", "HI*ABK:K029", "NM1*82*1*DIAZ*ANA****XX*1679576722", "LX*1", "SV3*AD:D2150*200****1",
            "TOO*JP*12*M:O")).toString());
        JsonNode dental = all().stream().filter(claim -> claim.path("type").toString().contains("oral")).findFirst().orElseThrow();
        assertThat(dental.toString()).contains("D2150", "\"12\"", "Coverage/" + dev.portolan.intake.mapping.LogicalId.of("m1-DEN-DENTAL B"));
    }

    @Test
    void aPaymentForSomebodyElseIsNotJoined() throws Exception {
        load(claim(1, X12Text.list(billing(), subscriber(), professional("A-1", "1", ""))));
        LoadRun.FileReport report = load(new X12Text(2, "HP", REMITTANCE).transaction("835", X12Text.list(payer("T1"), paid("A-1", "ICN1").stream().map(segment -> segment.replace("DE LA CRUZ", "SMITH")).toList())).toString());
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).contains("other-patient");
        assertThat(only().path("outcome").asText()).isEqualTo("queued");
    }

    private static String claim(int number, List<String> segments) {
        return new X12Text(number, "HC", PROFESSIONAL).transaction("837", segments).toString();
    }

    private static String total(JsonNode claim, String category) {
        return amount(claim.path("total"), category);
    }

    private static String line(JsonNode claim, int place, String category) {
        return amount(claim.path("item").path(place).path("adjudication"), category);
    }

    private static String amount(JsonNode list, String category) {
        for (JsonNode one : list) {
            if (one.path("category").path("coding").path(0).path("code").asText().equals(category)) {
                return one.path("amount").path("value").decimalValue().toPlainString();
            }
        }
        return "none";
    }

    private static String stripped(JsonNode claim) {
        return claim.toString().replaceAll("\"(versionId|lastUpdated)\":\"[^\"]*\"", "");
    }

    private JsonNode only() throws Exception {
        List<JsonNode> all = all();
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    private JsonNode byNumber(String number) throws Exception {
        return all().stream().filter(claim -> claim.path("identifier").path(0).path("value").asText().equals(number)).findFirst().orElseThrow();
    }

    private List<JsonNode> all() throws Exception {
        List<JsonNode> all = new ArrayList<>();
        ObjectMapper json = new ObjectMapper().enable(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).setNodeFactory(com.fasterxml.jackson.databind.node.JsonNodeFactory.withExactBigDecimals(true));
        for (var entry : LoadFixture.contents(fixture.pool, fixture.view()).entrySet()) {
            if (entry.getKey().startsWith("ExplanationOfBenefit/")) {
                all.add(json.readTree(entry.getValue()));
            }
        }
        return all;
    }

    private List<String> waiting() throws Exception {
        List<String> waiting = new ArrayList<>();
        try (var connection = fixture.pool.getConnection(); var statement = connection.createStatement(); var rows = statement.executeQuery("SELECT lacks FROM intake.claim_waiting ORDER BY lacks")) {
            while (rows.next()) {
                waiting.add(rows.getString(1));
            }
        }
        return waiting;
    }

    private LoadRun.FileReport load(String text) throws Exception {
        Path file = folder.resolve("file-" + ++files + ".x12");
        Files.writeString(file, text);
        LoadRun run = fixture.load("x12", file, LoadFixture.options(false, false));
        assertThat(run.failure()).isNull();
        LoadRun.FileReport report = run.files().get(0);
        assertThat(report.lines()).isEqualTo(X12Text.segments(text)).isEqualTo(report.mapped() + report.merged() + report.rejected());
        return report;
    }
}
