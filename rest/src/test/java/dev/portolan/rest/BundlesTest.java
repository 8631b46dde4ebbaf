package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BundlesTest {

    private final RunningServer server = RunningServer.get();

    private static String bundle(String type, String... entries) {
        return "{\"resourceType\":\"Bundle\",\"type\":\"" + type + "\",\"entry\":[" + String.join(",", entries) + "]}";
    }

    private static String entry(String fullUrl, String method, String url, String resource) {
        return entry(fullUrl, method, url, resource, "");
    }

    private static String entry(String fullUrl, String method, String url, String resource, String more) {
        return "{" + (fullUrl == null ? "" : "\"fullUrl\":\"" + fullUrl + "\",") + (resource == null ? "" : "\"resource\":" + resource + ",") + "\"request\":{\"method\":\"" + method + "\",\"url\":\"" + url
            + "\"" + more + "}}";
    }

    private static List<JsonValue> responses(Reply reply) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        List<JsonValue> responses = new ArrayList<>();
        reply.json().root().field("entry").children().forEach(responses::add);
        return responses;
    }

    private static String location(JsonValue response) {
        return response.field("response").fieldText("location").replaceAll("/_history/.*", "");
    }

    @Test
    void aTransactionGivesNamesToWhatItCreatesEverywhereTheyAreUsed() {
        String urn = "urn:uuid:0d0a3d9c-9d0e-4d0e-8f1e-1b6e0d1c1a01";
        String doc = "{\"resourceType\":\"DocumentReference\",\"status\":\"current\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><a href=\\\"" + urn
            + "\\\">x</a></div>\"},\"subject\":{\"reference\":\"" + urn + "\"},\"content\":[{\"attachment\":{\"url\":\"" + urn + "\"}}]}";
        Reply reply = server.post("", bundle("transaction",
            entry("urn:uuid:0d0a3d9c-9d0e-4d0e-8f1e-1b6e0d1c1a02", "POST", "DocumentReference", doc),
            entry(urn, "POST", "Patient", "{\"resourceType\":\"Patient\",\"active\":true}")));
        List<JsonValue> responses = responses(reply);
        String patient = location(responses.get(1));
        assertThat(responses.get(0).field("response").fieldText("status")).startsWith("201");
        String stored = server.get(location(responses.get(0))).text();
        assertThat(stored).doesNotContain("urn:uuid").contains("\"reference\":\"" + patient + "\"").contains("\"url\":\"" + patient + "\"").contains("href=\\\"" + patient + "\\\"");
        assertThat(server.get("DocumentReference?subject=" + patient).json().root().field("entry").size()).isEqualTo(1);
    }

    @Test
    void whatATransactionDeletesIsGoneForItsConditionalCreates() {
        String patient = "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:dc\",\"value\":\"1\"}]}";
        server.put("Patient/dc-old", patient.replace("{\"resourceType\"", "{\"id\":\"dc-old\",\"resourceType\""));
        String observation = "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient?identifier=urn:dc|1\"}}";
        List<JsonValue> responses = responses(server.post("", bundle("transaction",
            entry(null, "POST", "Patient", patient, ",\"ifNoneExist\":\"identifier=urn:dc|1\""),
            entry(null, "POST", "Observation", observation),
            entry(null, "DELETE", "Patient/dc-old", null))));
        assertThat(responses.get(0).field("response").fieldText("status")).startsWith("201");
        assertThat(location(responses.get(0))).isNotEqualTo("Patient/dc-old");
        assertThat(server.get("Patient/dc-old").status()).isEqualTo(410);
        assertThat(server.get("Patient?identifier=urn:dc|1".replace("|", "%7C")).json().root().field("entry").size()).isEqualTo(1);
        assertThat(server.get(location(responses.get(1))).text()).contains("\"reference\":\"" + location(responses.get(0)) + "\"");
    }

    @Test
    void conditionalReferencesFindWhatIsThereAndWhatTheBundleMakes() {
        server.put("Practitioner/cr-1", "{\"resourceType\":\"Practitioner\",\"id\":\"cr-1\",\"identifier\":[{\"system\":\"urn:npi\",\"value\":\"cr-1\"}]}");
        String encounter = "{\"resourceType\":\"Encounter\",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"subject\":{\"reference\":\"Patient/cr-p\"},\"participant\":[{\"individual\":{\"reference\":"
            + "\"Practitioner?identifier=urn:npi|cr-1\"}}],\"serviceProvider\":{\"reference\":\"Organization?identifier=urn:org|cr-2\"}}";
        String organization = "{\"resourceType\":\"Organization\",\"name\":\"O\",\"identifier\":[{\"system\":\"urn:org\",\"value\":\"cr-2\"}]}";
        List<JsonValue> responses = responses(server.post("", bundle("transaction", entry(null, "POST", "Encounter", encounter), entry(null, "POST", "Organization", organization))));
        assertThat(server.get(location(responses.get(0))).text()).contains("Practitioner/cr-1").contains("\"" + location(responses.get(1)) + "\"");
        String before = server.rows();
        Reply refused = server.post("", bundle("transaction", entry(null, "POST", "Encounter", encounter.replace("cr-2", "cr-none"))));
        assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        assertThat(server.rows()).isEqualTo(before);
    }

    @Test
    void aTransactionIsAllOrNothing() {
        String before = server.rows();
        Reply refused = server.post("", bundle("transaction",
            entry(null, "PUT", "Patient/aon-1", "{\"resourceType\":\"Patient\",\"id\":\"aon-1\"}"),
            entry(null, "PUT", "Patient/aon-2", "{\"resourceType\":\"Patient\",\"id\":\"aon-2\"}", ",\"ifMatch\":\"W/\\\"3\\\"\"")));
        assertThat(refused.status()).as(refused.text()).isEqualTo(412);
        assertThat(refused.text()).contains("Bundle.entry[1]");
        assertThat(server.rows()).isEqualTo(before);
        assertThat(server.get("Patient/aon-1").status()).isEqualTo(404);
    }

    @Test
    void aTransactionDeletesThenCreatesThenUpdatesThenReads() {
        server.put("Patient/ord-1", "{\"resourceType\":\"Patient\",\"id\":\"ord-1\",\"identifier\":[{\"system\":\"urn:o\",\"value\":\"ord\"}]}");
        List<JsonValue> responses = responses(server.post("", bundle("transaction",
            entry(null, "GET", "Patient?identifier=urn:o|ord", null),
            entry(null, "POST", "Patient", "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:o\",\"value\":\"ord\"}]}", ",\"ifNoneExist\":\"identifier=urn:o|ord-none\""),
            entry(null, "DELETE", "Patient/ord-1", null))));
        assertThat(responses.get(1).field("response").fieldText("status")).startsWith("201");
        assertThat(responses.get(2).field("response").fieldText("status")).startsWith("204");
        assertThat(responses.get(0).field("resource").field("entry").size()).isEqualTo(1);
        assertThat(responses.get(0).field("resource").toJson()).contains(location(responses.get(1)));
    }

    @Test
    void entriesOfABatchSucceedOrFailAlone() {
        List<JsonValue> responses = responses(server.post("", bundle("batch",
            entry(null, "PUT", "Patient/bat-1", "{\"resourceType\":\"Patient\",\"id\":\"bat-1\"}"),
            entry(null, "PUT", "Patient/bat-2", "{\"resourceType\":\"Patient\",\"id\":\"other\"}"),
            entry(null, "GET", "Patient/bat-none", null),
            entry(null, "GET", "Patient?_id=bat-1", null))));
        assertThat(responses.get(0).field("response").fieldText("status")).startsWith("201");
        assertThat(responses.get(1).field("response").fieldText("status")).startsWith("400");
        assertThat(responses.get(1).field("response").field("outcome").fieldText("resourceType")).isEqualTo("OperationOutcome");
        assertThat(responses.get(2).field("response").fieldText("status")).startsWith("404");
        assertThat(responses.get(3).field("resource").toJson()).contains("bat-1");
    }

    @Test
    void whatCouldMeanTwoThingsIsRefused() {
        String patient = "{\"resourceType\":\"Patient\",\"id\":\"dup-1\"}";
        String before = server.rows();
        assertThat(server.post("", bundle("transaction", entry(null, "PUT", "Patient/dup-1", patient), entry(null, "DELETE", "Patient/dup-1", null))).status()).isEqualTo(400);
        assertThat(server.post("", bundle("transaction", entry("urn:uuid:a", "POST", "Patient", patient), entry("urn:uuid:a", "POST", "Patient", patient))).status()).isEqualTo(400);
        assertThat(server.post("", bundle("transaction", entry(null, "POST", "", bundle("batch")))).status()).isEqualTo(400);
        assertThat(server.post("", bundle("collection")).status()).isEqualTo(400);
        assertThat(server.post("", patient).status()).isEqualTo(400);
        assertThat(server.post(server.patientAccess, bundle("transaction", entry(null, "POST", "Patient", patient))).status()).isEqualTo(405);
        assertThat(server.rows()).isEqualTo(before);
    }

    /** Elements of type url and uri that point somewhere are replaced; what something calls itself, or what an extension is defined by, points nowhere (R4 http, section 3.1.0.11.2). */
    @Test
    void aNameThatIsAnIdentityStays() {
        String url = "http://ex.org/fhir/StructureDefinition/names-itself";
        String definition = "{\"resourceType\":\"StructureDefinition\",\"url\":\"" + url + "\",\"name\":\"X\",\"status\":\"draft\",\"kind\":\"complex-type\",\"abstract\":false,\"type\":\"Extension\"}";
        String patient = "{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"" + url + "\",\"valueUri\":\"" + url + "\"}]}";
        List<JsonValue> responses = responses(server.post("", bundle("transaction", entry(url, "POST", "StructureDefinition", definition), entry(null, "POST", "Patient", patient))));
        String made = location(responses.get(0));
        assertThat(server.get(made).json().root().fieldText("url")).isEqualTo(url);
        JsonValue extension = server.get(location(responses.get(1))).json().root().field("extension").firstChild();
        assertThat(extension.fieldText("url")).isEqualTo(url);
        assertThat(extension.fieldText("valueUri")).isEqualTo(made);
    }

    @Test
    void aNameWithAVersionOrAFragmentIsReplacedToo() {
        String full = "http://src.example/fhir/Patient/orig";
        List<String> asked = List.of(full, full + "/_history/3", full + "#part", "Patient/orig", "Patient/orig/_history/3", "Patient/orig#part", "#part", "Patient/other");
        String items = String.join(",", asked.stream().map(reference -> "{\"item\":{\"reference\":\"" + reference + "\"}}").toList());
        String list = "{\"resourceType\":\"List\",\"status\":\"current\",\"mode\":\"working\",\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"part\"}],\"entry\":[" + items + "]}";
        List<JsonValue> responses = responses(server.post("", bundle("transaction",
            entry(full, "POST", "Patient", "{\"resourceType\":\"Patient\"}"), entry("http://src.example/fhir/List/l", "POST", "List", list))));
        String patient = location(responses.get(0));
        List<String> stored = new ArrayList<>();
        server.get(location(responses.get(1))).json().root().field("entry").each().forEach(entry -> stored.add(entry.field("item").fieldText("reference")));
        assertThat(stored).containsExactly(patient, patient, patient + "#part", patient, patient, patient + "#part", "#part", "Patient/other");
    }

    @Test
    void aTransactionReadsAsABatchDoes() {
        server.put("Patient/tx-read", "{\"resourceType\":\"Patient\",\"id\":\"tx-read\",\"gender\":\"other\",\"birthDate\":\"2000-01-01\"}");
        for (String url : List.of("Patient/tx-read?_elements=birthDate", "OperationDefinition/Patient-everything", "Patient/tx-read/_history/1", "Patient?_id=tx-read")) {
            JsonValue batch = responses(server.post("", bundle("batch", entry(null, "GET", url, null)))).get(0).field("resource");
            JsonValue transaction = responses(server.post("", bundle("transaction", entry(null, "GET", url, null)))).get(0).field("resource");
            assertThat(transaction.toJson()).as(url).isEqualTo(batch.toJson());
        }
    }

    @Test
    void entriesThatGoByOneConditionAreRefused() {
        String patient = "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:one\",\"value\":\"1\"}],\"gender\":\"male\"}";
        String rows = server.rows();
        String post = entry(null, "POST", "Patient", patient, ",\"ifNoneExist\":\"identifier=urn:one|1&gender=male\"");
        for (String other : List.of(entry(null, "POST", "Patient", patient, ",\"ifNoneExist\":\"gender=male&identifier=urn:one|1\""), entry(null, "PUT", "Patient?gender=male&identifier=urn:one|1", patient))) {
            assertThat(server.post("", bundle("transaction", post, other)).status()).isEqualTo(400);
        }
        assertThat(server.rows()).isEqualTo(rows);
    }

    @Test
    void aConditionThatCannotBeReadIsNotNone() {
        server.put("Patient/unread", "{\"resourceType\":\"Patient\",\"id\":\"unread\"}");
        String rows = server.rows();
        for (String more : List.of(",\"ifMatch\":1", ",\"ifNoneExist\":{\"identifier\":\"x\"}", ",\"ifNoneMatch\":null")) {
            Reply reply = server.post("", bundle("transaction", entry(null, "PUT", "Patient/unread", "{\"resourceType\":\"Patient\",\"id\":\"unread\",\"active\":true}", more)));
            assertThat(reply.status()).as(more).isEqualTo(400);
        }
        assertThat(server.rows()).isEqualTo(rows);
    }

    @Test
    void whatAPatchSetsIsNamedByWhatTheTransactionMakesToo() {
        String urn = "urn:uuid:0d0a3d9c-9d0e-4d0e-8f1e-1b6e0d1c1b01";
        for (String id : List.of("patched-a", "patched-b", "patched-c")) {
            assertThat(server.put("Observation/" + id, "{\"resourceType\":\"Observation\",\"id\":\"" + id + "\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"performer\":[{\"display\":\"somebody\"}]}").status()).isEqualTo(201);
        }
        String object = "[{\"op\":\"replace\",\"path\":\"/performer/0\",\"value\":{\"reference\":\"" + urn + "\"}}]";
        String text = "[{\"value\":\"" + urn + "\",\"op\":\"add\",\"path\":\"/performer/0/reference\"},{\"op\":\"add\",\"path\":\"/code/text\",\"value\":\"" + urn + "\"}]";
        String fhirPath = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"replace\"},{\"name\":\"path\",\"valueString\":\"Observation.performer[0]\"},"
            + "{\"name\":\"value\",\"valueReference\":{\"reference\":\"" + urn + "\"}}]}]}";
        List<JsonValue> responses = responses(server.post("", bundle("transaction", entry(null, "PATCH", "Observation/patched-a", jsonPatch(object)), entry(null, "PATCH", "Observation/patched-b", jsonPatch(text)),
            entry(null, "PATCH", "Observation/patched-c", fhirPath), entry(urn, "POST", "Practitioner", "{\"resourceType\":\"Practitioner\",\"active\":true}"))));
        String practitioner = location(responses.get(3));
        for (String id : List.of("patched-a", "patched-b", "patched-c")) {
            assertThat(server.get("Observation/" + id).text()).as(id).contains("\"reference\":\"" + practitioner + "\"");
        }
        assertThat(server.get("Observation/patched-b").text()).as("what is no link stays").contains("\"text\":\"" + urn + "\"");
    }

    @Test
    void theAnswersOfABundleAreBoundedTogether() {
        String photo = "AAAA".repeat(400_000);
        assertThat(server.put("Patient/large", "{\"resourceType\":\"Patient\",\"id\":\"large\",\"photo\":[{\"data\":\"" + photo + "\"}]}").status()).isEqualTo(201);
        String[] reads = java.util.Collections.nCopies(140, entry(null, "GET", "Patient/large", null)).toArray(String[]::new);
        Reply batch = server.post("", bundle("batch", reads));
        assertThat(batch.status()).isEqualTo(200);
        String end = batch.text().substring(batch.body().length - 1_000);
        assertThat(end).contains("\"status\":\"413", "FHIR-0211", "in another Bundle");
        assertThat(batch.text().substring(batch.body().length / 2, batch.body().length / 2 + 2_000_000)).contains("\"status\":\"200");
        assertThat(server.post("", bundle("transaction", reads)).status()).isEqualTo(413);
    }

    private static String jsonPatch(String patch) {
        return "{\"resourceType\":\"Binary\",\"contentType\":\"application/json-patch+json\",\"data\":\"" + java.util.Base64.getEncoder().encodeToString(patch.getBytes(java.nio.charset.StandardCharsets.UTF_8)) + "\"}";
    }

    /** A condition that is misspelt is none, and makes a duplicate; misspelt entries are none, and are lost with a 200. */
    @Test
    void aBundleWithElementsThatThereAreNotIsRefused() {
        String bundle = "{\"resourceType\":\"Bundle\",\"type\":\"%s\",\"%s\":[{\"%s\":{\"resourceType\":\"Basic\",\"code\":{\"text\":\"misspelt\"}},\"request\":{\"method\":\"POST\",\"url\":\"Basic\",\"%s\":\"code=urn:none|x\"}}]}";
        String rows = server.rows();
        for (String type : new String[] {"transaction", "batch"}) {
            assertThat(server.post("", bundle.formatted(type, "entries", "resource", "ifNoneExist")).status()).isEqualTo(400);
            assertThat(server.post("", bundle.formatted(type, "\\u0065ntry", "resource", "ifNoneExist")).status()).isEqualTo(400);
        }
        assertThat(server.post("", bundle.formatted("transaction", "entry", "resource", "ifNoneExists")).status()).isEqualTo(400);
        assertThat(server.post("", bundle.formatted("transaction", "entry", "ressource", "ifNoneExist")).status()).isEqualTo(400);
        Reply batch = server.post("", bundle.formatted("batch", "entry", "resource", "ifNoneExists"));
        assertThat(batch.text()).contains("\"status\":\"400 Bad Request\"").doesNotContain("201");
        assertThat(server.rows()).isEqualTo(rows);
        assertThat(server.post("", bundle.formatted("transaction", "entry", "resource", "ifNoneExist")).status()).isEqualTo(200);
    }

    /** JSON may write any character as an escape. */
    @Test
    void linksOfANarrativeAreReplacedHoweverTheyAreWritten() {
        String bundle = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
            + "{\"fullUrl\":\"urn:uuid:4a0c1f0e-0000-4000-8000-000000000001\",\"resource\":{\"resourceType\":\"Organization\",\"name\":\"linked\"},\"request\":{\"method\":\"POST\",\"url\":\"Organization\"}},"
            + "{\"resource\":{\"resourceType\":\"Basic\",\"text\":{\"status\":\"generated\",\"div\":\"<div><a href=\\u0022urn\\u003auuid:4a0c1f0e-0000-4000-8000-000000000001\\u0022>\\u00e9</a>"
            + "<a href='urn:uuid:4a0c1f0e-0000-4000-8000-000000000001'>b</a></div>\"},\"code\":{\"text\":\"x\"}},\"request\":{\"method\":\"POST\",\"url\":\"Basic\"}}]}";
        Reply done = server.post("", bundle, "Prefer", "return=representation");
        assertThat(done.status()).as(done.text()).isEqualTo(200);
        String div = done.text().substring(done.text().indexOf("<div>"), done.text().indexOf("</div>"));
        assertThat(div.split("Organization/")).hasSize(3);
        assertThat(div).doesNotContain("uuid");
    }

    @Test
    void aConditionalReferenceMayNameTheIdOfWhatTheBundleMakes() {
        String bundle = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":{\"resourceType\":\"Organization\",\"id\":\"by-id\",\"name\":\"x\"},\"request\":{\"method\":\"PUT\",\"url\":\"Organization/by-id\"}},"
            + "{\"resource\":{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"Organization?_id=by-id\"}},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}]}";
        Reply done = server.post("", bundle, "Prefer", "return=representation");
        assertThat(done.status()).as(done.text()).isEqualTo(200);
        assertThat(done.text()).contains("\"reference\":\"Organization/by-id\"");
    }

    /** "An OperationOutcome with hints and warnings generated as part of processing this entry" (R4 Bundle.entry.response.outcome): what was asked for stands in resource, and of writes alone the outcome may be asked for. */
    @Test
    void whatIsReadIsNoOutcome() {
        server.put("Patient/bnd-outcome", "{\"resourceType\":\"Patient\",\"id\":\"bnd-outcome\",\"gender\":\"male\"}");
        for (String type : List.of("batch", "transaction")) {
            List<JsonValue> responses = responses(server.post("", bundle(type, entry(null, "GET", "Patient/bnd-outcome?_elements=gender", null), entry(null, "POST", "Patient", "{\"resourceType\":\"Patient\"}"),
                entry(null, "DELETE", "Patient?identifier=urn:bnd|nobody", null)), "Prefer", "return=OperationOutcome"));
            assertThat(responses.get(0).field("resource").fieldText("gender")).isEqualTo("male");
            assertThat(responses.get(0).field("response").field("outcome")).isNull();
            for (JsonValue written : responses.subList(1, 3)) {
                assertThat(written.field("resource")).isNull();
                assertThat(written.field("response").field("outcome").fieldText("resourceType")).isEqualTo("OperationOutcome");
            }
        }
    }
}
