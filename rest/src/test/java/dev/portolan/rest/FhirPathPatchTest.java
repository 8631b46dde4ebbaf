package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.rest.RunningServer.Reply;
import org.junit.jupiter.api.Test;

/** R4 fhirpatch: what does not fit is refused and changes nothing, what fits changes nothing else. */
class FhirPathPatchTest {

    private static final String PATIENT = "{\"resourceType\":\"Patient\",\"id\":\"path-patch\",\"_id\":{\"id\":\"i\"},\"name\":[{\"family\":\"Old\",\"_family\":{\"id\":\"f\"},\"given\":[\"A\",\"B\"],\"_given\":[null,{\"id\":\"g\"}]}],"
        + "\"birthDate\":\"1980-01-01\",\"_birthDate\":{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-birthTime\",\"valueDateTime\":\"1980-01-01T10:00:00Z\"}]}}";
    private static final String OBSERVATION = "{\"resourceType\":\"Observation\",\"id\":\"path-patch\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"valueQuantity\":{\"value\":1.50}}";

    private final RunningServer server = RunningServer.get();

    private Reply patch(String resource, String type, String path, String... parts) {
        String id = "/path-patch";
        String of = resource.substring("{\"resourceType\":\"".length(), resource.indexOf("\",\"id\""));
        assertThat(server.put(of + id, resource).status()).isIn(200, 201);
        String operation = "{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"" + type + "\"},{\"name\":\"path\",\"valueString\":\"" + path + "\"}" + (parts.length == 0 ? "" : ",") + String.join(",", parts) + "]}";
        return server.send("PATCH", of + id, "{\"resourceType\":\"Parameters\",\"parameter\":[" + operation + "]}");
    }

    private static String name(String name) {
        return "{\"name\":\"name\",\"valueString\":\"" + name + "\"}";
    }

    private static String value(String value) {
        return "{\"name\":\"value\"" + (value.isEmpty() ? "" : ",") + value + "}";
    }

    private void refused(Reply reply) {
        assertThat(reply.status()).as(reply.text()).isIn(400, 422);
        assertThat(server.get("Patient/path-patch").text()).contains("1980-01-01", "\"family\":\"Old\"");
    }

    @Test
    void aValueThatIsNoneIsRefused() {
        for (String none : new String[] {"", "\"valueHumanname\":{\"family\":\"X\"}", "\"valueFoo\":\"x\"", "\"valueDate\":\"foo\"", "\"part\":[]", "\"valueHumanName\":{}", "\"valueString\":\"\""}) {
            refused(patch(PATIENT, "replace", "Patient.birthDate", value(none)));
            refused(patch(PATIENT, "replace", "Patient.name[0]", value(none)));
            refused(patch(PATIENT, "add", "Patient", name("name"), value(none)));
            refused(patch(PATIENT, "insert", "Patient.name", "{\"name\":\"index\",\"valueInteger\":0}", value(none)));
        }
        refused(patch(PATIENT, "replace", "Patient.birthDate"));
        refused(patch(PATIENT, "add", "Patient", name("contact"), value("\"part\":[{\"name\":\"name\"}]")));
    }

    @Test
    void aValueOfAnotherTypeIsRefused() {
        refused(patch(PATIENT, "insert", "Patient.name", "{\"name\":\"index\",\"valueInteger\":\"abc\"}", value("\"valueHumanName\":{\"family\":\"X\"}")));
        refused(patch(PATIENT, "add", "Patient", name("name"), value("\"valueAddress\":{\"city\":\"X\"}")));
        refused(patch(PATIENT, "add", "Patient", name("deceased"), value("\"valueCoding\":{\"code\":\"x\"}")));
        refused(patch(PATIENT, "add", "Patient", name("active"), value("\"valueString\":\"maybe\"")));
        refused(patch(PATIENT, "add", "Patient", name("gender"), value("\"valueCode\":\"robot\"")));
        refused(patch(PATIENT, "replace", "Patient.name[0]", value("\"valueCoding\":{\"code\":\"x\"}")));
        refused(patch(PATIENT, "replace", "Patient.birthDate", value("\"valueHumanName\":{\"family\":\"X\"}")));
        refused(patch(PATIENT, "add", "Patient", name("contained"), value("\"resource\":{\"resourceType\":\"Patient\",\"id\":\"c\"}")));
        refused(patch(PATIENT, "add", "Patient", name("contact"), value("\"part\":[{\"name\":\"gender\",\"valueCode\":\"male\"},{\"name\":\"gender\",\"valueCode\":\"female\"}]")));
        assertThat(patch(OBSERVATION, "replace", "Observation.value", value("\"valueMoney\":{\"value\":1,\"currency\":\"USD\"}")).status()).isEqualTo(400);
        assertThat(server.get("Observation/path-patch").text()).contains("\"valueQuantity\":{\"value\":1.50}");
    }

