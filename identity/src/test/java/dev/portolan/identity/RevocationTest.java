package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.key.SigningKeys;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.identity.token.AccessTokens;
import dev.portolan.identity.token.SandboxTokens;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is taken back ends at once: on two servers that share a database, by a member, by an administrator. */
class RevocationTest {
    /** It takes milliseconds; without the word from the other server it would be as long as a token is kept. A machine that halts meanwhile is let pass. */
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final String SCOPE = "launch/patient patient/*.rs offline_access";
    private static IdentityServer one;
    private static IdentityServer two;
    private static Account rosa;
    private SmartApp app;
    private Browser browser;
    private SmartApp.Answer token;

    @BeforeAll
    static void start() {
        String database = IdentityServer.newDatabase();
        one = IdentityServer.startOn(database);
        two = IdentityServer.startOn(database);
        rosa = Personas.rosa(one);
        Personas.tom(one, true);
    }

    @AfterAll
    static void stop() {
        one.close();
        two.close();
    }

    @BeforeEach
    void token() {
        app = Personas.publicApp(one);
        browser = new Browser(one.url);
        browser.signIn("rosa", Personas.PASSWORD);
        token = app.redeem(app.code(browser, SCOPE));
        assertThat(one.accepts(token)).isTrue();
        assertThat(two.accepts(token)).isTrue();
        assertThat(two.accepts(token)).as("from the cache").isTrue();
    }

    private static Duration until(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > 60_000_000_000L) {
                throw new AssertionError("not within a minute");
            }
            LockSupport.parkNanos(2_000_000); // a thread that spins would take the time from what it waits for
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Test
    void smt27_a_key_that_one_server_signs_with_is_published_by_the_other() {
        assertThat(SmartApp.get(two.url + "/oauth2/jwks").status()).isEqualTo(200);
        String kid = one.bean(SigningKeys.class).rotate("test");
        assertThat(until(() -> SmartApp.get(two.url + "/oauth2/jwks").response().body().contains(kid))).isLessThan(SOON);
    }

    @Test
    void reg05_a_suspended_apps_tokens_are_refused_within_a_second_on_two_servers() {
        one.bean(AppLifecycle.class).suspend(app.clientId, "grace", AppLifecycle.Criterion.CREDENTIAL_LEAK, "its secret is on the web");
        assertThat(one.accepts(token)).isFalse();
        Duration other = until(() -> !two.accepts(token));
        System.out.println("suspension reached the other server after " + other.toMillis() + " ms");
        assertThat(other).isLessThan(SOON);
        assertThat(app.refresh(token.text("refresh_token")).status()).isIn(400, 401);
        assertThat(browser.get(app.authorizeUrl(app.request(SCOPE))).status()).as("nobody can authorize it").isEqualTo(400);
    }

    @Test
    void reg05_resuming_an_app_does_not_bring_its_tokens_back() {
        AppLifecycle lifecycle = one.bean(AppLifecycle.class);
        lifecycle.suspend(app.clientId, "grace", AppLifecycle.Criterion.TRAFFIC_ABUSE, "too many calls");
        lifecycle.resume(app.clientId, "grace", "fixed");
        assertThat(one.accepts(token)).isFalse();
        assertThat(app.refresh(token.text("refresh_token")).status()).isEqualTo(400);
        token = app.redeem(app.code(browser, SCOPE));
        assertThat(one.accepts(token)).isTrue();
    }

    @Test
    void reg05_a_retired_apps_tokens_end_too() {
        one.bean(AppLifecycle.class).retire(app.clientId, "grace", "no longer made");
        assertThat(one.accepts(token)).isFalse();
        until(() -> !two.accepts(token));
    }

    @Test
    void smt36_the_member_sees_the_app_stops_it_and_it_is_out_at_once() {
        Browser.Page page = browser.get("/my-apps");
        assertThat(page.body()).contains("Blue Harbor", "Test results and measurements");
        Browser.Page done = browser.post("/my-apps/end", "_csrf", page.field("_csrf"), "client_id", app.clientId, "principal", rosa.id(), "patient", "rosa-1");
        assertThat(done.location()).contains("/my-apps?ended");
        assertThat(one.accepts(token)).isFalse();
        assertThat(until(() -> !two.accepts(token))).isLessThan(SOON);
        assertThat(app.refresh(token.text("refresh_token")).status()).isEqualTo(400);
        assertThat(browser.get("/my-apps").body()).doesNotContain(app.clientId);
        assertThat(one.events().of(SecurityEvent.Type.CONSENT_REVOKED)).anyMatch(e -> app.clientId.equals(e.clientId()));
    }

    @Test
    void smt36_stopping_needs_the_pages_own_form() {
        Browser.Page forged = browser.post("/my-apps/end", "client_id", app.clientId, "principal", rosa.id(), "patient", "rosa-1");
        assertThat(forged.status()).isEqualTo(403);
        assertThat(one.accepts(token)).isTrue();
    }

    @Test
    void smt36_nobody_sees_or_stops_somebody_elses_apps() {
        Browser other = new Browser(one.url);
        one.bean(Accounts.class)
                .add(Accounts.NewAccount.member("eve-" + app.clientId, Personas.PASSWORD, "Eve", "eve-1"));
        other.signIn("eve-" + app.clientId, Personas.PASSWORD);
        Browser.Page page = other.get("/my-apps");
        assertThat(page.body()).doesNotContain("Blue Harbor");
        assertThat(other.post("/my-apps/end", "_csrf", page.field("_csrf"), "client_id", app.clientId, "principal", rosa.id(), "patient", "rosa-1").status())
                .isEqualTo(404);
        assertThat(one.accepts(token)).isTrue();
    }

