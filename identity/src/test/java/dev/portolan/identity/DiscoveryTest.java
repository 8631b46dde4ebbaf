package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.scope.SmartScope;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server says of itself. */
class DiscoveryTest {
    private static IdentityServer server;

    @BeforeAll
    static void start() {
        server = IdentityServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @SuppressWarnings("unchecked")
    private static List<String> list(Map<String, Object> document, String name) {
        return (List<String>) document.get(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/fhir+json", "text/html", "*/*", "application/xml"})
    void smt01_smart_configuration_is_json_without_a_token_whatever_is_accepted(String accept) {
        for (String base : List.of("/patient-access/fhir", "/provider-access/fhir")) {
            SmartApp.Answer answer = SmartApp.get(server.url + base + "/.well-known/smart-configuration", "Accept", accept, "Origin", "https://app.example");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.response().headers().firstValue("Content-Type")).contains("application/json");
            assertThat(answer.response().headers().firstValue("Access-Control-Allow-Origin")).contains("*");
            for (String name : List.of("authorization_endpoint", "token_endpoint", "jwks_uri", "introspection_endpoint", "revocation_endpoint",
                    "registration_endpoint", "management_endpoint", "user_access_brand_bundle")) {
                assertThat(answer.text(name)).startsWith("http");
            }
        }
    }

    @Test
    void smt02_and_smt03_and_smt04_it_says_what_is_true_and_what_is_required() {
        Map<String, Object> d = SmartApp.get(server.base() + "/.well-known/smart-configuration").json();
        assertThat(d.get("issuer")).isEqualTo(server.url);
        assertThat(list(d, "grant_types_supported")).contains("authorization_code", "client_credentials");
        assertThat(list(d, "code_challenge_methods_supported")).containsExactly("S256");
        assertThat(list(d, "response_types_supported")).containsExactly("code");
        assertThat(list(d, "token_endpoint_auth_methods_supported")).contains("client_secret_post", "client_secret_basic", "private_key_jwt");
        assertThat(list(d, "token_endpoint_auth_signing_alg_values_supported")).contains("RS384", "ES384");
        assertThat(list(d, "capabilities")).contains("launch-ehr", "launch-standalone", "authorize-post", "client-public",
                "client-confidential-symmetric", "client-confidential-asymmetric", "sso-openid-connect", "context-banner", "context-style",
                "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient", "permission-offline", "permission-patient",
                "permission-user", "permission-v1", "permission-v2");
        assertThat(list(d, "scopes_supported")).allMatch(s -> SmartScope.parse(s).isPresent())
                .contains("openid", "fhirUser", "launch", "launch/patient", "launch/encounter", "offline_access", "patient/*.rs", "user/*.rs", "system/*.rs");
    }

    @Test
    void reg08_without_a_community_there_is_no_udap() throws Exception {
        assertThat(SmartApp.get(server.base() + "/.well-known/udap").status()).isEqualTo(404);
        HttpRequest register = HttpRequest.newBuilder(URI.create(server.url + "/oauth2/udap/register")).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString("{}")).build();
        assertThat(HttpClient.newHttpClient().send(register, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(404);
    }

    @Test
    void smt27_openid_configuration_fits_the_issuer() {
        Map<String, Object> d = SmartApp.get(server.url + "/.well-known/openid-configuration").json();
        assertThat(d.get("issuer")).isEqualTo(server.url);
        assertThat(list(d, "id_token_signing_alg_values_supported")).contains("RS256");
        assertThat(list(d, "subject_types_supported")).containsExactly("public");
        assertThat(SmartApp.get((String) d.get("jwks_uri")).json()).containsKey("keys");
    }

    @Test
    void smt14_a_browser_may_ask_before_it_calls_the_token_endpoint() {
        SmartApp.Answer answer = SmartApp.send(HttpRequest.newBuilder(URI.create(server.url + "/oauth2/token"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()).header("Origin", "https://app.example")
                .header("Access-Control-Request-Method", "POST").header("Access-Control-Request-Headers", "authorization,content-type"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.response().headers().firstValue("Access-Control-Allow-Origin")).contains("*");
        assertThat(answer.response().headers().firstValue("Access-Control-Allow-Headers").orElse("").toLowerCase(java.util.Locale.ROOT)).contains("authorization");
    }

    @Test
    @SuppressWarnings("unchecked")
    void smt37_and_smt38_the_brands_bundle_names_the_plan_once_and_the_endpoint_that_members_apps_use() {
        Map<String, Object> d = SmartApp.get(server.base() + "/.well-known/smart-configuration").json();
        SmartApp.Answer answer = SmartApp.get((String) d.get("user_access_brand_bundle"), "Origin", "https://app.example");
        assertThat(answer.response().headers().firstValue("Access-Control-Allow-Origin")).contains("*");
        String etag = answer.response().headers().firstValue("ETag").orElseThrow();
        assertThat(etag).startsWith("W/");
        assertThat(SmartApp.get((String) d.get("user_access_brand_bundle"), "If-None-Match", etag).status()).isEqualTo(304);
        assertThat(answer.json()).containsEntry("type", "collection").containsKey("timestamp");
        List<Map<String, Object>> resources = ((List<Map<String, Object>>) answer.json().get("entry")).stream()
                .map(e -> (Map<String, Object>) e.get("resource")).toList();
        List<Map<String, Object>> plans = resources.stream().filter(r -> r.get("resourceType").equals("Organization"))
                .filter(r -> ((List<Object>) r.get("identifier")).contains(d.get("user_access_brand_identifier"))).toList();
        assertThat(plans).hasSize(1);
        List<Map<String, Object>> endpoints = resources.stream().filter(r -> r.get("resourceType").equals("Endpoint")).toList();
        assertThat(endpoints).extracting(e -> e.get("address")).containsExactly(server.base());
        assertThat((List<Object>) plans.get(0).get("endpoint"))
                .containsExactlyElementsOf(endpoints.stream().map(e -> (Object) Map.of("reference", "Endpoint/" + e.get("id"))).toList());
    }

    @Test
    void only_reading_is_possible() {
        SmartApp.Answer answer = SmartApp.send(HttpRequest.newBuilder(URI.create(server.base() + "/.well-known/smart-configuration"))
                .POST(HttpRequest.BodyPublishers.noBody()));
        assertThat(answer.status()).isEqualTo(405);
    }
}
