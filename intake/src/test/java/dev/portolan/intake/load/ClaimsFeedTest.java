package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What claims of each kind become, as claims and as clinical data. One load for all tests. */
class ClaimsFeedTest {

    private static final Pattern CODING = Pattern.compile("\\{\"system\":\"([^\"]+)\",\"code\":\"[^\"]*\",\"display\":\"([^\"]*)\"\\}");
    private static final Set<String> LICENSED = Set.of("http://hl7.org/fhir/sid/icd-10-cm", "http://www.ama-assn.org/go/cpt", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "http://snomed.info/sct", "http://www.ada.org/cdt",
        "http://hl7.org/fhir/sid/ndc");
    private static LoadFixture fixture;
    private static LoadRun run;
    private static Map<String, String> contents;

    @BeforeAll
    static void load(@TempDir Path folder) throws Exception {
        fixture = new LoadFixture(new LoadFixture.Definitions());
        CpcdsFiles.write(folder, 11, 8, 4);
        OralClaims.write(folder, 3);
        CompoundClaims.write(folder, 1);
        Path claims = folder.resolve("CPCDS_Claims.csv");
        Files.writeString(claims, Files.readString(claims).replaceAll("(?m)^(cl-0-0,.*?),2024-03-01,2024-03-10,", "$1,2016-01-01,2016-01-02,"));
        Files.writeString(claims, Files.readString(claims).replaceAll("(?m)^(cl-1-0,.*),G0463,Hospital outpatient clinic visit,HCPCS$", "$1,90686,Influenza vaccine,CPT").replaceAll("(?m)^(cl-2-0,.*),G0463,Hospital outpatient clinic visit,HCPCS$",
            "$1,C1785,Pacemaker,HCPCS"));
        // A claim of each kind whose codes are not those that its profile asks for, one of them with a map.
        Files.writeString(claims, Files.readString(claims).replaceAll("(?m)^(cl-3-0,pharmacy,.*?),00071015523,", "$1,617314,").replaceAll("(?m)^(cl-[456]-0,.*?),(E11.9|I10|J45.909),a diagnosis,ICD10,", "$1,38341003,a diagnosis,SNOMED,")
            .replaceAll("(?m)^(cl-7-1,.*?),(E11.9|I10|J45.909),a diagnosis,ICD10,", "$1,local-pressure,a diagnosis,LOCAL,"));
        fixture.conceptMap("diagnosis", "local-pressure", "http://hl7.org/fhir/sid/icd-10-cm", "I10");
        fixture.conceptMap("vaccine", "90686", "http://hl7.org/fhir/sid/cvx", "150");
        fixture.conceptMap("device", "C1785", "http://snomed.info/sct", "14106009");
        run = fixture.load("cpcds", folder, LoadFixture.options(false, false));
        contents = LoadFixture.contents(fixture.pool, fixture.view());
    }

    @AfterAll
    static void close() {
        fixture.close();
    }

    private static JsonValue claim(String id) {
        return fixture.read("ExplanationOfBenefit", id).root();
    }

    private static List<String> ofType(String type) {
        return contents.entrySet().stream().filter(each -> each.getKey().startsWith(type + "/")).map(Map.Entry::getValue).toList();
    }

    @Test
    void edi01_everyLineOfEveryFileIsInTheReport() {
        assertThat(run.failure()).isNull();
        assertThat(run.files()).allSatisfy(file -> assertThat(file.lines()).isEqualTo(file.mapped() + file.merged() + file.rejected()).isPositive());
        assertThat(run.rejected()).isZero();
    }

    @Test
    void pac04_aClaimOfTheFirstDayThatTheRuleAsksForIsThere() {
        assertThat(claim("cl-0-0").field("billablePeriod").fieldText("start")).isEqualTo("2016-01-01");
    }

