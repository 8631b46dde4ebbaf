package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The searches that US Core 6.1.0 asks of a server, on one member's record. */
class UsCoreSearchTest {

    private static final RunningServer SERVER = RunningServer.get();
    private static final String SUBJECT = "\"subject\":{\"reference\":\"Patient/usc\"}";
    private static final String PATIENT = "\"patient\":{\"reference\":\"Patient/usc\"}";

    private static void put(String type, String id, String fields) {
        Reply written = SERVER.put(type + "/" + id, "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + fields + "}");
        assertThat(written.status()).as(written.text()).isIn(200, 201);
    }

    private static String code(String element, String system, String code) {
        return "\"" + element + "\":{\"coding\":[{\"system\":\"" + system + "\",\"code\":\"" + code + "\"}]}";
    }

    private static String codes(String element, String system, String code) {
        return "\"" + element + "\":[{\"coding\":[{\"system\":\"" + system + "\",\"code\":\"" + code + "\"}]}]";
    }

    @BeforeAll
    static void aMembersRecord() {
        put("Patient", "usc", "\"identifier\":[{\"system\":\"urn:usc\",\"value\":\"usc-1\"}],\"name\":[{\"family\":\"Núñez\",\"given\":[\"Amy\"]}],\"gender\":\"female\",\"birthDate\":\"1987-02-20\","
            + "\"deceasedDateTime\":\"2024-05-05T10:00:00-05:00\"");
        put("Organization", "usc-org", "\"active\":true,\"name\":\"Acme Usc Labs\",\"address\":[{\"city\":\"Usctown\",\"state\":\"MA\",\"postalCode\":\"01001\"}]");
        put("Location", "usc-loc", "\"name\":\"Usc Clinic\",\"address\":{\"line\":[\"1 Main\"],\"city\":\"Usctown\",\"state\":\"MA\",\"postalCode\":\"01001\"}");
        put("Practitioner", "usc-pr", "\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"9941339108\"}],\"name\":[{\"family\":\"Uscdoctor\"}]");
        put("Endpoint", "usc-ep", "\"status\":\"active\",\"connectionType\":{\"code\":\"hl7-fhir-rest\"},\"payloadType\":[{\"text\":\"any\"}],\"address\":\"https://x.example\"");
        put("PractitionerRole", "usc-role", "\"practitioner\":{\"reference\":\"Practitioner/usc-pr\"}," + codes("specialty", "http://nucc.org/provider-taxonomy", "208D00000X") + ",\"endpoint\":[{\"reference\":\"Endpoint/usc-ep\"}]");
        put("AllergyIntolerance", "usc-al", code("clinicalStatus", "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active") + "," + PATIENT);
        put("CarePlan", "usc-cp", "\"status\":\"active\",\"intent\":\"plan\"," + codes("category", "http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan") + "," + SUBJECT + ",\"period\":{\"start\":\"2024-01-01\"}");
        put("CareTeam", "usc-ct", "\"status\":\"active\"," + SUBJECT + ",\"participant\":[{\"member\":{\"reference\":\"Practitioner/usc-pr\"}}]");
        put("Condition", "usc-co", codes("category", "http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis") + "," + code("code", "http://snomed.info/sct", "160245001") + "," + SUBJECT
            + "," + code("clinicalStatus", "http://terminology.hl7.org/CodeSystem/condition-clinical", "active") + ",\"onsetDateTime\":\"2023-03-03\",\"recordedDate\":\"2023-03-04\"");
        put("Coverage", "usc-cov", "\"status\":\"active\",\"subscriberId\":\"S1\",\"beneficiary\":{\"reference\":\"Patient/usc\"},\"payor\":[{\"reference\":\"Organization/usc-org\"}]");
        put("Device", "usc-dev", "\"status\":\"active\"," + code("type", "http://snomed.info/sct", "72506001") + "," + PATIENT);
        put("DiagnosticReport", "usc-dr", "\"status\":\"final\"," + codes("category", "http://terminology.hl7.org/CodeSystem/v2-0074", "LAB") + "," + code("code", "http://loinc.org", "24323-8") + "," + SUBJECT
            + ",\"effectiveDateTime\":\"2024-02-01T10:00:00Z\"");
        put("DocumentReference", "usc-doc", "\"status\":\"current\"," + code("type", "http://loinc.org", "11488-4") + "," + codes("category", "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note")
            + "," + SUBJECT + ",\"date\":\"2024-02-01T10:00:00Z\",\"content\":[{\"attachment\":{\"url\":\"Binary/x\"}}],\"context\":{\"period\":{\"start\":\"2024-02-01\"}}");
        put("Encounter", "usc-en", "\"identifier\":[{\"system\":\"urn:enc\",\"value\":\"usc-e\"}],\"status\":\"finished\",\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"AMB\"},"
            + codes("type", "http://snomed.info/sct", "185349003") + "," + SUBJECT + ",\"period\":{\"start\":\"2024-03-01T09:00:00Z\",\"end\":\"2024-03-01T10:00:00Z\"},\"location\":[{\"location\":{\"reference\":\"Location/usc-loc\"}}]");
        put("Goal", "usc-go", "\"lifecycleStatus\":\"active\"," + code("description", "http://snomed.info/sct", "281004") + "," + SUBJECT + ",\"target\":[{\"dueDate\":\"2024-12-01\"}]");
        put("Immunization", "usc-im", "\"status\":\"completed\"," + code("vaccineCode", "http://hl7.org/fhir/sid/cvx", "140") + "," + PATIENT + ",\"occurrenceDateTime\":\"2024-01-10\"");
        put("Procedure", "usc-pc", "\"status\":\"completed\"," + code("code", "http://snomed.info/sct", "35637008") + "," + SUBJECT + ",\"performedDateTime\":\"2024-01-11\"");
        put("Medication", "usc-med", code("code", "http://www.nlm.nih.gov/research/umls/rxnorm", "1049221"));
        put("MedicationRequest", "usc-mr", "\"status\":\"active\",\"intent\":\"order\",\"medicationReference\":{\"reference\":\"Medication/usc-med\"}," + SUBJECT + ",\"authoredOn\":\"2024-01-12\"");
        put("MedicationDispense", "usc-md", "\"status\":\"completed\",\"medicationReference\":{\"reference\":\"Medication/usc-med\"}," + SUBJECT);
        put("Observation", "usc-ob", "\"status\":\"final\"," + codes("category", "http://terminology.hl7.org/CodeSystem/observation-category", "laboratory") + "," + code("code", "http://loinc.org", "2339-0") + "," + SUBJECT
            + ",\"effectiveDateTime\":\"2024-02-02T10:30:00-05:00\",\"valueQuantity\":{\"value\":95}");
        put("ServiceRequest", "usc-sr", "\"status\":\"active\",\"intent\":\"order\"," + codes("category", "http://snomed.info/sct", "386053000") + "," + code("code", "http://snomed.info/sct", "103697008") + "," + SUBJECT + ",\"authoredOn\":\"2024-01-13\"");
        put("Specimen", "usc-sp", code("type", "http://snomed.info/sct", "119297000") + "," + SUBJECT);
        put("RelatedPerson", "usc-rp", PATIENT + ",\"name\":[{\"family\":\"Uscparent\"}]");
        put("QuestionnaireResponse", "usc-qr", "\"questionnaire\":\"http://x.example/Questionnaire/q\",\"status\":\"completed\"," + SUBJECT + ",\"authored\":\"2024-01-14T00:00:00Z\"");
        for (String target : Set.of("AllergyIntolerance/usc-al", "Condition/usc-co", "Observation/usc-ob", "Encounter/usc-en", "Procedure/usc-pc", "Patient/usc")) {
            put("Provenance", "usc-pv-" + target.substring(target.lastIndexOf('-') + 1).replace('/', '.'), "\"target\":[{\"reference\":\"" + target + "\"}],\"recorded\":\"2024-01-01T00:00:00Z\",\"agent\":[{\"type\":{\"coding\":[{\"code\":\"author\"}]},"
                + "\"who\":{\"reference\":\"Practitioner/usc-pr\"}},{\"type\":{\"coding\":[{\"code\":\"transmitter\"}]},\"who\":{\"reference\":\"Organization/usc-org\"}}]");
        }
    }

