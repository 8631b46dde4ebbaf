package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.example.ContradictingRoom;
import dev.portolan.example.ExampleRoom;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What another room has to do to have pages and a JSON API, and that nothing is open by accident. */
class PagesOfOtherRoomsTest {
    private static IdentityServer server;

    @BeforeAll
    static void start() {
        server = IdentityServer.startWith(ExampleRoom.class);
        Personas.rosa(server);
        Personas.grace(server);
        server.bean(Accounts.class).add(NewAccount.staff("mia", Personas.PASSWORD, "Mia Stone", null, "COMPLIANCE"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void whoever_is_nobody_signs_in_first_and_comes_back() {
        Browser browser = new Browser(server.url);
        assertThat(browser.get("/staff/reports").location()).isEqualTo(server.url + "/sign-in");
        Browser.Page back = browser.signIn("mia", Personas.PASSWORD);
        assertThat(back.location()).startsWith(server.url + "/staff/reports");
        Browser.Page page = browser.get(back.location());
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.body()).contains("for Mia Stone", "<a href=\"/staff/reports\" aria-current=\"page\">Reports</a>", "Sign out").doesNotContain("/my-apps", "/staff/apps");
    }

    @Test
    void whoever_may_not_come_in_is_told_so_and_finds_no_entry_in_the_menu() {
        for (String name : new String[] {"rosa", "grace"}) {
            Browser browser = new Browser(server.url);
            browser.signIn(name, Personas.PASSWORD);
            Browser.Page page = browser.get("/staff/reports");
            assertThat(page.status()).isEqualTo(403);
            assertThat(page.body()).contains("not for the account").doesNotContain("href=\"/staff/reports\"");
        }
    }

    @Test
    void the_most_specific_pattern_decides() {
        assertThat(new Browser(server.url).get("/staff/reports/explained").body()).isEqualTo("What reports are, for everybody");
        Browser mia = new Browser(server.url);
        mia.signIn("mia", Personas.PASSWORD);
        assertThat(mia.get("/staff/reports/explained").body()).endsWith("Mia Stone");
    }

    @Test
    void a_page_that_no_room_declared_is_not_there() {
        Browser mia = new Browser(server.url);
        mia.signIn("mia", Personas.PASSWORD);
        assertThat(mia.get("/forgotten").status()).isEqualTo(404);
        assertThat(new Browser(server.url).get("/forgotten").status()).isEqualTo(404);
        assertThat(mia.post("/forgotten").status()).isEqualTo(404);
    }

    @Test
    void attack_csrf_a_form_without_the_page_s_token_changes_nothing() {
        Browser mia = new Browser(server.url);
        mia.signIn("mia", Personas.PASSWORD);
        assertThat(mia.post("/staff/reports/keep").status()).isEqualTo(403);
        assertThat(mia.post("/staff/reports/keep", "_csrf", mia.get("/staff/reports").field("_csrf")).status()).isEqualTo(302);
    }

    @Test
    void the_api_takes_a_name_and_a_password() throws Exception {
        assertThat(call("GET", "Authorization", basic("mia")).body()).isEqualTo("{\"reader\":\"Mia Stone\"}");
        assertThat(call("POST", "Authorization", basic("mia")).body()).isEqualTo("{\"writer\":\"Mia Stone\"}");
        assertThat(call("GET", "Authorization", basic("grace")).statusCode()).isEqualTo(403);
        assertThat(call("GET").statusCode()).isEqualTo(401);
        assertThat(call("POST").statusCode()).isEqualTo(401);
        assertThat(call("GET", "Authorization", basic("nobody")).statusCode()).isEqualTo(401);
        assertThat(call("GET", "Authorization", basic("mia")).headers().allValues("Set-Cookie")).isEmpty();
    }

    @Test
    void attack_csrf_the_api_takes_a_session_only_with_the_page_s_token() {
        Browser mia = new Browser(server.url);
        mia.signIn("mia", Personas.PASSWORD);
        assertThat(mia.get("/api/reports").body()).isEqualTo("{\"reader\":\"Mia Stone\"}");
        assertThat(mia.post("/api/reports").status()).isEqualTo(403);
        assertThat(mia.post("/api/reports", "_csrf", mia.get("/staff/reports").field("_csrf")).body()).isEqualTo("{\"writer\":\"Mia Stone\"}");
    }

    @Test
    void attack_csrf_another_site_cannot_use_a_password_that_the_browser_remembers() throws Exception {
        assertThat(call("POST", "Authorization", basic("mia"), "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
        assertThat(call("POST", "Authorization", basic("mia"), "Sec-Fetch-Site", "same-origin").statusCode()).isEqualTo(200);
    }

    @Test
    void what_is_missing_or_of_another_kind_is_named() throws Exception {
        Browser mia = new Browser(server.url);
        mia.signIn("mia", Personas.PASSWORD);
        Browser.Page page = mia.get("/staff/reports/of?year=soon");
        assertThat(page.status()).isEqualTo(400);
        assertThat(page.body()).contains("year is not what is expected there: a number.", "Sign out");
        assertThat(mia.get("/staff/reports/of").body()).contains("The parameter year is missing.");
        HttpResponse<String> answer = call("PUT", "Authorization", basic("mia"), "Content-Type", "application/json");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"error\":\"invalid_request\"", "The body cannot be read");
    }

    @Test
    void two_rooms_cannot_say_different_things_about_a_path() {
        assertThatThrownBy(() -> IdentityServer.startWith(ContradictingRoom.class).close()).rootCause().hasMessageContaining("/my-apps/**");
    }

    private static HttpResponse<String> call(String method, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url + "/api/reports")).method(method, HttpRequest.BodyPublishers.noBody());
        return HttpClient.newHttpClient().send((headers.length == 0 ? request : request.headers(headers)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String basic(String name) {
        return "Basic " + Base64.getEncoder().encodeToString((name + ":" + Personas.PASSWORD).getBytes(StandardCharsets.UTF_8));
    }
}