    @Test
    void a_caregiver_chooses_whose_data_and_the_member_can_stop_it() throws Exception {
        Browser tom = new Browser(one.url);
        tom.signIn("tom", Personas.PASSWORD);
        SmartApp caregivers = Personas.publicApp(one);
        Browser.Page consent = caregivers.consentPage(tom, caregivers.request("openid fhirUser " + SCOPE));
        assertThat(consent.body()).contains("Whose data?", "Tom Vega (you)", "Rosa Vega");
        token = caregivers.redeem(caregivers.allow(tom, consent, "patient", "rosa-1").query().get("code"));
        assertThat(token.json()).containsEntry("patient", "rosa-1");
        assertThat(com.nimbusds.jwt.SignedJWT.parse(token.text("id_token")).getJWTClaimsSet().getStringClaim("fhirUser"))
                .isEqualTo(one.base() + "/RelatedPerson/tom-for-rosa");
        Browser.Page rosasPage = browser.get("/my-apps");
        assertThat(rosasPage.body()).contains("Let in by Tom Vega");
        String principal = one.bean(IdentityDatabase.class).sql("select principal from identity.app_authorization where client_id = ?")
                .param(caregivers.clientId).query(String.class).single();
        browser.post("/my-apps/end", "_csrf", rosasPage.field("_csrf"), "client_id", caregivers.clientId, "principal", principal, "patient", "rosa-1");
        assertThat(one.accepts(token)).isFalse();
    }

    @Test
    void smt27_a_caregiver_for_whom_nobody_stands_in_the_record_is_not_told_as_fhirUser() throws Exception {
        Account ida = one.bean(Accounts.class).add(Accounts.NewAccount.member("ida-" + app.clientId, Personas.PASSWORD, "Ida", "ida-1"));
        one.bean(Accounts.class).addRepresentation(ida.id(), new Accounts.Represented("rosa-1", "Rosa Vega", "caregiver", null), null);
        Browser browserOfIda = new Browser(one.url);
        browserOfIda.signIn("ida-" + app.clientId, Personas.PASSWORD);
        SmartApp caregivers = Personas.publicApp(one);
        for (String patient : List.of("rosa-1", "ida-1")) {
            Browser.Page consent = caregivers.consentPage(browserOfIda, caregivers.request("openid fhirUser " + SCOPE));
            SmartApp.Answer answer = caregivers.redeem(caregivers.allow(browserOfIda, consent, "patient", patient).query().get("code"));
            String told = com.nimbusds.jwt.SignedJWT.parse(answer.text("id_token")).getJWTClaimsSet().getStringClaim("fhirUser");
            if (patient.equals("ida-1")) {
                assertThat(told).isEqualTo(one.base() + "/Patient/ida-1");
                assertThat(answer.text("scope")).contains("fhirUser");
            } else {
                assertThat(told).as("her own Patient, which this token could not read").isNull();
                assertThat(answer.text("scope")).contains("openid").doesNotContain("fhirUser");
            }
        }
        one.bean(Accounts.class).close(ida.id(), "test");
    }

    @Test
    void a_representation_that_has_ended_gives_nothing() {
        Browser tom = new Browser(one.url);
        tom.signIn("tom", Personas.PASSWORD);
        one.bean(IdentityDatabase.class).sql("update identity.representation set valid_until = now() - interval '1 day'").update();
        SmartApp caregivers = Personas.publicApp(one);
        Browser.Page consent = caregivers.consentPage(tom, caregivers.request(SCOPE));
        assertThat(consent.body()).doesNotContain("Rosa Vega");
        assertThat(caregivers.allow(tom, consent, "patient", "rosa-1").query()).containsEntry("error", "access_denied");
        one.bean(IdentityDatabase.class).sql("update identity.representation set valid_until = null").update();
    }

    @Test
    void a_closed_account_ends_what_it_let_in() {
        Accounts accounts = one.bean(Accounts.class);
        Account lena = accounts.add(Accounts.NewAccount.member("lena-" + app.clientId, Personas.PASSWORD, "Lena", "lena-1"));
        Browser lenas = new Browser(one.url);
        lenas.signIn("lena-" + app.clientId, Personas.PASSWORD);
        token = app.redeem(app.code(lenas, SCOPE));
        assertThat(one.accepts(token)).isTrue();
        accounts.close(lena.id(), "grace");
        assertThat(one.accepts(token)).isFalse();
        assertThat(app.refresh(token.text("refresh_token")).status()).isEqualTo(400);
        assertThat(lenas.signIn("lena-" + app.clientId, Personas.PASSWORD).location()).endsWith("/sign-in?failed");
    }

    @Test
    void a_sandbox_token_works_and_ends_like_any_other() {
        String bearer = one.bean(SandboxTokens.class).issue(app.clientId, rosa.id(), "rosa-1", "Patient/rosa-1", SmartScopes.parse("patient/*.rs"),
                IdentityServer.BASE, Duration.ofHours(1));
        AccessToken resolved = two.bean(AccessTokens.class).resolve(bearer).orElseThrow();
        assertThat(resolved.patient()).isEqualTo("rosa-1");
        assertThat(resolved.fhirUser()).isEqualTo("Patient/rosa-1");
        one.bean(AppLifecycle.class).suspend(app.clientId, "grace", AppLifecycle.Criterion.MALWARE, "test");
        until(() -> two.bean(AccessTokens.class).resolve(bearer).isEmpty());
    }
}
