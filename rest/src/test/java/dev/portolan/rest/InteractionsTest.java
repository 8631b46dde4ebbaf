package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class InteractionsTest {

    private final RunningServer server = RunningServer.get();

    private static String patient(String id, String family) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"name\":[{\"family\":\"" + family + "\"}],\"gender\":\"female\"}";
    }

    static String observation(String id, String patient, String code) {
        return "{\"resourceType\":\"Observation\",\"id\":\"" + id + "\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"" + code
            + "\"}]},\"subject\":{\"reference\":\"Patient/" + patient + "\"},\"valueQuantity\":{\"value\":1.50,\"unit\":\"mg\"}}";
    }

    @Test
    void whatWasWrittenIsReadWithItsStampsAndItsOwnBytes() { // RST-02
        Reply created = server.put("Patient/read-1", patient("read-1", "Ångström"));
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        assertThat(created.header("Location")).isEqualTo(server.system + "/Patient/read-1/_history/1");
        Reply read = server.get("Patient/read-1");
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.header("ETag")).isEqualTo("W/\"1\"");
        assertThat(read.header("Last-Modified")).endsWith("GMT");
        assertThat(read.header("Content-Type")).isEqualToIgnoringCase("application/fhir+json; charset=utf-8");
        assertThat(read.text()).contains("\"family\":\"Ångström\"").contains("\"versionId\":\"1\"");
        assertThat(read.header("Content-Length")).isEqualTo(String.valueOf(read.body().length));
    }

    @Test
    void aReadThatHoldsNothingNewIs304() { // RST-02
        Reply created = server.put("Patient/cond-1", patient("cond-1", "A"));
        assertThat(server.get("Patient/cond-1", "If-None-Match", "W/\"1\"").status()).isEqualTo(304);
        assertThat(server.get("Patient/cond-1", "If-None-Match", "W/\"7\"").status()).isEqualTo(200);
        assertThat(server.get("Patient/cond-1", "If-Modified-Since", created.header("Last-Modified")).status()).isEqualTo(304);
        assertThat(server.get("Patient/cond-1", "If-Modified-Since", "Mon, 01 Jan 2001 00:00:00 GMT").status()).isEqualTo(200);
    }

    @Test
    void whatIsNotThereIs404AndWhatWasDeletedIs410() { // RST-02, RST-29
        assertThat(server.get("Patient/never").status()).isEqualTo(404);
        assertThat(server.get("Pateint/never").status()).isEqualTo(404);
        server.put("Patient/gone-1", patient("gone-1", "A"));
        Reply deleted = server.send("DELETE", "Patient/gone-1", (byte[]) null);
        assertThat(deleted.status()).isEqualTo(204);
        Reply gone = server.get("Patient/gone-1");
        assertThat(gone.status()).isEqualTo(410);
        assertThat(gone.text()).contains("OperationOutcome").contains("\"deleted\"");
        assertThat(server.get("Patient/gone-1/_history/1").status()).isEqualTo(200);
        assertThat(server.get("Patient/gone-1/_history/2").status()).isEqualTo(410);
        assertThat(server.send("DELETE", "Patient/gone-1", (byte[]) null).status()).isEqualTo(204);
    }

    @Test
    void versionsAndHistory() { // RST-34
        server.put("Patient/ver-1", patient("ver-1", "One"));
        Reply second = server.put("Patient/ver-1", patient("ver-1", "Two"));
        assertThat(second.status()).isEqualTo(200);
        assertThat(server.get("Patient/ver-1/_history/1").text()).contains("One");
        assertThat(server.get("Patient/ver-1/_history/2").text()).contains("Two");
        assertThat(server.get("Patient/ver-1/_history/3").status()).isEqualTo(404);
        Reply history = server.get("Patient/ver-1/_history");
        assertThat(history.json().root().fieldText("type")).isEqualTo("history");
        assertThat(history.json().root().field("entry").size()).isEqualTo(2);
        assertThat(server.get("Patient/_history?_count=1").json().root().field("entry").size()).isEqualTo(1);
        assertThat(server.get("_history?_count=2").json().root().field("entry").size()).isEqualTo(2);
        for (String query : List.of("", "?_since=2020-01-01", "?_at=2020")) {
            assertThat(server.get("Patient/ver-none/_history" + query).status()).as("of what never was " + query).isEqualTo(404);
            assertThat(server.get("Patient/ver-1/_history" + query).status()).isEqualTo(200);
        }
        assertThat(server.get("Patient/ver-1/_history?_since=2999-01-01").json().root().field("entry")).isNull();
    }

    @Test
    void createGivesAnIdAndPreferSaysWhatComesBack() {
        String body = patient("ignored", "New");
        Reply created = server.post("Patient", body);
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.json().root().fieldText("id")).isNotEqualTo("ignored");
        assertThat(server.post("Patient", body, "Prefer", "return=minimal").body()).isEmpty();
        assertThat(server.post("Patient", body, "Prefer", "return=OperationOutcome").text()).contains("OperationOutcome");
    }

    @Test
    void conditionalCreateUpdateAndDelete() {
        String body = "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:x\",\"value\":\"cc-1\"}]}";
        Reply first = server.post("Patient", body, "If-None-Exist", "identifier=urn:x|cc-1");
        assertThat(first.status()).isEqualTo(201);
        Reply again = server.post("Patient", body, "If-None-Exist", "identifier=urn:x|cc-1");
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.json().root().fieldText("id")).isEqualTo(first.json().root().fieldText("id"));
        Reply updated = server.put("Patient?identifier=urn:x%7Ccc-1", body.replace("}]}", "}],\"active\":true}"));
        assertThat(updated.status()).isEqualTo(200);
        assertThat(updated.json().root().fieldText("id")).isEqualTo(first.json().root().fieldText("id"));
        assertThat(server.put("Patient?identifier=urn:x%7Ccc-other", body).status()).isEqualTo(201);
        server.post("Patient", body);
        assertThat(server.put("Patient?identifier=urn:x%7Ccc-1", body).status()).isEqualTo(412);
        assertThat(server.send("DELETE", "Patient?identifier=urn:x%7Ccc-none", (byte[]) null).status()).isEqualTo(204);
        assertThat(server.put("Patient?nonsense=1", body).status()).isEqualTo(400);
    }

    @Test
    void aWriteOnAVersionThatIsNoLongerThePresentOneIs412() {
        server.put("Patient/match-1", patient("match-1", "A"));
        assertThat(server.put("Patient/match-1", patient("match-1", "B"), "If-Match", "W/\"1\"").status()).isEqualTo(200);
        assertThat(server.put("Patient/match-1", patient("match-1", "C"), "If-Match", "W/\"1\"").status()).isEqualTo(412);
        assertThat(server.send("DELETE", "Patient/match-1", (byte[]) null, "If-Match", "W/\"1\"").status()).isEqualTo(412);
        assertThat(server.put("Patient/match-1", patient("match-1", "C"), "If-None-Match", "*").status()).isEqualTo(412);
    }

    @Test
    void jsonPatchTouchesNothingElse() {
        server.put("Observation/patch-1", observation("patch-1", "p-x", "1-1"));
        String type = "application/json-patch+json";
        Reply patched = server.send("PATCH", "Observation/patch-1", "[{\"op\":\"test\",\"path\":\"/status\",\"value\":\"final\"},{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"amended\"},"
            + "{\"op\":\"add\",\"path\":\"/code/coding/-\",\"value\":{\"code\":\"x\"}}]", "Content-Type", type);
        assertThat(patched.status()).as(patched.text()).isEqualTo(200);
        assertThat(patched.text()).contains("\"status\":\"amended\"").contains("\"value\":1.50");
        assertThat(server.send("PATCH", "Observation/patch-1", "[{\"op\":\"remove\",\"path\":\"/status\"}]", "Content-Type", type).status()).isEqualTo(422);
        assertThat(server.send("PATCH", "Observation/patch-1", "[{\"op\":\"remove\",\"path\":\"/nowhere\"}]", "Content-Type", type).status()).isEqualTo(400);
        assertThat(server.send("PATCH", "Observation/patch-none", "[{\"op\":\"remove\",\"path\":\"/status\"}]", "Content-Type", type).status()).isEqualTo(404);
        assertThat(server.send("PATCH", "Observation/patch-1", "[]", "Content-Type", "text/plain").status()).isEqualTo(415);
    }

    @Test
    void searchesPageWithoutLossAndPostGivesTheSame() { // RST-21, RST-27, RST-28
        server.put("Patient/pg", patient("pg", "Pager"));
        for (int i = 0; i < 7; i++) {
            server.put("Observation/pg-" + i, observation("pg-" + i, "pg", "2-" + i));
        }
        List<String> ids = new ArrayList<>();
        String next = server.system + "/Observation?patient=pg&_count=3";
        while (next != null) {
            Reply page = server.get(next);
            assertThat(page.status()).as(page.text()).isEqualTo(200);
            JsonValue bundle = page.json().root();
            for (JsonValue entry : bundle.field("entry").children()) {
                assertThat(entry.field("search").fieldText("mode")).isEqualTo("match");
                assertThat(entry.fieldText("fullUrl")).startsWith(server.system + "/Observation/");
                ids.add(entry.field("resource").fieldText("id"));
            }
            next = link(bundle, "next");
        }
        assertThat(ids).hasSize(7).doesNotHaveDuplicates();
        Reply posted = server.post("Observation/_search", "patient=pg", "Content-Type", "application/x-www-form-urlencoded");
        assertThat(posted.json().root().field("entry").size()).isEqualTo(7);
        assertThat(link(posted.json().root(), "self")).isEqualTo(server.system + "/Observation?patient=pg");
        assertThat(server.get("Patient/pg/Observation").json().root().field("entry").size()).isEqualTo(7);
        Reply all = server.get("Patient/pg/*");
        assertThat(all.status()).as(all.text()).isEqualTo(200);
        assertThat(all.json().root().field("entry").size()).isGreaterThanOrEqualTo(7);
        assertThat(server.get("Observation?patient=pg&_summary=count").json().root().field("entry")).isNull();
    }

    static String link(JsonValue bundle, String relation) {
        for (JsonValue link : bundle.field("link").children()) {
            if (relation.equals(link.fieldText("relation"))) {
                return link.fieldText("url");
            }
        }
        return null;
    }

    @Test
    void unknownParametersAreNamedOrRefused() { // RST-36
        Reply lenient = server.get("Patient?gender=female&shoe-size=44&_count=1");
        assertThat(lenient.status()).isEqualTo(200);
        assertThat(link(lenient.json().root(), "self")).doesNotContain("shoe");
        assertThat(lenient.text()).contains("\"mode\":\"outcome\"").contains("shoe-size");
        // "Except for transactions and batches, each entry in a Bundle must have a fullUrl" (R4 bundle, section 2.36.4.1)
        assertThat(lenient.json().root().field("entry").children()).allSatisfy(entry -> assertThat(entry.fieldText("fullUrl")).isNotBlank());
        assertThat(lenient.text()).containsPattern("\"fullUrl\":\"urn:uuid:[0-9a-f-]{36}\",\"resource\":\\{\"resourceType\":\"OperationOutcome\"");
        assertThat(server.get("Patient?shoe-size=44", "Prefer", "handling=strict").status()).isEqualTo(400);
        assertThat(server.get("Patient?shoe-size=44", "Prefer", "Handling = \"strict\"").status()).isEqualTo(400);
        assertThat(server.get("Patient?birthdate=yesterday").status()).isEqualTo(400);
    }

    @Test
    void everythingOfAMember() { // RST-35
        server.put("Patient/ev", patient("ev", "All"));
        server.put("Observation/ev-1", observation("ev-1", "ev", "3-1"));
        Reply everything = server.get("Patient/ev/$everything");
        assertThat(everything.status()).as(everything.text()).isEqualTo(200);
        assertThat(everything.json().root().field("entry").size()).isEqualTo(2);
        assertThat(everything.json().root().field("entry").firstChild().field("resource").fieldText("resourceType")).isEqualTo("Patient");
        Reply paged = server.get("Patient/ev/$everything?_count=1");
        assertThat(link(paged.json().root(), "next")).isNotNull();
        assertThat(server.get(link(paged.json().root(), "next")).text()).contains("ev-1");
        assertThat(server.get("Patient/ev/$everything?_type=Observation").json().root().field("entry").size()).isEqualTo(1);
        assertThat(server.get("Patient/ev-none/$everything").status()).isEqualTo(404);
    }

    @Test
    void formats() throws Exception { // RST-34
        server.put("Patient/fmt", patient("fmt", "Format"));
        Reply xml = server.get("Patient/fmt?_format=xml");
        assertThat(xml.header("Content-Type")).contains("application/fhir+xml");
        assertThat(xml.text()).contains("<family value=\"Format\"");
        Reply written = server.put("Patient/fmt", xml.text().replace("Format", "Xmler"), "Content-Type", "application/fhir+xml", "Accept", "application/fhir+json");
        assertThat(written.status()).as(written.text()).isEqualTo(200);
        assertThat(written.text()).contains("\"family\":\"Xmler\"");
        assertThat(server.get("Patient/fmt?_pretty=true").text()).contains("\n  \"resourceType\": \"Patient\"");
        assertThat(server.get("Patient/fmt", "Accept", "image/png").status()).isEqualTo(406);
        assertThat(server.get("Patient?_id=fmt&_format=xml").text()).contains("<Bundle").contains("Xmler");
        Reply elements = server.get("Patient/fmt?_elements=gender");
        assertThat(elements.text()).contains("SUBSETTED").contains("gender").doesNotContain("Xmler");
        assertThat(server.get("Patient?_id=fmt&_summary=true").text()).contains("SUBSETTED");
        Reply packed = server.get("metadata", "Accept-Encoding", "gzip");
        assertThat(packed.header("Content-Encoding")).isEqualTo("gzip");
        assertThat(new String(new GZIPInputStream(new ByteArrayInputStream(packed.body())).readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)).contains("CapabilityStatement");
    }

    @Test
    void methodsThatAreNotOfferedAre405WithTheOnesThatAre() {
        Reply refused = server.send("DELETE", server.patientAccess + "/Patient/x", (byte[]) null);
        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.header("Allow")).contains("GET").doesNotContain("DELETE");
        assertThat(server.get(server.patientAccess + "/Claim").status()).isEqualTo(404);
        assertThat(server.send("OPTIONS", "Patient/x", (byte[]) null).header("Allow")).contains("PATCH");
    }

    @Test
    void metadataSaysWhatRuns() { // RST-01
        Reply metadata = server.get(server.patientAccess + "/metadata");
        assertThat(metadata.status()).isEqualTo(200);
        JsonValue statement = metadata.json().root();
        assertThat(statement.fieldText("fhirVersion")).isEqualTo("4.0.1");
        assertThat(statement.field("rest").firstChild().field("resource").size()).isEqualTo(3);
        assertThat(server.get(server.patientAccess + "/metadata", "If-None-Match", metadata.header("ETag")).status()).isEqualTo(304);
        assertThat(server.get("metadata?mode=terminology").json().root().fieldText("resourceType")).isEqualTo("TerminologyCapabilities");
    }

    @Test
    void utf8IsReadInAnySpelling() {
        for (String charset : List.of("charset=utf-8", "charset=UTF-8", "charset=\"utf-8\"", "Charset=utf8", "fhirVersion=4.0;charset=Utf-8")) {
            assertThat(server.post("Patient/$validate", patient("spelled", "A"), "Content-Type", "application/fhir+json; " + charset).status()).as(charset).isEqualTo(200);
            assertThat(server.post("Patient/_search", "_id=spelled", "Content-Type", "application/x-www-form-urlencoded; " + charset).status()).as(charset).isEqualTo(200);
        }
    }

    @Test
    void aTimeLeavesOpenWhatItDoesNotSay() {
        assertThat(FhirDate.of("_at", "2024-01-31T10:00:00.5Z")).isEqualTo(new FhirDate(1706695200500L, 1706695200500L));
        assertThat(FhirDate.of("_at", "2024-01-31T10:00:00 01:00")).isEqualTo(new FhirDate(1706691600000L, 1706691600999L));
        assertThat(FhirDate.of("_at", "2024-01-31T10:00Z")).isEqualTo(new FhirDate(1706695200000L, 1706695259999L));
        assertThat(FhirDate.of("_at", "9999").high()).isGreaterThan(FhirDate.of("_at", "9999-12-31").low());
    }

    @Test
    void everyAccessIsRecordedBeforeItsAnswerLeaves() {
        server.put("Patient/aud", patient("aud", "Audit"));
        int before = server.audited.size();
        server.get("Patient/aud");
        server.get("Patient/aud-none");
        assertThat(server.audited.subList(before, server.audited.size())).extracting(entry -> entry.outcome().status()).containsExactly(200, 404);
    }

    @Test
    void aVersionIsGivenInPartAsTheResourceIs() {
        server.put("Patient/part-1", patient("part-1", "Whole"));
        for (String path : new String[] {"Patient/part-1", "Patient/part-1/_history/1"}) {
            assertThat(server.get(path + "?_elements=gender").text()).as(path).contains("SUBSETTED", "female").doesNotContain("Whole");
        }
    }

    /** A search of one type for another: the caller would take one for the other. */
    @Test
    void theTypesOfASearchAreThoseThatItNames() {
        assertThat(server.get("Patient?_type=Observation").status()).isEqualTo(400);
        assertThat(server.get("Patient?_type=Patient&_id=none").status()).isEqualTo(200);
        assertThat(server.get("?_type=Patient&_type=Observation&_id=none").status()).isEqualTo(400);
        assertThat(server.get("?_type=Patient,Observation&_id=none").status()).isEqualTo(200);
        assertThat(server.send("DELETE", "Patient?_type=Observation&_id=none", (byte[]) null).status()).isEqualTo(400);
    }

    @Test
    void noMethodIsOfferedOfATypeThatThereIsNot() {
        assertThat(server.send("OPTIONS", "Pateint", (byte[]) null).status()).isEqualTo(404);
        assertThat(server.send("OPTIONS", server.patientAccess + "/Practitioner", (byte[]) null).status()).isEqualTo(404);
        assertThat(server.send("OPTIONS", "Patient", (byte[]) null).header("Allow")).contains("GET", "POST");
        assertThat(server.send("OPTIONS", server.patientAccess + "/OperationDefinition/Patient-everything", (byte[]) null).status()).isEqualTo(204);
    }
}
