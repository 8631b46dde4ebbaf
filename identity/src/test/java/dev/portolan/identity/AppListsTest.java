package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.Apps;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Apps that nobody could get at: far down a list, refused and without a page to ask again, or of a developer whose link got lost. */
class AppListsTest {
    private static IdentityServer production;

    @BeforeAll
    static void start() {
        production = IdentityServer.start("--portolan.identity.environment=PRODUCTION");
        Personas.grace(production);
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    private static SmartApp.Answer call(String method, String url, String token, Map<String, ?> body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).header("Content-Type", "application/json")
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(SmartApp.JSON.writeValueAsString(body)));
        return SmartApp.send(token == null ? request : request.header("Authorization", "Bearer " + token));
    }

    private static Map<String, Object> said(String name) {
        return Map.of("client_name", name, "redirect_uris", List.of(SmartApp.REDIRECT), "token_endpoint_auth_method", "none", "scope", "patient/*.rs");
    }

    private static Browser grace() {
        Browser browser = new Browser(production.url);
        browser.signIn("grace", Personas.PASSWORD);
        return browser;
    }

    /** RFC 7592: an app that registered itself has its registration and nothing else to speak by. */
    @Test
    void reg03_an_app_that_registered_itself_and_was_refused_learns_why_and_asks_again_by_correcting_it() {
        SmartApp.Answer made = call("POST", production.url + "/oauth2/register", null, said("Blue Habour"));
        String id = made.text("client_id");
        String token = made.text("registration_access_token");
        String own = made.text("registration_client_uri");
        AppLifecycle lifecycle = production.bean(AppLifecycle.class);
        lifecycle.reject(id, "grace", AppLifecycle.Criterion.TECHNICAL_REQUIREMENT, "its name is misspelt");
        assertThat(call("GET", own, token, null).json()).containsEntry("state", "pending").containsEntry("review", "rejected").containsEntry("review_criterion", "technical_requirement")
                .containsEntry("review_reason", "its name is misspelt");
        call("PUT", own, token, said("Blue Habour"));
        assertThat(production.bean(Apps.class).find(id).orElseThrow().review()).as("the same once more is no question").isEqualTo(App.Review.REJECTED);
        assertThat(call("PUT", own, token, said("Blue Harbour")).json()).containsEntry("review", "submitted").doesNotContainKey("review_reason");
        lifecycle.approve(id, "grace", "checks passed", lifecycle.version(id));
        assertThat(production.bean(Apps.class).find(id).orElseThrow().state()).isEqualTo(App.State.ACTIVE);
    }

    @Test
    void reg03_staff_look_again_at_an_app_that_was_refused() {
        String id = call("POST", production.url + "/oauth2/register", null, said("Appealing")).text("client_id");
        production.bean(AppLifecycle.class).reject(id, "grace", AppLifecycle.Criterion.MALWARE, "its site was broken into");
        Browser browser = grace();
        Browser.Page page = browser.get("/staff/apps/" + id);
        assertThat(page.body()).contains("Review it again");
        browser.post("/staff/apps/" + id + "/decide", "_csrf", page.field("_csrf"), "step", "review");
        assertThat(browser.get("/staff/apps/" + id).body()).contains("review: in review", "value=\"approve\"");
        assertThat(production.bean(Apps.class).find(id).orElseThrow().submittedAt()).as("its time begins anew").isAfter(production.bean(AppLifecycle.class).history(id).get(1).at().minusSeconds(1));
    }

    @Test
    void many_apps_are_shown_in_parts_those_first_that_wait_longest_and_found_by_name() {
        String first = call("POST", production.url + "/oauth2/register", null, said("Zephyr & Sons")).text("client_id");
        for (int i = 0; i < 60; i++) {
            production.bean(AppLifecycle.class).register(Personas.asks("Crowd " + i, "none", List.of("authorization_code"), null, null, null), "test", null, false);
        }
        Browser browser = grace();
        String page = browser.get("/staff/apps").body();
        assertThat(rows(page)).as("two lists").isEqualTo(100);
        assertThat(page.substring(page.indexOf("id=\"all\""))).doesNotContain("Zephyr").contains("Part 1 of 2", "href=\"/staff/apps?find=&amp;all=2#all\"");
        assertThat(page.substring(0, page.indexOf("id=\"all\""))).as("of those that wait it is among the first").contains("/staff/apps/" + first, "/staff/apps?waiting=2#waiting");
        String next = browser.get("/staff/apps?all=2").body();
        assertThat(next.substring(next.indexOf("id=\"all\""))).contains("Zephyr &amp; Sons", "Part 2 of 2", "Before");
        String found = browser.get("/staff/apps?find=ZEPHYR+%26").body();
        assertThat(found.substring(found.indexOf("id=\"all\""))).contains("Zephyr &amp; Sons", "value=\"ZEPHYR &amp;\"").doesNotContain("Crowd", "Part 1");
        assertThat(browser.get("/staff/apps?find=nobodys").body()).contains("No app has this in its name");
        assertThat(browser.get("/staff/apps?all=999&waiting=-3").status()).isEqualTo(200);
    }

    private static long rows(String page) {
        return Pattern.compile("<td data-label=\"App\"").matcher(page).results().count();
    }

    @Test
    void what_was_typed_stays_where_a_decision_is_refused() {
        String id = call("POST", production.url + "/oauth2/register", null, said("Typed")).text("client_id");
        Browser browser = grace();
        Browser.Page page = browser.get("/staff/apps/" + id);
        browser.post("/staff/apps/" + id + "/decide", "_csrf", page.field("_csrf"), "step", "reject", "criterion", "", "reason", "it \"phones\" home");
        assertThat(browser.get("/staff/apps/" + id).body()).contains("criterion must be one of", "value=\"it &quot;phones&quot; home\"");
        browser.post("/staff/apps/" + id + "/decide", "_csrf", page.field("_csrf"), "step", "reject", "criterion", "MALWARE", "reason", "");
        assertThat(browser.get("/staff/apps/" + id).body()).contains("Say why", "<option value=\"MALWARE\" selected");
    }

    @Test
    void reg13_a_developer_whose_link_got_lost_has_another_one_sent() {
        Browser browser = new Browser(production.url);
        Browser.Page joined = browser.post("/developers/join", "_csrf", browser.get("/developers/join").field("_csrf"), "email", "ivy@blueharbor.example", "password", Personas.PASSWORD, "name", "Ivy", "organization", "");
        browser.get(joined.location());
        assertThat(browser.get("/sign-in").body()).contains("Your account is there if this address had none before");
        assertThat(browser.signIn("ivy@blueharbor.example", Personas.PASSWORD).location()).as("and on to the apps").startsWith(production.url + "/developers/apps?joined");
        Browser.Page apps = browser.get("/developers/apps");
        assertThat(apps.body()).contains("We sent it to", "ivy@blueharbor.example");
        browser.post("/developers/apps/send-link", "_csrf", apps.field("_csrf"));
        assertThat(browser.get("/developers/apps").body()).contains("A new link is on its way");
        List<RecordedNotices.Message> messages = production.bean(RecordedNotices.class).to("ivy@blueharbor.example");
        assertThat(messages).hasSize(2);
        assertThat(browser.get(link(messages.get(0))).body()).as("the lost one is worth nothing any more").contains("does not work");
        assertThat(browser.get(link(messages.get(1))).body()).contains("is confirmed");
        assertThat(browser.get("/developers/apps").body()).doesNotContain("not confirmed");
    }

    private static String link(RecordedNotices.Message message) {
        return message.text().substring(message.text().indexOf("http"));
    }

    @Test
    void staff_whose_role_has_no_pages_are_told_so() {
        production.bean(Accounts.class).add(NewAccount.staff("carl", Personas.PASSWORD, "Carl Call", null, "CALL_CENTRE"));
        Browser browser = new Browser(production.url);
        assertThat(browser.signIn("carl", Personas.PASSWORD).location()).isEqualTo(production.url + "/");
        assertThat(browser.get("/").body()).contains("There are no pages for your role", "CALL_CENTRE", "href=\"/second-factor\"");
        assertThat(grace().get("/").location()).isEqualTo(production.url + "/staff/apps");
    }

    /** Of twenty Vegas who are shown the twenty-first is missing: that is no member who is not there. */
    @Test
    void staff_who_look_for_a_member_are_told_that_there_may_be_more_and_of_nobody_only_when_they_looked() {
        for (int i = 0; i < 21; i++) {
            production.bean(Accounts.class).add(NewAccount.member("quill" + i, Personas.PASSWORD, "Quill " + i, "quill-" + i));
        }
        production.bean(AppLifecycle.class).register("startable", new dev.portolan.identity.app.AppRequest("Startable", null, "none", List.of("authorization_code"), null, "launch patient/*.rs", List.of(SmartApp.REDIRECT),
                "https://app.example/start", null, null, null, null), "test", null, true);
        Browser browser = grace();
        assertThat(browser.get("/staff/launch?find=quill").body()).contains("The first 20 are in the list, and there may be more");
        assertThat(browser.get("/staff/launch?find=nobody").body()).contains("Nobody is found");
        assertThat(browser.get("/staff/launch?find=quill-20").body()).contains("Quill 20").doesNotContain("there may be more", "Nobody is found");
    }
}
