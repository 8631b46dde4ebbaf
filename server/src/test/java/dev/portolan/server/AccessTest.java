package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;

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
    void smt33_a_token_that_nobody_issued_is_refused_where_no_token_would_pass() throws Exception {
        assertThat(get("/patient-access/fhir/Patient").statusCode()).isEqualTo(200);
        for (String wrong : new String[] {"Bearer wrong", "Basic cm9zYTpyb3Nh", "Bearer "}) {
            HttpResponse<String> answer = get("/patient-access/fhir/Patient", "Authorization", wrong);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Bearer");
            assertThat(answer.body()).contains("OperationOutcome");
        }
    }

    @Test
    void the_pages_and_the_protocol_answer() throws Exception {
        for (String path : new String[] {"/sign-in", "/developers", "/identity/identity.css", "/oauth2/jwks", "/brands"}) {
            assertThat(get(path).statusCode()).as(path).isEqualTo(200);
        }
    }
}