    @Test
    void aChoiceTakesEachOfItsTypes() {
        assertThat(patch(OBSERVATION, "replace", "Observation.value", value("\"valueString\":\"x\"")).text()).contains("\"valueString\":\"x\"").doesNotContain("valueQuantity");
        assertThat(patch(PATIENT, "add", "Patient", name("deceased"), value("\"valueDateTime\":\"2020\"")).text()).contains("\"deceasedDateTime\":\"2020\"");
        assertThat(patch(PATIENT, "add", "Patient", name("extension"), value("\"valueExtension\":{\"url\":\"urn:x\",\"valueCode\":\"y\"}")).status()).isIn(400, 422); // R4 has no valueExtension
        Reply added = patch(PATIENT, "add", "Patient", name("extension"), value("\"part\":[{\"name\":\"url\",\"valueUri\":\"urn:x\"},{\"name\":\"value\",\"valueCode\":\"y\"}]"));
        assertThat(added.text()).contains("\"extension\":[{\"url\":\"urn:x\",\"valueCode\":\"y\"}]");
        String request = "{\"resourceType\":\"MedicationRequest\",\"id\":\"path-patch\",\"status\":\"active\",\"intent\":\"order\",\"medicationCodeableConcept\":{\"text\":\"m\"},\"subject\":{\"reference\":\"Patient/path-patch\"}}";
        assertThat(patch(request, "replace", "MedicationRequest.medication", value("\"valueReference\":{\"reference\":\"Medication/1\"}")).text()).contains("\"medicationReference\":{\"reference\":\"Medication/1\"}");
    }

    @Test
    void extensionsOfPrimitivesAreElementsToo() {
        Reply deleted = patch(PATIENT, "delete", "Patient.birthDate.extension");
        assertThat(deleted.status()).as(deleted.text()).isEqualTo(200);
        assertThat(deleted.text()).contains("\"birthDate\":\"1980-01-01\"").doesNotContain("_birthDate");
        Reply added = patch(PATIENT, "add", "Patient.name[0].family", name("extension"), value("\"part\":[{\"name\":\"url\",\"valueUri\":\"urn:x\"},{\"name\":\"value\",\"valueCode\":\"y\"}]"));
        assertThat(added.status()).as(added.text()).isEqualTo(200);
        assertThat(added.json().root().field("name").firstChild().field("_family").toJson()).contains("\"id\":\"f\"").contains("{\"url\":\"urn:x\",\"valueCode\":\"y\"}");
        Reply replaced = patch(PATIENT, "replace", "Patient.birthDate.extension.value", value("\"valueDateTime\":\"1980-01-01T11:00:00Z\""));
        assertThat(replaced.text()).as(replaced.text()).contains("1980-01-01T11:00:00Z");
    }

    /** Each is a line that takes memory or time without end. Short ones here, which end where nothing refuses them. */
    @Test
    void pathsThatMultiplyAreRefused() {
        for (String path : new String[] {
            "Patient.where('a'.replace('a','aa').length()>0).active", "Patient.where('a' . replace /**/ ('a','aa').length()>0).active", "Patient.where('a'.select($this&$this).length()>0).active", "Patient.where((id&id).length()>0).active",
            "Patient.where(('a'+'a')='aa').active", "Patient.descendants().where(%resource.descendants().exists()).first()", "Patient.name.repeat(given)", "Patient.where('aa'.matches('(a+)+b')).active", "Patient.`where`(active).active",
            "Patient.where('it\\\\'s'.replace('a','aa').exists()).active", "Patient.active // '", "(Patient.name|Patient.name).given.first()", "Patient.where('", "Patient" + ".where(true)".repeat(100), "(".repeat(100_000)}) {
            refused(patch(PATIENT, "delete", path.replace("\"", "\\\"")));
        }
    }

