package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.members.consent.Preference;
import dev.portolan.members.consent.Preferences;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What grows with the years is shown in parts, and all of it can be got at. */
class LongListsTest {

    private static AuditedServer server;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = new AuditedServer(data);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String page(HttpClient browser, String path) throws Exception {
        HttpResponse<String> answer = browser.send(HttpRequest.newBuilder(URI.create(server.server.url() + path)).header("Accept", "text/html").build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    private static HttpClient signedIn(String user) throws Exception {
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).followRedirects(HttpClient.Redirect.NORMAL).build();
        Matcher csrf = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"").matcher(page(browser, "/sign-in"));
        assertThat(csrf.find()).isTrue();
        String form = "_csrf=" + URLEncoder.encode(csrf.group(1), StandardCharsets.UTF_8) + "&username=" + user + "&password=" + URLEncoder.encode(AuditedServer.PASSWORD, StandardCharsets.UTF_8);
        browser.send(HttpRequest.newBuilder(URI.create(server.server.url() + "/sign-in")).header("Content-Type", "application/x-www-form-urlencoded").POST(HttpRequest.BodyPublishers.ofString(form)).build(),
            HttpResponse.BodyHandlers.ofString());
        return browser;
    }

    private static long count(String page, String what) {
        return Pattern.compile(what).matcher(page).results().count();
    }

    @Test
    void con03_every_decision_and_message_of_years_is_there_part_by_part() throws Exception {
        String member = server.account("member2").id();
        for (int i = 0; i < 30; i++) {
            Preference.Decision decision = i % 2 == 0 ? Preference.Decision.DENY : Preference.Decision.PERMIT;
            server.server.part(Preferences.class).record(new Preferences.Choice("p2", Preference.Kind.PROVIDER_ACCESS, "", decision, Set.of(), null), new Preference.Recorded(member, "self", "portal", "en"));
        }
        HttpClient browser = signedIn("member2");
        String first = page(browser, "/my-consents");
        assertThat(count(first, "data-label=\"Decision\"")).isEqualTo(25);
        assertThat(count(first, "<summary><span")).as("messages").isLessThanOrEqualTo(25);
        assertThat(first).contains("Part 1 of 2, 30 in all", "href=\"/my-consents?patient=p2&amp;decisions=2#decisions\"", "href=\"/my-consents?patient=p2&amp;messages=2#messages\"").contains("You share it.");
        String last = page(browser, "/my-consents?patient=p2&decisions=2");
        assertThat(count(last, "data-label=\"Decision\"")).isEqualTo(5);
        assertThat(last).as("what stands is that of now").contains("You share it.", "Part 2 of 2", "decisions=1#decisions\">Before").doesNotContain("decisions=3");
    }

    @Test
    void con02_the_page_tells_until_when_other_plans_get_the_record() throws Exception {
        server.server.part(Preferences.class).record(new Preferences.Choice("p3", Preference.Kind.PAYER_TO_PAYER, "", Preference.Decision.PERMIT, Set.of(), Instant.parse("2127-12-31T00:00:00Z")),
            new Preference.Recorded(server.account("member3").id(), "self", "api", "en"));
        assertThat(page(signedIn("member3"), "/my-consents")).contains("You share it until 31 Dec 2127, 00:00 UTC.", "share until 31 Dec 2127, 00:00 UTC");
    }

    /** The first search of a large plan takes minutes: whoever asked waited for it, and each who pressed again held one more thread. */
    @Test
    void edi11_a_search_that_takes_long_goes_on_by_itself_and_the_page_says_so() throws Exception {
        HttpClient browser = signedIn("admin");
        Matcher csrf = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"").matcher(page(browser, "/staff/duplicates"));
        assertThat(csrf.find()).isTrue();
        HttpRequest press = HttpRequest.newBuilder(URI.create(server.server.url() + "/staff/duplicates/search")).header("Content-Type", "application/x-www-form-urlencoded").header("Accept", "text/html")
            .POST(HttpRequest.BodyPublishers.ofString("_csrf=" + URLEncoder.encode(csrf.group(1), StandardCharsets.UTF_8))).build();
        try (Connection other = server.server.part(DataSource.class).getConnection(); Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("lock table members.match_progress in access exclusive mode"); // as long as this stands, no search ends
            assertThat(browser.send(press, HttpResponse.BodyHandlers.ofString()).body()).contains("are being looked through").doesNotContain("Look for new pairs", "Looked through everybody");
            other.rollback();
        }
        String ended = page(browser, "/staff/duplicates");
        for (long end = System.nanoTime() + 60_000_000_000L; ended.contains("are being looked through") && System.nanoTime() < end; ended = page(browser, "/staff/duplicates")) {
            Thread.sleep(100);
        }
        assertThat(ended).contains("Look for new pairs").doesNotContain("did not come to its end");
        assertThat(browser.send(press, HttpResponse.BodyHandlers.ofString()).body()).contains("Looked through everybody who changed since the last time");
    }

    /** Each is a table and two forms, with two members' data: the trail names whom the page shows, and nobody else. */
    @Test
    void edi11_pairs_that_wait_are_shown_in_parts_and_all_of_them_counted() throws Exception {
        JdbcClient jdbc = JdbcClient.create(server.server.part(DataSource.class));
        for (int i = 10; i < 55; i++) {
            jdbc.sql("insert into members.duplicate (first, second, grade, reasons, state, found_at) values (?, ?, 'STRONG', '{the same birth date}', 'OPEN', now())").params("crowd-a" + i, "crowd-b" + i).update();
        }
        HttpClient browser = signedIn("admin");
        String first = page(browser, "/staff/duplicates");
        assertThat(count(first, "They are two people")).isEqualTo(20);
        assertThat(first).contains("45 pairs wait to be judged", "Part 1 of 3, 45 in all", "href=\"/staff/duplicates?pairs=2#pairs\"", "crowd-a10").doesNotContain("crowd-a54");
        String last = page(browser, "/staff/duplicates?pairs=3");
        assertThat(count(last, "They are two people")).isEqualTo(5);
        assertThat(last).contains("crowd-a54");
    }
}
