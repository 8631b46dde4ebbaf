package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.event.SecurityEvent;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An app's life over HTTP: registered by a developer, by itself, by an administrator; reviewed, stopped, ended. */
class RegistrationTest {
    private static final String TRUST = "https://trust.example";
    private static IdentityServer sandbox;
    private static IdentityServer production;
    private static RSAKey trustKey;

    @BeforeAll
    static void start() throws Exception {
        trustKey = new RSAKeyGenerator(2048).keyID("trust-1").generate();
        String trusted = "--portolan.identity.trusted-statements.[" + TRUST + "]=" + new JWKSet(trustKey.toPublicJWK());
        sandbox = IdentityServer.start(trusted);
        production = IdentityServer.start("--portolan.identity.environment=PRODUCTION", "--portolan.identity.initial-access-token=let me in please");
        for (IdentityServer server : List.of(sandbox, production)) {
            Personas.grace(server);
            Personas.rosa(server);
        }
    }

    @AfterAll
    static void stop() {
        sandbox.close();
        production.close();
    }

    private static SmartApp.Answer call(String method, String url, String authorization, Map<String, ?> body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).header("Content-Type", "application/json")
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(SmartApp.JSON.writeValueAsString(body)));
        return SmartApp.send(authorization == null ? request : request.header("Authorization", authorization));
    }

    private static SmartApp.Answer register(IdentityServer server, Map<String, ?> metadata) {
        return call("POST", server.url + "/oauth2/register", null, metadata);
    }

    private static Map<String, Object> web(Object... more) {
        Map<String, Object> metadata = new HashMap<>(Map.of("client_name", "Blue Harbor", "redirect_uris", List.of(SmartApp.REDIRECT)));
        for (int i = 0; i < more.length; i += 2) {
            metadata.put((String) more[i], more[i + 1]);
        }
        return metadata;
    }

    private static String basic(String username) {
        return "Basic " + Base64.getEncoder().encodeToString((username + ":" + Personas.PASSWORD).getBytes(StandardCharsets.UTF_8));
    }

    private static String developer(IdentityServer server, String name) {
        String email = name + "@blueharbor.example";
        Browser browser = new Browser(server.url);
        Browser.Page form = browser.get("/developers/join");
        Browser.Page done = browser.post("/developers/join", "_csrf", form.field("_csrf"), "email", email, "password", Personas.PASSWORD, "name", "Dev " + name,
                "organization", "Blue Harbor");
        assertThat(done.status()).as(done.body()).isEqualTo(302);
        return email;
    }

    private static void confirm(IdentityServer server, String email) {
        String text = server.bean(RecordedNotices.class).to(email).get(0).text();
        assertThat(new Browser(server.url).get(text.substring(text.indexOf("http"))).status()).isEqualTo(200);
    }

    /** 42 CFR 422.119(d): without special effort, which is without an account, a fee or a contract. */
    @Test
    void reg02_what_a_developer_needs_is_there_for_anybody_and_registration_asks_for_no_fee_and_no_contract() {
        for (IdentityServer server : List.of(sandbox, production)) {
            Browser nobody = new Browser(server.url);
            Browser.Page page = nobody.get("/developers");
            assertThat(page.status()).isEqualTo(200);
            assertThat(page.body()).contains("Registration is free, open to everybody", server.base(), server.base() + "/.well-known/smart-configuration", "/oauth2/register");
            assertThat(nobody.get("/developers/join").body()).satisfies(form ->
                assertThat(Pattern.compile("<(?:input|select|textarea)[^>]* name=\"([^\"]+)\"").matcher(form).results().map(field -> field.group(1))).as("all that joining asks for")
                    .containsExactlyInAnyOrder("_csrf", "email", "password", "name", "organization"));
            String email = developer(server, "free-" + server.url.hashCode());
            SmartApp.Answer app = call("POST", server.url + "/api/apps", basic(email), web("token_endpoint_auth_method", "none"));
            assertThat(app.status()).as("a name and an address are enough: " + app.response().body()).isEqualTo(201);
        }
        assertThat(register(sandbox, web("token_endpoint_auth_method", "none")).status()).as("and without an account by dynamic registration").isEqualTo(201);
    }

    @Test
    void reg07_an_app_registers_itself_and_works_at_once_in_the_sandbox() {
        SmartApp.Answer answer = register(sandbox, web("scope", "launch/patient patient/*.rs offline_access banana", "token_endpoint_auth_method", "client_secret_basic"));
        assertThat(answer.status()).as(answer.response().body()).isEqualTo(201);
        assertThat(answer.json()).containsKeys("client_id", "client_id_issued_at", "client_secret", "client_secret_expires_at", "registration_access_token",
                "registration_client_uri").containsEntry("scope", "launch/patient patient/*.rs offline_access").containsEntry("client_name", "Blue Harbor");
        assertThat(answer.response().headers().firstValue("Cache-Control")).contains("no-store");
        SmartApp app = new SmartApp(sandbox, answer.text("client_id")).withBasic(answer.text("client_secret"));
        Browser browser = new Browser(sandbox.url);
        browser.signIn("rosa", Personas.PASSWORD);
        assertThat(app.redeem(app.code(browser, "launch/patient patient/*.rs")).status()).isEqualTo(200);
    }

    @Test
    void reg07_the_registration_is_read_changed_and_deleted_with_its_token_only() {
        SmartApp.Answer made = register(sandbox, web("token_endpoint_auth_method", "none"));
        String url = made.text("registration_client_uri");
        String token = "Bearer " + made.text("registration_access_token");
        assertThat(call("GET", url, token, null).json()).containsEntry("client_name", "Blue Harbor").doesNotContainKey("client_secret");
        for (String wrong : new String[] {null, "Bearer wrong", basic("rosa"), "Bearer "}) {
            assertThat(call("GET", url, wrong, null).status()).isEqualTo(401);
            assertThat(call("DELETE", url, wrong, null).status()).isEqualTo(401);
        }
        SmartApp.Answer other = register(sandbox, web("token_endpoint_auth_method", "none"));
        assertThat(call("GET", url, "Bearer " + other.text("registration_access_token"), null).status()).isEqualTo(401);
        assertThat(call("PUT", url, token, web("client_name", "Bluer Harbor", "token_endpoint_auth_method", "none")).json()).containsEntry("client_name", "Bluer Harbor");
        assertThat(call("PUT", url, token, web("client_id", "another", "token_endpoint_auth_method", "none")).json()).containsEntry("error", "invalid_client_metadata");
        assertThat(call("DELETE", url, token, null).status()).isEqualTo(204);
        assertThat(call("GET", url, token, null).status()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://app.example/callback", "https://app.example/cb#x", "https://*.example/cb", "javascript:alert(1)", "https://", "not a uri",
        "https://user@app.example/cb", "data:text/html,x", "ftp://app.example/cb", "myapp:/cb", "https://app.example/é", "com.example.app:done"})
    void reg07_a_redirect_uri_that_could_leak_a_code_is_refused(String redirect) {
        SmartApp.Answer answer = register(sandbox, Map.of("client_name", "X", "redirect_uris", List.of(redirect)));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json()).containsEntry("error", "invalid_redirect_uri").containsKey("error_description");
    }

    @Test
    void reg07_native_apps_may_use_loopback_and_claimed_schemes() {
        assertThat(register(sandbox, Map.of("client_name", "N", "token_endpoint_auth_method", "none", "redirect_uris",
                List.of("http://127.0.0.1:8123/cb", "http://localhost/cb", "com.example.app:/done"))).status()).isEqualTo(201);
    }

    @Test
    void reg07_metadata_that_makes_no_sense_is_refused_with_a_sentence() {
        String inline = "{\"keys\":[]}";
        List<Map<String, Object>> wrong = List.of(web("client_name", ""), web("client_name", 7), web("token_endpoint_auth_method", "tls_client_auth"),
                web("grant_types", List.of("password")), web("grant_types", List.of("client_credentials")), web("response_types", List.of("token")),
                web("token_endpoint_auth_method", "private_key_jwt"), web("jwks_uri", "http://keys.example/jwks", "token_endpoint_auth_method", "private_key_jwt"),
                web("jwks", inline), web("jwks", Map.of("keys", List.of()), "token_endpoint_auth_method", "private_key_jwt"),
                web("jwks", trustKey.toJSONObject(), "token_endpoint_auth_method", "private_key_jwt"),
                web("jwks", Map.of("keys", List.of(trustKey.toJSONObject())), "token_endpoint_auth_method", "private_key_jwt"),
                web("scope", "system/*.rs"), web("scope", "banana"), web("logo_uri", "javascript:alert(1)"), web("contacts", "me"), web("kind", "ehr"),
                web("kind", "resource_server"), web("kind", "toaster"),
                web("jwks_uri", "https://keys.example/jwks", "jwks", Map.of("keys", List.of(trustKey.toPublicJWK().toJSONObject())),
                        "token_endpoint_auth_method", "private_key_jwt"));
        for (Map<String, Object> metadata : wrong) {
            SmartApp.Answer answer = register(sandbox, metadata);
            assertThat(answer.status()).as("%s: %s", metadata, answer.response().body()).isEqualTo(400);
            assertThat(answer.json()).containsEntry("error", "invalid_client_metadata").containsKey("error_description");
        }
        assertThat(SmartApp.send(HttpRequest.newBuilder(URI.create(sandbox.url + "/oauth2/register")).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("not json"))).status()).isEqualTo(400);
    }

    private static String statement(String issuer, RSAKey key, Map<String, Object> claims) throws Exception {
        JWTClaimsSet.Builder builder = new JWTClaimsSet.Builder().issuer(issuer);
        claims.forEach(builder::claim);
        SignedJWT jwt = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), builder.build());
        jwt.sign(new RSASSASigner(key));
        return jwt.serialize();
    }

    @Test
    void reg07_a_software_statement_of_somebody_trusted_goes_before_what_the_app_says() throws Exception {
        String good = statement(TRUST, trustKey, Map.of("client_name", "Vouched Harbor", "software_id", "4711"));
        SmartApp.Answer answer = register(sandbox, web("software_statement", good));
        assertThat(answer.json()).containsEntry("client_name", "Vouched Harbor").containsEntry("software_id", "4711").containsEntry("software_statement", good);
        String forged = statement(TRUST, new RSAKeyGenerator(2048).keyID("trust-1").generate(), Map.of("client_name", "Forged"));
        assertThat(register(sandbox, web("software_statement", forged)).json()).containsEntry("error", "invalid_software_statement");
        assertThat(register(sandbox, web("software_statement", "junk")).json()).containsEntry("error", "invalid_software_statement");
        assertThat(register(sandbox, web("software_statement", statement("https://other.example", trustKey, Map.of()))).json())
                .containsEntry("error", "unapproved_software_statement");
        assertThat(register(sandbox, web("software_statement", statement(TRUST, trustKey, Map.of("exp", Instant.now().getEpochSecond() - 60)))).json())
                .containsEntry("error", "invalid_software_statement");
        String url = answer.text("registration_client_uri");
        String token = "Bearer " + answer.text("registration_access_token");
        assertThat(call("PUT", url, token, web("software_statement", forged)).json()).as("in a change, too").containsEntry("error", "invalid_software_statement");
        assertThat(call("PUT", url, token, web("software_statement", good)).json()).containsEntry("client_name", "Vouched Harbor").containsEntry("software_statement", good);
    }

    @Test
    void reg07_in_production_a_registration_waits_for_review_unless_it_was_let_in() {
        SmartApp.Answer waiting = register(production, web("token_endpoint_auth_method", "none"));
        assertThat(waiting.json()).containsEntry("state", "pending");
        assertThat(new Browser(production.url).get(new SmartApp(production, waiting.text("client_id"))
                .authorizeUrl(new SmartApp(production, waiting.text("client_id")).request("patient/*.rs"))).status()).isEqualTo(400);
        assertThat(call("POST", production.url + "/oauth2/register", "Bearer let me in please", web()).json()).containsEntry("state", "active");
        assertThat(call("POST", production.url + "/oauth2/register", "Bearer wrong", web()).status()).isEqualTo(401);
    }

    @Test
    void reg01_a_developer_registers_an_app_over_the_api_and_sees_where_its_review_stands() {
        String email = developer(sandbox, "ann");
        String api = sandbox.url + "/api/apps";
        SmartApp.Answer made = call("POST", api, basic(email), web("attestation", Map.of("policy", "yes", "hipaa", "no")));
        assertThat(made.status()).as(made.response().body()).isEqualTo(201);
        assertThat(made.json()).containsEntry("state", "active").containsEntry("review", "none").containsKey("client_secret");
        String id = made.text("client_id");
        assertThat(call("POST", api + "/" + id + "/submit", basic(email), null).text("error_description")).contains("Confirm your e-mail");
        confirm(sandbox, email);
        SmartApp.Answer submitted = call("POST", api + "/" + id + "/submit", basic(email), null);
        assertThat(submitted.json()).containsEntry("review", "submitted").containsKeys("submitted_at", "decision_due");
        assertThat(Instant.parse(submitted.text("decision_due"))).isAfter(Instant.now().plusSeconds(4 * 86_400));

        String staff = sandbox.url + "/api/staff/apps/" + id;
        assertThat(call("POST", staff + "/review", basic("grace"), Map.of()).json()).containsEntry("review", "in_review");
        assertThat(call("POST", staff + "/approve", basic("grace"), Map.of("reason", "checks passed")).json()).containsEntry("review", "approved")
                .containsEntry("environment", "production");
        assertThat(call("POST", staff + "/approve", basic("grace"), Map.of()).status()).as("once").isEqualTo(400);
        List<AppLifecycle.Event> history = sandbox.bean(AppLifecycle.class).history(id);
        assertThat(history).extracting(AppLifecycle.Event::to).containsExactly("ACTIVE", "SUBMITTED", "IN_REVIEW", "APPROVED");
        assertThat(history.get(3).reason()).isEqualTo("checks passed");
        assertThat(sandbox.events().of(SecurityEvent.Type.APP_CHANGED)).anyMatch(e -> id.equals(e.clientId()) && "APPROVED".equals(e.details().get("state")));
    }

    @Test
    void reg03_nobody_is_turned_away_without_a_security_criterion_and_a_reason() {
        String id = register(production, web()).text("client_id");
        String staff = production.url + "/api/staff/apps/" + id;
        assertThat(call("POST", staff + "/reject", basic("grace"), Map.of("reason", "a competitor")).status()).isEqualTo(400);
        assertThat(call("POST", staff + "/reject", basic("grace"), Map.of("criterion", "COMPETITOR", "reason", "x")).status()).isEqualTo(400);
        assertThat(call("POST", staff + "/reject", basic("grace"), Map.of("criterion", "MALWARE")).status()).isEqualTo(400);
        SmartApp.Answer rejected = call("POST", staff + "/reject", basic("grace"), Map.of("criterion", "KEY_VERIFICATION_FAILED", "reason", "its keys do not verify"));
        assertThat(rejected.json()).containsEntry("review", "rejected");
        assertThat(production.bean(AppLifecycle.class).history(id)).anyMatch(e -> "KEY_VERIFICATION_FAILED".equals(e.criterion()));
        String running = register(sandbox, web()).text("client_id");
        assertThat(call("POST", sandbox.url + "/api/staff/apps/" + running + "/suspend", basic("grace"), Map.of("reason", "do not like it")).status()).isEqualTo(400);
    }

    @Test
    void reg05_the_states_follow_each_other_and_nothing_else() {
        String id = register(sandbox, web()).text("client_id");
        String staff = sandbox.url + "/api/staff/apps/" + id;
        assertThat(call("POST", staff + "/approve", basic("grace"), Map.of()).status()).isEqualTo(400);
        assertThat(call("POST", staff + "/resume", basic("grace"), Map.of()).status()).isEqualTo(400);
        assertThat(call("POST", staff + "/suspend", basic("grace"), Map.of("criterion", "MALWARE", "reason", "found some")).json()).containsEntry("state", "suspended");
        assertThat(call("POST", staff + "/resume", basic("grace"), Map.of("reason", "clean")).json()).containsEntry("state", "active");
        assertThat(call("POST", staff + "/retire", basic("grace"), Map.of("reason", "gone")).json()).containsEntry("state", "retired");
        assertThat(call("POST", staff + "/resume", basic("grace"), Map.of("reason", "back")).status()).isEqualTo(400);
    }

    @Test
    void reg05_an_app_that_was_stopped_before_its_review_waits_for_it_again() {
        String id = register(production, web()).text("client_id");
        String staff = production.url + "/api/staff/apps/" + id;
        call("POST", staff + "/suspend", basic("grace"), Map.of("criterion", "MALWARE", "reason", "found some"));
        assertThat(call("POST", staff + "/resume", basic("grace"), Map.of("reason", "clean")).json()).containsEntry("state", "pending").containsEntry("review", "submitted");
        assertThat(call("POST", staff + "/approve", basic("grace"), Map.of("reason", "checks passed")).json()).containsEntry("state", "active");
        call("POST", staff + "/suspend", basic("grace"), Map.of("criterion", "MALWARE", "reason", "found more"));
        assertThat(call("POST", staff + "/resume", basic("grace"), Map.of("reason", "clean")).json()).containsEntry("state", "active");
    }

    @Test
    void reg05_attack_a_suspended_app_does_not_end_its_registration() {
        SmartApp.Answer registered = register(sandbox, web());
        String id = registered.text("client_id");
        sandbox.bean(AppLifecycle.class).suspend(id, "staff", AppLifecycle.Criterion.MALWARE, "found some");
        SmartApp.Answer deleted = call("DELETE", sandbox.url + "/oauth2/register/" + id, "Bearer " + registered.text("registration_access_token"), null);
        assertThat(deleted.status()).isEqualTo(403);
        assertThat(deleted.json()).containsEntry("error", "access_denied");
        assertThat(sandbox.bean(Apps.class).find(id).orElseThrow().state()).isEqualTo(App.State.SUSPENDED);
    }

    /** A waits for what B has begun: it read the app before B's end, and wrote back what it had read. */
    @Test
    void reg05_attack_a_change_of_its_registration_does_not_undo_a_suspension_that_comes_meanwhile() throws Exception {
        SmartApp.Answer registered = register(sandbox, web());
        String id = registered.text("client_id");
        IdentityDatabase database = sandbox.bean(IdentityDatabase.class);
        CompletableFuture<SmartApp.Answer> change = new CompletableFuture<>();
        database.inTransaction(() -> {
            sandbox.bean(AppLifecycle.class).suspend(id, "staff", AppLifecycle.Criterion.CREDENTIAL_LEAK, "its key is on the web");
            change.completeAsync(() -> call("PUT", sandbox.url + "/oauth2/register/" + id, "Bearer " + registered.text("registration_access_token"), web("client_id", id, "client_name", "Bluer Harbor")));
            awaitSomebodyWhoWaits(database);
        });
        assertThat(change.get().status()).isEqualTo(200);
        App app = sandbox.bean(Apps.class).find(id).orElseThrow();
        assertThat(app.name()).isEqualTo("Bluer Harbor");
        assertThat(app.state()).isEqualTo(App.State.SUSPENDED);
    }

    @Test
    void reg05_attack_a_review_does_not_undo_a_suspension_that_comes_meanwhile() throws Exception {
        String id = register(production, web()).text("client_id");
        AppLifecycle lifecycle = production.bean(AppLifecycle.class);
        IdentityDatabase database = production.bean(IdentityDatabase.class);
        CompletableFuture<App> review = new CompletableFuture<>();
        database.inTransaction(() -> {
            lifecycle.suspend(id, "staff", AppLifecycle.Criterion.MALWARE, "found some");
            review.completeAsync(() -> lifecycle.approve(id, "other staff", "looks fine"));
            awaitSomebodyWhoWaits(database);
        });
        review.get();
        assertThat(production.bean(Apps.class).find(id).orElseThrow().state()).isEqualTo(App.State.SUSPENDED);
    }

    private static void awaitSomebodyWhoWaits(IdentityDatabase database) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (database.sql("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").query(Long.class).single() == 0) {
            if (System.nanoTime() > end) {
                throw new AssertionError("nobody waits");
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    @Test
    void reg06_a_second_secret_works_beside_the_first_until_that_is_revoked() {
        String email = developer(sandbox, "bob");
        String api = sandbox.url + "/api/apps";
        SmartApp.Answer made = call("POST", api, basic(email), web());
        String secrets = api + "/" + made.text("client_id") + "/secrets";
        SmartApp.Answer second = call("POST", secrets, basic(email), null);
        assertThat(second.status()).isEqualTo(201);
        Browser browser = new Browser(sandbox.url);
        browser.signIn("rosa", Personas.PASSWORD);
        SmartApp old = new SmartApp(sandbox, made.text("client_id")).withBasic(made.text("client_secret"));
        SmartApp fresh = new SmartApp(sandbox, made.text("client_id")).withBasic(second.text("client_secret"));
        assertThat(old.redeem(old.code(browser, "patient/*.rs")).status()).isEqualTo(200);
        assertThat(fresh.redeem(fresh.code(browser, "patient/*.rs")).status()).isEqualTo(200);
        String firstId = sandbox.bean(IdentityDatabase.class).sql("select id from identity.app_secret where client_id = ? order by created_at limit 1")
                .param(made.text("client_id")).query(String.class).single();
        assertThat(call("DELETE", secrets + "/" + firstId, basic(email), null).status()).isEqualTo(204);
        assertThat(old.redeem(old.code(browser, "patient/*.rs")).status()).isEqualTo(401);
        assertThat(fresh.redeem(fresh.code(browser, "patient/*.rs")).status()).isEqualTo(200);
        sandbox.bean(IdentityDatabase.class).sql("update identity.app_secret set expires_at = now() - interval '1 second' where client_id = ?")
                .param(made.text("client_id")).update();
        assertThat(fresh.redeem(fresh.code(browser, "patient/*.rs")).status()).as("an expired secret").isEqualTo(401);
    }

    @Test
    void a_developer_sees_no_other_developers_apps_and_a_member_none() {
        String cat = developer(sandbox, "cat");
        String dan = developer(sandbox, "dan");
        String id = call("POST", sandbox.url + "/api/apps", basic(cat), web()).text("client_id");
        for (String path : List.of("", "/history", "/secrets")) {
            assertThat(call("GET", sandbox.url + "/api/apps/" + id + path, basic(dan), null).status()).isEqualTo(404);
        }
        assertThat(call("DELETE", sandbox.url + "/api/apps/" + id, basic(dan), null).status()).isEqualTo(404);
        assertThat(call("POST", sandbox.url + "/api/apps/" + id + "/secrets", basic(dan), null).status()).isEqualTo(404);
        assertThat(call("POST", sandbox.url + "/api/apps", basic("rosa"), web()).status()).isEqualTo(400);
        assertThat(call("GET", sandbox.url + "/api/apps", null, null).status()).isEqualTo(401);
        assertThat(call("GET", sandbox.url + "/api/staff/apps", basic(cat), null).status()).isEqualTo(403);
    }

    @Test
    void an_administrator_registers_an_ehr_and_a_resource_server_under_chosen_names() {
        Map<String, Object> ehr = Map.of("client_name", "Care Desk", "client_id", "care-desk", "kind", "ehr", "grant_types", List.of("client_credentials"),
                "token_endpoint_auth_method", "private_key_jwt", "jwks", Map.of("keys", List.of(trustKey.toPublicJWK().toJSONObject())), "scope", "system/*.rs");
        SmartApp.Answer made = call("POST", production.url + "/api/staff/apps", basic("grace"), ehr);
        assertThat(made.status()).as(made.response().body()).isEqualTo(201);
        assertThat(made.json()).containsEntry("client_id", "care-desk").containsEntry("state", "active").containsEntry("kind", "ehr");
        assertThat(call("POST", production.url + "/api/staff/apps", basic("grace"), ehr).status()).as("the name is taken").isEqualTo(400);
    }

    @Test
    void reg12_the_evidence_names_who_decided_what_and_why() {
        String id = register(production, web("client_name", "=cmd(Zoë)")).text("client_id");
        call("POST", production.url + "/api/staff/apps/" + id + "/reject", basic("grace"), Map.of("criterion", "MALWARE", "reason", "it \"phones\" home"));
        SmartApp.Answer csv = SmartApp.get(production.url + "/api/staff/evidence", "Authorization", basic("grace"), "Accept", "text/csv");
        String line = csv.response().body().lines().filter(l -> l.contains(id)).findFirst().orElseThrow();
        assertThat(line).contains("REJECTED", "MALWARE", "it \"\"phones\"\" home", ",'=cmd(Zoë),");
        assertThat(SmartApp.get(production.url + "/api/staff/evidence", "Authorization", basic("grace")).response().body()).contains(id, "MALWARE");
    }

    @Test
    void reg04_the_consent_page_tells_what_the_makers_say_and_a_missing_answer_does_not_block() {
        Browser browser = new Browser(sandbox.url);
        browser.signIn("rosa", Personas.PASSWORD);
        SmartApp silent = new SmartApp(sandbox, register(sandbox, web("token_endpoint_auth_method", "none")).text("client_id"));
        Browser.Page page = silent.consentPage(browser, silent.request("patient/*.rs"));
        assertThat(page.body()).contains("They have not told us how they treat your data");
        assertThat(silent.redeem(silent.allow(browser, page).query().get("code")).status()).isEqualTo(200);
        SmartApp told = new SmartApp(sandbox, register(sandbox, web("token_endpoint_auth_method", "none", "attestation", Map.of("no_sale", "yes", "delete", "no")))
                .text("client_id"));
        assertThat(told.consentPage(browser, told.request("patient/*.rs")).body())
                .contains("It promises not to sell your data", "You can have your data deleted", "they say no", "6 questions were not answered");
    }
}
