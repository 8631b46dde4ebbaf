package dev.portolan.intake.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows of CPCDS files as plans have them, and what must not come of them. */
class CpcdsMappingTest {

    private static final String CLAIMS = "Claim unique identifier,Claim type,Member id,Patient account number,Claim payer identifier,Coverage id,Claim service start date,Claim service end date,Claim processing status code,"
        + "Claim payment status code,Claim billing provider NPI,Line number,National drug code,Diagnosis code,Diagnosis code type,Procedure code,Procedure date,Procedure code type";

    private static Mapping mapping(String name) throws IOException {
        return MappingReader.read(new String(CpcdsMappingTest.class.getResourceAsStream("/mappings/cpcds/" + name + ".yaml").readAllBytes(), StandardCharsets.UTF_8));
    }

    private static SourceRecord record(String header, String... lines) {
        Columns columns = new Columns(Arrays.asList(header.split(",")));
        SourceRow[] rows = new SourceRow[lines.length];
        for (int i = 0; i < lines.length; i++) {
            rows[i] = new SourceRow(columns, lines[i].split(",", -1), i + 2);
        }
        return new SourceRecord(List.of(rows));
    }

    private static List<String> made(Mapping.Outcome outcome, String type) {
        return outcome.resources().stream().filter(resource -> resource.type().equals(type)).map(resource -> new String(resource.json(), StandardCharsets.UTF_8)).toList();
    }

    private static String claim(String id, String type, String member, String status, String payment, String rest) {
        return id + "," + type + "," + member + ",acc,payer1,cov1,2024-01-02,2024-01-03," + status + "," + payment + ",1679576722," + rest;
    }

    @Test
    void edi01_rowsOfSeveralMembersAreNoClaim() throws IOException {
        for (String name : List.of("claims", "clinical")) {
            Mapping.Outcome mixed = mapping(name).map(record(CLAIMS, claim("c1", "professional", "m1", "active", "paid", "1,,I10,ICD10,99213,,CPT"), claim("c1", "professional", "m2", "active", "paid", "2,,B20,ICD10,99214,,CPT")));
            assertThat(mixed.rejected()).as(name).isTrue();
            assertThat(mixed.problems()).extracting(Problem::code).as(name).contains("mixed-record");
            assertThat(mixed.problems()).extracting(Problem::message).as("no value").noneMatch(message -> message.contains("m2"));
        }
        assertThat(mapping("claims").map(record(CLAIMS, claim("c1", "professional", "m1", "active", "paid", "1,,I10,ICD10,99213,,CPT"), claim("c1", "professional", "", "active", "paid", "2,,B20,ICD10,99214,,CPT"))).problems())
            .as("only the first row may say whose it is").noneMatch(Problem::reject);
    }

    @Test
    void edi01_aCoverageThatEndedIsNeverOneWithoutAnEnd() throws IOException {
        String header = "Coverage id,Member id,Coverage status,Start date,End date,Payer identifier,Relationship to subscriber";
        assertThat(made(mapping("coverages").map(record(header, "cov,m1,active,,2023-06-30,payer1,self")), "Coverage").get(0)).as("no beginning is told").contains("\"end\":\"2023-06-30\"");
        assertThat(made(mapping("coverages").map(record(header, "cov,m1,active,2024-01-01,2023-12-31,payer1,self")), "Coverage").get(0)).as("it never was in force").contains("\"status\":\"cancelled\"").doesNotContain("\"end\"");
        assertThat(made(mapping("coverages").map(record(header, "cov,m1,active,2024-01-01,2024-01-01,payer1,self")), "Coverage").get(0)).contains("\"status\":\"active\"", "\"end\":\"2024-01-01\"");
        for (String ended : List.of("Terminated", "termed", "T", "EXPIRED", "cancelled", "inactive")) {
            assertThat(made(mapping("coverages").map(record(header, "cov,m1," + ended + ",2024-01-01,,payer1,self")), "Coverage").get(0)).as(ended).contains("\"status\":\"cancelled\"");
        }
    }