    @Test
    void edi07_pac09_pac20_aPharmacysFileBecomesPharmacyClaimsWithTheirDrugsAndAmounts() {
        List<String> pharmacy = ofType("ExplanationOfBenefit").stream().filter(each -> each.contains("C4BB-ExplanationOfBenefit-Pharmacy|2.0.0") && !each.contains("compound")).toList();
        assertThat(pharmacy).hasSize(7).allSatisfy(each -> assertThat(each).contains("\"system\":\"http://hl7.org/fhir/sid/ndc\",\"code\":\"00071015523\"", "dayssupply", "refillnum", "dawcode", "\"code\":\"prescribing\"", "\"code\":\"submitted\"",
            "\"outcome\":\"complete\""));
    }

    @Test
    void edi07_pac20_aCompoundIsOneItemOfItsIngredientsWithTheirAmountsTogether() {
        JsonValue claim = claim("compound-0");
        assertThat(claim.field("meta").field("profile").toJson()).contains("C4BB-ExplanationOfBenefit-Pharmacy|2.0.0");
        assertThat(claim.field("supportingInfo").toJson()).contains("NCPDPCompoundCode\",\"code\":\"2\"");
        assertThat(claim.field("item").size()).isEqualTo(1);
        JsonValue item = claim.field("item").firstChild();
        assertThat(item.field("productOrService").toJson()).isEqualTo("{\"coding\":[{\"system\":\"http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBCompoundLiteral\",\"code\":\"compound\"}]}");
        assertThat(item.field("detail").toJson()).isEqualTo("[{\"sequence\":1,\"productOrService\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/ndc\",\"code\":\"38779008205\"}]},\"quantity\":{\"value\":40,\"unit\":\"GM\"}},"
            + "{\"sequence\":2,\"productOrService\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/ndc\",\"code\":\"38779251009\"}]},\"quantity\":{\"value\":20,\"unit\":\"ML\"}}]");
        assertThat(item.field("adjudication").toJson()).as("of each line once").contains("\"code\":\"submitted\"}]},\"amount\":{\"value\":60.00,", "\"code\":\"eligible\"}]},\"amount\":{\"value\":50.00,",
            "\"code\":\"benefit\"}]},\"amount\":{\"value\":35.00,", "\"code\":\"copay\"}]},\"amount\":{\"value\":15.00,");
    }

    @Test
    void pac21_aDentistsFileBecomesOralClaimsWithTeethSurfacesOrthodonticsAndProsthesis() {
        String oral = contents.get("ExplanationOfBenefit/oral-1");
        assertThat(oral).contains("C4BB-ExplanationOfBenefit-Oral|2.1.0", "\"system\":\"http://www.ada.org/cdt\",\"code\":\"D2150\"", "orthodontics", "prosthesis", "missingtoothnumber", "additionalbodysite");
        JsonValue item = claim("oral-1").field("item").firstChild();
        assertThat(item.field("bodySite").toJson()).contains("\"code\":\"14\"");
        assertThat(item.field("subSite").toJson()).contains("ADAToothSurfaceCodes", "C4BBSurfaceCodes", "\"code\":\"M\"");
        assertThat(claim("oral-1").field("item").size()).isEqualTo(2);
    }

    @Test
    void pac27_aDescriptionOfTheFilesIsTextAndNeverTheDisplayOfALicensedCode() {
        int texts = 0;
        for (Map.Entry<String, String> each : contents.entrySet()) {
            Matcher coding = CODING.matcher(each.getValue());
            while (coding.find()) {
                assertThat(LICENSED).as(each.getKey() + " " + coding.group()).doesNotContain(coding.group(1));
            }
            texts += each.getValue().contains("\"text\":\"a diagnosis\"") ? 1 : 0;
        }
        assertThat(texts).isPositive();
    }

    @Test
    void pac26_aClaimWhoseCodesAreNotThoseOfItsProfileDoesNotNameItAndTheReportSaysSo() {
        for (String id : List.of("cl-3-0", "cl-4-0", "cl-5-0", "cl-6-0")) {
            assertThat(claim(id).field("meta").field("profile")).as(id).isNull();
            assertThat(claim(id).field("meta").fieldText("source")).as(id).isEqualTo("urn:portolan:feed:plan:claims");
            assertThat(claim(id).field("item").size()).as(id + " is there with its lines").isPositive();
        }
        assertThat(contents.entrySet().stream().filter(each -> each.getKey().startsWith("ExplanationOfBenefit/") && !each.getValue().contains("C4BB-ExplanationOfBenefit-"))).hasSize(4);
        assertThat(contents.get("ExplanationOfBenefit/cl-7-1")).as("a map gives the standard code").contains("local-pressure", "\"code\":\"I10\"", "C4BB-ExplanationOfBenefit-");
        assertThat(run.files().stream().flatMap(file -> file.problems().stream()).filter(problem -> problem.code().equals("profile-left-out"))).isNotEmpty()
            .allSatisfy(problem -> assertThat(problem.message()).contains("claims no profile"));
    }

