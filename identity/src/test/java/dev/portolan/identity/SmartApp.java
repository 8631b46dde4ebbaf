package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.key.Secrets;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** An app as its developer would write it: discovery, PKCE, code, token. */
final class SmartApp {
    static final String REDIRECT = "https://app.example/callback";
    static final JsonMapper JSON = JsonMapper.builder().build();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    final IdentityServer server;
    final String clientId;
    final String verifier = Secrets.random();
    final String state = Secrets.random();
    /** What proves the app at the token endpoint: form fields. */
    private String[] proof = new String[0];
    private String basic;

    SmartApp(IdentityServer server, String clientId) {
        this.server = server;
        this.clientId = clientId;
    }

    SmartApp withProof(String... fields) {
        proof = fields;
        return this;
    }

    SmartApp withBasic(String secret) {
        basic = "Basic " + Base64.getEncoder().encodeToString((clientId + ":" + secret).getBytes(StandardCharsets.UTF_8));
        return this;
    }

    record Answer(int status, Map<String, Object> json, HttpResponse<String> response) {
        String text(String name) {
            return (String) json.get(name);
        }

        /** As RFC 6749, section 5.2, has it. */
        void assertRefused(String error) {
            assertThat(status).as(response.body()).isEqualTo(400);
            assertThat(json).containsEntry("error", error).containsKey("error_description");
        }
    }

    Map<String, String> request(String scope) {
        Map<String, String> p = new LinkedHashMap<>();
        p.put("response_type", "code");
        p.put("client_id", clientId);
        p.put("redirect_uri", REDIRECT);
        p.put("scope", scope);
        p.put("state", state);
        p.put("aud", server.base());
        p.put("code_challenge", Secrets.hashText(verifier));
        p.put("code_challenge_method", "S256");
        return p;
    }

    String authorizeUrl(Map<String, String> parameters) {
        return "/oauth2/authorize?" + Browser.form(flat(parameters));
    }

    static String[] flat(Map<String, String> parameters) {
        return parameters.entrySet().stream().flatMap(e -> Stream.of(e.getKey(), e.getValue())).toArray(String[]::new);
    }

    /** Takes a signed-in browser to the consent page. */
    Browser.Page consentPage(Browser browser, Map<String, String> parameters) {
        Browser.Page redirect = browser.get(authorizeUrl(parameters));
        return redirect.status() == 302 && redirect.location().contains("/consent") ? browser.get(redirect.location()) : redirect;
    }

    /** Agrees to everything. Returns the redirect to the app. */
    Browser.Page allow(Browser browser, Browser.Page consent, String... more) {
        List<String> fields = new ArrayList<>(List.of("client_id", clientId, "state", consent.field("state"), "decision", "allow"));
        if (!Arrays.asList(more).contains("kind")) {
            for (String kind : kinds(consent)) {
                fields.addAll(List.of("kind", kind));
            }
        }
        if (!Arrays.asList(more).contains("part")) {
            for (String part : ticked(consent, "part")) {
                fields.addAll(List.of("part", part));
            }
        }
        if (!Arrays.asList(more).contains("offline")) {
            fields.addAll(List.of("offline", "yes", "days", "365"));
        }
        if (consent.body().contains("name=\"patient\"") && !Arrays.asList(more).contains("patient")) {
            fields.addAll(List.of("patient", consent.field("patient")));
        }
        fields.addAll(List.of(more));
        return browser.post("/oauth2/authorize", fields.toArray(String[]::new));
    }

    static List<String> kinds(Browser.Page consent) {
        return ticked(consent, "kind");
    }

    /** What the page has ticked before anybody touches it. */
    static List<String> ticked(Browser.Page consent, String name) {
        return java.util.regex.Pattern.compile("name=\"" + name + "\" value=\"([A-Z_]+)\" checked").matcher(consent.body()).results().map(r -> r.group(1)).toList();
    }

    /** From sign-in to a code. */
    String code(Browser browser, String scope) {
        return allow(browser, consentPage(browser, request(scope))).query().get("code");
    }

    Answer redeem(String code) {
        return token("grant_type", "authorization_code", "code", code, "redirect_uri", REDIRECT, "code_verifier", verifier);
    }

    Answer refresh(String token, String... more) {
        return token(concat(new String[] {"grant_type", "refresh_token", "refresh_token", token}, more));
    }

    Answer token(String... fields) {
        return post("/oauth2/token", fields);
    }

    Answer post(String path, String... fields) {
        boolean public_ = proof.length == 0 && basic == null;
        String[] all = concat(fields, public_ ? new String[] {"client_id", clientId} : proof);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url + path)).header("Content-Type", "application/x-www-form-urlencoded")
                .header("Origin", "https://app.example").POST(HttpRequest.BodyPublishers.ofString(Browser.form(all)));
        if (basic != null) {
            request.header("Authorization", basic);
        }
        return send(request);
    }

    static Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
            boolean json = response.headers().firstValue("Content-Type").orElse("").contains("json") && response.body().startsWith("{");
            return new Answer(response.statusCode(), json ? JSON.readValue(response.body(), new TypeReference<>() {}) : Map.of(), response);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static Answer get(String url, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).GET();
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    private static String[] concat(String[] a, String[] b) {
        return Stream.concat(Arrays.stream(a), Arrays.stream(b)).toArray(String[]::new);
    }
}
