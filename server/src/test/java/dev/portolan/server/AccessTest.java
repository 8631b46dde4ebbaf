package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.SandboxTokens;

/** The authorization server and the FHIR bases in one server. */
class AccessTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static PortolanServer server;

    @BeforeAll
    static void start(@TempDir Path data) {
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.package-registry", "off"));
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
    void a_request_that_the_parser_refuses_gets_an_outcome_and_is_told_that_its_connection_ends() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.url().getPort())) {
            socket.getOutputStream().write("PUT /system/fhir/Patient/a%00b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\r\nConnection: close\r\n", "\"resourceType\":\"OperationOutcome\"");
        }
    }

    /** A body that comes after its head, as most clients send it: what is refused without reading it leaves the connection for the next request. */
    @ParameterizedTest
    @ValueSource(strings = {"/system/staff", "/system/loads", "/api/staff/apps", "/login", "/nothing", "/patient-access/fhir/Patient"})
    void a_refusal_does_not_end_the_connection_under_the_next_request(String path) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.url().getPort())) {
            socket.setSoTimeout(20_000);
            socket.setTcpNoDelay(true);
            socket.getOutputStream().write(("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            Thread.sleep(100);
            socket.getOutputStream().write("{}GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answers).matches("(?s)HTTP/1.1 40[134] .*HTTP/1.1 200 .*");
        }
    }

    /** What an export's files, conditional calls and files of Binary need, browsers ask for first. */
    @Test
    void pages_of_other_origins_may_send_and_read_every_header_that_the_apis_use() throws Exception {
        HttpResponse<String> preflight = HTTP.send(HttpRequest.newBuilder(URI.create(server.bases().get("system") + "/Binary/x")).method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .header("Origin", "https://app.example").header("Access-Control-Request-Method", "GET").header("Access-Control-Request-Headers", "range").build(), HttpResponse.BodyHandlers.ofString());
        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Headers").orElse("").split(", ")).contains("Range", "If-Range", "If-Match", "If-None-Exist", "Prefer", "X-Security-Context");
        assertThat(preflight.headers().firstValue("Access-Control-Expose-Headers").orElse("").split(", ")).contains("Accept-Ranges", "Content-Range", "Content-Disposition", "Content-Location", "ETag", "Location");
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

    /** The address as it is sent, which a client library would tidy up. */
    private static int rawStatus(String path, String bearer) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.url().getPort())) {
            socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " + bearer + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            String line = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII)).readLine();
            return Integer.parseInt(line.substring(9, 12));
        }
    }

    @Test
    void attack_a_token_for_one_base_opens_no_other_however_the_address_is_written() throws Exception {
        put("ada");
        Account account = server.part(Accounts.class).add(Accounts.NewAccount.member("ada", "correct horse 12", "Ada", "ada"));
        server.sandbox().orElseThrow().sampleApps();
        String bearer = server.part(SandboxTokens.class).issue("sample-public", account.id(), "ada", "Patient/ada", SmartScopes.parse("patient/*.rs"), "/patient-access/fhir", Duration.ofMinutes(5));
        assertThat(rawStatus("/patient-access/fhir/Patient/ada", bearer)).isEqualTo(200);
        for (String path : new String[] {"/system/fhir/Patient/ada", "/patient-access/fhir/../../system/fhir/Patient/ada", "/patient-access/fhir/%2e%2e/%2e%2e/system/fhir/Patient/ada",
            "/patient-access/fhir/..;/..;/system/fhir/Patient/ada", "/patient-access/fhir/x/../../../system/fhir/Patient/ada", "/system;x=/patient-access/fhir/fhir/Patient/ada",
            "/patient-access/fhir/..%2f..%2fsystem/fhir/Patient/ada", "//system/fhir/Patient/ada", "/%73ystem/fhir/Patient/ada"}) {
            assertThat(rawStatus(path, bearer)).as(path).isIn(400, 401, 404);
        }
    }

    @Test
    void attack_a_members_app_changes_and_sees_nothing_at_the_plans_own_base() throws Exception {
        put("tom");
        Account account = server.part(Accounts.class).add(Accounts.NewAccount.member("tom", "correct horse 12", "Tom", "tom"));
        server.sandbox().orElseThrow().sampleApps();
        String bearer = "Bearer " + server.part(SandboxTokens.class).issue("sample-public", account.id(), "tom", "Patient/tom", SmartScopes.parse("patient/*.cruds user/*.cruds"), "/system/fhir", Duration.ofMinutes(5));
        String base = server.bases().get("system").toString();
        String body = "{\"resourceType\":\"Patient\",\"id\":\"tom\",\"active\":false}";
        assertThat(get("/system/fhir/Patient/tom", "Authorization", bearer).statusCode()).isEqualTo(403);
        assertThat(get("/system/fhir/Patient/tom/$everything", "Authorization", bearer).statusCode()).isEqualTo(403);
        assertThat(get("/system/fhir/Patient?_id=tom", "Authorization", bearer).statusCode()).isEqualTo(403);
        assertThat(get("/system/fhir/Patient/tom/_history", "Authorization", bearer).statusCode()).isEqualTo(403);
        for (HttpRequest.Builder change : List.of(HttpRequest.newBuilder(URI.create(base + "/Patient/tom")).PUT(HttpRequest.BodyPublishers.ofString(body)),
            HttpRequest.newBuilder(URI.create(base + "/Patient")).POST(HttpRequest.BodyPublishers.ofString(body)), HttpRequest.newBuilder(URI.create(base + "/Patient/tom")).DELETE(),
            HttpRequest.newBuilder(URI.create(base)).POST(HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":" + body
                + ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/tom\"}}]}")))) {
            HttpResponse<String> refused = HTTP.send(change.header("Authorization", bearer).header("Content-Type", "application/fhir+json").build(), HttpResponse.BodyHandlers.ofString());
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
        }
        assertThat(get("/system/fhir/Patient/tom", "Authorization", "Bearer " + operator()).body()).contains("\"versionId\":\"1\"");
    }

    @Test
    void the_sandbox_token_writes_on_the_system_base_and_reads_on_the_others() throws Exception {
        String bearer = "Bearer " + operator();
        put("rosa");
        HttpResponse<String> read = get("/patient-access/fhir/Patient/rosa", "Authorization", bearer);
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(read.headers().allValues("Cache-Control")).as("no browser keeps it beyond the token").containsExactly("no-store");
    }

    @Test
    void a_server_that_every_caller_may_use_listens_on_loopback_only() {
        assertThatThrownBy(() -> PortolanServer.start(Map.of("portolan.open", "true", "portolan.bind", "0.0.0.0", "portolan.port", "0", "portolan.data", "/nowhere")))
                .hasStackTraceContaining("portolan.open (--open) lets every caller do everything without a token, so portolan.bind must be a loopback address");
    }

    private static void put(String patient) throws IOException, InterruptedException {
        HttpRequest put = HttpRequest.newBuilder(URI.create(server.bases().get("system") + "/Patient/" + patient)).header("Authorization", "Bearer " + operator())
                .header("Content-Type", "application/fhir+json").PUT(HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}")).build();
        assertThat(HTTP.send(put, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(201);
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

    @Test
    void attack_a_page_whose_name_was_led_here_reads_nothing_of_an_open_server(@TempDir Path data) throws Exception {
        try (PortolanServer open = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.package-registry", "off", "portolan.open", "true"))) {
            URI patients = URI.create(open.bases().get("system") + "/Patient");
            assertThat(status(patients, "rebound.example:" + patients.getPort())).isEqualTo("HTTP/1.1 403");
            assertThat(status(patients, "localhost:" + patients.getPort())).isEqualTo("HTTP/1.1 200");
            assertThat(status(patients, patients.getAuthority())).isEqualTo("HTTP/1.1 200");
        }
    }

    /** Asked by a name of one's own choice, as the client of the JDK does not. */
    private static String status(URI url, String host) throws IOException {
        try (Socket caller = new Socket(url.getHost(), url.getPort())) {
            caller.getOutputStream().write(("GET " + url.getPath() + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(caller.getInputStream().readNBytes("HTTP/1.1 200".length()), StandardCharsets.US_ASCII);
        }
    }
}