    @Test
    void pac31_claimsAreClinicalDataTooAndSaySo() {
        assertThat(ofType("Encounter")).isNotEmpty().allSatisfy(each -> assertThat(each).contains("\"system\":\"urn:portolan:source\",\"code\":\"claims\"", "\"status\":\"finished\""));
        assertThat(ofType("Condition")).isNotEmpty().allSatisfy(each -> assertThat(each).contains("\"code\":\"claims\"", "\"code\":\"unconfirmed\"", "encounter-diagnosis"));
        assertThat(ofType("Procedure")).isNotEmpty().allSatisfy(each -> assertThat(each).contains("\"code\":\"claims\"", "\"status\":\"completed\"", "\"performedDateTime\""));
        assertThat(ofType("MedicationDispense").stream().filter(each -> !each.contains("compound"))).isNotEmpty().allSatisfy(each ->
            assertThat(each).contains(each.contains("\"id\":\"rx-cl-3-0-") ? "rxnorm\",\"code\":\"617314\"" : "\"code\":\"00071015523\"", "\"daysSupply\"", "\"whenHandedOver\""));
        assertThat(ofType("MedicationDispense")).as("the profile wants an NDC").allSatisfy(each -> assertThat(each.contains("pdex-medicationdispense")).as(each).isEqualTo(each.contains("hl7.org/fhir/sid/ndc")));
        assertThat(ofType("Provenance")).isNotEmpty().allSatisfy(each -> assertThat(each).contains("ProvenanceSourceFrom", "\"code\":\"transmitter\"", "\"code\":\"author\""));
        String encounter = ofType("Encounter").get(0);
        String own = encounter.replaceAll("(?s).*?\"id\":\"(enc-[^\"]+)\".*", "$1");
        assertThat(ofType("Condition").stream().filter(each -> each.contains("Encounter/" + own))).isNotEmpty();
    }

    @Test
    void pac31_aLineWhoseCodeThePlansMapNamesAVaccineOrADeviceIsThatAndNoProcedure() {
        assertThat(ofType("Immunization")).isNotEmpty().allSatisfy(each -> assertThat(each).contains("us-core-immunization|6.1.0", "\"code\":\"claims\"", "{\"system\":\"http://hl7.org/fhir/sid/cvx\",\"code\":\"150\"}",
            "\"code\":\"90686\"", "\"patient\":{\"reference\":\"Patient/m1\"}", "\"occurrenceDateTime\"", "\"primarySource\":false", "\"reference\":\"Encounter/enc-cl-1-0\""));
        assertThat(ofType("Device")).isNotEmpty().allSatisfy(each -> assertThat(each).contains("pdex-device", "\"code\":\"claims\"", "\"code\":\"14106009\"", "\"code\":\"C1785\"", "\"patient\":{\"reference\":\"Patient/m2\"}"));
        assertThat(ofType("Procedure")).allSatisfy(each -> assertThat(each).doesNotContain("90686", "C1785"));
        assertThat(ofType("Provenance").stream().filter(each -> each.contains("\"Immunization/cl-1-0-im-"))).hasSize(1);
    }

    @Test
    void everythingOfAClaimIsTheSameMembers() throws IOException {
        for (int member = 0; member < 8; member++) {
            for (int claim = 0; claim < 4; claim++) {
                String json = new String(fixture.read("ExplanationOfBenefit", "cl-" + member + "-" + claim).bytes(), StandardCharsets.UTF_8);
                assertThat(json).contains("\"patient\":{\"reference\":\"Patient/m" + member + "\"}", "\"reference\":\"Coverage/c" + member + "\"");
            }
        }
    }
}
