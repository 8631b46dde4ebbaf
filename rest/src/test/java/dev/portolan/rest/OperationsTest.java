package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer.Reply;
import org.junit.jupiter.api.Test;

class OperationsTest {

    private final RunningServer server = RunningServer.get();

    @Test
    void validateSaysWhatIsWrongAndStoresNothing() {
        String before = server.rows();
        Reply good = server.post("Patient/$validate", "{\"resourceType\":\"Patient\",\"gender\":\"female\"}");
        assertThat(good.status()).as(good.text()).isEqualTo(200);
        assertThat(good.text()).doesNotContain("\"severity\":\"error\"");
        Reply bad = server.post("Patient/$validate", "{\"resourceType\":\"Patient\",\"shoe\":1}");
        assertThat(bad.status()).isEqualTo(200);
        assertThat(bad.text()).contains("\"severity\":\"error\"");
        Reply wrapped = server.post("Patient/$validate", "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"mode\",\"valueCode\":\"create\"},{\"name\":\"resource\",\"resource\":{\"resourceType\":\"Patient\",\"gender\":\"robot\"}}]}");
        assertThat(wrapped.text()).contains("\"severity\":\"error\"");
        assertThat(server.rows()).isEqualTo(before);
    }

    /** R4: "If a profile is nominated, and the server cannot validate against the nominated profile, it SHALL return an error". */
    @Test
    void validateRefusesAProfileThatItCannotCheck() {
        String patient = "{\"resourceType\":\"Patient\",%s\"gender\":\"female\"}";
        String claiming = patient.formatted("\"meta\":{\"profile\":[\"http://example.org/none\"]},");
        for (String body : new String[] {patient.formatted(""), claiming}) {
            Reply nominated = server.post("Patient/$validate?profile=http://example.org/none", body);
            assertThat(nominated.status()).as(nominated.text()).isEqualTo(404);
            assertThat(nominated.text()).contains("\"severity\":\"error\"", "\"code\":\"not-found\"");
        }
        Reply claimed = server.post("Patient/$validate", claiming);
        assertThat(claimed.status()).isEqualTo(200);
        assertThat(claimed.text()).contains("\"severity\":\"warning\"", "http://example.org/none").doesNotContain("\"severity\":\"error\"");
        assertThat(server.post("Patient/$validate?profile=http://hl7.org/fhir/StructureDefinition/Patient", patient.formatted("")).status()).isEqualTo(200);
        assertThat(server.post("Patient/$validate?profile=http://hl7.org/fhir/StructureDefinition/Patient%7C9.9", patient.formatted("")).status()).isEqualTo(404);
    }

    @Test
    void terminologyAnswersForWhatThePackagesHold() {
        String genders = "http://hl7.org/fhir/ValueSet/administrative-gender";
        Reply expanded = server.get("ValueSet/$expand?url=" + genders);
        assertThat(expanded.json().root().field("expansion").field("contains").size()).isEqualTo(4);
        assertThat(server.get("ValueSet/$expand?url=" + genders + "&filter=fem").json().root().field("expansion").field("contains").size()).isEqualTo(1);
        String code = "ValueSet/$validate-code?url=" + genders + "&system=http://hl7.org/fhir/administrative-gender&code=";
        assertThat(server.get(code + "female").text()).contains("\"valueBoolean\":true");
        assertThat(server.get(code + "robot").text()).contains("\"valueBoolean\":false");
        assertThat(server.get("CodeSystem/$validate-code?url=http://hl7.org/fhir/administrative-gender&code=male").text()).contains("\"valueBoolean\":true");
        assertThat(server.get("CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male").text()).contains("Male");
        assertThat(server.get("CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=robot").status()).isEqualTo(404);
    }

    @Test
    void docrefFindsAMembersDocuments() { // RST-12
        server.put("Patient/docref", "{\"resourceType\":\"Patient\",\"id\":\"docref\"}");
        server.put("DocumentReference/docref-1", "{\"resourceType\":\"DocumentReference\",\"id\":\"docref-1\",\"status\":\"current\",\"type\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"34133-9\"}]},"
            + "\"subject\":{\"reference\":\"Patient/docref\"},\"content\":[{\"attachment\":{\"url\":\"Binary/x\"}}],\"context\":{\"period\":{\"start\":\"2020-01-01\",\"end\":\"2020-01-02\"}}}");
        assertThat(server.get("DocumentReference/$docref?patient=docref").json().root().field("entry").size()).isEqualTo(1);
        assertThat(server.get("DocumentReference/$docref?patient=docref&start=2021-01-01").json().root().field("entry")).isNull();
        Reply posted = server.post("DocumentReference/$docref", "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"patient\",\"valueId\":\"docref\"},{\"name\":\"start\",\"valueDate\":\"2019-01-01\"},"
            + "{\"name\":\"type\",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"34133-9\"}]}}]}");
        assertThat(posted.json().root().field("entry").size()).as(posted.text()).isEqualTo(1);
    }

    @Test
    void fhirPathPatch() {
        server.put("Patient/fpp", "{\"resourceType\":\"Patient\",\"id\":\"fpp\",\"name\":[{\"family\":\"Old\",\"given\":[\"A\",\"C\"]}],\"birthDate\":\"1980-01-01\",\"active\":true}");
        String[] operations = {
            operation("replace", "Patient.birthDate", "{\"name\":\"value\",\"valueDate\":\"1981-02-03\"}"),
            operation("insert", "Patient.name[0].given", "{\"name\":\"index\",\"valueInteger\":1},{\"name\":\"value\",\"valueString\":\"B\"}"),
            operation("delete", "Patient.active", ""),
            operation("add", "Patient", "{\"name\":\"name\",\"valueString\":\"gender\"},{\"name\":\"value\",\"valueCode\":\"female\"}"),
            operation("add", "Patient", "{\"name\":\"name\",\"valueString\":\"contact\"},{\"name\":\"value\",\"part\":[{\"name\":\"name\",\"valueHumanName\":{\"text\":\"Con\"}}]}"),
            operation("move", "Patient.name[0].given", "{\"name\":\"source\",\"valueInteger\":0},{\"name\":\"destination\",\"valueInteger\":2}")};
        Reply patched = server.send("PATCH", "Patient/fpp", "{\"resourceType\":\"Parameters\",\"parameter\":[" + String.join(",", operations) + "]}");
        assertThat(patched.status()).as(patched.text()).isEqualTo(200);
        assertThat(patched.text()).contains("1981-02-03", "[\"B\",\"C\",\"A\"]", "\"gender\":\"female\"", "\"text\":\"Con\"").doesNotContain("\"active\"");
        Reply none = server.send("PATCH", "Patient/fpp", "{\"resourceType\":\"Parameters\",\"parameter\":[" + operation("replace", "Patient.nowhere", "{\"name\":\"value\",\"valueDate\":\"1981-02-03\"}") + "]}");
        assertThat(none.status()).isEqualTo(400);
    }

    @Test
    void theDefinitionsOfTheOperationsCanBeRead() {
        Reply definition = server.get(server.patientAccess + "/OperationDefinition/Patient-everything");
        assertThat(definition.status()).as(definition.text()).isEqualTo(200);
        assertThat(definition.text()).contains("\"code\":\"everything\"");
    }

    private static String operation(String type, String path, String more) {
        return "{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"" + type + "\"},{\"name\":\"path\",\"valueString\":\"" + path + "\"}" + (more.isEmpty() ? "" : "," + more) + "]}";
    }
}
