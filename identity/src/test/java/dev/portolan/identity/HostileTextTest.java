package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What nobody's name is and no registration holds: refused as what it is, and never the server's failure. */
class HostileTextTest {
    private static final String NUL = "a\0b";
    private static IdentityServer server;

    @BeforeAll
    static void start() {
        server = IdentityServer.start();
        Personas.grace(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String basic(String name, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    private static SmartApp.Answer post(String path, String type, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url + path)).header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofString(body));
        return SmartApp.send(headers.length == 0 ? request : request.headers(headers));
    }

    private static SmartApp.Answer register(Map<String, ?> changes) {
        Map<String, Object> metadata = new HashMap<>(Map.of("client_name", "Blue Harbor", "redirect_uris", List.of(SmartApp.REDIRECT)));
        metadata.putAll(changes);
        return post("/oauth2/register", "application/json", SmartApp.JSON.writeValueAsString(metadata));
    }

    @Test
    void a_name_with_u0000_is_nobodys() {
        assertThat(new Browser(server.url).signIn(NUL, Personas.PASSWORD).status()).isEqualTo(400);
        assertThat(SmartApp.get(server.url + "/api/apps", "Authorization", basic(NUL, Personas.PASSWORD)).status()).isEqualTo(401);
        assertThat(new Browser(server.url).get("/oauth2/authorize?response_type=code&client_id=a%00b").status()).isEqualTo(400);
        assertThat(post("/oauth2/token", "application/x-www-form-urlencoded", "grant_type=client_credentials", "Authorization", basic("a%00b", "secret")).text("error"))
                .isIn("invalid_request", "invalid_client");
    }

    @Test
    void a_parameter_with_u0000_is_an_invalid_request() {
        SmartApp.Answer token = post("/oauth2/token", "application/x-www-form-urlencoded", "grant_type=authorization_code&client_id=a%00b&code=x");
        assertThat(token.status()).isEqualTo(400);
        assertThat(token.json()).containsEntry("error", "invalid_request");
        assertThat(SmartApp.get(server.url + "/api/staff/apps?review=x%00y", "Authorization", basic("grace", Personas.PASSWORD)).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"client_name", "organization", "scope", "description", "software_id"})
    void a_registration_with_u0000_in_its_texts_is_refused(String name) {
        SmartApp.Answer refused = register(Map.of(name, "patient/*.rs " + NUL));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json()).containsEntry("error", "invalid_client_metadata");
    }

    @Test
    void a_body_with_u0000_is_refused_by_the_json_apis() {
        SmartApp.Answer refused = post("/api/staff/apps", "application/json", "{\"client_id\": \"chosen\", \"client_name\": \"a\\u0000b\"}", "Authorization", basic("grace", Personas.PASSWORD));
        assertThat(refused.status()).isEqualTo(400);
        String literal = "{\"client_name\": \"a\\\\u0000b\", \"redirect_uris\": [\"" + SmartApp.REDIRECT + "\"]}";
        assertThat(post("/oauth2/register", "application/json", literal).status()).as("the six characters are no U+0000").isEqualTo(201);
    }

    @Test
    void reg07_a_software_statement_that_nobody_checked_is_kept_of_no_app_whoever_registers_it() {
        String statement = "{\"client_name\": \"Vouched\", \"software_statement\": \"made up\", \"redirect_uris\": [\"" + SmartApp.REDIRECT + "\"]}";
        assertThat(post("/oauth2/register", "application/json", statement).text("error")).isEqualTo("invalid_software_statement");
        for (String path : List.of("/api/apps", "/api/staff/apps")) {
            assertThat(post(path, "application/json", statement, "Authorization", basic("grace", Personas.PASSWORD)).text("error")).as(path).isEqualTo("invalid_software_statement");
        }
    }

    @Test
    void keys_that_are_none_are_refused() {
        for (String keys : List.of("[null]", "[{}]", "[{\"kty\":null}]", "[1]", "null")) {
            SmartApp.Answer refused = post("/oauth2/register", "application/json", """
                    {"client_name": "Batch", "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "jwks": {"keys": %s}}""".formatted(keys));
            assertThat(refused.status()).as(keys).isEqualTo(400);
            assertThat(refused.json()).containsEntry("error", "invalid_client_metadata");
        }
    }

    @Test
    void smt10_an_app_without_addresses_gets_a_page_and_no_redirect() {
        String keys = "http://localhost:1/jwks";
        String backend = Personas.register(server, Personas.asks("Batch", "private_key_jwt", List.of("client_credentials"), "system/*.rs", keys, null)).app().clientId();
        for (String redirect : List.of("", "&redirect_uri=https://evil.example/here")) {
            Browser.Page page = new Browser(server.url).get("/oauth2/authorize?response_type=code&state=x&client_id=" + backend + redirect);
            assertThat(page.status()).as(redirect).isEqualTo(400);
            assertThat(page.location()).isEmpty();
            assertThat(page.body()).contains("redirect_uri");
        }
    }
}
