package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.token.AccessTokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What was looked at when an app was let in stays so until somebody has looked at what it wants instead. */
class ChangeReviewTest {
    private static final String NEXT = "https://next.example/callback";
    private static IdentityServer production;
    private static IdentityServer sandbox;
    private static RSAKey key;

    @BeforeAll
    static void start() throws Exception {
        production = IdentityServer.start("--portolan.identity.environment=PRODUCTION", "--portolan.identity.initial-access-token=let me in please");
        sandbox = IdentityServer.start();
        Personas.grace(production);
        Personas.rosa(production);
        key = new RSAKeyGenerator(2048).keyID("one").generate();
    }

    @AfterAll
    static void stop() {
        production.close();
        sandbox.close();
    }

    private static SmartApp.Answer call(String method, String url, String authorization, Map<String, ?> body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).header("Content-Type", "application/json")
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(SmartApp.JSON.writeValueAsString(body)));
        return SmartApp.send(authorization == null ? request : request.header("Authorization", authorization));
    }

    private static Map<String, Object> said(Object... more) {
        Map<String, Object> metadata = new HashMap<>(Map.of("client_name", "Blue Harbor", "redirect_uris", List.of(SmartApp.REDIRECT), "token_endpoint_auth_method", "none",
                "scope", "launch/patient patient/Patient.rs patient/Observation.rs offline_access", "policy_uri", "https://app.example/privacy", "attestation", Map.of("policy", "yes")));
        for (int i = 0; i < more.length; i += 2) {
            metadata.put((String) more[i], more[i + 1]);
        }
        return metadata;
    }

    private static String basic(String name) {
        return "Basic " + Base64.getEncoder().encodeToString((name + ":" + Personas.PASSWORD).getBytes(StandardCharsets.UTF_8));
    }

    private static SmartApp.Answer staff(String step, String id, Map<String, ?> decision) {
        return call("POST", production.url + "/api/staff/apps/" + id + "/" + step, basic("grace"), decision);
    }

    /** Registered by itself, looked at, let in. */
    private record Approved(String id, String url, String token) {
        static Approved app(Object... more) {
            SmartApp.Answer made = call("POST", production.url + "/oauth2/register", null, said(more));
            assertThat(made.status()).as(made.response().body()).isEqualTo(201);
            assertThat(staff("approve", made.text("client_id"), Map.of("reason", "fine")).json()).containsEntry("state", "active").containsEntry("review", "approved");
            return new Approved(made.text("client_id"), made.text("registration_client_uri"), "Bearer " + made.text("registration_access_token"));
        }

        SmartApp.Answer change(Object... more) {
            return call("PUT", url, token, said(more));
        }

        App now() {
            return production.bean(Apps.class).find(id).orElseThrow();
        }
    }

    @Test
    void reg05_what_reviewers_looked_at_does_not_change_without_them() {
        Approved app = Approved.app();
        List<Object[]> changes = List.of(new Object[] {"client_name", "Your Health Plan"}, new Object[] {"redirect_uris", List.of(SmartApp.REDIRECT, NEXT)}, new Object[] {"scope", "launch/patient patient/*.rs offline_access"},
                new Object[] {"scope", "launch/patient patient/Observation.cruds offline_access"}, new Object[] {"logo_uri", "https://next.example/logo.png"}, new Object[] {"policy_uri", "https://next.example/privacy"}, new Object[] {"tos_uri", "https://next.example/terms"},
                new Object[] {"client_uri", "https://next.example/"}, new Object[] {"organization", "Your Health Plan"}, new Object[] {"description", "Shows your bills."}, new Object[] {"launch_uri", "https://next.example/launch"},
                new Object[] {"attestation", Map.of("policy", "yes", "no_sale", "yes")});
        App before = app.now();
        for (Object[] change : changes) {
            SmartApp.Answer answer = app.change(change);
            assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
            assertThat(answer.json()).as(change[0].toString()).containsKey("change").containsEntry("client_name", "Blue Harbor").containsEntry("redirect_uris", List.of(SmartApp.REDIRECT)).containsEntry("state", "active");
            App now = app.now();
            assertThat(now.name() + now.redirectUris() + now.scopes() + now.metadata() + now.launchUri() + now.attestation()).as(change[0].toString())
                    .isEqualTo(before.name() + before.redirectUris() + before.scopes() + before.metadata() + before.launchUri() + before.attestation());
            assertThat(now.state()).isEqualTo(App.State.ACTIVE);
            assertThat(now.review()).as("staff are told").isEqualTo(App.Review.SUBMITTED);
        }
        assertThat(app.change().json()).as("who asks for nothing more takes it back").doesNotContainKey("change");
        assertThat(app.now().review()).isEqualTo(App.Review.APPROVED);
    }

    @Test
    void reg05_the_app_works_on_while_its_change_waits_and_the_new_address_only_after_it() {
        Approved app = Approved.app();
        app.change("redirect_uris", List.of(SmartApp.REDIRECT, NEXT));
        Browser browser = new Browser(production.url);
        browser.signIn("rosa", Personas.PASSWORD);
        SmartApp asked = new SmartApp(production, app.id());
        assertThat(asked.redeem(asked.code(browser, "launch/patient patient/Patient.rs")).status()).isEqualTo(200);
        Map<String, String> elsewhere = asked.request("launch/patient patient/Patient.rs");
        elsewhere.put("redirect_uri", NEXT);
        assertThat(browser.get(asked.authorizeUrl(elsewhere)).status()).isEqualTo(400);
        Browser staff = new Browser(production.url);
        staff.signIn("grace", Personas.PASSWORD);
        assertThat(staff.get("/staff/apps").body()).contains("/staff/apps/" + app.id());
        assertThat(staff.get("/staff/apps/" + app.id()).body()).contains("It asks for a change", NEXT);
        assertThat(staff("approve", app.id(), Map.of("reason", "its second server")).json()).containsEntry("review", "approved").doesNotContainKey("change");
        assertThat(app.now().redirectUris()).containsExactly(SmartApp.REDIRECT, NEXT);
        assertThat(browser.get(asked.authorizeUrl(elsewhere)).location()).contains("/consent");
    }

    @Test
    void reg05_a_change_that_is_refused_leaves_the_app_as_it_was() {
        Approved app = Approved.app();
        app.change("client_name", "Your Health Plan");
        assertThat(staff("reject", app.id(), Map.of("criterion", "MALWARE", "reason", "it takes the plan's name")).json()).containsEntry("review", "approved").containsEntry("state", "active").doesNotContainKey("change");
        assertThat(app.now().name()).isEqualTo("Blue Harbor");
        assertThat(production.bean(RecordedNotices.class).to("dev@blueharbor.example")).isEmpty();
        assertThat(production.bean(AppLifecycle.class).history(app.id())).extracting(AppLifecycle.Event::action).containsSequence("ask-change", "review-change");
    }

    @Test
    void reg05_what_only_takes_away_holds_at_once() {
        Approved app = Approved.app("redirect_uris", List.of(SmartApp.REDIRECT, NEXT), "launch_uri", "https://app.example/launch", "attestation", Map.of("policy", "yes", "no_sale", "yes"));
        SmartApp.Answer answer = app.change("scope", "launch/patient patient/Patient.rs", "contacts", List.of("new@blueharbor.example"), "attestation", Map.of("no_sale", "no"));
        assertThat(answer.json()).doesNotContainKey("change").containsEntry("redirect_uris", List.of(SmartApp.REDIRECT)).containsEntry("scope", "launch/patient patient/Patient.rs");
        assertThat(app.now().attestation()).isEqualTo(Map.of("no_sale", "no"));
        assertThat(app.now().review()).isEqualTo(App.Review.APPROVED);
    }

    @Test
    void reg06_a_new_key_waits_and_one_that_leaked_is_out_at_once() throws Exception {
        RSAKey next = new RSAKeyGenerator(2048).keyID("one").generate();
        Map<String, Object> backend = Map.of("client_name", "Night Batch", "grant_types", List.of("client_credentials"), "token_endpoint_auth_method", "private_key_jwt", "scope", "system/*.rs");
        SmartApp.Answer made = call("POST", production.url + "/oauth2/register", null, with(backend, "jwks", keys(key)));
        Approved app = new Approved(made.text("client_id"), made.text("registration_client_uri"), "Bearer " + made.text("registration_access_token"));
        staff("approve", app.id(), Map.of());
        assertThat(call("PUT", app.url(), app.token(), with(backend, "jwks", keys(key, next))).json()).containsKey("change");
        assertThat(call("PUT", app.url(), app.token(), with(backend, "jwks", keys(next))).json()).as("another key of the same name").containsKey("change");
        assertThat(call("PUT", app.url(), app.token(), with(backend, "jwks_uri", "https://next.example/jwks")).json()).containsKey("change");
        assertThat(call("PUT", app.url(), app.token(), with(backend, "jwks", keys(key, next))).json()).containsKey("change");
        staff("approve", app.id(), Map.of());
        assertThat(app.now().jwks()).contains(next.getModulus().toString(), key.getModulus().toString());
        assertThat(call("PUT", app.url(), app.token(), with(backend, "jwks", keys(next))).json()).doesNotContainKey("change");
        assertThat(app.now().jwks()).doesNotContain(key.getModulus().toString());
    }

    private static Map<String, Object> with(Map<String, Object> said, String name, Object value) {
        Map<String, Object> all = new HashMap<>(said);
        all.put(name, value);
        return all;
    }

    private static Map<String, Object> keys(RSAKey... keys) {
        return new JWKSet(List.of(keys)).toPublicJWKSet().toJSONObject();
    }

    @Test
    void reg05_an_app_that_was_let_in_without_a_review_is_looked_at_when_it_wants_more() {
        SmartApp.Answer made = call("POST", production.url + "/oauth2/register", "Bearer let me in please", said());
        Approved app = new Approved(made.text("client_id"), made.text("registration_client_uri"), "Bearer " + made.text("registration_access_token"));
        assertThat(app.change("scope", "launch/patient patient/*.cruds").json()).containsKey("change").containsEntry("state", "active");
        staff("reject", app.id(), Map.of("criterion", "TECHNICAL_REQUIREMENT", "reason", "it writes nothing"));
        assertThat(app.now().review()).isEqualTo(App.Review.NONE);
    }

    @Test
    void attack_what_is_approved_is_what_was_looked_at() {
        SmartApp.Answer made = call("POST", production.url + "/oauth2/register", null, said());
        Approved app = new Approved(made.text("client_id"), made.text("registration_client_uri"), "Bearer " + made.text("registration_access_token"));
        Object seen = staff("review", app.id(), Map.of()).json().get("version");
        assertThat(app.change("redirect_uris", List.of(NEXT)).status()).isEqualTo(200);
        assertThat(app.now().review()).as("to be looked at anew").isEqualTo(App.Review.SUBMITTED);
        SmartApp.Answer late = staff("approve", app.id(), Map.of("reason", "fine", "version", seen));
        assertThat(late.status()).isEqualTo(400);
        assertThat(late.text("error_description")).contains("changed after you looked at it");
        Browser staff = new Browser(production.url);
        staff.signIn("grace", Personas.PASSWORD);
        Browser.Page page = staff.get("/staff/apps/" + app.id());
        app.change("redirect_uris", List.of("https://third.example/callback"));
        staff.post("/staff/apps/" + app.id() + "/decide", "_csrf", page.field("_csrf"), "version", page.field("version"), "step", "approve", "reason", "fine");
        assertThat(app.now().state()).isEqualTo(App.State.PENDING);
        Browser.Page again = staff.get("/staff/apps/" + app.id());
        staff.post("/staff/apps/" + app.id() + "/decide", "_csrf", again.field("_csrf"), "version", again.field("version"), "step", "approve", "reason", "fine");
        assertThat(app.now().state()).isEqualTo(App.State.ACTIVE);
    }

    @Test
    void reg05_a_suspended_app_changes_nothing_meanwhile_and_an_ended_one_never() {
        Approved app = Approved.app();
        staff("suspend", app.id(), Map.of("criterion", "MALWARE", "reason", "found some"));
        app.change("redirect_uris", List.of(NEXT));
        assertThat(app.now().redirectUris()).containsExactly(SmartApp.REDIRECT);
        assertThat(staff("resume", app.id(), Map.of("reason", "clean")).json()).containsEntry("state", "active").containsKey("change");
        staff("retire", app.id(), Map.of("reason", "no longer made"));
        assertThat(staff("approve", app.id(), Map.of()).status()).isEqualTo(400);
        Browser staff = new Browser(production.url);
        staff.signIn("grace", Personas.PASSWORD);
        String list = staff.get("/staff/apps").body();
        assertThat(list.substring(0, list.indexOf("All apps"))).as("nobody decides about it").doesNotContain(app.id());
    }

    @Test
    void reg07_in_a_sandbox_everything_changes_at_once() {
        SmartApp.Answer made = call("POST", sandbox.url + "/oauth2/register", null, said());
        SmartApp.Answer changed = call("PUT", made.text("registration_client_uri"), "Bearer " + made.text("registration_access_token"), said("redirect_uris", List.of(NEXT), "client_name", "Bluer Harbor"));
        assertThat(changed.json()).containsEntry("redirect_uris", List.of(NEXT)).containsEntry("client_name", "Bluer Harbor").doesNotContainKey("change");
    }

    @Test
    void reg05_scopes_that_were_taken_out_are_gone_at_once() {
        Approved app = Approved.app();
        Browser browser = new Browser(production.url);
        browser.signIn("rosa", Personas.PASSWORD);
        SmartApp asks = new SmartApp(production, app.id());
        SmartApp.Answer first = asks.redeem(asks.code(browser, "launch/patient patient/Patient.rs patient/Observation.rs offline_access"));
        assertThat(first.text("scope")).contains("patient/Observation.rs");
        AccessTokens tokens = production.bean(AccessTokens.class);
        assertThat(tokens.resolve(first.text("access_token")).orElseThrow().scopes().texts()).contains("patient/Observation.rs");
        app.change("scope", "launch/patient patient/Patient.rs offline_access");
        assertThat(tokens.resolve(first.text("access_token")).orElseThrow().scopes().texts()).as("of a token that is out").containsExactlyInAnyOrder("launch/patient", "patient/Patient.rs", "offline_access");
        SmartApp.Answer second = asks.refresh(first.text("refresh_token"));
        assertThat(second.text("scope").split(" ")).containsExactlyInAnyOrder("launch/patient", "patient/Patient.rs", "offline_access");
        assertThat(browser.get("/my-apps").body()).as("and the member sees it").doesNotContain("Lab results");
        app.change("scope", "launch/patient patient/Patient.rs");
        asks.refresh(second.text("refresh_token")).assertRefused("invalid_grant");
    }

    @Test
    void reg07_a_name_reads_as_it_is_written() {
        for (String name : List.of("Blue\u202Eroobra", "Blue\u2066Harbor", "Blue\nHarbor", "Blue\u200BHarbor", "\u0007Blue")) {
            assertThat(call("POST", sandbox.url + "/oauth2/register", null, said("client_name", name)).json()).as(name).containsEntry("error", "invalid_client_metadata");
        }
        assertThat(call("POST", sandbox.url + "/oauth2/register", null, said("organization", "Plan\u202E")).status()).isEqualTo(400);
        for (String name : List.of("المرفأ الأزرق", "נמל\u200F (1)", "👩‍⚕️ Zoë", "O'Brien & Søn")) {
            assertThat(call("POST", sandbox.url + "/oauth2/register", null, said("client_name", name, "description", "One line.\nAnother.")).status()).as(name).isEqualTo(201);
        }
    }

    private static Browser developer(IdentityServer server, String name) {
        server.bean(Accounts.class).add(Accounts.NewAccount.developer(name, Personas.PASSWORD, "Dev " + name, name + "@blueharbor.example", "Blue Harbor"));
        Browser browser = new Browser(server.url);
        browser.signIn(name, Personas.PASSWORD);
        return browser;
    }

    private static String registered(Browser developer, String... more) {
        List<String> fields = new ArrayList<>(List.of("_csrf", developer.get("/developers/apps/new").field("_csrf"), "client_name", "Blue Harbor", "kind", "web", "redirect_uris", SmartApp.REDIRECT));
        fields.addAll(List.of(more));
        String location = developer.post("/developers/apps/new", fields.toArray(String[]::new)).location();
        return location.substring(location.lastIndexOf('/') + 1);
    }

    @Test
    void reg01_a_form_that_is_not_right_yet_keeps_what_stands_in_it_and_says_where() {
        Browser ann = developer(sandbox, "ann");
        Browser.Page again = ann.post("/developers/apps/new", "_csrf", ann.get("/developers/apps/new").field("_csrf"), "client_name", "Blue Harbor", "kind", "browser", "redirect_uris", "http://app.example/cb",
                "answer.policy", "yes", "answer.hipaa", "no");
        assertThat(again.body()).contains("<title>Not right yet: Register an app</title>", "id=\"redirect_uris-wrong\"", "aria-describedby=\"redirect_uris-wrong redirects-help\"", "value=\"Blue Harbor\"", "http://app.example/cb");
        assertThat(again.body()).contains("name=\"answer.policy\"><option value=\"\">No answer</option><option value=\"yes\" selected=\"selected\">", "<option value=\"no\" selected=\"selected\">");
    }

    @Test
    void reg05_a_developer_changes_an_app_on_its_page_and_keeps_what_the_page_does_not_ask() {
        Browser bob = developer(sandbox, "bob");
        String id = registered(bob, "answer.policy", "yes", "contacts", "bob@blueharbor.example");
        Browser.Page form = bob.get("/developers/apps/" + id + "/change");
        assertThat(form.body()).contains("value=\"Blue Harbor\"", SmartApp.REDIRECT, "bob@blueharbor.example").doesNotContain("name=\"kind\"");
        bob.post("/developers/apps/" + id + "/change", "_csrf", form.field("_csrf"), "client_name", "Bluer Harbor", "redirect_uris", SmartApp.REDIRECT + "\n" + NEXT, "answer.policy", "yes", "scope", "patient/*.rs");
        assertThat(bob.get("/developers/apps/" + id).body()).contains("Bluer Harbor", NEXT);
        App app = sandbox.bean(Apps.class).find(id).orElseThrow();
        assertThat(app.authMethod()).isEqualTo(App.AuthMethod.CLIENT_SECRET_BASIC);
        assertThat(app.attestation()).isEqualTo(Map.of("policy", "yes"));
        assertThat(developer(sandbox, "eve").get("/developers/apps/" + id + "/change").status()).isEqualTo(404);
    }

    @Test
    void reg05_in_production_the_developer_sees_what_waits() {
        Browser cat = developer(production, "cat");
        String id = registered(cat);
        assertThat(cat.get("/developers/apps/" + id).body()).contains("The new secret");
        staff("approve", id, Map.of());
        Browser.Page form = cat.get("/developers/apps/" + id + "/change");
        cat.post("/developers/apps/" + id + "/change", "_csrf", form.field("_csrf"), "client_name", "Bluer Harbor", "redirect_uris", SmartApp.REDIRECT);
        assertThat(cat.get("/developers/apps/" + id).body()).contains("Your change waits for its review", "A change waits for its review", "Bluer Harbor", "<h1>Blue Harbor</h1>");
        assertThat(cat.get("/developers/apps/" + id + "/change").field("client_name")).as("the form has what was asked for").isEqualTo("Bluer Harbor");
    }

    @Test
    void reg05_an_ended_app_gets_no_review_and_no_secret() {
        Browser dan = developer(sandbox, "dan");
        String id = registered(dan);
        String csrf = dan.get("/developers/apps/" + id).field("_csrf");
        dan.post("/developers/apps/" + id + "/retire", "_csrf", csrf);
        sandbox.bean(IdentityDatabase.class).sql("update identity.account set email_verified_at = now() where username = 'dan'").update();
        for (String step : List.of("submit", "issue-secret")) {
            dan.post("/developers/apps/" + id + "/" + step, "_csrf", csrf);
        }
        Browser.Page page = dan.get("/developers/apps/" + id);
        assertThat(page.body()).doesNotContain("Ask for production", "Issue a new secret", "In review");
        assertThat(sandbox.bean(Apps.class).find(id).orElseThrow().review()).isEqualTo(App.Review.NONE);
        assertThat(sandbox.bean(AppLifecycle.class).history(id)).extracting(AppLifecycle.Event::action).containsExactly("register", "retire");
    }
}