    @Test
    void pac31_whatAClaimSaidOfCareIsTakenBackWithItHoweverItsStatusIsWritten() throws IOException {
        for (String status : List.of("cancelled", "Canceled", "CANCELLED", "entered-in-error")) {
            Mapping.Outcome drug = mapping("clinical").map(record(CLAIMS, claim("c1", "pharmacy", "m1", status, "paid", "1,00071015523,,,,,")));
            assertThat(made(drug, "MedicationDispense")).as(status).singleElement().asString().contains("\"id\":\"rx-c1-1\"", "\"status\":\"entered-in-error\"");
            Mapping.Outcome visit = mapping("clinical").map(record(CLAIMS, claim("c2", "professional", "m1", status, "paid", "1,,I10,ICD10,99213,,CPT")));
            assertThat(made(visit, "Encounter")).as(status).singleElement().asString().contains("\"status\":\"entered-in-error\"");
            assertThat(made(visit, "Procedure")).as(status).singleElement().asString().contains("\"id\":\"c2-pr-1\"", "\"status\":\"entered-in-error\"");
            assertThat(made(visit, "Condition")).as(status).singleElement().asString().contains("\"id\":\"c2-dx-I10\"", "\"code\":\"entered-in-error\"").doesNotContain("clinicalStatus");
        }
        Mapping.Outcome stands = mapping("clinical").map(record(CLAIMS, claim("c2", "professional", "m1", "active", "paid", "1,,I10,ICD10,99213,,CPT")));
        assertThat(made(stands, "Condition")).singleElement().asString().contains("\"code\":\"unconfirmed\"", "clinicalStatus");
        assertThat(made(stands, "Procedure")).singleElement().asString().contains("\"status\":\"completed\"");
    }

    @Test
    void pac31_aDrugThatThePlanDeniedWasNotDispensed() throws IOException {
        for (String payment : List.of("denied", "Denied", "D")) {
            Mapping.Outcome denied = mapping("clinical").map(record(CLAIMS, claim("c1", "pharmacy", "m1", "active", payment, "1,00071015523,,,,,")));
            assertThat(denied.resources()).as(payment).isEmpty();
            assertThat(denied.rejected()).as(payment + ": the claim itself is there, and nothing is wrong with it").isFalse();
        }
        assertThat(made(mapping("clinical").map(record(CLAIMS, claim("c1", "pharmacy", "m1", "active", "paid", "1,00071015523,,,,,"))), "MedicationDispense")).hasSize(1);
    }

    @Test
    void pac31_twoProceduresOfOneLineAreTwo() throws IOException {
        Mapping.Outcome outcome = mapping("clinical").map(record(CLAIMS, claim("c1", "inpatient", "m1", "active", "paid", "1,,I10,ICD10,0DTJ4ZZ,2024-01-02,ICD10PCS"), claim("c1", "inpatient", "m1", "active", "paid", "1,,I10,ICD10,0W3P8ZZ,2024-01-02,ICD10PCS"),
            claim("c1", "inpatient", "m1", "active", "paid", "1,,I10,ICD10,0W3P8ZZ,2024-01-03,ICD10PCS")));
        assertThat(outcome.resources().stream().filter(resource -> resource.type().equals("Procedure")).map(MappedResource::id).distinct()).hasSize(3);
    }

    @Test
    void pac31_aClaimsNumberThatIsNoIdOfFhirHasCareToo() throws IOException {
        Mapping.Outcome outcome = mapping("clinical").map(record(CLAIMS, claim("2024_000/1", "professional", "m1", "active", "paid", "1,,38341003123456789,SNOMED,99213,,CPT"), claim("2024_000/1", "professional", "m1", "active", "paid", "2,00071015523,,,,,")));
        assertThat(outcome.resources()).extracting(MappedResource::type).contains("Encounter", "Condition", "Procedure", "MedicationDispense");
        assertThat(outcome.resources()).allSatisfy(resource -> assertThat(LogicalId.isId(resource.id())).as(resource.type() + " " + resource.id()).isTrue());
    }

