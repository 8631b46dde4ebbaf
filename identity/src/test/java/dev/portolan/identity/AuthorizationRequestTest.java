package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.key.Secrets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the authorization endpoint takes, and what it refuses before anybody signs in. */
class AuthorizationRequestTest {
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
    void app() {
        app = Personas.publicApp(server);
        browser = new Browser(server.url);
    }

    private Browser.Page ask(Map<String, String> changes) {
        Map<String, String> request = app.request("launch/patient patient/*.rs");
        changes.forEach((name, value) -> {
            if (value.isEmpty()) {
                request.remove(name);
            } else {
                request.put(name, value);
            }
        });
        return browser.get(app.authorizeUrl(request));
    }

    private void refused(Browser.Page page, String error) {
        assertThat(page.status()).isEqualTo(302);
        assertThat(page.location()).startsWith(SmartApp.REDIRECT + "?");
        assertThat(page.query()).containsEntry("error", error).containsEntry("state", app.state).containsKey("error_description").doesNotContainKey("code");
    }

    @Test
    void smt07_a_request_without_a_code_challenge_is_refused() {
        refused(ask(Map.of("code_challenge", "", "code_challenge_method", "")), "invalid_request");
    }

    @Test
    void smt07_the_plain_method_is_refused_and_so_is_none() {
        refused(ask(Map.of("code_challenge_method", "plain")), "invalid_request");
        refused(ask(Map.of("code_challenge_method", "")), "invalid_request");
    }

    @Test
    void smt07_confidential_apps_need_pkce_too() {
        app = Personas.confidentialApp(server);
        refused(ask(Map.of("code_challenge", "", "code_challenge_method", "")), "invalid_request");
    }

    @Test
    void smt09_a_wrong_or_missing_aud_is_refused() {
        refused(ask(Map.of("aud", "https://evil.example/fhir")), "invalid_request");
        refused(ask(Map.of("aud", server.url)), "invalid_request");
        refused(ask(Map.of("aud", "")), "invalid_request");
    }

    @Test
    void smt10_state_is_required() {
        Browser.Page page = ask(Map.of("state", ""));
        assertThat(page.query()).containsEntry("error", "invalid_request");
    }

