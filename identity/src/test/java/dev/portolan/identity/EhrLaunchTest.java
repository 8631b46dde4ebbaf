package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import dev.portolan.identity.event.SecurityEvent;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An EHR-like desktop starts an app for a clinician, and what it gets. */
class EhrLaunchTest {
    private static IdentityServer server;
    private static String ehrToken;
    private SmartApp app;
    private Browser browser;

    @BeforeAll
    static void start() throws Exception {
        server = IdentityServer.start();
        Personas.ada(server);
        Personas.rosa(server);
        RSAKey key = new RSAKeyGenerator(2048).keyID("desk").generate();
        AppRequest request = new AppRequest("Care Desk", App.Kind.EHR, "private_key_jwt", List.of("client_credentials"), null, "system/*.rs", null, null, null,
                new JWKSet(key.toPublicJWK()).toString(), null, null);
        String id = server.bean(AppLifecycle.class).register(request, "test", null, false).app().clientId();
        SignedJWT jwt = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.RS384).keyID("desk").build(), new JWTClaimsSet.Builder().issuer(id).subject(id)
                .audience(server.url + "/oauth2/token").jwtID(UUID.randomUUID().toString()).expirationTime(Date.from(Instant.now().plusSeconds(200))).build());
        jwt.sign(new RSASSASigner(key));
        ehrToken = new SmartApp(server, id).withProof("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion", jwt.serialize()).token("grant_type", "client_credentials", "scope", "system/*.rs").text("access_token");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void app() {
        app = Personas.publicApp(server);
        browser = new Browser(server.url);
    }

    private static SmartApp.Answer launch(String token, Map<String, Object> body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url + "/launches")).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(SmartApp.JSON.writeValueAsString(body)));
        return SmartApp.send(token == null ? request : request.header("Authorization", "Bearer " + token));
    }

    private Browser.Page consent(String launch) {
        Map<String, String> request = app.request("launch openid fhirUser patient/*.rs user/*.rs");
        request.put("launch", launch);
        return app.consentPage(browser, request);
    }

    @Test
    void smt30_the_launched_app_gets_patient_encounter_banner_style_and_the_rest() {
        String launch = launch(ehrToken, Map.of("client_id", app.clientId, "patient", "rosa-1", "encounter", "enc-7", "intent", "reconcile-medications",
                "tenant", "north", "need_patient_banner", false, "fhirContext", List.of(Map.of("reference", "ImagingStudy/9")))).text("launch");
        browser.signIn("ada", Personas.PASSWORD);
        SmartApp.Answer token = app.redeem(app.allow(browser, consent(launch)).query().get("code"));
        assertThat(token.json()).containsEntry("patient", "rosa-1").containsEntry("encounter", "enc-7").containsEntry("need_patient_banner", false)
                .containsEntry("intent", "reconcile-medications").containsEntry("tenant", "north")
                .containsEntry("fhirContext", List.of(Map.of("reference", "ImagingStudy/9")));
        assertThat(SmartApp.get(token.text("smart_style_url")).json()).containsKey("color_background");
    }

    @Test
    void smt30_the_user_is_the_clinician() throws Exception {
        String launch = launch(ehrToken, Map.of("client_id", app.clientId, "patient", "rosa-1")).text("launch");
        browser.signIn("ada", Personas.PASSWORD);
        SmartApp.Answer token = app.redeem(app.allow(browser, consent(launch)).query().get("code"));
        assertThat(SignedJWT.parse(token.text("id_token")).getJWTClaimsSet().getStringClaim("fhirUser")).isEqualTo(server.base() + "/Practitioner/ada-1");
        assertThat(token.json()).containsEntry("need_patient_banner", true);
    }

    @Test
    void smt30_staff_start_an_app_for_a_member_from_the_page() {
        AppRequest asked = Personas.asks("Started", "none", List.of("authorization_code"), null, null, null);
        AppRequest startable = new AppRequest(asked.name(), null, "none", asked.grantTypes(), null, null, asked.redirectUris(), "https://app.example/start?site=north%20side", null, null, null, null);
        app = new SmartApp(server, Personas.register(server, startable).app().clientId());
        browser.signIn("ada", Personas.PASSWORD);
        Browser.Page form = browser.get("/staff/launch");
        assertThat(form.body()).contains("Started", "Rosa Vega");
        String[] right = {"_csrf", form.field("_csrf"), "client_id", app.clientId, "patient", "rosa-1", "encounter", "enc-9", "base", IdentityServer.BASE};
        Browser.Page started = browser.post("/staff/launch", right);
        assertThat(started.location()).startsWith("https://app.example/start?");
        assertThat(started.query()).containsEntry("iss", server.base()).containsEntry("site", "north side");
        SmartApp.Answer token = app.redeem(app.allow(browser, consent(started.query().get("launch"))).query().get("code"));
        assertThat(token.json()).containsEntry("patient", "rosa-1").containsEntry("encounter", "enc-9").containsEntry("need_patient_banner", true);

        right[5] = "nobody-1";
        assertThat(browser.post("/staff/launch", right).location()).isEqualTo(server.url + "/staff/launch");
        Browser member = new Browser(server.url);
        member.signIn("rosa", Personas.PASSWORD);
        assertThat(member.get("/staff/launch").status()).isEqualTo(403);
    }

    @Test
    void a_launch_works_once_and_for_its_app_only_and_not_for_long() {
        String launch = launch(ehrToken, Map.of("client_id", app.clientId, "patient", "rosa-1")).text("launch");
        browser.signIn("ada", Personas.PASSWORD);
        assertThat(app.allow(browser, consent(launch)).query()).containsKey("code");
        assertThat(consent(launch).query()).containsEntry("error", "invalid_request");
        String other = launch(ehrToken, Map.of("client_id", Personas.publicApp(server).clientId, "patient", "rosa-1")).text("launch");
        assertThat(consent(other).query()).containsEntry("error", "invalid_request");
        String old = launch(ehrToken, Map.of("client_id", app.clientId, "patient", "rosa-1")).text("launch");
        server.bean(IdentityDatabase.class).sql("update identity.launch_context set expires_at = now() - interval '1 second'").update();
        assertThat(consent(old).query()).containsEntry("error", "invalid_request");
    }

    @Test
    void a_member_cannot_use_a_launch_for_somebody_else() {
        String launch = launch(ehrToken, Map.of("client_id", app.clientId, "patient", "somebody-else")).text("launch");
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page page = consent(launch);
        assertThat(page.body()).as("nor learn who it is").contains("no member whose data you may share").doesNotContain("somebody-else");
        assertThat(app.allow(browser, page, "patient", "rosa-1").query()).containsEntry("error", "access_denied");
    }

    @Test
    void only_an_ehr_may_start_apps() {
        assertThat(launch(null, Map.of("client_id", app.clientId)).status()).isEqualTo(401);
        assertThat(launch("made up", Map.of("client_id", app.clientId)).status()).isEqualTo(401);
        browser.signIn("rosa", Personas.PASSWORD);
        String memberToken = app.redeem(app.code(browser, "launch/patient patient/*.rs")).text("access_token");
        assertThat(launch(memberToken, Map.of("client_id", app.clientId, "patient", "rosa-1")).status()).isEqualTo(403);
        assertThat(launch(ehrToken, Map.of("client_id", "nobody")).status()).isEqualTo(400);
        assertThat(launch(ehrToken, Map.of("client_id", app.clientId, "fhirContext", Collections.singletonList(null))).json()).containsEntry("error", "invalid_request");
    }

    @Test
    void staff_without_a_launch_choose_a_member_that_exists() {
        browser.signIn("ada", Personas.PASSWORD);
        Browser.Page page = app.consentPage(browser, app.request("launch/patient user/*.rs"));
        assertThat(page.body()).contains("Find a member");
        Browser.Page found = browser.get("/consent?state=" + Browser.encode(page.field("state")) + "&find=Rosa");
        assertThat(found.body()).contains("Rosa Vega");
        SmartApp.Answer token = app.redeem(app.allow(browser, found, "patient", "rosa-1").query().get("code"));
        assertThat(token.json()).containsEntry("patient", "rosa-1");
        Browser.Page again = app.consentPage(browser, app.request("launch/patient user/*.rs"));
        assertThat(app.allow(browser, again, "patient", "nobody-at-all").query()).containsEntry("error", "access_denied");
    }

    @Test
    void attack_staff_whose_work_is_not_with_members_records_let_no_app_into_one() {
        server.bean(Accounts.class).add(Accounts.NewAccount.staff("auditor", Personas.PASSWORD, "Au Ditor", null, "AUDITOR", "CALL_CENTRE"));
        browser.signIn("auditor", Personas.PASSWORD);
        Browser.Page page = app.consentPage(browser, app.request("launch/patient patient/*.rs"));
        assertThat(page.body()).doesNotContain("Find a member").doesNotContain("Rosa");
        assertThat(app.allow(browser, page, "patient", "rosa-1").query()).containsEntry("error", "access_denied");
        String launch = launch(ehrToken, Map.of("client_id", app.clientId, "patient", "rosa-1")).text("launch");
        assertThat(app.allow(browser, consent(launch), "patient", "rosa-1").query()).containsEntry("error", "access_denied");
    }

    @Test
    void whose_names_staff_saw_is_told() {
        browser.signIn("ada", Personas.PASSWORD);
        Browser.Page page = app.consentPage(browser, app.request("launch/patient user/*.rs"));
        browser.get("/consent?state=" + Browser.encode(page.field("state")) + "&find=Rosa");
        assertThat(server.events().of(SecurityEvent.Type.MEMBER_SEARCHED)).anyMatch(event -> "rosa-1".equals(event.details().get("members")));
    }

    @Test
    void standalone_user_launch_of_staff_needs_no_member() {
        browser.signIn("ada", Personas.PASSWORD);
        SmartApp.Answer token = app.redeem(app.code(browser, "openid fhirUser user/*.rs"));
        assertThat(token.status()).isEqualTo(200);
        assertThat(token.json()).doesNotContainKey("patient");
    }
}
