package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The authorization server and the FHIR bases in one server. */
class AccessTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static PortolanServer server;

    @BeforeAll
    static void start(@TempDir Path data) {
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", data.toString(), "portolan.package-registry", "off"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path));
        return HTTP.send((headers.length == 0 ? request : request.headers(headers)).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void smt01_every_base_says_how_to_get_in() throws Exception {
        for (URI base : server.bases().values()) {
            HttpResponse<String> answer = get(base.getPath() + "/.well-known/smart-configuration", "Origin", "https://app.example");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().allValues("Access-Control-Allow-Origin")).containsExactly("*");
            assertThat(answer.body()).contains(server.url() + "/oauth2/authorize");
        }
    }

    @Test
    void smt05_the_capability_statement_tells_smart_1_apps_the_same_addresses_as_discovery() throws Exception {
        ObjectMapper json = new ObjectMapper();
        for (URI base : server.bases().values()) {
            JsonNode discovery = json.readTree(get(base.getPath() + "/.well-known/smart-configuration").body());
            JsonNode security = json.readTree(get(base.getPath() + "/metadata").body()).at("/rest/0/security");
            assertThat(security.at("/service/0/coding/0/code").asText()).isEqualTo("SMART-on-FHIR");
            assertThat(security.path("cors").asBoolean()).isTrue();
            Map<String, String> told = new TreeMap<>();
            security.at("/extension/0/extension").forEach(part -> told.put(part.path("url").asText(), part.path("valueUri").asText()));
            assertThat(told).containsOnly(Map.entry("authorize", discovery.path("authorization_endpoint").asText()), Map.entry("token", discovery.path("token_endpoint").asText()),
                    Map.entry("introspect", discovery.path("introspection_endpoint").asText()), Map.entry("revoke", discovery.path("revocation_endpoint").asText()),
                    Map.entry("register", discovery.path("registration_endpoint").asText()), Map.entry("manage", discovery.path("management_endpoint").asText()));
        }
    }

    @Test
    void smt33_without_a_token_no_base_answers_anything_but_what_is_public() throws Exception {
        for (URI base : server.bases().values()) {
            for (String path : new String[] {"/Patient", "/Patient/1", "/Observation?patient=1", "/Patient/1/$everything", "/Nonsense", "/_history"}) {
                HttpResponse<String> answer = get(base.getPath() + path);
                assertThat(answer.statusCode()).as(base + path).isEqualTo(401);
                assertThat(answer.headers().firstValue("WWW-Authenticate").orElse("")).isEqualTo("Bearer");
                assertThat(answer.body()).contains("OperationOutcome").contains("\"login\"");
            }
            assertThat(get(base.getPath() + "/metadata").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void smt33_a_token_that_nobody_issued_is_refused() throws Exception {
        for (String wrong : new String[] {"Bearer wrong", "Basic cm9zYTpyb3Nh", "Bearer "}) {
            HttpResponse<String> answer = get("/patient-access/fhir/Patient", "Authorization", wrong);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Bearer");
            assertThat(answer.body()).contains("OperationOutcome");
        }
    }

    @Test
    void smt33_a_token_in_the_address_is_not_looked_at() throws Exception {
        assertThat(get("/system/fhir/Patient?access_token=" + operator()).statusCode()).isEqualTo(401);
    }

    @Test
    void the_sandbox_token_writes_on_the_system_base_and_reads_on_the_others() throws Exception {
        String bearer = "Bearer " + operator();
        HttpRequest put = HttpRequest.newBuilder(URI.create(server.bases().get("system") + "/Patient/rosa")).header("Authorization", bearer)
                .header("Content-Type", "application/fhir+json").PUT(HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"Patient\",\"id\":\"rosa\"}")).build();
        assertThat(HTTP.send(put, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(201);
        HttpResponse<String> read = get("/patient-access/fhir/Patient/rosa", "Authorization", bearer);
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(read.headers().allValues("Cache-Control")).as("no browser keeps it beyond the token").containsExactly("no-store");
    }

    @Test
    void a_server_that_every_caller_may_use_listens_on_loopback_only() {
        assertThatThrownBy(() -> PortolanServer.start(Map.of("portolan.open", "true", "portolan.bind", "0.0.0.0", "portolan.port", "0", "portolan.data", "/nowhere")))
                .hasStackTraceContaining("portolan.open (--open) lets every caller do everything without a token, so portolan.bind must be a loopback address");
    }

    private static String operator() {
        return server.sandbox().orElseThrow().operatorToken(server.operatorApp());
    }

    @Test
    void the_pages_and_the_protocol_answer() throws Exception {
        for (String path : new String[] {"/sign-in", "/developers", "/identity/identity.css", "/oauth2/jwks", "/brands"}) {
            assertThat(get(path).statusCode()).as(path).isEqualTo(200);
        }
    }
}