    @Test
    void smt10_an_unknown_app_gets_a_page_and_no_redirect() {
        Browser.Page page = ask(Map.of("client_id", "nobody"));
        assertThat(page.status()).isEqualTo(400);
        assertThat(page.location()).isEmpty();
        assertThat(page.body()).contains("This request cannot go on");
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://app.example/callback/", "https://app.example/callback?x=1", "https://app.example/CALLBACK", "https://app.example:443/callback",
        "http://app.example/callback", "https://app.example.evil.example/callback", "https://app.example/callback/../evil", "https://evil.example/callback",
        "https://app.example/callback#x", "https://app.example@evil.example/callback", "https://app.example/callback%2f", "//app.example/callback",
        "javascript:alert(1)"})
    void smt10_a_redirect_uri_that_is_not_the_registered_one_to_the_letter_gets_a_page_and_no_redirect(String redirect) {
        Browser.Page page = ask(Map.of("redirect_uri", redirect));
        assertThat(page.status()).isEqualTo(400);
        assertThat(page.location()).isEmpty();
        assertThat(page.body()).contains("redirect_uri");
    }

    @Test
    void smt10_a_request_without_redirect_uri_gets_a_page() {
        assertThat(ask(Map.of("redirect_uri", "")).status()).isEqualTo(400);
    }

    @Test
    void smt10_other_errors_go_to_the_app_with_its_state_unchanged() {
        String odd = "a+b c&d=ü/" + Secrets.random();
        Browser.Page page = ask(Map.of("state", odd, "aud", "https://evil.example"));
        assertThat(page.query()).containsEntry("state", odd);
    }

    @Test
    void smt10_a_response_type_other_than_code_is_refused() {
        refused(ask(Map.of("response_type", "token")), "unsupported_response_type");
        refused(ask(Map.of("response_type", "")), "invalid_request");
        assertThat(ask(Map.of("response_type", "token", "redirect_uri", "https://evil.example/callback")).status()).isEqualTo(400);
    }

    @Test
    void scopes_that_nobody_knows_are_dropped_and_nothing_left_is_invalid_scope() {
        refused(ask(Map.of("scope", "banana patient/*.sr")), "invalid_scope");
        refused(ask(Map.of("scope", "")), "invalid_scope");
    }

    @Test
    void smt11_a_request_by_post_works_like_one_by_get() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page page = browser.post("/oauth2/authorize", SmartApp.flat(app.request("launch/patient patient/*.rs")));
        assertThat(page.location()).contains("/consent");
        Browser.Page done = app.allow(browser, browser.get(page.location()));
        assertThat(app.redeem(done.query().get("code")).status()).isEqualTo(200);
    }

    @Test
    void smt11_a_post_by_somebody_who_is_not_signed_in_yet_arrives_after_sign_in() {
        Browser.Page posted = browser.post("/oauth2/authorize", SmartApp.flat(app.request("launch/patient patient/*.rs")));
        assertThat(posted.status()).isEqualTo(303);
        assertThat(browser.get(posted.location()).location()).endsWith("/sign-in");
        Browser.Page back = browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = browser.get(browser.get(back.location()).location());
        assertThat(consent.body()).contains("asks to see health data");
    }

    @Test
    void a_launch_that_nobody_made_is_refused() {
        refused(ask(Map.of("scope", "launch patient/*.rs", "launch", "made-up")), "invalid_request");
        refused(ask(Map.of("scope", "launch patient/*.rs")), "invalid_request");
    }

    @Test
    void a_repeated_parameter_is_refused() {
        Browser.Page page = browser.get(app.authorizeUrl(app.request("patient/*.rs")) + "&state=second");
        assertThat(page.query()).containsEntry("error", "invalid_request").doesNotContainKeys("code", "state");
    }

    @Test
    void the_member_who_declines_sends_access_denied_and_leaves_no_code() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("launch/patient patient/*.rs"));
        Browser.Page done = browser.post("/oauth2/authorize", "client_id", app.clientId, "state", consent.field("state"), "decision", "decline");
        refused(done, "access_denied");
        assertThat(server.events().of(SecurityEvent.Type.CONSENT_DECLINED)).isNotEmpty();
        Browser.Page again = browser.post("/oauth2/authorize", "client_id", app.clientId, "state", consent.field("state"), "decision", "allow", "kind", "CLAIMS");
        assertThat(again.status()).isEqualTo(400);
    }

    @Test
    void a_decision_that_is_sent_twice_at_once_counts_once_and_the_other_gets_a_page() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("launch/patient patient/*.rs"));
        List<CompletableFuture<Browser.Page>> answers = new ArrayList<>();
        IdentityDatabase database = server.bean(IdentityDatabase.class);
        database.inTransaction(() -> {
            database.sql("select id from identity.app_authorization where state_hash = ? for update").param(Secrets.hash(consent.field("state"))).query(String.class).single();
            for (int i = 0; i < 2; i++) {
                answers.add(CompletableFuture.supplyAsync(() -> app.allow(browser, consent)));
            }
            LockSupport.parkNanos(500_000_000); // both have read that it waits for a decision
        });
        List<Browser.Page> pages = answers.stream().map(CompletableFuture::join).toList();
        assertThat(pages).filteredOn(page -> page.location().contains("code=")).hasSize(1);
        assertThat(pages).filteredOn(page -> page.location().isEmpty()).singleElement().satisfies(page -> assertThat(page.status()).isEqualTo(400));
    }

    @Test
    void smt25_the_member_takes_kinds_away_and_refuses_offline_access() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("openid launch/patient patient/*.rs offline_access"));
        Browser.Page done = app.allow(browser, consent, "kind", "CLAIMS", "kind", "COVERAGE", "offline", "");
        SmartApp.Answer token = app.redeem(done.query().get("code"));
        List<String> scopes = List.of(token.text("scope").split(" "));
        assertThat(scopes).contains("openid", "launch/patient", "patient/ExplanationOfBenefit.rs", "patient/Coverage.rs")
                .doesNotContain("patient/*.rs", "patient/Condition.rs", "patient/Observation.rs");
    }

    @Test
    void smt23_smt25_where_all_conditions_and_observations_are_asked_for_the_member_may_share_some_categories() {
        browser.signIn("rosa", Personas.PASSWORD);
        String asked = "launch/patient patient/Patient.rs patient/Condition.rs patient/Observation.rs patient/QuestionnaireResponse.rs patient/ServiceRequest.rs";
        Browser.Page consent = app.consentPage(browser, app.request(asked));
        assertThat(SmartApp.ticked(consent, "part")).containsExactly("DIAGNOSES", "PROBLEMS", "CONCERNS", "LABORATORY", "VITAL_SIGNS", "CLINICAL_TESTS", "SOCIAL_HISTORY", "SOCIAL_NEEDS", "SURVEYS");
        assertThat(scopesOf(consent, "part", "PROBLEMS", "part", "LABORATORY", "part", "SOCIAL_NEEDS")).containsExactlyInAnyOrder("launch/patient", "patient/Patient.rs", "patient/ServiceRequest.rs",
                "patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item",
                "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
                "patient/Observation.rs?category=http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh");
        assertThat(scopesOf(app.consentPage(browser, app.request(asked)))).as("who touches nothing shares what was asked for").containsExactlyInAnyOrder(asked.split(" "));
    }

    @Test
    void smt25_no_parts_are_offered_of_what_is_not_asked_for_as_a_whole() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("launch/patient patient/Coverage.rs patient/Observation.rs?category=laboratory"));
        assertThat(SmartApp.ticked(consent, "part")).isEmpty();
        assertThat(scopesOf(consent)).contains("patient/Observation.rs?category=laboratory");
    }

    @Test
    void smt25_smt27_who_keeps_personal_details_back_keeps_back_fhirUser_too() {
        browser.signIn("rosa", Personas.PASSWORD);
        String asked = "openid fhirUser launch/patient patient/Patient.rs patient/Coverage.rs";
        Browser.Page consent = app.consentPage(browser, app.request(asked));
        assertThat(consent.body()).doesNotContain("It learns your personal details");
        assertThat(scopesOf(consent, "kind", "COVERAGE")).containsExactlyInAnyOrder("openid", "launch/patient", "patient/Coverage.rs");
        Browser.Page whole = app.consentPage(browser, app.request(asked));
        assertThat(scopesOf(whole, "kind", "COVERAGE", "kind", "DETAILS")).containsExactlyInAnyOrder(asked.split(" "));
    }

    @Test
    void smt25_smt27_the_page_says_that_fhirUser_tells_personal_details() {
        browser.signIn("rosa", Personas.PASSWORD);
        String asked = "openid fhirUser launch/patient patient/Coverage.rs";
        Browser.Page consent = app.consentPage(browser, app.request(asked));
        assertThat(consent.body()).contains("It learns your personal details: name, date of birth, address, contacts.");
        assertThat(scopesOf(consent, "kind", "COVERAGE")).containsExactlyInAnyOrder(asked.split(" "));
    }

    /** What the token has once these were chosen on the page. */
    private String[] scopesOf(Browser.Page consent, String... chosen) {
        return app.redeem(app.allow(browser, consent, chosen).query().get("code")).text("scope").split(" ");
    }

    @Test
    void smt25_refused_offline_access_gives_no_refresh_token() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("launch/patient patient/*.rs offline_access"));
        List<String> fields = new java.util.ArrayList<>(List.of("client_id", app.clientId, "state", consent.field("state"), "decision", "allow",
                "patient", "rosa-1"));
        SmartApp.kinds(consent).forEach(kind -> fields.addAll(List.of("kind", kind)));
        SmartApp.ticked(consent, "part").forEach(part -> fields.addAll(List.of("part", part)));
        Browser.Page done = browser.post("/oauth2/authorize", fields.toArray(String[]::new));
        SmartApp.Answer token = app.redeem(done.query().get("code"));
        assertThat(token.json()).doesNotContainKey("refresh_token");
        assertThat(token.text("scope")).isEqualTo("launch/patient patient/*.rs");
    }

    @Test
    void smt25_sharing_no_data_at_all_is_declining() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("launch/patient patient/*.rs"));
        refused(app.allow(browser, consent, "kind", "NOTHING"), "access_denied");
    }

    @Test
    void smt25_every_kind_of_data_is_shown_and_sensitive_data_can_be_held_back_from_it() {
        browser.signIn("rosa", Personas.PASSWORD);
        String asked = "launch/patient patient/ChargeItem.rs patient/Basic.rs patient/VerificationResult.rs";
        Browser.Page consent = app.consentPage(browser, app.request(asked));
        assertThat(SmartApp.kinds(consent)).containsExactly("CLAIMS", "RECORDS", "OTHER");
        assertThat(consent.body()).contains("Other records", "Hold back sensitive data?").doesNotContain("No health data");
        assertThat(scopesOf(consent, "kind", "RECORDS")).containsExactlyInAnyOrder("launch/patient", "patient/VerificationResult.rs");
        assertThat(scopesOf(app.consentPage(browser, app.request(asked)))).containsExactlyInAnyOrder(asked.split(" "));
        assertThat(app.consentPage(browser, app.request("openid launch/patient")).body()).contains("No health data. It only learns who you are.").doesNotContain("Hold back sensitive data?");
    }

    @Test
    void smt25_what_the_page_has_no_words_for_is_not_given() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("launch/patient patient/Banana.rs"));
        assertThat(consent.body()).contains("gets none of it", "Hold back sensitive data?").doesNotContain("No health data");
        refused(app.allow(browser, consent), "access_denied");
        assertThat(scopesOf(app.consentPage(browser, app.request("launch/patient patient/Banana.rs patient/Coverage.rs")))).containsExactlyInAnyOrder("launch/patient", "patient/Coverage.rs");
    }

    @Test
    void smt25_a_form_that_claims_kinds_that_were_not_asked_for_gets_nothing_more() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("launch/patient patient/Coverage.rs"));
        SmartApp.Answer token = app.redeem(app.allow(browser, consent, "kind", "COVERAGE", "kind", "CLAIMS", "kind", "RESULTS").query().get("code"));
        assertThat(token.text("scope")).isEqualTo("launch/patient patient/Coverage.rs");
    }

    @Test
    void smt24_all_scopes_of_the_carin_minimum_are_granted_in_one_token() {
        StringBuilder scopes = new StringBuilder("openid fhirUser launch/patient");
        for (String level : List.of("patient", "user")) {
            for (String type : List.of("ExplanationOfBenefit", "Coverage", "Patient", "Organization", "Practitioner")) {
                scopes.append(' ').append(level).append('/').append(type).append(".read");
            }
        }
        browser.signIn("rosa", Personas.PASSWORD);
        SmartApp.Answer token = app.redeem(app.code(browser, scopes.toString()));
        assertThat(token.text("scope").split(" ")).containsExactlyInAnyOrder(scopes.toString().split(" "));
    }

    @Test
    void smt26_a_patient_scope_alone_gives_patient_context() {
        browser.signIn("rosa", Personas.PASSWORD);
        assertThat(app.redeem(app.code(browser, "patient/Observation.rs")).json()).containsEntry("patient", "rosa-1");
        app = Personas.publicApp(server);
        assertThat(app.redeem(app.code(browser, "launch/patient user/Observation.rs")).json()).containsEntry("patient", "rosa-1");
    }

    @Test
    void smt21_version_1_scopes_come_back_as_version_1() {
        browser.signIn("rosa", Personas.PASSWORD);
        assertThat(app.redeem(app.code(browser, "patient/Observation.read patient/Claim.read")).text("scope").split(" "))
                .containsExactlyInAnyOrder("patient/Observation.read", "patient/Claim.read");
    }

    @Test
    void smt23_granular_scopes_are_granted_as_they_were_asked_for() {
        browser.signIn("rosa", Personas.PASSWORD);
        String asked = "patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item "
                + "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory";
        assertThat(app.redeem(app.code(browser, asked)).text("scope").split(" ")).containsExactlyInAnyOrder(asked.split(" "));
    }

    @Test
    void csrf_a_decision_without_the_state_of_the_page_is_refused() {
        browser.signIn("rosa", Personas.PASSWORD);
        app.consentPage(browser, app.request("launch/patient patient/*.rs"));
        Browser.Page forged = browser.post("/oauth2/authorize", "client_id", app.clientId, "state", "guessed", "decision", "allow", "kind", "CLAIMS",
                "patient", "rosa-1");
        assertThat(forged.status()).isEqualTo(400);
        assertThat(forged.location()).isEmpty();
    }

    @Test
    void csrf_the_state_of_one_persons_page_is_worth_nothing_to_another() {
        Browser attacker = new Browser(server.url);
        Personas.tom(server, false);
        attacker.signIn("tom", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(attacker, app.request("launch/patient patient/*.rs"));
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page forged = browser.post("/oauth2/authorize", "client_id", app.clientId, "state", consent.field("state"), "decision", "allow",
                "kind", "CLAIMS", "patient", "rosa-1");
        assertThat(forged.status()).isEqualTo(400);
        assertThat(browser.get("/consent?state=" + Browser.encode(consent.field("state"))).body()).contains("belongs to somebody else");
    }

    @Test
    void a_member_cannot_choose_somebody_elses_data() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("launch/patient patient/*.rs"));
        refused(app.allow(browser, consent, "patient", "somebody-else"), "access_denied");
    }

    @Test
    void the_consent_page_may_not_be_framed() {
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page consent = app.consentPage(browser, app.request("launch/patient patient/*.rs"));
        Map<String, List<String>> headers = new HashMap<>(consent.response().headers().map());
        assertThat(headers.get("content-security-policy").get(0)).contains("frame-ancestors 'none'", "default-src 'none'");
        assertThat(headers.get("cache-control").get(0)).contains("no-store");
    }
}