    /** {@code Type/id} of the entries with that mode, or of all. */
    private static Set<String> found(String query, String mode) {
        Reply reply = SERVER.get(query);
        assertThat(reply.status()).as(query + " " + reply.text()).isEqualTo(200);
        Set<String> found = new TreeSet<>();
        JsonValue entries = reply.json().root().field("entry");
        if (entries != null) {
            for (JsonValue entry : entries.children()) {
                String own = entry.field("search").fieldText("mode");
                assertThat(own).isIn("match", "include"); // RST-27
                if (mode == null || mode.equals(own)) {
                    found.add(entry.field("resource").fieldText("resourceType") + "/" + entry.field("resource").fieldText("id"));
                }
            }
        }
        return found;
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(delimiter = ';', value = {
        "RST-03;Patient?_id=usc", "RST-03;Patient?identifier=urn:usc%7Cusc-1", "RST-03;Patient?name=nunez", "RST-03;Patient?birthdate=1987-02-20&name=amy", "RST-03;Patient?gender=female&name=nunez",
        "RST-03;Patient?birthdate=1987-02-20&family=Nu%C3%B1ez", "RST-03;Patient?family=nunez&gender=female", "RST-03;Patient?death-date=2024-05-05&family=nunez",
        "RST-04;AllergyIntolerance?patient=usc", "RST-04;AllergyIntolerance?patient=usc&clinical-status=active",
        "RST-05;CarePlan?patient=usc&category=assess-plan", "RST-05;CarePlan?patient=usc&category=assess-plan&status=active,completed&date=ge2023-01-01",
        "RST-06;CareTeam?patient=usc&status=active", "RST-07;Condition?patient=usc", "RST-07;Condition?patient=usc&category=encounter-diagnosis", "RST-07;Condition?patient=usc&onset-date=gt2023-01-01&clinical-status=active",
        "RST-07;Condition?patient=usc&recorded-date=2023-03-04", "RST-07;Condition?patient=usc&code=160245001", "RST-08;Coverage?patient=usc", "RST-09;Device?patient=usc", "RST-09;Device?patient=usc&type=72506001&status=active",
        "RST-10;DiagnosticReport?patient=usc", "RST-10;DiagnosticReport?patient=usc&category=LAB", "RST-10;DiagnosticReport?patient=usc&category=LAB&date=ge2024-01-01", "RST-10;DiagnosticReport?patient=usc&code=24323-8",
        "RST-11;DocumentReference?patient=usc", "RST-11;DocumentReference?_id=usc-doc", "RST-11;DocumentReference?patient=usc&type=11488-4", "RST-11;DocumentReference?patient=usc&category=clinical-note",
        "RST-11;DocumentReference?patient=usc&category=clinical-note&date=2024-02-01", "RST-11;DocumentReference?patient=usc&type=11488-4&period=ge2024-01-01",
        "RST-13;Encounter?patient=usc", "RST-13;Encounter?_id=usc-en", "RST-13;Encounter?date=ge2024-03-01&patient=usc", "RST-13;Encounter?class=AMB&patient=usc", "RST-13;Encounter?patient=usc&type=185349003",
        "RST-13;Encounter?patient=usc&status=finished", "RST-13;Encounter?patient=usc&location=Location/usc-loc", "RST-13;Encounter?identifier=urn:enc%7Cusc-e",
        "RST-14;Goal?patient=usc", "RST-14;Goal?patient=usc&target-date=le2024-12-31", "RST-14;Goal?patient=usc&lifecycle-status=active", "RST-14;Immunization?patient=usc", "RST-14;Immunization?patient=usc&date=2024-01-10",
        "RST-14;Procedure?patient=usc", "RST-14;Procedure?patient=usc&date=lt2024-02-01", "RST-14;Procedure?patient=usc&code=35637008&date=2024-01-11",
        "RST-15;MedicationRequest?patient=usc&intent=order", "RST-15;MedicationRequest?patient=usc&intent=order,plan&status=active", "RST-15;MedicationRequest?patient=usc&intent=order&authoredon=2024-01-12",
        "RST-16;MedicationDispense?patient=usc", "RST-16;MedicationDispense?patient=usc&status=completed,stopped",
        "RST-17;Observation?patient=usc&category=laboratory", "RST-17;Observation?patient=usc&category=laboratory&date=2024-02-02", "RST-17;Observation?patient=usc&code=2339-0", "RST-17;Observation?patient=usc&code=2339-0,8867-4&date=gt2024-01-01",
        "RST-18;ServiceRequest?patient=usc", "RST-18;ServiceRequest?_id=usc-sr", "RST-18;ServiceRequest?patient=usc&category=386053000&authored=2024-01-13", "RST-18;ServiceRequest?patient=usc&code=103697008", "RST-18;Specimen?_id=usc-sp",
        "RST-18;Specimen?patient=usc", "RST-18;RelatedPerson?_id=usc-rp", "RST-18;RelatedPerson?patient=usc&name=uscparent", "RST-18;QuestionnaireResponse?patient=usc", "RST-18;QuestionnaireResponse?patient=usc&authored=ge2024-01-14",
        "RST-19;Organization?name=acme%20usc", "RST-19;Organization?address=usctown", "RST-19;Location?name=usc", "RST-19;Location?address=usctown", "RST-19;Location?address-city=usctown&address-state=MA&address-postalcode=01001",
        "RST-19;Practitioner?name=uscdoctor", "RST-19;Practitioner?identifier=http://hl7.org/fhir/sid/us-npi%7C9941339108", "RST-19;PractitionerRole?practitioner=usc-pr", "RST-19;PractitionerRole?specialty=http://nucc.org/provider-taxonomy%7C208D00000X&practitioner=usc-pr",
        "RST-22;Observation?patient=Patient/usc", "RST-22;Observation?patient=usc", "RST-23;Observation?patient=usc&code=http://loinc.org%7C2339-0", "RST-23;Observation?patient=usc&code=http://loinc.org%7C",
        "RST-24;Observation?patient=usc&date=eq2024-02-02", "RST-24;Observation?patient=usc&date=ge2024-02-02T15:30:00Z", "RST-24;Observation?patient=usc&date=le2024-02-02T10:30:00-05:00", "RST-24;Observation?patient=usc&date=gt2024-02-01&date=lt2024-02-03",
        "RST-24;Observation?patient=usc&date=ne2024-02-03", "RST-24;Observation?patient=usc&date=sa2024-02-01", "RST-24;Observation?patient=usc&date=eb2024-02-03", "RST-24;Observation?patient=usc&date=ap2024-02-02",
        "RST-25;Encounter?patient=usc&status=planned,finished"})
    void theSearchFindsWhatItShould(String row, String query) {
        Set<String> matches = found(query, "match");
        assertThat(matches).as(row).anyMatch(name -> name.contains("/usc"));
        // RST-21
        String type = query.substring(0, query.indexOf('?'));
        Reply posted = SERVER.post(type + "/_search", query.substring(type.length() + 1), "Content-Type", "application/x-www-form-urlencoded");
        assertThat(posted.json().root().field("entry").size()).isEqualTo(matches.size());
    }

    @Test
    void anAbsoluteUrlOfThisServerIsAReference() { // RST-22
        assertThat(found("Observation?patient=" + SERVER.system + "/Patient/usc", "match")).containsExactly("Observation/usc-ob");
    }

    @Test
    void whatDoesNotFitIsNotFound() { // RST-23, RST-24, RST-27
        assertThat(found("Observation?patient=usc&code=%7C2339-0", null)).isEmpty();
        assertThat(found("Observation?patient=usc&date=lt2024-02-02", null)).isEmpty();
        assertThat(found("Observation?patient=usc&category=vital-signs", null)).isEmpty();
        assertThat(found("Observation?patient=somebody-else", null)).isEmpty();
    }

    @Test
    void referredResourcesComeAlong() { // RST-06, RST-15, RST-16, RST-19
        assertThat(found("MedicationRequest?patient=usc&intent=order&_include=MedicationRequest:medication", "include")).containsExactly("Medication/usc-med");
        assertThat(found("MedicationDispense?patient=usc&_include=MedicationDispense:medication", "include")).containsExactly("Medication/usc-med");
        assertThat(found("CareTeam?patient=usc&status=active&_include=CareTeam:participant:Practitioner", "include")).containsExactly("Practitioner/usc-pr");
        assertThat(found("PractitionerRole?practitioner=usc-pr&_include=PractitionerRole:endpoint&_include=PractitionerRole:practitioner", "include")).containsExactly("Endpoint/usc-ep", "Practitioner/usc-pr");
    }

    @ParameterizedTest
    @CsvSource({"AllergyIntolerance,al", "Condition,co", "Observation,ob", "Encounter,en", "Procedure,pc"})
    void provenanceComesAlong(String type, String name) { // RST-20
        Reply reply = SERVER.get(type + "?patient=usc&_revinclude=Provenance:target");
        assertThat(found(type + "?patient=usc&_revinclude=Provenance:target", "include")).containsExactly("Provenance/usc-pv-" + name);
        assertThat(reply.text()).contains("author", "transmitter");
    }

    @Test
    void noStatusIsNeeded() { // RST-26
        assertThat(found("Observation?patient=usc", "match")).hasSize(1);
        assertThat(found("MedicationRequest?patient=usc", "match")).hasSize(1);
    }
}
