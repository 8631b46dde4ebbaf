package dev.portolan.server.smart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An app as a conformance suite plays it: what it knows of the server it has from discovery, below one FHIR base.
 *
 * @param secret of a confidential symmetric app
 * @param key of a confidential asymmetric one
 */
record SuiteApp(JsonNode discovery, String base, String clientId, @Nullable String secret, @Nullable JWK key) {

    static final String REDIRECT = "http://localhost:4567/custom/smart_stu2_2/redirect";
    static final String ORIGIN = "http://localhost:4567";
    static final String ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a launch came to: the token endpoint's answer, and the state as it came back. */
    record Launched(HttpResponse<String> response, JsonNode token) {}

    /** @param launch null for a standalone launch; a redirect that says anything but a code, and the state that was sent, fails */
    Launched launch(Visitor visitor, String scope, @Nullable String launch, boolean byPost) throws IOException, InterruptedException {
        String verifier = UUID.randomUUID() + "-" + UUID.randomUUID();
        String state = UUID.randomUUID().toString();
        List<String> request = new ArrayList<>(List.of("response_type", "code", "client_id", clientId, "redirect_uri", REDIRECT, "scope", scope, "state", state, "aud", base,
                "code_challenge", challenge(verifier), "code_challenge_method", "S256"));
        if (launch != null) {
            request.addAll(List.of("launch", launch));
        }
        String[] fields = request.toArray(String[]::new);
        String authorize = discovery.path("authorization_endpoint").asText();
        Map<String, String> back = visitor.share(byPost ? visitor.post(authorize, fields) : visitor.get(authorize + "?" + Visitor.form(fields)));
        if (!state.equals(back.get("state")) || !back.containsKey("code")) {
            throw new AssertionError("the app was sent back with " + back);
        }
        HttpResponse<String> response = token("grant_type", "authorization_code", "code", back.get("code"), "redirect_uri", REDIRECT, "code_verifier", verifier);
        return new Launched(response, json(response));
    }

    HttpResponse<String> refresh(String token, String... more) throws IOException, InterruptedException {
        List<String> fields = new ArrayList<>(List.of("grant_type", "refresh_token", "refresh_token", token));
        fields.addAll(List.of(more));
        return token(fields.toArray(String[]::new));
    }

    /** Asks the token endpoint, with the proof that this kind of app has. */
    HttpResponse<String> token(String... fields) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(fields));
        if (key != null) {
            all.addAll(List.of("client_assertion_type", ASSERTION_TYPE, "client_assertion", assertion(claims().build())));
        } else if (secret == null) {
            all.addAll(List.of("client_id", clientId));
        }
        return post(discovery.path("token_endpoint").asText(), secret == null ? new String[] {"Origin", ORIGIN} : new String[] {"Authorization", basic()}, all.toArray(String[]::new));
    }

    String basic() {
        return "Basic " + Base64.getEncoder().encodeToString((clientId + ":" + secret).getBytes(StandardCharsets.UTF_8));
    }

    JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder().issuer(clientId).subject(clientId).audience(discovery.path("token_endpoint").asText()).jwtID(UUID.randomUUID().toString())
                .expirationTime(Date.from(Instant.now().plusSeconds(300)));
    }

    String assertion(JWTClaimsSet claims) {
        try {
            JWSHeader header = new JWSHeader.Builder(key instanceof RSAKey ? JWSAlgorithm.RS384 : JWSAlgorithm.ES384).keyID(key.getKeyID()).type(JOSEObjectType.JWT).build();
            SignedJWT jwt = new SignedJWT(header, claims);
            jwt.sign(key instanceof RSAKey rsa ? new RSASSASigner(rsa) : new ECDSASigner((ECKey) key));
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    static HttpResponse<String> post(String address, String[] headers, String... fields) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(URI.create(address)).header("Content-Type", "application/x-www-form-urlencoded").header("Accept", "application/json").headers(headers)
                .POST(HttpRequest.BodyPublishers.ofString(Visitor.form(fields))).build(), HttpResponse.BodyHandlers.ofString());
    }

    static HttpResponse<String> get(String address, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address));
        return HTTP.send((headers.length == 0 ? request : request.headers(headers)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Below the base, with a token. */
    HttpResponse<String> read(String token, String path) throws IOException, InterruptedException {
        return get(base + "/" + path, "Authorization", "Bearer " + token, "Accept", "application/fhir+json", "Origin", ORIGIN);
    }

    static JsonNode json(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }

    private static String challenge(String verifier) {
        try {
            return Base64.getUrlEncoder().withoutPadding().encodeToString(MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
