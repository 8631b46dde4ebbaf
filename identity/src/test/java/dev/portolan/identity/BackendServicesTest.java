package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.identity.token.AccessTokens;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Asymmetric client authentication and Backend Services, with everything that somebody may forge. */
class BackendServicesTest {
    private static final String TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static IdentityServer server;
    private static RSAKey rsa;
    private static ECKey ec;
    private static HttpServer keyServer;
    private static volatile String keysServed = "{\"keys\":[]}";
    private static final AtomicInteger fetches = new AtomicInteger();
    private static final AtomicInteger missed = new AtomicInteger();

    @BeforeAll
    static void start() throws JOSEException, IOException {
        server = IdentityServer.start();
        Personas.rosa(server);
        rsa = new RSAKeyGenerator(2048).keyID("rsa-1").algorithm(JWSAlgorithm.RS384).generate();
        ec = new ECKeyGenerator(Curve.P_384).keyID("ec-1").algorithm(JWSAlgorithm.ES384).generate();
        keyServer = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        keyServer.createContext("/jwks", exchange -> {
            fetches.incrementAndGet();
            byte[] body = keysServed.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.getResponseHeaders().add("Cache-Control", "max-age=600");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        keyServer.createContext("/gone", exchange -> {
            missed.incrementAndGet();
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        keyServer.start();
    }

    @AfterAll
    static void stop() {
        keyServer.stop(0);
        server.close();
    }

    private static String keyServerUrl() {
        return "http://localhost:" + keyServer.getAddress().getPort() + "/jwks";
    }

    private static SmartApp inline(JWK... keys) {
        String jwks = new JWKSet(List.of(keys)).toPublicJWKSet().toString();
        return new SmartApp(server, Personas.register(server, Personas.asks("Night Batch", "private_key_jwt", List.of("client_credentials"),
                "system/*.rs", null, jwks)).app().clientId());
    }

    private static SmartApp byUrl() {
        return new SmartApp(server, Personas.register(server, Personas.asks("Night Batch", "private_key_jwt", List.of("client_credentials"),
                "system/*.rs", keyServerUrl() + "?app=" + UUID.randomUUID(), null)).app().clientId());
    }

    private static JWTClaimsSet.Builder claims(SmartApp app) {
        return new JWTClaimsSet.Builder().issuer(app.clientId).subject(app.clientId).audience(server.url + "/oauth2/token")
                .jwtID(UUID.randomUUID().toString()).expirationTime(Date.from(Instant.now().plusSeconds(240)));
    }

    private static String sign(JWK key, JWTClaimsSet claims, Consumer<JWSHeader.Builder> header) {
        try {
            JWSAlgorithm algorithm = key instanceof RSAKey ? JWSAlgorithm.RS384 : JWSAlgorithm.ES384;
            JWSHeader.Builder builder = new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).type(com.nimbusds.jose.JOSEObjectType.JWT);
            header.accept(builder);
            JWSSigner signer = key instanceof RSAKey r ? new RSASSASigner(r) : new ECDSASigner((ECKey) key);
            SignedJWT jwt = new SignedJWT(builder.build(), claims);
            jwt.sign(signer);
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SmartApp.Answer ask(SmartApp app, String assertion, String... more) {
        return app.withProof("client_assertion_type", TYPE, "client_assertion", assertion)
                .token(more.length > 0 ? more : new String[] {"grant_type", "client_credentials", "scope", "system/*.rs"});
    }

    private static void invalidClient(SmartApp.Answer answer) {
        assertThat(answer.status()).as(answer.response().body()).isEqualTo(401);
        assertThat(answer.json()).containsEntry("error", "invalid_client");
    }

    @Test
    void smt18_a_backend_service_gets_a_token_for_five_minutes_and_no_refresh_token() {
        SmartApp app = inline(rsa);
        SmartApp.Answer token = ask(app, sign(rsa, claims(app).build(), h -> { }));
        assertThat(token.status()).as(token.response().body()).isEqualTo(200);
        assertThat(token.json()).containsEntry("scope", "system/*.rs").doesNotContainKeys("refresh_token", "id_token", "patient");
        assertThat((Integer) token.json().get("expires_in")).isBetween(1, 300);
        AccessToken resolved = server.bean(AccessTokens.class).resolve(token.text("access_token")).orElseThrow();
        assertThat(resolved.user()).isNull();
        assertThat(resolved.patient()).isNull();
        assertThat(resolved.clientId()).isEqualTo(app.clientId);
    }

    @Test
    void smt16_es384_works_as_rs384_does() {
        SmartApp app = inline(ec);
        assertThat(ask(app, sign(ec, claims(app).build(), h -> { })).status()).isEqualTo(200);
    }

    @Test
    void smt16_keys_by_url_are_kept_and_fetched_anew_when_the_app_rotates_them() throws JOSEException, InterruptedException {
        SmartApp app = byUrl();
        keysServed = new JWKSet(rsa.toPublicJWK()).toString();
        int before = fetches.get();
        for (int i = 0; i < 3; i++) {
            assertThat(ask(app, sign(rsa, claims(app).build(), h -> { })).status()).isEqualTo(200);
        }
        assertThat(fetches.get() - before).as("kept as Cache-Control says").isEqualTo(1);
        RSAKey next = new RSAKeyGenerator(2048).keyID("rsa-2").generate();
        keysServed = new JWKSet(List.of(rsa.toPublicJWK(), next.toPublicJWK())).toString();
        Thread.sleep(2_100);
        assertThat(ask(app, sign(next, claims(app).build(), h -> { })).status()).as("an unknown kid is looked for once").isEqualTo(200);
        assertThat(ask(app, sign(rsa, claims(app).build(), h -> { })).status()).as("the old key works while it is published").isEqualTo(200);
        assertThat(fetches.get() - before).isEqualTo(2);
        RSAKey stranger = new RSAKeyGenerator(2048).keyID("made-up").generate();
        int known = fetches.get();
        Instant began = Instant.now();
        for (int i = 0; i < 5; i++) {
            invalidClient(ask(app, sign(stranger, claims(app).build(), h -> { })));
        }
        long every2s = 1 + java.time.Duration.between(began, Instant.now()).toSeconds() / 2;
        assertThat(fetches.get() - known).as("made-up keys do not hammer the app's key server").isLessThanOrEqualTo((int) every2s);
    }

    @Test
    void smt16_a_key_set_that_cannot_be_used_is_not_fetched_for_each_assertion() {
        SmartApp app = new SmartApp(server, Personas.register(server, Personas.asks("Night Batch", "private_key_jwt", List.of("client_credentials"),
                "system/*.rs", "http://localhost:" + keyServer.getAddress().getPort() + "/gone", null)).app().clientId());
        int before = missed.get();
        for (int i = 0; i < 20; i++) {
            invalidClient(ask(app, sign(rsa, claims(app).build(), h -> { })));
        }
        assertThat(missed.get() - before).isBetween(1, 3);
    }

    /** Once of three times: a machine that is busy with something else keeps people waiting by itself. */
    @Test
    void attack_a_key_server_that_never_ends_its_answer_keeps_nobody_else_waiting() throws Exception {
        for (int tries = 0; !answersOthersWhileAKeyServerIsSlow(); tries++) {
            assertThat(tries).as("all threads wait for the key server, as long as one waits for it").isLessThan(2);
        }
    }

    private static boolean answersOthersWhileAKeyServerIsSlow() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        ExecutorService threads = Executors.newCachedThreadPool();
        try (ServerSocket slow = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
            threads.submit(() -> neverEnding(slow, calls, threads));
            SmartApp app = new SmartApp(server, Personas.register(server, Personas.asks("Slow Batch", "private_key_jwt", List.of("client_credentials"),
                    "system/*.rs", "http://localhost:" + slow.getLocalPort() + "/jwks", null)).app().clientId());
            List<Future<SmartApp.Answer>> asked = new ArrayList<>();
            for (int i = 0; i < 230; i++) {
                String assertion = sign(ec, claims(app).build(), h -> { });
                asked.add(threads.submit(() -> new SmartApp(server, app.clientId).withProof("client_assertion_type", TYPE, "client_assertion", assertion)
                        .token("grant_type", "client_credentials", "scope", "system/*.rs")));
            }
            long began = System.nanoTime();
            assertThat(SmartApp.get(server.base() + "/.well-known/smart-configuration").status()).isEqualTo(200);
            boolean soon = System.nanoTime() - began < TimeUnit.SECONDS.toNanos(4);
            for (Future<SmartApp.Answer> each : asked) {
                invalidClient(each.get(60, TimeUnit.SECONDS));
            }
            assertThat(calls.get()).as("one call of an address at a time, and a failed one is remembered").isBetween(1, 2);
            return soon;
        } finally {
            threads.shutdownNow();
        }
    }

    /** Headers at once, then a byte of the body now and then, for ever. */
    private static Object neverEnding(ServerSocket listening, AtomicInteger calls, ExecutorService threads) throws IOException {
        while (true) {
            Socket connection = listening.accept();
            calls.incrementAndGet();
            threads.submit(() -> {
                try (connection) {
                    connection.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{".getBytes(StandardCharsets.US_ASCII));
                    for (int i = 0; i < 900; i++) {
                        connection.getOutputStream().write(' ');
                        Thread.sleep(100);
                    }
                }
                return null;
            });
        }
    }

    @Test
    void smt16_an_app_with_users_proves_itself_with_a_key_too() {
        String jwks = new JWKSet(ec.toPublicJWK()).toString();
        SmartApp app = new SmartApp(server, Personas.register(server, Personas.asks("Harbor Key", "private_key_jwt",
                List.of("authorization_code"), null, null, jwks)).app().clientId());
        Browser browser = new Browser(server.url);
        browser.signIn("rosa", Personas.PASSWORD);
        String code = app.code(browser, "launch/patient patient/*.rs offline_access");
        invalidClient(new SmartApp(server, app.clientId).redeem(code));
        SmartApp.Answer token = app.withProof("client_assertion_type", TYPE, "client_assertion", sign(ec, claims(app).build(), h -> { })).redeem(code);
        assertThat(token.status()).as(token.response().body()).isEqualTo(200);
        SmartApp.Answer refreshed = app.withProof("client_assertion_type", TYPE, "client_assertion", sign(ec, claims(app).build(), h -> { }))
                .refresh(token.text("refresh_token"));
        assertThat(refreshed.status()).isEqualTo(200);
    }

    @Test
    void smt17_an_assertion_works_once() {
        SmartApp app = inline(rsa);
        String assertion = sign(rsa, claims(app).build(), h -> { });
        assertThat(ask(app, assertion).status()).isEqualTo(200);
        invalidClient(ask(app, assertion));
    }

    @Test
    void smt17_a_wrong_claim_is_refused() {
        SmartApp app = inline(rsa);
        List<JWTClaimsSet> wrong = List.of(
                claims(app).issuer("somebody").build(),
                claims(app).subject("somebody").build(),
                claims(app).audience("https://other.example/token").build(),
                claims(app).audience(server.url).build(),
                claims(app).audience((String) null).build(),
                claims(app).expirationTime(Date.from(Instant.now().minusSeconds(60))).build(),
                claims(app).expirationTime(Date.from(Instant.now().plusSeconds(3600))).build(),
                claims(app).expirationTime(null).build(),
                claims(app).notBeforeTime(Date.from(Instant.now().plusSeconds(120))).build(),
                claims(app).jwtID(null).build(),
                claims(app).jwtID("").build(),
                claims(app).jwtID("x".repeat(1000)).build());
        for (JWTClaimsSet claims : wrong) {
            invalidClient(ask(app, sign(rsa, claims, h -> { })));
        }
    }

    @Test
    void smt17_an_assertion_that_the_library_does_not_expect_is_invalid_client_too() {
        SmartApp app = inline(rsa);
        Date later = Date.from(Instant.now().plusSeconds(250));
        invalidClient(ask(app, sign(rsa, claims(app).issueTime(later).build(), h -> { })));
        invalidClient(ask(app, sign(rsa, claims(app).jwtID("a\0b").build(), h -> { })));
        invalidClient(ask(app, sign(rsa, claims(app).subject("a\0b").build(), h -> { })));
        invalidClient(ask(app, sign(rsa, claims(app).build(), h -> h.parsedBase64URL(header(",\"crit\":[null]")))));
        invalidClient(ask(app, sign(rsa, claims(app).build(), h -> h.parsedBase64URL(header(",\"x5c\":[null]")))));
        SmartApp.Answer ignored = ask(app, sign(rsa, claims(app).build(), h -> h.parsedBase64URL(header(",\"foo\":null"))));
        assertThat(ignored.status()).as("a member that nobody knows says nothing").isEqualTo(200);
    }

    private static Base64URL header(String more) {
        return Base64URL.encode("{\"alg\":\"RS384\",\"kid\":\"rsa-1\"" + more + "}");
    }

    @Test
    void smt17_a_jku_that_was_not_registered_is_refused_though_its_key_would_verify() throws JOSEException {
        RSAKey attacker = new RSAKeyGenerator(2048).keyID("rsa-1").generate();
        keysServed = new JWKSet(attacker.toPublicJWK()).toString();
        SmartApp app = inline(rsa);
        invalidClient(ask(app, sign(attacker, claims(app).build(), h -> h.jwkURL(URI.create(keyServerUrl())))));
        invalidClient(ask(app, sign(attacker, claims(app).build(), h -> h.jwk(attacker.toPublicJWK()))));
        invalidClient(ask(app, sign(attacker, claims(app).build(), h -> { })));
        invalidClient(ask(app, sign(rsa, claims(app).build(), h -> h.jwkURL(URI.create(keyServerUrl())))));
        assertThat(ask(app, sign(rsa, claims(app).build(), h -> { })).status()).as("without the foreign jku").isEqualTo(200);
    }

    @Test
    void smt17_two_keys_without_telling_ids_are_both_tried() throws JOSEException {
        RSAKey other = new RSAKeyGenerator(2048).generate();
        SmartApp app = inline(other, ec, rsa);
        assertThat(ask(app, sign(rsa, claims(app).build(), h -> h.keyID(null))).status()).isEqualTo(200);
    }

    @Test
    void attack_alg_none_is_refused() {
        SmartApp app = inline(rsa);
        invalidClient(ask(app, new PlainJWT(claims(app).build()).serialize()));
        String signed = sign(rsa, claims(app).build(), h -> { });
        String header = java.util.Base64.getUrlEncoder().withoutPadding().encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));
        invalidClient(ask(app, header + signed.substring(signed.indexOf('.'), signed.lastIndexOf('.') + 1)));
    }

    @Test
    void attack_a_public_key_used_as_a_shared_secret_is_refused() throws JOSEException {
        SmartApp app = inline(rsa);
        byte[] encoded = rsa.toRSAPublicKey().getEncoded();
        String pem = "-----BEGIN PUBLIC KEY-----\n" + java.util.Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(encoded) + "\n-----END PUBLIC KEY-----\n";
        for (byte[] shared : List.of(encoded, pem.getBytes(StandardCharsets.US_ASCII), rsa.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8))) {
            SignedJWT jwt = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.HS384).keyID("rsa-1").build(), claims(app).build());
            jwt.sign(new MACSigner(shared));
            invalidClient(ask(app, jwt.serialize()));
        }
    }

