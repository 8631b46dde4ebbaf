package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.portolan.identity.account.SessionsForTests;
import dev.portolan.identity.key.PublishedKeys;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a stranger sends without end does not fill the memory. */
class FloodTest {
    private static IdentityServer server;

    @BeforeAll
    static void start() {
        server = IdentityServer.start();
        Personas.rosa(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/oauth2/register", "/launches", "/oauth2/udap/register"})
    void attack_a_body_that_is_longer_than_any_needs_is_refused_before_anybody_is_asked_who_it_is(String path) {
        String values = IntStream.range(0, 70_000).mapToObj(i -> "{}").collect(Collectors.joining(","));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url + path)).header("Content-Type", "application/json");
        assertThat(SmartApp.send(request.POST(HttpRequest.BodyPublishers.ofString("""
                {"client_name": "Flood", "redirect_uris": ["https://app.example/callback"], "more": [%s]}""".formatted(values)))).status()).isEqualTo(400);
    }

    @Test
    void attack_sessions_of_people_who_do_not_sign_in_make_room_for_each_other_and_leave_who_did() {
        Browser rosa = new Browser(server.url);
        rosa.signIn("rosa", Personas.PASSWORD);
        Browser stranger = new Browser(server.url);
        Browser.Page form = stranger.get("/sign-in");
        SessionsForTests.openAsManyAsAreKept(server.context);
        assertThat(rosa.get("/my-apps").status()).isEqualTo(200);
        assertThat(stranger.post("/sign-in", "_csrf", form.field("_csrf"), "username", "rosa", "password", Personas.PASSWORD).status()).as("its form is too old").isEqualTo(403);
        assertThat(stranger.signIn("rosa", Personas.PASSWORD).location()).as("and works when it is opened again").isEqualTo(server.url + "/");
    }

    @Test
    void attack_of_a_page_that_wants_a_sign_in_no_more_is_kept_than_where_it_is() {
        SmartApp app = Personas.publicApp(server);
        Browser browser = new Browser(server.url);
        String wanted = app.authorizeUrl(app.request("launch/patient patient/*.rs"));
        browser.get(wanted);
        assertThat(browser.signIn("rosa", Personas.PASSWORD).response().headers().firstValue("Location")).as("without a scheme and a host, which a proxy may have changed").hasValue(wanted);
        assertThat(browser.get(wanted).location()).contains("/consent");
        assertThat(browser.signIn("rosa", Personas.PASSWORD).location()).as("there once").isEqualTo(server.url + "/");
        Browser longer = new Browser(server.url);
        longer.get("/my-apps?" + "x".repeat(8_200));
        assertThat(longer.signIn("rosa", Personas.PASSWORD).location()).isEqualTo(server.url + "/");
    }

    @Test
    void attack_scopes_without_end_are_refused_whether_they_were_asked_for_or_come_of_what_was_registered() {
        Browser browser = new Browser(server.url);
        browser.signIn("rosa", Personas.PASSWORD);
        SmartApp wide = new SmartApp(server, registered("patient/*.rs"));
        assertThat(ask(browser, wide, 400).location()).contains("/consent");
        assertThat(ask(browser, wide, 401).query()).containsEntry("error", "invalid_scope");
        Map<String, String> ofAllTypes = wide.request(granular("patient/*.rs?_lastUpdated=ge200", 9));
        assertThat(browser.post("/oauth2/authorize", SmartApp.flat(ofAllTypes)).query()).containsEntry("error", "invalid_scope");
        SmartApp narrow = new SmartApp(server, registered(granular("patient/Observation.rs?category=c", 30)));
        assertThat(ask(browser, narrow, 10).location()).contains("/consent");
        assertThat(ask(browser, narrow, 20).query()).containsEntry("error", "invalid_scope");
    }

    @Test
    void attack_key_sets_that_are_as_long_as_they_may_be_are_not_all_kept() throws Exception {
        AtomicInteger fetches = new AtomicInteger();
        HttpServer keys = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        byte[] set = ("{\"keys\":[],\"more\":\"" + "x".repeat(250_000) + "\"}").getBytes(StandardCharsets.UTF_8);
        keys.createContext("/jwks", exchange -> {
            fetches.incrementAndGet();
            exchange.getResponseHeaders().add("Cache-Control", "max-age=600");
            exchange.sendResponseHeaders(200, set.length);
            exchange.getResponseBody().write(set);
            exchange.close();
        });
        keys.start();
        try {
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 120; i++) {
                    server.bean(PublishedKeys.class).of("http://localhost:" + keys.getAddress().getPort() + "/jwks?app=" + i, null, null);
                }
            }
        } finally {
            keys.stop(0);
        }
        assertThat(fetches.get()).as("16 MB are kept, which is 67 of them").isGreaterThanOrEqualTo(120 + 120 - 70);
    }

    @Test
    void attack_of_a_set_of_many_keys_an_assertion_that_names_none_is_held_against_some() throws Exception {
        List<JWK> keys = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            keys.add(new ECKeyGenerator(Curve.P_384).keyID("key-" + i).generate());
        }
        String id = Personas.register(server, Personas.asks("Many Keys", "private_key_jwt", List.of("client_credentials"), "system/*.rs", null, new JWKSet(keys).toPublicJWKSet().toString())).app().clientId();
        assertThat(token(id, keys.get(3), null).status()).isEqualTo(200);
        assertThat(token(id, keys.get(24), "key-24").status()).isEqualTo(200);
        assertThat(token(id, keys.get(24), null).status()).isEqualTo(401);
    }

    private static SmartApp.Answer token(String id, JWK key, String kid) throws Exception {
        SignedJWT jwt = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.ES384).keyID(kid).build(), new JWTClaimsSet.Builder().issuer(id).subject(id)
                .audience(server.url + "/oauth2/token").jwtID(UUID.randomUUID().toString()).expirationTime(Date.from(Instant.now().plusSeconds(200))).build());
        jwt.sign(new ECDSASigner(key.toECKey()));
        return new SmartApp(server, id).withProof("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", jwt.serialize())
                .token("grant_type", "client_credentials", "scope", "system/*.rs");
    }

    private static String registered(String scope) {
        return Personas.register(server, Personas.asks("Blue Harbor", "none", List.of("authorization_code"), scope, null, null)).app().clientId();
    }

    private static String granular(String scope, int many) {
        return IntStream.range(0, many).mapToObj(i -> scope + i).collect(Collectors.joining(" "));
    }

    private static Browser.Page ask(Browser browser, SmartApp app, int scopes) {
        Map<String, String> request = app.request(granular("patient/Observation.rs?code=c", scopes));
        return browser.post("/oauth2/authorize", SmartApp.flat(request));
    }
}