    @Test
    void pathsThatSelectAreTaken() {
        for (String path : new String[] {
            "Patient.name.where(family = 'Old' and (given.first() = 'A' or given[1] = 'it\\\\'s (x) & y // %')).given[1]", "Patient.birthDate.extension.where(url = 'http://hl7.org/fhir/StructureDefinition/patient-birthTime')",
            "Patient.birthDate.extension('http://hl7.org/fhir/StructureDefinition/patient-birthTime')", "Patient.name.where(period.start.exists().not() and use.empty()).given.last()", "Patient.name.where((family)='Old').given.skip(1).take(1)",
            "name.where(family.startsWith('O') and family.length() >= 3 and $this.given.count() = 2).given.tail()", "Patient.where(birthDate < @2024-01-31T00:00:00+01:00 or true).name.given[1]"}) {
            Reply deleted = patch(PATIENT, "delete", path);
            assertThat(deleted.status()).as(path + " " + deleted.text()).isEqualTo(200);
            assertThat(deleted.text().contains("\"B\"") && deleted.text().contains("patient-birthTime")).as(path).isFalse();
        }
    }

    @Test
    void idsOfPrimitivesElsewhereStay() {
        Reply added = patch(PATIENT, "add", "Patient", name("active"), value("\"valueBoolean\":true"));
        assertThat(added.status()).as(added.text()).isEqualTo(200);
        assertThat(added.text()).contains("\"active\":true", "\"_id\":{\"id\":\"i\"}", "\"_family\":{\"id\":\"f\"}", "\"_given\":[null,{\"id\":\"g\"}]", "patient-birthTime").doesNotContain("urn:uuid");
    }

    /** The model in which paths are looked up writes numbers out, orders fields, and has no place for ids of ids. */
    @Test
    void whatAPatchDoesNotTouchStaysAsItWasSent() {
        String plan = "{\"title\":\"\\u0041\",\"resourceType\":\"PlanDefinition\",\"status\":\"draft\",\"_status\":{\"id\":\"s\"},\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns='http://www.w3.org/1999/xhtml'>&nbsp;<b >x</b ></div>\"},"
            + "\"id\":\"path-patch\",\"action\":[{\"relatedAction\":[{\"actionId\":\"a\",\"_actionId\":{\"id\":\"i\",\"extension\":[{\"url\":\"urn:x\",\"valueDecimal\":1e3}]},\"relationship\":\"before\",\"offsetDuration\":{\"value\":-0.0}}]}]}";
        assertThat(server.put("PlanDefinition/path-patch", plan).status()).isIn(200, 201);
        String[] operations = {"add", "PlanDefinition", name("publisher"), value("\"valueString\":\"p\",\"_valueString\":{\"id\":\"q\"}")};
        Reply patched = send("PlanDefinition/path-patch", operations);
        assertThat(patched.status()).as(patched.text()).isEqualTo(200);
        assertThat(patched.text()).contains("{\"title\":\"\\u0041\",", plan.substring(plan.indexOf("\"status\""), plan.indexOf("\"id\":\"path-patch\"") - 1), plan.substring(plan.indexOf("\"action\""), plan.length() - 1), "\"publisher\":\"p\",\"_publisher\":{\"id\":\"q\"}");
    }

    private Reply send(String resource, String... parts) {
        String operation = "{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"" + parts[0] + "\"},{\"name\":\"path\",\"valueString\":\"" + parts[1] + "\"}," + String.join(",", java.util.Arrays.copyOfRange(parts, 2, parts.length)) + "]}";
        return server.send("PATCH", resource, "{\"resourceType\":\"Parameters\",\"parameter\":[" + operation + "]}");
    }

