package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not known, and what is no longer true (US Core 6.1.0, General Requirements, Missing Data; General Guidance, Representing Deleted Information). */
class MissingDataTest {

    private static final String ABSENT = "{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"unknown\"}]}";
    private static final String SUBJECT = "\"subject\":{\"reference\":\"Patient/missing\"}";

    private final RunningServer server = RunningServer.get();

    private Reply put(String type, String id, String fields) {
        server.put("Patient/missing", "{\"resourceType\":\"Patient\",\"id\":\"missing\"}");
        return server.put(type + "/" + id, "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + fields + "}");
    }

    @Test
    void rst30_aReasonWhyDataIsAbsentIsKeptAsExtensionAndAsCode() {
        assertThat(put("Encounter", "missing-e", "\"status\":\"finished\",\"class\":{\"code\":\"AMB\"}," + SUBJECT + ",\"identifier\":[{\"system\":\"urn:m\",\"_value\":" + ABSENT + "}]").status()).isIn(200, 201);
        assertThat(server.get("Encounter/missing-e").text()).contains("\"_value\":" + ABSENT);
        assertThat(put("AllergyIntolerance", "missing-a", "\"code\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/data-absent-reason\",\"code\":\"unknown\"}]},\"patient\":{\"reference\":\"Patient/missing\"}")
            .status()).isIn(200, 201);
        assertThat(server.get("AllergyIntolerance?patient=missing&code=http://terminology.hl7.org/CodeSystem/data-absent-reason%7Cunknown").text()).contains("missing-a");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "Observation;\"code\":{\"text\":\"c\"}", "DocumentReference;\"content\":[{\"attachment\":{\"url\":\"Binary/x\"}}]", "MedicationRequest;\"intent\":\"order\",\"medicationCodeableConcept\":{\"text\":\"m\"}",
        "DiagnosticReport;\"code\":{\"text\":\"c\"}", "Procedure;\"code\":{\"text\":\"c\"}", "ServiceRequest;\"intent\":\"order\"", "CarePlan;\"intent\":\"plan\""})
    void rst30_aResourceWhoseRequiredStatusIsUnknownIsNotTakenInAndSoNeitherReadNorFound(String type, String fields) {
        String id = "missing-" + type.toLowerCase(java.util.Locale.ROOT);
        Reply refused = put(type, id, "\"_status\":" + ABSENT + "," + SUBJECT + "," + fields);
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.text()).contains("The required element status is missing");
        assertThat(server.get(type + "/" + id).status()).isEqualTo(404);
        assertThat(server.get(type + "?patient=missing").text()).doesNotContain(id);
        assertThat(server.get("Patient/missing/$everything").text()).doesNotContain(id);
    }

    @Test
    void rst37_whatIsEnteredInErrorStaysAndSaysSo() {
        String observation = "\"code\":{\"text\":\"weight\"}," + SUBJECT + ",\"status\":";
        put("Observation", "missing-err", observation + "\"final\"");
        assertThat(put("Observation", "missing-err", observation + "\"entered-in-error\"").status()).isEqualTo(200);
        assertThat(server.get("Observation/missing-err").text()).contains("entered-in-error");
        assertThat(server.get("Observation?patient=missing&status=entered-in-error").text()).contains("missing-err");
        assertThat(server.get("Observation?patient=missing&status=final").text()).doesNotContain("missing-err");
        assertThat(server.get(server.patientAccess + "/Observation/missing-err").text()).contains("entered-in-error");
        assertThat(server.get("Observation/missing-err/_history/1").text()).contains("\"final\"");
    }

    @Test
    void rst37_appsDeleteNothingAndAnAdministratorsDeleteKeepsTheHistory() {
        put("Observation", "missing-del", "\"status\":\"final\",\"code\":{\"text\":\"weight\"}," + SUBJECT);
        assertThat(server.send("DELETE", server.patientAccess + "/Observation/missing-del", (String) null).status()).isEqualTo(405);
        assertThat(server.get("Observation/missing-del").status()).isEqualTo(200);
        assertThat(server.send("DELETE", "Observation/missing-del", (String) null).status()).isIn(200, 204);
        assertThat(server.get("Observation/missing-del").status()).isEqualTo(410);
        assertThat(server.get("Observation/missing-del/_history/1").status()).isEqualTo(200);
        assertThat(server.get("Observation/missing-del/_history").text()).contains("\"DELETE\"");
    }
}
