package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.identity.token.AccessTokens;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** From discovery to a token, as an app that was never here before does it. */
class StandaloneLaunchTest {
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

    @Test
    void smt06_a_member_launches_an_app_and_it_gets_a_token_for_the_member() {
        SmartApp app = Personas.publicApp(server);
        Map<String, Object> discovered = SmartApp.get(server.base() + "/.well-known/smart-configuration").json();
        assertThat(discovered.get("authorization_endpoint")).isEqualTo(server.url + "/oauth2/authorize");

        Browser browser = new Browser(server.url);
        Map<String, String> request = app.request("openid fhirUser launch/patient patient/*.rs offline_access");
        Browser.Page toSignIn = browser.get(app.authorizeUrl(request));
        assertThat(toSignIn.location()).endsWith("/sign-in");
        Browser.Page back = browser.signIn("rosa", Personas.PASSWORD);
        assertThat(back.location()).contains("/oauth2/authorize");
        Browser.Page toConsent = browser.get(back.location());
        assertThat(toConsent.location()).contains("/consent");
        Browser.Page consent = browser.get(toConsent.location());
        assertThat(consent.status()).isEqualTo(200);
        assertThat(consent.body()).contains("<bdi>Blue Harbor</bdi> asks to see health data", "by <bdi>Blue Harbor Inc.</bdi>", "Rosa Vega", "Test results and measurements");

        Browser.Page done = app.allow(browser, consent);
        assertThat(done.location()).startsWith(SmartApp.REDIRECT + "?");
        assertThat(done.query()).containsEntry("state", app.state);

        SmartApp.Answer token = app.redeem(done.query().get("code"));
        assertThat(token.status()).as(token.response().body()).isEqualTo(200);
        assertThat(token.json()).containsEntry("token_type", "Bearer").containsEntry("patient", "rosa-1").containsKeys("id_token", "refresh_token");
        assertThat((Integer) token.json().get("expires_in")).isBetween(1, 3600);
        assertThat(List.of(token.text("scope").split(" "))).containsExactlyInAnyOrder("openid", "fhirUser", "launch/patient", "patient/*.rs", "offline_access");

        AccessToken resolved = server.bean(AccessTokens.class).resolve(token.text("access_token")).orElseThrow();
        assertThat(resolved.clientId()).isEqualTo(app.clientId);
        assertThat(resolved.patient()).isEqualTo("rosa-1");
        assertThat(resolved.fhirUser()).isEqualTo("Patient/rosa-1");
        assertThat(resolved.base()).isEqualTo(IdentityServer.BASE);
        assertThat(server.bean(AccessTokens.class).resolve("somebody else's token")).isEmpty();
    }

    @Test
    void con04_what_a_member_holds_back_binds_every_token_of_the_authorization() {
        SmartApp app = Personas.publicApp(server);
        Browser browser = new Browser(server.url);
        browser.get(app.authorizeUrl(app.request("launch/patient patient/*.rs offline_access")));
        Browser.Page back = browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = browser.get(browser.get(back.location()).location());
        Browser.Page done = app.allow(browser, consent, "withhold", "MENTAL_HEALTH", "withhold", "HIV", "withhold", "NO_SUCH_THING");
        SmartApp.Answer token = app.redeem(done.query().get("code"));
        SmartApp.Answer refreshed = app.refresh(token.text("refresh_token"));
        for (SmartApp.Answer issued : List.of(token, refreshed)) {
            AccessToken resolved = server.bean(AccessTokens.class).resolve(issued.text("access_token")).orElseThrow();
            assertThat(resolved.withheld()).containsExactlyInAnyOrder(SensitiveCategory.MENTAL_HEALTH, SensitiveCategory.HIV);
        }
    }
}
