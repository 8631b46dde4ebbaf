package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.account.MovedSignIns;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Members sign in with the plan's own OpenID Connect provider: here a second, separate server of ours. */
class PlanSignInTest {
    private static IdentityServer plan;
    private static IdentityServer server;

    @BeforeAll
    static void start() {
        int port = IdentityServer.freePort();
        plan = IdentityServer.start();
        plan.bean(Accounts.class).add(NewAccount.member("rosa", Personas.PASSWORD, "Rosa Vega", "rosa-1"));
        plan.bean(Accounts.class).add(NewAccount.staff("ada", Personas.PASSWORD, "Ada Okoye", "Practitioner/ada-1"));
        AppLifecycle.Registered us = plan.bean(AppLifecycle.class).register(new AppRequest("Health data sharing", null, "client_secret_basic",
                List.of("authorization_code"), null, "openid fhirUser", List.of("http://localhost:" + port + "/login/oauth2/code/plan"), null, null, null,
                null, null), "test", null, false);
        server = IdentityServer.startAt(port, IdentityServer.newDatabase(), "--portolan.identity.provider.name=Harbor Health",
                "--portolan.identity.provider.issuer=" + plan.url, "--portolan.identity.provider.client-id=" + us.app().clientId(),
                "--portolan.identity.provider.client-secret=" + us.secret().secret(), "--portolan.identity.provider.scopes=openid,fhirUser",
                "--portolan.identity.provider.parameters.aud=" + plan.base());
    }

    @AfterAll
    static void stop() {
        server.close();
        plan.close();
    }

    /** Follows the redirects between the two servers, signs in at the plan's, agrees to say who one is. */
    private static Browser.Page signInAtPlan(Browser browser, String username) {
        Browser.Page page = browser.get("/oauth2/authorization/plan");
        assertThat(page.location()).startsWith(plan.url + "/oauth2/authorize").contains("code_challenge_method=S256", "nonce=");
        page = browser.get(page.location());
        assertThat(page.location()).isEqualTo(plan.url + "/sign-in");
        page = browser.get(page.location());
        page = browser.post(plan.url + "/sign-in", "_csrf", page.field("_csrf"), "username", username, "password", Personas.PASSWORD);
        page = browser.get(page.location());
        Browser.Page consent = browser.get(page.location());
        page = browser.post(plan.url + "/oauth2/authorize", "client_id", consent.field("client_id"), "state", consent.field("state"), "decision", "allow");
        assertThat(page.location()).startsWith(server.url + "/login/oauth2/code/plan");
        return browser.get(page.location());
    }

    @Test
    void a_member_signs_in_with_the_plans_provider_and_lets_an_app_in() {
        SmartApp app = Personas.publicApp(server);
        Browser browser = new Browser(server.url);
        assertThat(browser.get("/sign-in").body()).contains("Continue with Harbor Health");
        Browser.Page back = signInAtPlan(browser, "rosa");
        assertThat(back.location()).contains("/my-apps");
        SmartApp.Answer token = app.redeem(app.code(browser, "openid fhirUser launch/patient patient/*.rs"));
        assertThat(token.json()).containsEntry("patient", "rosa-1");
        assertThat(browser.get("/my-apps").body()).contains("Blue Harbor");
    }

    /** Behind a proxy that ends TLS it is reached by another address than the one that clients, and the provider, know. */
    @Test
    void the_provider_is_told_the_address_that_clients_know() {
        String asked = new Browser(server.url.replace("localhost", "127.0.0.1")).get("/oauth2/authorization/plan").location();
        assertThat(java.net.URLDecoder.decode(asked, java.nio.charset.StandardCharsets.UTF_8)).contains("redirect_uri=" + server.url + "/login/oauth2/code/plan");
    }

    @Test
    void edi11_whom_the_provider_names_by_a_merged_record_acts_for_the_survivor_until_they_are_parted() {
        plan.bean(Accounts.class).add(NewAccount.member("lena", Personas.PASSWORD, "Lena Berg", "lena-old"));
        MovedSignIns moved = server.bean(MovedSignIns.class);
        moved.move("lena-old", "lena-new", "otto");
        SmartApp app = Personas.publicApp(server);
        Browser browser = new Browser(server.url);
        signInAtPlan(browser, "lena");
        assertThat(app.redeem(app.code(browser, "launch/patient patient/*.rs")).json()).as("for the first time here, while the merge stands").containsEntry("patient", "lena-new");
        moved.giveBack("lena-old", "otto");
        assertThat(app.redeem(app.code(browser, "launch/patient patient/*.rs")).json()).as("in the same session").containsEntry("patient", "lena-old");
        Browser again = new Browser(server.url);
        signInAtPlan(again, "lena");
        assertThat(app.redeem(app.code(again, "launch/patient patient/*.rs")).json()).containsEntry("patient", "lena-old");
    }

    @Test
    void smt34_attack_an_account_that_the_provider_gives_to_another_record_leaves_no_app_at_the_one_before() {
        plan.bean(Accounts.class).add(NewAccount.member("nora", Personas.PASSWORD, "Nora Lind", "nora-1"));
        SmartApp app = Personas.publicApp(server);
        Browser browser = new Browser(server.url);
        signInAtPlan(browser, "nora");
        SmartApp.Answer token = app.redeem(app.code(browser, "openid fhirUser user/*.rs"));
        signInAtPlan(new Browser(server.url), "nora");
        assertThat(server.accepts(token)).as("the claim is the same").isTrue();
        plan.bean(IdentityDatabase.class).sql("update identity.account set patient = 'nora-2', fhir_user = 'Patient/nora-2' where username = 'nora'").update();
        signInAtPlan(new Browser(server.url), "nora");
        assertThat(server.accepts(token)).as("the claim names another record").isFalse();
    }

    @Test
    void somebody_whom_the_claim_does_not_name_as_a_member_stays_out() {
        Browser browser = new Browser(server.url);
        Browser.Page back = signInAtPlan(browser, "ada");
        assertThat(back.location()).endsWith("/sign-in?failed");
        assertThat(browser.get("/my-apps").location()).endsWith("/sign-in");
    }

    @Test
    void an_answer_that_was_not_asked_for_signs_nobody_in() {
        Browser browser = new Browser(server.url);
        assertThat(browser.get("/login/oauth2/code/plan?code=made-up&state=made-up").location()).endsWith("/sign-in?failed");
        assertThat(browser.get("/my-apps").location()).endsWith("/sign-in");
    }
}