    @Test
    void pac26_aCoverageWithoutASubscriberNamesNoProfileThatAsksForOneAndASecondToothNeedsAFirst() throws IOException {
        String header = "Coverage id,Member id,Coverage status,Payer identifier,Subscriber id";
        assertThat(made(mapping("coverages").map(record(header, "cov,m1,active,payer1,")), "Coverage").get(0)).doesNotContain("C4BB-Coverage");
        assertThat(made(mapping("coverages").map(record(header, "cov,m1,active,payer1,m1")), "Coverage").get(0)).contains("C4BB-Coverage|2.1.0", "C4BB-Coverage|2.0.0");
        String teeth = CLAIMS + ",Tooth Number,Tooth Number - After First Occurrence";
        assertThat(made(mapping("claims").map(record(teeth, claim("c1", "oral", "m1", "active", "paid", "1,,K02.52,ICD10,D2150,,CDT") + ",,15")), "ExplanationOfBenefit").get(0)).as("the only one is the first").contains("\"bodySite\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/ADAUniversalToothDesignationSystem\",\"code\":\"15\"}]}")
            .doesNotContain("informationSequence", "additionalbodysite");
        assertThat(made(mapping("claims").map(record(teeth, claim("c1", "oral", "m1", "active", "paid", "1,,K02.52,ICD10,D2150,,CDT") + ",14,15")), "ExplanationOfBenefit").get(0)).contains("informationSequence");
    }

    @Test
    void pac26_aStatusThatIsNoneOfTheProfilesIsToldAndNamesNoProfileAndADateThatCannotBeReadGivesWayToTheNext() throws IOException {
        Mapping.Outcome known = mapping("claims").map(record(CLAIMS, claim("c1", "pharmacy", "m1", "active", "paid", "1,00071015523,,,,,")));
        assertThat(made(known, "ExplanationOfBenefit").get(0)).contains("C4BB-ExplanationOfBenefit-Pharmacy");
        Mapping.Outcome unknown = mapping("claims").map(record(CLAIMS, claim("c1", "pharmacy", "m1", "active", "in-limbo", "1,00071015523,,,,,")));
        assertThat(made(unknown, "ExplanationOfBenefit").get(0)).doesNotContain("C4BB-ExplanationOfBenefit-Pharmacy").contains("in-limbo");
        assertThat(unknown.problems()).extracting(Problem::code).contains("unmapped-code", "profile-left-out");
        String dates = CLAIMS + ",Service (from) date,Claim paid date";
        String row = claim("c1", "pharmacy", "m1", "active", "paid", "1,00071015523,,,,,") + ",20240102,02/30/2024";
        assertThat(made(mapping("claims").map(record(dates, row)), "ExplanationOfBenefit").get(0)).contains("\"servicedDate\":\"2024-01-02\"", "\"created\":\"2024-01-03\"");
        assertThat(made(mapping("clinical").map(record(dates, row)), "MedicationDispense").get(0)).contains("\"whenHandedOver\":\"2024-01-02\"");
    }

    @Test
    void edi01_whoWorksForTwoOrganizationsHasTwoRoles() throws IOException {
        String header = "Practitioner NPI,Name,Organization NPI,Code,Specialty";
        assertThat(made(mapping("practitioners").map(record(header, "1679576722,Ana Diaz,1245319599,provider,X")), "PractitionerRole")).singleElement().asString().contains("\"id\":\"role-1679576722-1245319599\"");
        assertThat(made(mapping("practitioners").map(record(header, "1679576722,Ana Diaz,,provider,X")), "PractitionerRole")).singleElement().asString().contains("\"id\":\"role-1679576722\"");
    }

    @Test
    void pac26_racesAndEthnicitiesThatAreStandardCodesStay() throws IOException {
        String header = "Member id,Date of birth,Race code,Ethnicity,Name";
        Mapping.Outcome outcome = mapping("members").map(record(header, "m1,1980-01-02,2054-5,2135-2,Ana Diaz"));
        assertThat(made(outcome, "Patient").get(0)).contains("{\"system\":\"urn:oid:2.16.840.1.113883.6.238\",\"code\":\"2054-5\",\"display\":\"Black or African American\"}", "\"code\":\"2135-2\"");
        assertThat(outcome.problems()).isEmpty();
    }

    @Test
    void edi01_aMemberWithABirthDateThatIsNoneIsRejectedAndAClaimWithSuchABeginningToo() throws IOException {
        assertThat(mapping("members").map(record("Member id,Date of birth,Name", "m1,13/45/1980,Ana Diaz")).rejected()).isTrue();
        assertThat(mapping("claims").map(record(CLAIMS, claim("c1", "professional", "m1", "active", "paid", "1,,I10,ICD10,99213,,CPT").replace("2024-01-02", "2024-02-31"))).problems())
            .filteredOn(Problem::reject).extracting(Problem::code, Problem::column).containsExactly(org.assertj.core.api.Assertions.tuple("missing-value", "Claim service start date"));
    }
}
