package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.audit.AuditEntry;
import dev.portolan.rest.RunningServer.Reply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers ask of the form of an answer, in each way that HTTP lets them. */
class NegotiationTest {

    private static final String FORM = "application/x-www-form-urlencoded";

    private final RunningServer server = RunningServer.get();

    /** Every pair of name and value is a line of its own. */
    private Reply lines(String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.system + "/" + path)).method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/fhir+json");
        }
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        HttpResponse<byte[]> response = server.http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        return new Reply(response.statusCode(), response, response.body());
    }

    private static String patient(String id) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"name\":[{\"family\":\"Negotiated\"}]}";
    }

    @Test
    void aHeaderInSeveralLinesIsOne() throws Exception {
        Reply created = lines("PUT", "Patient/neg-1", patient("neg-1"), "Prefer", "respond-sync", "Prefer", "return=minimal");
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.body()).isEmpty();
        assertThat(lines("GET", "Patient?shoe=1", null, "Prefer", "return=minimal", "Prefer", "handling=strict").status()).isEqualTo(400);
        assertThat(lines("GET", "Patient/neg-1", null, "Accept", "image/png", "Accept", "application/fhir+xml").header("Content-Type")).startsWith("application/fhir+xml");
        assertThat(lines("GET", "Patient/neg-1", null, "If-None-Match", "W/\"7\"", "If-None-Match", "W/\"1\"").status()).isEqualTo(304);
        assertThat(lines("PUT", "Patient/neg-1", patient("neg-1"), "If-Match", "W/\"7\"", "If-Match", "W/\"1\"").status()).isEqualTo(200);
    }

    @Test
    void ofAPreferenceInTwoLinesTheFirstCounts() throws Exception {
        assertThat(lines("PUT", "Patient/neg-2", patient("neg-2"), "Prefer", "return=minimal", "Prefer", "return=representation").body()).isEmpty();
    }

    /** Which of them is meant nobody can tell, and the wrong one makes a second patient. */
    @Test
    void twoConditionsOfACreateAreRefused() throws Exception {
        String before = server.rows();
        assertThat(lines("POST", "Patient", patient("x"), "If-None-Exist", "identifier=a", "If-None-Exist", "identifier=b").status()).isEqualTo(400);
        assertThat(server.rows()).isEqualTo(before);
        assertThat(lines("POST", "Patient", patient("x"), "If-None-Exist", "identifier=urn:x|neg-3", "If-None-Exist", "identifier=urn:x|neg-3").status()).isEqualTo(201);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {"application/fhir+json;q=0, */*!xml", "*/*, application/fhir+json; q=0!xml", "application/fhir+json;q=0.0,application/*;q=0.1!xml", "application/fhir+xml;q=0, */*!json", "*/*!json",
        "application/fhir+xml;q=0.5, */*;q=0.1!xml", "application/json;q=0, application/fhir+xml;q=0.2!xml"})
    void aQualityOfNoughtRefusesAFormat(String accept, String format) {
        server.put("Patient/neg-4", patient("neg-4"));
        assertThat(server.get("Patient/neg-4", "Accept", accept).header("Content-Type")).startsWith("application/fhir+" + format);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/fhir+json;q=0, application/fhir+xml;q=0, */*", "application/fhir+json;q=0", "*/*;q=0"})
    void whoRefusesAllGetsNothing(String accept) {
        assertThat(server.get("Patient/neg-4", "Accept", accept).status()).isEqualTo(406);
    }

    @Test
    void anEmptyAcceptIsNone() {
        server.put("Patient/neg-5", patient("neg-5"));
        Reply read = server.get("Patient/neg-5", "Accept", "");
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.header("Content-Type")).startsWith("application/fhir+json");
    }

    @ParameterizedTest
    @CsvSource({"gzip; q=0, false", "gzip;q=0, false", "gzip;q=0.0, false", "gzip;q=0.5, true", "gzip ; q=0.5, true", "gzip, true", "deflate;q=0, false"})
    void gzipIsSentToWhoTakesIt(String accepted, boolean packed) throws IOException {
        Reply metadata = server.get("metadata", "Accept-Encoding", accepted);
        assertThat(metadata.header("Content-Encoding")).isEqualTo(packed ? "gzip" : null);
        byte[] plain = packed ? new GZIPInputStream(new ByteArrayInputStream(metadata.body())).readAllBytes() : metadata.body();
        assertThat(new String(plain, StandardCharsets.UTF_8)).contains("CapabilityStatement");
    }

    @Test
    void theFormOfASearchSaysHowItsAnswerLooks() {
        server.put("Patient/neg-6", patient("neg-6"));
        Reply page = server.send("POST", "Patient/_search", "_id=neg-6&_format=xml", "Content-Type", FORM);
        assertThat(page.header("Content-Type")).startsWith("application/fhir+xml");
        assertThat(page.text()).contains("<Bundle").contains("_format=xml");
        assertThat(server.send("POST", "Patient/_search", "_id=neg-6&_format=pdf", "Content-Type", FORM).status()).isEqualTo(406);
        assertThat(server.send("POST", "Patient/_search", "_id=neg-6&_pretty=true", "Content-Type", FORM).text()).contains("\n");
    }

    @Test
    void aBinaryIsGivenAsTheFileThatItHolds() {
        server.put("Binary/neg-7", "{\"resourceType\":\"Binary\",\"id\":\"neg-7\",\"contentType\":\"text/plain\",\"data\":\"aGVsbG8=\"}");
        server.get("Binary/neg-7");
        AuditEntry asResource = server.audited.get(server.audited.size() - 1);
        for (String accept : List.of("text/plain", "image/png, text/plain;q=0.5")) {
            int recorded = server.audited.size();
            Reply file = server.get("Binary/neg-7", "Accept", accept);
            assertThat(file.status()).isEqualTo(200);
            assertThat(file.text()).isEqualTo("hello");
            assertThat(file.header("Content-Type")).isEqualTo("text/plain");
            assertThat(file.header("ETag")).isEqualTo("W/\"1\"");
            assertThat(file.header("Content-Security-Policy")).contains("sandbox");
            assertThat(file.header("Content-Disposition")).isEqualTo("attachment");
            assertThat(file.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(server.audited).hasSize(recorded + 1);
            assertThat(server.audited.get(recorded).subject()).isEqualTo(asResource.subject());
        }
        assertThat(server.get("Binary/neg-7/_history/1", "Accept", "text/plain").text()).isEqualTo("hello");
        assertThat(server.get("Binary/neg-7", "Accept", "text/plain", "If-None-Match", "W/\"1\"").status()).isEqualTo(304);
        for (String accept : List.of("image/png", "text/plain;q=0, image/*", "application/fhir+turtle", "application/fhir+json;fhirVersion=5.0")) {
            assertThat(server.get("Binary/neg-7", "Accept", accept).status()).as(accept).isEqualTo(406);
        }
        for (String accept : List.of("application/fhir+json", "*/*", "application/fhir+json, text/plain")) {
            assertThat(server.get("Binary/neg-7", "Accept", accept).header("Content-Type")).as(accept).startsWith("application/fhir+json");
        }
        assertThat(server.get("Binary/neg-7?_format=xml", "Accept", "text/plain").text()).contains("<Binary");
        assertThat(server.get("Binary/never", "Accept", "text/plain").status()).isEqualTo(404);
        assertThat(server.get("Patient/neg-1", "Accept", "text/plain").status()).isEqualTo(406);
        assertThat(server.send("DELETE", "Binary/neg-7", (byte[]) null, "Accept", "text/plain").status()).isEqualTo(406);
    }

    /** What a Binary says of itself goes into a header. */
    @Test
    void aContentTypeThatIsNoneIsNotSent() {
        server.put("Binary/neg-8", "{\"resourceType\":\"Binary\",\"id\":\"neg-8\",\"contentType\":\"text/plain\\nSet-Cookie: a=b\",\"data\":\"aGVsbG8=\"}");
        assertThat(server.get("Binary/neg-8", "Accept", "text/plain").status()).isIn(404, 406);
        server.put("Binary/neg-9", "{\"resourceType\":\"Binary\",\"id\":\"neg-9\",\"contentType\":\"image/png\"}");
        assertThat(server.get("Binary/neg-9", "Accept", "image/png").status()).isEqualTo(406);
    }

    /** A cache that took one format for the other would give an app what it cannot read. */
    @Test
    void theFormatsOfMetadataAreTwoRepresentations() throws Exception {
        Reply json = server.get("metadata", "Accept", "application/fhir+json");
        Reply xml = server.get("metadata", "Accept", "application/fhir+xml");
        assertThat(json.response().headers().allValues("Vary")).contains("Accept");
        assertThat(json.header("ETag")).isNotEqualTo(xml.header("ETag"));
        assertThat(server.get("metadata", "Accept", "application/fhir+xml", "If-None-Match", json.header("ETag")).status()).isEqualTo(200);
        assertThat(server.get("metadata", "Accept", "application/fhir+xml", "If-None-Match", xml.header("ETag")).status()).isEqualTo(304);
        assertThat(server.get("metadata", "If-None-Match", "W/\"x\", " + json.header("ETag")).status()).isEqualTo(304);
        assertThat(lines("GET", "metadata", null, "If-None-Match", "W/\"x\"", "If-None-Match", json.header("ETag")).status()).isEqualTo(304);
    }

    /** A resource may be as deep as what is sent may be, and a Bundle around it is deeper. */
    @ParameterizedTest
    @ValueSource(strings = {"Questionnaire/neg-deep", "Questionnaire?_id=neg-deep", "Questionnaire/neg-deep/_history"})
    void theDeepestResourceIsPrintedForPeopleToo(String path) {
        String deep = "{\"resourceType\":\"Questionnaire\",\"id\":\"neg-deep\",\"status\":\"draft\"" + ",\"item\":[{\"linkId\":\"1\",\"type\":\"group\"".repeat(31) + "}]".repeat(31) + "}";
        assertThat(server.put("Questionnaire/neg-deep", deep).status()).isIn(200, 201);
        Reply pretty = server.get(path + (path.contains("?") ? "&" : "?") + "_pretty=true");
        assertThat(pretty.status()).as(pretty.text()).isEqualTo(200);
        assertThat(pretty.text().replaceAll("\\s", "")).contains("\"linkId\":\"1\",\"type\":\"group\"}]}]}]");
    }
}