    @Test
    void attack_a_changed_assertion_is_refused() {
        SmartApp app = inline(rsa);
        String[] parts = sign(rsa, claims(app).build(), h -> { }).split("\\.");
        // Nothing but the signature tells that this is not what was signed.
        String claims = new String(java.util.Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8).replaceFirst("\"jti\":\"\\w", "\"jti\":\"z");
        invalidClient(ask(app, parts[0] + "." + java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + "." + parts[2]));
        invalidClient(ask(app, "not a jwt"));
        invalidClient(ask(app, "a.b.c"));
    }

    @Test
    void attack_an_assertion_of_one_app_is_worth_nothing_to_another() {
        SmartApp mine = inline(rsa);
        SmartApp other = inline(ec);
        invalidClient(ask(other, sign(rsa, claims(other).build(), h -> { })));
        SmartApp.Answer answer = other.withProof("client_id", other.clientId, "client_assertion_type", TYPE, "client_assertion",
                sign(rsa, claims(mine).build(), h -> { })).token("grant_type", "client_credentials", "scope", "system/*.rs");
        invalidClient(answer);
    }

    @Test
    void smt19_what_is_wrong_gets_the_error_that_it_should() {
        SmartApp app = inline(rsa);
        SmartApp.Answer grant = ask(app, sign(rsa, claims(app).build(), h -> { }), "grant_type", "not_a_grant_type", "scope", "system/*.rs");
        assertThat(grant.status()).isEqualTo(400);
        assertThat(grant.json()).containsEntry("error", "unsupported_grant_type");
        SmartApp.Answer type = app.withProof("client_assertion_type", "not_an_assertion_type", "client_assertion", sign(rsa, claims(app).build(), h -> { }))
                .token("grant_type", "client_credentials", "scope", "system/*.rs");
        invalidClient(type);
        SmartApp.Answer scope = ask(app, sign(rsa, claims(app).build(), h -> { }), "grant_type", "client_credentials");
        assertThat(scope.status()).isEqualTo(400);
        assertThat(scope.json()).containsEntry("error", "invalid_scope");
        for (String notSystem : List.of("patient/*.rs", "user/*.rs openid", "system/Observation.sr")) {
            assertThat(ask(app, sign(rsa, claims(app).build(), h -> { }), "grant_type", "client_credentials", "scope", notSystem).json())
                    .containsEntry("error", "invalid_scope");
        }
    }

    @Test
    void smt18_scopes_are_cut_down_to_what_was_registered() {
        SmartApp app = inline(rsa);
        SmartApp.Answer token = ask(app, sign(rsa, claims(app).build(), h -> { }), "grant_type", "client_credentials", "scope",
                "system/Claim.cruds system/Observation.rs?category=laboratory patient/*.rs");
        assertThat(token.text("scope").split(" ")).containsExactlyInAnyOrder("system/Claim.rs", "system/Observation.rs?category=laboratory");
    }

    @Test
    void an_app_with_users_cannot_use_client_credentials_nor_a_backend_service_a_code() {
        SmartApp withUsers = Personas.confidentialApp(server);
        assertThat(withUsers.token("grant_type", "client_credentials", "scope", "system/*.rs").json().get("error")).isIn("unauthorized_client", "invalid_scope");
        SmartApp backend = inline(rsa);
        Browser browser = new Browser(server.url);
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page page = browser.get(backend.authorizeUrl(backend.request("patient/*.rs")));
        assertThat(page.location()).doesNotContain("consent").doesNotContain("code=");
    }
}