    /** Values and what is said of them beside go together. */
    @Test
    void listsOfPrimitivesKeepTheirPlaces() {
        String index = "{\"name\":\"index\",\"valueInteger\":1}";
        assertThat(patch(PATIENT, "insert", "Patient.name.given", index, value("\"valueString\":\"N\",\"_valueString\":{\"id\":\"n\"}")).text()).contains("\"given\":[\"A\",\"N\",\"B\"],\"_given\":[null,{\"id\":\"n\"},{\"id\":\"g\"}]");
        assertThat(patch(PATIENT, "delete", "Patient.name.given[0]").text()).contains("\"given\":[\"B\"],\"_given\":[{\"id\":\"g\"}]");
        assertThat(patch(PATIENT, "delete", "Patient.name.given[1]").text()).contains("\"given\":[\"A\"]").doesNotContain("_given");
        assertThat(patch(PATIENT, "move", "Patient.name.given", "{\"name\":\"source\",\"valueInteger\":1},{\"name\":\"destination\",\"valueInteger\":0}").text()).contains("\"given\":[\"B\",\"A\"],\"_given\":[{\"id\":\"g\"},null]");
        assertThat(patch(PATIENT, "replace", "Patient.name.given[1]", value("\"_valueString\":{\"id\":\"only\",\"extension\":[{\"url\":\"urn:x\",\"valueCode\":\"y\"}]}")).text())
            .contains("\"given\":[\"A\",null],\"_given\":[null,{\"id\":\"only\",\"extension\":[{\"url\":\"urn:x\",\"valueCode\":\"y\"}]}]");
    }

    @Test
    void bothKindsOfExtensionsAreToldApart() {
        String both = PATIENT.replace("\"birthDate\":", "\"extension\":[{\"url\":\"urn:e\",\"valueCode\":\"e\"}],\"modifierExtension\":[{\"url\":\"urn:m\",\"valueCode\":\"m\"},{\"url\":\"urn:n\",\"valueCode\":\"n\"}],\"birthDate\":");
        assertThat(patch(both, "delete", "Patient.modifierExtension[0]").text()).contains("urn:e", "urn:n").doesNotContain("urn:m\"");
        assertThat(patch(both, "delete", "Patient.extension[0]").text()).contains("urn:m", "urn:n").doesNotContain("urn:e");
        assertThat(patch(both, "replace", "Patient.modifierExtension[1].value", value("\"valueString\":\"s\"")).text()).contains("{\"url\":\"urn:n\",\"valueString\":\"s\"}", "{\"url\":\"urn:m\",\"valueCode\":\"m\"}", "{\"url\":\"urn:e\",\"valueCode\":\"e\"}");
    }

    @Test
    void idsOfPrimitivesInXmlAreStored() {
        String xml = "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"xml-ids\"/><name><family id=\"f\" value=\"Old\"/><given value=\"A\"/><given id=\"g\" value=\"B\"/></name></Patient>";
        Reply put = server.put("Patient/xml-ids", xml, "Content-Type", "application/fhir+xml", "Accept", "application/fhir+json");
        assertThat(put.text()).contains("\"_family\":{\"id\":\"f\"}", "\"_given\":[null,{\"id\":\"g\"}]");
    }

    /** A transaction that got in another's way runs again, with the same patch: what the first run put in and changed must not be put in as it was changed then. */
    @Test
    void aPatchThatIsAppliedAgainDoesTheSameAgain() {
        String added = "{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"add\"},{\"name\":\"path\",\"valueString\":\"Patient\"}," + name("name") + "," + value("\"valueHumanName\":{\"family\":\"New\"}") + "]}";
        String changed = "{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"add\"},{\"name\":\"path\",\"valueString\":\"Patient.name.last()\"}," + name("given") + "," + value("\"valueString\":\"Once\"") + "]}";
        Patch patch = FhirPathPatch.read(JsonDocument.parse("{\"resourceType\":\"Parameters\",\"parameter\":[" + added + "," + changed + "]}"), new XmlFormat(server.fhir, server.structure()));
        String first = patch.applyTo(JsonDocument.parse(PATIENT), new PatchBudget(1 << 20)).root().toJson();
        assertThat(first).contains("\"given\":[\"Once\"]");
        assertThat(patch.applyTo(JsonDocument.parse(PATIENT), new PatchBudget(1 << 20)).root().toJson()).isEqualTo(first);
    }
}
