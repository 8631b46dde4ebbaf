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
        Reply other = server.post("Patient/one/$validate?mode=update", "{\"resourceType\":\"Patient\",\"id\":\"another\"}");
        assertThat(other.text()).contains("\"severity\":\"error\"", "Patient.id");
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
        assertThat(server.get("CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male").text()).contains("Male", "{\"name\":\"name\",\"valueString\":\"AdministrativeGender\"}");
        assertThat(server.get("CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=robot").status()).isEqualTo(404);
    }

    private static final String GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender";
    private static final String GENDER_CODES = "http://hl7.org/fhir/administrative-gender";
    private static final String ACT_CODES = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

    private String valid(String query) {
        Reply reply = server.get(query);
        assertThat(reply.status()).as(query + " " + reply.text()).isEqualTo(200);
        return reply.text();
    }

    @Test
    void aCodeIsValidOnlyWithWhatIsSaidOfIt() {
        String female = "ValueSet/$validate-code?url=" + GENDERS + "&system=" + GENDER_CODES + "&code=female";
        assertThat(valid(female + "&display=FEMALE")).contains("\"valueBoolean\":true").doesNotContain("message");
        assertThat(valid(female + "&display=Male")).contains("\"valueBoolean\":false", "\"message\"", "\"Female\"");
        String account = "ValueSet/$validate-code?url=http://terminology.hl7.org/ValueSet/v3-ActCode&system=" + ACT_CODES + "&code=_ActAccountCode";
        assertThat(valid(account)).contains("\"valueBoolean\":true");
        assertThat(valid(account + "&abstract=true")).contains("\"valueBoolean\":true");
        assertThat(valid(account + "&abstract=false")).contains("\"valueBoolean\":false", "abstract");
        assertThat(valid("CodeSystem/$validate-code?url=" + ACT_CODES + "&code=_ActAccountCode&abstract=false")).contains("\"valueBoolean\":false");
        assertThat(valid("CodeSystem/$validate-code?url=http://unitsofmeasure.org&code=mg&display=milligram")).contains("\"valueBoolean\":true", "The display was not checked");
        assertThat(server.get("ValueSet/$validate-code?url=" + GENDERS + "&code=female").status()).isEqualTo(400);
        assertThat(server.get(female + "&abstract=maybe").status()).isEqualTo(400);
    }

    @Test
    void aCodingIsJudgedByItsOwnSystem() {
        String coding = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"url\",\"valueUri\":\"%s\"},{\"name\":\"coding\",\"valueCoding\":{%s\"code\":\"male\"}}]}";
        for (String type : new String[] {"ValueSet", "CodeSystem"}) {
            String url = type.equals("ValueSet") ? GENDERS : GENDER_CODES;
            assertThat(server.post(type + "/$validate-code", coding.formatted(url, "\"system\":\"" + GENDER_CODES + "\",")).text()).contains("\"valueBoolean\":true");
            assertThat(server.post(type + "/$validate-code", coding.formatted(url, "\"system\":\"http://other.example/cs\",")).text()).contains("\"valueBoolean\":false", "\"message\"");
            assertThat(server.post(type + "/$validate-code", coding.formatted(url, "")).text()).contains("\"valueBoolean\":false", "\"message\"");
            assertThat(server.post(type + "/$validate-code", coding.formatted(url, "\"system\":\"" + GENDER_CODES + "\",\"version\":\"9.9.9\",")).status()).isEqualTo(404);
            assertThat(server.post(type + "/$validate-code?code=male&system=" + GENDER_CODES, coding.formatted(url, "")).status()).isEqualTo(400);
        }
    }

    /** Each is looked for by itself, in some value sets among ten thousands of codes: those of one body took half an hour. */
    @Test
    void aConceptThatIsAskedAboutHasNotCodingsWithoutEnd() {
        String body = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"url\",\"valueUri\":\"" + GENDERS + "\"},{\"name\":\"codeableConcept\",\"valueCodeableConcept\":{\"coding\":[%s]}}]}";
        String wrong = "{\"system\":\"" + GENDER_CODES + "\",\"code\":\"robot\"},";
        String right = "{\"system\":\"" + GENDER_CODES + "\",\"code\":\"male\"}";
        assertThat(server.post("ValueSet/$validate-code", body.formatted(wrong.repeat(99) + right)).text()).contains("\"valueBoolean\":true");
        for (String operation : new String[] {"ValueSet/$validate-code", "CodeSystem/$validate-code"}) {
            assertThat(server.post(operation, body.formatted(wrong.repeat(100) + right)).status()).isEqualTo(400);
        }
    }

    @Test
    void aVersionThatIsNotThereIsNotFound() {
        String inSystem = "CodeSystem/$validate-code?url=" + GENDER_CODES + "&code=male&version=";
        String inValueSet = "ValueSet/$validate-code?url=" + GENDERS + "&system=" + GENDER_CODES + "&code=male&";
        String lookedUp = "CodeSystem/$lookup?system=" + GENDER_CODES + "&code=male&version=";
        for (String query : new String[] {inSystem, inValueSet + "valueSetVersion=", inValueSet + "systemVersion=", lookedUp, "ValueSet/$expand?url=" + GENDERS + "&valueSetVersion="}) {
            assertThat(valid(query + "4.0.1")).doesNotContain("\"valueBoolean\":false");
            assertThat(server.get(query + "9.9.9").status()).as(query).isEqualTo(404);
        }
        assertThat(valid(inSystem + "4.0.1")).contains("\"valueBoolean\":true");
        assertThat(server.get("ValueSet/$expand?url=" + GENDERS + "%7C4.0.1&valueSetVersion=9.9.9").status()).isEqualTo(400);
    }

    @Test
    void anExpansionHoldsActiveCodesAloneIfAsked() {
        String expand = "ValueSet/$expand?url=http://terminology.hl7.org/ValueSet/v3-ActCode&count=1000";
        assertThat(valid(expand)).contains("\"inactive\":true");
        assertThat(valid(expand + "&activeOnly=true")).doesNotContain("\"inactive\":true");
    }

    @Test
    void noTranslationIsSaidOnlyWhereAMapSaysIt() {
        assertThat(server.get("ConceptMap/$translate?url=http://nope.example/map&system=" + GENDER_CODES + "&code=male").status()).isEqualTo(404);
        assertThat(server.get("ConceptMap/$translate?system=http://nope.example/cs&code=male").status()).isEqualTo(404);
        String gender = "ConceptMap/$translate?system=" + GENDER_CODES + "&code=male";
        assertThat(server.get(gender + "&reverse=false").status()).as("the packages of this test have no concept maps").isEqualTo(404);
        assertThat(server.get(gender + "&reverse=true").status()).isEqualTo(404);
        assertThat(server.get(gender + "&reverse=perhaps").status()).isEqualTo(400);
        assertThat(server.get(gender + "&conceptMapVersion=1").status()).isEqualTo(400);
    }

    /** Ignored, each of them would be answered as another question. */
    @Test
    void aParameterThatIsNotSupportedIsRefused() {
        String expand = "ValueSet/$expand?url=" + GENDERS;
        for (String parameter : new String[] {"date=2019", "includeDesignations=true", "exclude-system=" + GENDER_CODES, "displayLanguage=de", "context=x", "robot=1"}) {
            Reply refused = server.get(expand + "&" + parameter);
            assertThat(refused.status()).as(parameter).isEqualTo(400);
            assertThat(refused.text()).contains("FHIR-0006");
        }
        assertThat(valid(expand + "&includeDesignations=false&excludeNested=true&displayLanguage=en-US&_count=3")).contains("\"contains\"");
        String inline = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"url\",\"valueUri\":\"" + GENDERS + "\"},{\"name\":\"valueSet\",\"resource\":{\"resourceType\":\"ValueSet\",\"status\":\"active\"}}]}";
        assertThat(server.post("ValueSet/$expand", inline).status()).isEqualTo(400);
        assertThat(server.post("ValueSet/$expand?url=" + GENDERS, "{\"resourceType\":\"ValueSet\",\"status\":\"active\"}").status()).isEqualTo(400);
        assertThat(server.get("CodeSystem/$lookup?system=" + GENDER_CODES + "&code=male&property=parent").status()).isEqualTo(400);
    }

    @Test
    void docrefFindsAMembersDocuments() { // RST-12
        server.put("Patient/docref", "{\"resourceType\":\"Patient\",\"id\":\"docref\"}");
        server.put("DocumentReference/docref-1", "{\"resourceType\":\"DocumentReference\",\"id\":\"docref-1\",\"status\":\"current\",\"type\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"34133-9\"}]},"
            + "\"subject\":{\"reference\":\"Patient/docref\"},\"content\":[{\"attachment\":{\"url\":\"Binary/x\"}}],\"context\":{\"period\":{\"start\":\"2020-01-01\",\"end\":\"2020-01-02\"}}}");
        assertThat(server.get("DocumentReference/$docref?patient=docref").json().root().field("entry").size()).isEqualTo(1);
        assertThat(server.get("DocumentReference/$docref?patient=docref&start=2021-01-01").json().root().field("entry")).isNull();
        assertThat(server.get("DocumentReference/$docref?patient=docref&on-demand=false").json().root().field("entry").size()).isEqualTo(1);
        // The client wants documents alone that are made for it, and none are.
        assertThat(server.get("DocumentReference/$docref?patient=docref&on-demand=true").json().root().field("entry")).isNull();
        assertThat(server.get("DocumentReference/$docref?patient=docref&on-demand=please").status()).isEqualTo(400);
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
