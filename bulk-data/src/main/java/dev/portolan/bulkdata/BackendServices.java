package dev.portolan.bulkdata;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonSyntaxException;
import dev.portolan.fhir.json.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Access tokens of another server by SMART Backend Services (SMART App Launch 2.2, Backend Services): asked for with a signed assertion, and again shortly before they expire. */
public final class BackendServices implements Supplier<String> {

    private static final String ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static final Duration ASSERTION_LIFE = Duration.ofMinutes(4);
    private static final Duration EARLY = Duration.ofSeconds(30);
    private static final Duration USUAL_LIFE = Duration.ofMinutes(5);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int ACCEPTED = 200;

    private final HttpClient http;
    private final URI base;
    private final String clientId;
    private final JWK key;
    private final String scope;
    private @Nullable String token;
    private Instant until = Instant.MIN;

    /**
     * @param base the other server's FHIR base, whose {@code .well-known/smart-configuration} names where tokens are given
     * @param privateKey a JSON Web Key: RSA for RS384, P-384 for ES384, with its {@code kid}
     * @param scope for instance {@code system/*.rs}
     * @throws IllegalArgumentException if the key is none of these
     */
    public BackendServices(HttpClient http, URI base, String clientId, String privateKey, String scope) {
        this.http = http;
        this.base = base;
        this.clientId = clientId;
        this.scope = scope;
        try {
            this.key = JWK.parse(privateKey);
        } catch (ParseException e) {
            throw new IllegalArgumentException("the key is no JSON Web Key");
        }
        if (!key.isPrivate() || !(key instanceof RSAKey || key instanceof ECKey) || key.getKeyID() == null) {
            throw new IllegalArgumentException("the key has to be a private JSON Web Key of RSA or P-384, with a kid");
        }
    }

    /** @throws UncheckedIOException if no token is given */
    @Override
    public synchronized String get() {
        if (token == null || Instant.now().isAfter(until.minus(EARLY))) {
            try {
                ask();
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new UncheckedIOException(new IOException("interrupted while a token was asked for"));
            }
        }
        return token;
    }

    private void ask() throws IOException, InterruptedException {
        URI endpoint = URI.create(text(read(HttpRequest.newBuilder(URI.create(base + "/.well-known/smart-configuration")).header("Accept", "application/json"), "its SMART configuration"), "token_endpoint"));
        String form = Map.of("grant_type", "client_credentials", "scope", scope, "client_assertion_type", ASSERTION, "client_assertion", assertion(endpoint)).entrySet().stream()
            .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8)).collect(Collectors.joining("&"));
        JsonValue given = read(HttpRequest.newBuilder(endpoint).header("Content-Type", "application/x-www-form-urlencoded").header("Accept", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(form)), "a token for " + clientId);
        token = text(given, "access_token");
        JsonValue seconds = given.field("expires_in");
        until = Instant.now().plus(seconds == null ? USUAL_LIFE : Duration.ofSeconds(Long.parseLong(seconds.text())));
    }

    private String assertion(URI endpoint) throws IOException {
        try {
            SignedJWT assertion = new SignedJWT(new JWSHeader.Builder(key instanceof RSAKey ? JWSAlgorithm.RS384 : JWSAlgorithm.ES384).keyID(key.getKeyID()).build(),
                new JWTClaimsSet.Builder().issuer(clientId).subject(clientId).audience(endpoint.toString()).expirationTime(Date.from(Instant.now().plus(ASSERTION_LIFE)))
                    .jwtID(UUID.randomUUID().toString()).build());
            assertion.sign(key instanceof RSAKey rsa ? new RSASSASigner(rsa) : new ECDSASigner(key.toECKey()));
            return assertion.serialize();
        } catch (JOSEException e) {
            throw new IOException("the key cannot sign: " + e.getMessage(), e);
        }
    }

    private JsonValue read(HttpRequest.Builder request, String what) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = http.send(request.timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != ACCEPTED) {
            throw new IOException("The other server gave not " + what + ": it answered " + answer.statusCode() + ".");
        }
        try {
            return JsonDocument.parse(answer.body()).root();
        } catch (JsonSyntaxException e) {
            throw new IOException("The other server gave not " + what + ": its answer is no JSON.", e);
        }
    }

    private static String text(JsonValue object, String field) throws IOException {
        String text = object.fieldText(field);
        if (text == null) {
            throw new IOException("The other server's answer has no " + field + ".");
        }
        return text;
    }
}
