package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What ends a member's authorization, and what does not. */
class AuthorizationEndTest {
    private static final String ALL = "openid fhirUser launch/patient patient/*.rs offline_access";
    private static IdentityServer server;
    private SmartApp app;
    private Browser browser;

    @BeforeAll
    static void start() {
        server = IdentityServer.start();
        Personas.rosa(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void signedIn() {
        app = Personas.publicApp(server);
        browser = new Browser(server.url);
        browser.signIn("rosa", Personas.PASSWORD);
    }

    @Test
    void attack_asking_about_a_used_refresh_token_or_revoking_it_ends_nothing_of_another_app() {
        SmartApp.Answer first = app.redeem(app.code(browser, ALL));
        SmartApp.Answer second = app.refresh(first.text("refresh_token"));
        SmartApp stranger = Personas.confidentialApp(server);
        assertThat(stranger.post("/oauth2/introspect", "token", first.text("refresh_token")).json()).isEqualTo(Map.of("active", false));
        assertThat(stranger.post("/oauth2/introspect", "token", first.text("refresh_token"), "grant_type", "refresh_token", "refresh_token", first.text("refresh_token")).json())
                .isEqualTo(Map.of("active", false));
        stranger.post("/oauth2/revoke", "token", first.text("refresh_token"), "token_type_hint", "refresh_token");
        new SmartApp(server, app.clientId).withProof("grant_type", "refresh_token").post("/oauth2/introspect", "token", first.text("refresh_token"), "refresh_token", first.text("refresh_token"));
        assertThat(server.accepts(second)).isTrue();
        assertThat(app.refresh(second.text("refresh_token")).status()).isEqualTo(200);
    }

    @Test
    void smt32_an_app_revokes_by_a_refresh_token_that_it_used_what_came_of_it() {
        SmartApp.Answer first = app.redeem(app.code(browser, ALL));
        SmartApp.Answer second = app.refresh(first.text("refresh_token"));
        assertThat(app.post("/oauth2/revoke", "token", first.text("refresh_token")).status()).isEqualTo(200);
        assertThat(server.accepts(second)).isFalse();
        app.refresh(second.text("refresh_token")).assertRefused("invalid_grant");
    }

    @Test
    void smt31_a_token_of_who_represents_the_member_no_more_is_not_active() {
        Account tom = Personas.tom(server, true);
        browser = new Browser(server.url);
        browser.signIn("tom", Personas.PASSWORD);
        app = Personas.confidentialApp(server);
        SmartApp.Answer token = app.redeem(app.allow(browser, app.consentPage(browser, app.request("launch/patient patient/*.rs")), "patient", "rosa-1").query().get("code"));
        Instant end = Instant.now().plusSeconds(100);
        server.bean(Accounts.class).addRepresentation(tom.id(), new Accounts.Represented("rosa-1", "Rosa Vega", "caregiver", null), end);
        assertThat(app.post("/oauth2/introspect", "token", token.text("access_token")).json()).containsEntry("active", true).containsEntry("exp", (int) end.getEpochSecond());
        server.bean(Accounts.class).addRepresentation(tom.id(), new Accounts.Represented("rosa-1", "Rosa Vega", "caregiver", null), Instant.now().minusSeconds(1));
        assertThat(server.accepts(token)).isFalse();
        assertThat(app.post("/oauth2/introspect", "token", token.text("access_token")).json()).isEqualTo(Map.of("active", false));
    }

    @Test
    void smt31_a_used_refresh_token_is_not_active_to_its_own_app_either() {
        app = Personas.confidentialApp(server);
        SmartApp.Answer first = app.redeem(app.code(browser, ALL));
        SmartApp.Answer second = app.refresh(first.text("refresh_token"));
        assertThat(app.post("/oauth2/introspect", "token", first.text("refresh_token")).json()).isEqualTo(Map.of("active", false));
        assertThat(app.post("/oauth2/introspect", "token", second.text("refresh_token")).json()).containsEntry("active", true);
    }

    @Test
    void online_access_ends_twelve_hours_after_the_member_agreed_though_it_is_refreshed() {
        SmartApp.Answer first = app.redeem(app.code(browser, "launch/patient patient/*.rs online_access"));
        agreed(Duration.ofMinutes(11 * 60 + 50));
        SmartApp.Answer second = app.refresh(first.text("refresh_token"));
        assertThat(second.status()).isEqualTo(200);
        assertThat((Integer) second.json().get("expires_in")).isBetween(1, 600);
        Instant latest = server.bean(IdentityDatabase.class).sql("""
                select max(r.expires_at) as latest from identity.refresh_token r join identity.app_authorization a on a.id = r.authorization_id
                where a.client_id = ? and r.used_at is null""").param(app.clientId).query((row, n) -> IdentityDatabase.instant(row, "latest")).single();
        assertThat(Duration.between(Instant.now(), latest)).isLessThanOrEqualTo(Duration.ofMinutes(10));
        agreed(Duration.ofHours(13));
        app.refresh(second.text("refresh_token")).assertRefused("invalid_grant");
    }

    /** Makes the app's authorization so old. */
    private void agreed(Duration ago) {
        server.bean(IdentityDatabase.class).sql("update identity.app_authorization set granted_at = ? where client_id = ?")
                .params(IdentityDatabase.at(Instant.now().minus(ago)), app.clientId).update();
    }
}
