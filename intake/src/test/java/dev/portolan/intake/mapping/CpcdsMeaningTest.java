package dev.portolan.intake.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the columns of CPCDS mean, and that nothing is said that no column says. */
class CpcdsMeaningTest {

    private static final String HEADER = "Claim unique identifier,Claim type,Member id,Claim payer identifier,Coverage id,Claim service start date,Claim billing provider NPI,Line number,Claim processing status code,";

    private static String made(String mapping, String type, String columns, String values, String claimType, String status) throws IOException {
        Mapping read = MappingReader.read(new String(CpcdsMeaningTest.class.getResourceAsStream("/mappings/cpcds/" + mapping + ".yaml").readAllBytes(), StandardCharsets.UTF_8));
        Columns header = new Columns(Arrays.asList((HEADER + columns).split(",")));
        String line = "c1," + claimType + ",m1,payer1,cov1,2024-01-02,1679576722,1," + status + ',' + values;
        Mapping.Outcome outcome = read.map(new SourceRecord(List.of(new SourceRow(header, line.split(",", -1), 2))));
        return outcome.resources().stream().filter(resource -> resource.type().equals(type)).map(resource -> new String(resource.json(), StandardCharsets.UTF_8)).findFirst().orElse("none");
    }

    private static String claim(String type, String columns, String values) throws IOException {
        return made("claims", "ExplanationOfBenefit", columns, values, type, "active");
    }

    @Test
    void pac17_modifiersAreOfTheCodeSystemThatHasThem() throws IOException {
        String claim = claim("professional", "Procedure code,Procedure code type,Modifier Code-1,Modifier Code-2,Modifier Code-3,Modifier Code-4", "99213,CPT,25,LT,P3,");
        assertThat(claim).contains("{\"system\":\"http://www.ama-assn.org/go/cpt\",\"code\":\"25\"}", "{\"system\":\"https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets\",\"code\":\"LT\"}", "{\"system\":\"http://www.ama-assn.org/go/cpt\",\"code\":\"P3\"}");
        assertThat(claim("professional", "Procedure code,Procedure code type,Modifier Code-1", "99213,CPT,")).doesNotContain("modifier");
    }

    @Test
    void pac17_diagnosesHaveTheDotThatTheirCodeSystemHas() throws IOException {
        assertThat(claim("professional", "Diagnosis code,Diagnosis code type", "E119,ICD10")).contains("{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"E11.9\"}");
        assertThat(claim("professional", "Diagnosis code,Diagnosis code type", "I10,icd-10-cm")).contains("{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"I10\"}");
        assertThat(claim("professional", "Diagnosis code,Diagnosis code type", "E8859,ICD9")).contains("{\"system\":\"http://hl7.org/fhir/sid/icd-9-cm\",\"code\":\"E885.9\"}");
        assertThat(claim("professional", "Diagnosis code,Diagnosis code type", "44054006,SNOMED")).contains("{\"system\":\"http://snomed.info/sct\",\"code\":\"44054006\"}");
        assertThat(made("clinical", "Condition", "Diagnosis code,Diagnosis code type", "E119,ICD10", "professional", "active")).contains("\"code\":\"E11.9\"", "c1-dx-E119");
    }

    @Test
    void pac17_aNewbornsPointOfOriginIsOfItsOwnCodes() throws IOException {
        String columns = "Revenue center code,Claim inpatient admission type code,Claim source inpatient admission code";
        assertThat(claim("inpatient", columns, "0170,4,5")).contains("{\"system\":\"https://www.nubc.org/CodeSystem/PointOfOriginNewborn\",\"code\":\"5\"}").doesNotContain("PointOfOrigin\"");
        assertThat(claim("inpatient", columns, "0120,1,5")).contains("{\"system\":\"https://www.nubc.org/CodeSystem/PointOfOrigin\",\"code\":\"5\"}");
    }

    @Test
    void pac21_aDentistOfWhomNobodySaysSoIsNotOutOfTheNetworkAndWasInNoOffice() throws IOException {
        String untold = claim("oral", "Procedure code,Claim performing provider NPI", "D2150,1679576722");
        assertThat(untold).doesNotContain("outofnetwork", "renderingnetworkstatus", "C4BB-ExplanationOfBenefit-Oral").contains("Place_of_Service_Code_Set\",\"code\":\"99\"");
        assertThat(claim("oral", "Procedure code,Claim performing provider network status", "D2150,in")).contains("renderingnetworkstatus", "innetwork", "C4BB-ExplanationOfBenefit-Oral|2.1.0");
    }

    /** 0: nobody asked for a brand. Whether the drug was another than the prescribed one, that does not say. */
    @Test
    void pac31_aDrugWasNotSubstitutedBecauseNobodyForbadeIt() throws IOException {
        String columns = "National drug code,DAW product selection code";
        assertThat(made("clinical", "MedicationDispense", columns, "00071015523,0", "pharmacy", "active")).doesNotContain("substitution");
        assertThat(made("clinical", "MedicationDispense", columns, "00071015523,1", "pharmacy", "active")).contains("\"substitution\":{\"wasSubstituted\":false}");
        assertThat(made("clinical", "MedicationDispense", columns, "00071015523,9", "pharmacy", "active")).doesNotContain("substitution");
    }

    /** As a database writes a day into a column of times: a time of UTC would be the evening before in all of the United States. */
    @Test
    void edi01_aDayThatIsWrittenAsMidnightIsADay() throws IOException {
        assertThat(claim("professional", "Claim paid date", "2024-03-01T00:00:00.000")).contains("\"created\":\"2024-03-01\"");
        assertThat(claim("professional", "Claim paid date", "2024-03-01T00:00:00-05:00")).contains("\"created\":\"2024-03-01T00:00:00-05:00\"");
    }

    /** The profiles ask that a payee of another type be named. */
    @Test
    void pac17_anotherPayeeIsOneThatIsNamed() throws IOException {
        assertThat(claim("professional", "Claim payee type code", "estate")).doesNotContain("payee");
        assertThat(claim("professional", "Claim payee type code", "Provider")).contains("\"payee\":{\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/payeetype\",\"code\":\"provider\"}]}}");
    }

    @Test
    void edi01_aClaimThatIsVoidIsNotActive() throws IOException {
        for (String status : List.of("void", "Voided", "REVERSED")) {
            assertThat(made("claims", "ExplanationOfBenefit", "Procedure code,Procedure code type", "99213,CPT", "professional", status)).as(status).contains("\"status\":\"cancelled\"");
            assertThat(made("clinical", "Encounter", "Procedure code,Procedure code type", "99213,CPT", "professional", status)).as(status).contains("\"status\":\"entered-in-error\"");
        }
    }
}
