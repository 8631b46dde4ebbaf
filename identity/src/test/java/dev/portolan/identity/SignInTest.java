package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.TimeBasedOneTimePassword;
import dev.portolan.identity.event.SecurityEvent;
import java.net.HttpCookie;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Signing in, and the ways in which it is attacked. */
class SignInTest {
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

    private static String session(Browser browser) {
        return browser.cookies.getCookieStore().getCookies().stream().filter(c -> c.getName().equals("portolan_session")).map(HttpCookie::getValue)
                .findFirst().orElse("");
    }

    @Test
    void attack_session_fixation_the_session_changes_at_sign_in() {
        Browser browser = new Browser(server.url);
        browser.get("/sign-in");
        String before = session(browser);
        browser.signIn("rosa", Personas.PASSWORD);
        assertThat(before).isNotEmpty();
        assertThat(session(browser)).isNotEqualTo(before);
    }

    /** The address of a request is, behind a proxy that ends TLS, the one by which the proxy calls: whoever was sent there would leave TLS. */
    @Test
    void smt35_whoever_signed_in_goes_on_by_a_path_and_by_no_address() {
        Browser browser = new Browser(server.url);
        browser.get("/my-apps?about=this");
        String form = browser.get("/sign-in").field("_csrf");
        Browser.Page signedIn = browser.post("/sign-in", "_csrf", form, "username", "rosa", "password", Personas.PASSWORD);
        assertThat(signedIn.response().headers().firstValue("Location").orElse("")).startsWith("/my-apps?about=this");
    }

    @Test
    void the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        String cookie = new Browser(server.url).get("/sign-in").response().headers().firstValue("Set-Cookie").orElse("");
        assertThat(cookie).contains("HttpOnly").contains("SameSite=Lax");
    }

    @Test
    void what_happened_to_an_app_cannot_be_changed_by_the_server() {
        assertThatThrownBy(() -> server.bean(IdentityDatabase.class).sql("update identity.app_event set reason = 'nothing'").update())
                .hasRootCauseMessage("ERROR: permission denied for table app_event");
    }

    @Test
    void attack_brute_force_an_account_rests_after_five_wrong_tries() {
        server.bean(Accounts.class).add(NewAccount.member("locked", Personas.PASSWORD, "Lou", "lou-1"));
        Browser browser = new Browser(server.url);
        for (int i = 0; i < 5; i++) {
            assertThat(browser.signIn("locked", "wrong password " + i).location()).endsWith("/sign-in?failed");
        }
        assertThat(browser.signIn("locked", Personas.PASSWORD).location()).as("even the right password").endsWith("/sign-in?failed");
        assertThat(server.events().of(SecurityEvent.Type.ACCOUNT_LOCKED)).isNotEmpty();
        server.bean(IdentityDatabase.class).sql("update identity.account set locked_until = now() - interval '1 second' where username = 'locked'").update();
        assertThat(browser.signIn("locked", Personas.PASSWORD).location()).isEqualTo(server.url + "/");
    }

    @Test
    void attack_many_passwords_at_once_are_judged_as_few_times_as_one_after_the_other() throws Exception {
        Account account = server.bean(Accounts.class).add(NewAccount.member("burst", Personas.PASSWORD, "Bo", "bo-1"));
        ExecutorService threads = Executors.newFixedThreadPool(40);
        try {
            List<Callable<Integer>> tries = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String proof = "Basic " + Base64.getEncoder().encodeToString(("burst:wrong password " + i).getBytes(StandardCharsets.UTF_8));
                tries.add(() -> SmartApp.get(server.url + "/api/apps", "Authorization", proof).status());
            }
            for (Future<Integer> each : threads.invokeAll(tries)) {
                assertThat(each.get()).isEqualTo(401);
            }
        } finally {
            threads.shutdownNow();
        }
        List<String> told = server.events().of(SecurityEvent.Type.SIGN_IN).stream().filter(e -> account.id().equals(e.actor())).map(e -> e.details().get("reason")).toList();
        assertThat(told).hasSize(40);
        assertThat(told.stream().filter("wrong password"::equals)).hasSize(5);
        assertThat(new Browser(server.url).signIn("burst", Personas.PASSWORD).location()).as("it rests").endsWith("/sign-in?failed");
    }

    @Test
    void many_calls_at_once_with_the_right_password_are_all_let_in() throws Exception {
        server.bean(Accounts.class).add(NewAccount.developer("script", Personas.PASSWORD, "A script", "script@blueharbor.example", "Blue Harbor"));
        String proof = "Basic " + Base64.getEncoder().encodeToString(("script:" + Personas.PASSWORD).getBytes(StandardCharsets.UTF_8));
        ExecutorService threads = Executors.newFixedThreadPool(20);
        try {
            for (Future<Integer> each : threads.invokeAll(Collections.<Callable<Integer>>nCopies(20, () -> SmartApp.get(server.url + "/api/apps", "Authorization", proof).status()))) {
                assertThat(each.get()).isEqualTo(200);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void an_unknown_name_says_the_same_as_a_wrong_password() {
        Browser browser = new Browser(server.url);
        assertThat(browser.signIn("nobody", "whatever it is").location()).isEqualTo(browser.signIn("rosa", "not her password").location());
    }

    @Test
    void csrf_a_sign_in_without_the_forms_token_is_refused() {
        Browser browser = new Browser(server.url);
        assertThat(browser.post("/sign-in", "username", "rosa", "password", Personas.PASSWORD).status()).isEqualTo(403);
    }

    @Test
    void staff_with_a_second_factor_need_a_code_that_works_once() {
        Accounts accounts = server.bean(Accounts.class);
        Account grace = Personas.grace(server);
        byte[] seed = accounts.enrolSecondFactor(grace.id());
        Browser browser = new Browser(server.url);
        assertThat(browser.signIn("grace", Personas.PASSWORD).location()).endsWith("/sign-in?code");
        assertThat(browser.get("/staff/apps").location()).endsWith("/sign-in");
        assertThat(browser.signIn("grace", Personas.PASSWORD, "code", "000000").location()).endsWith("/sign-in?code=wrong");
        String code = TimeBasedOneTimePassword.at(seed, Instant.now());
        assertThat(browser.signIn("grace", "wrong password", "code", code).location()).endsWith("/sign-in?failed");
        assertThat(browser.signIn("grace", Personas.PASSWORD, "code", code).location()).contains("/staff/apps");
        assertThat(new Browser(server.url).signIn("grace", Personas.PASSWORD, "code", code).location()).as("used once").endsWith("/sign-in?code=wrong");
    }

    @Test
    void one_time_passwords_are_those_of_rfc_6238() {
        byte[] seed = "12345678901234567890".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        assertThat(TimeBasedOneTimePassword.at(seed, Instant.ofEpochSecond(59))).isEqualTo("287082");
        assertThat(TimeBasedOneTimePassword.at(seed, Instant.ofEpochSecond(1111111109))).isEqualTo("081804");
        assertThat(TimeBasedOneTimePassword.at(seed, Instant.ofEpochSecond(20000000000L))).isEqualTo("353130");
        assertThat(TimeBasedOneTimePassword.base32("foobar".getBytes(java.nio.charset.StandardCharsets.US_ASCII))).isEqualTo("MZXW6YTBOI");
    }

    @Test
    void members_do_not_reach_the_pages_of_staff() {
        Browser browser = new Browser(server.url);
        browser.signIn("rosa", Personas.PASSWORD);
        assertThat(browser.get("/staff/apps").status()).isEqualTo(403);
    }

    @Test
    void a_password_that_is_too_short_or_cut_by_bcrypt_is_refused() {
        Accounts accounts = server.bean(Accounts.class);
        assertThatThrownBy(() -> accounts.add(NewAccount.member("short", "short", "S", "s-1"))).hasMessageContaining("10 to 72");
        assertThatThrownBy(() -> accounts.add(NewAccount.member("long", "x".repeat(73), "L", "l-1"))).hasMessageContaining("10 to 72");
        assertThatThrownBy(() -> accounts.add(NewAccount.member("ROSA", Personas.PASSWORD, "R", "r-1"))).hasMessageContaining("already");
    }

    @Test
    void signing_out_ends_the_session() {
        Browser browser = new Browser(server.url);
        browser.signIn("rosa", Personas.PASSWORD);
        Browser.Page page = browser.get("/my-apps");
        browser.post("/sign-out", "_csrf", page.field("_csrf"));
        assertThat(browser.get("/my-apps").location()).endsWith("/sign-in");
    }

    @Test
    void attack_a_session_of_a_closed_account_is_nobodys() {
        Account closing = server.bean(Accounts.class).add(NewAccount.member("closing", Personas.PASSWORD, "Clo Sing", "closing-1"));
        Browser browser = new Browser(server.url);
        browser.signIn("closing", Personas.PASSWORD);
        assertThat(browser.get("/my-apps").status()).isEqualTo(200);
        server.bean(Accounts.class).close(closing.id(), "test");
        assertThat(browser.get("/my-apps").location()).endsWith("/sign-in");
    }

    @Test
    void attack_csrf_nobody_is_signed_out_by_a_link() {
        Browser browser = new Browser(server.url);
        browser.signIn("rosa", Personas.PASSWORD);
        for (String path : new String[] {"/logout", "/sign-out"}) {
            assertThat(browser.get(path).status()).as(path).isGreaterThanOrEqualTo(400);
            assertThat(browser.get("/my-apps").status()).as("after " + path).isEqualTo(200);
        }
    }

    @Test
    void attack_a_session_that_began_with_a_password_that_was_replaced_is_nobodys() {
        Account robbed = server.bean(Accounts.class).add(NewAccount.staff("robbed", Personas.PASSWORD, "Rob Bed", null, "ADMIN"));
        Browser thief = new Browser(server.url);
        thief.signIn("robbed", Personas.PASSWORD);
        assertThat(thief.get("/staff/apps").status()).isEqualTo(200);
        server.bean(Accounts.class).setPassword(robbed.id(), "another horse battery");
        assertThat(thief.get("/staff/apps").location()).endsWith("/sign-in");
        Browser owner = new Browser(server.url);
        owner.signIn("robbed", "another horse battery");
        assertThat(owner.get("/staff/apps").status()).isEqualTo(200);
    }

    @Test
    void attack_a_session_loses_the_role_that_was_taken_away() {
        Account fired = server.bean(Accounts.class).add(NewAccount.staff("fired", Personas.PASSWORD, "Fi Red", null, "ADMIN"));
        Browser browser = new Browser(server.url);
        browser.signIn("fired", Personas.PASSWORD);
        assertThat(browser.get("/staff/apps").status()).isEqualTo(200);
        server.bean(IdentityDatabase.class).sql("update identity.account set roles = '{}' where id = ?").param(fired.id()).update();
        assertThat(browser.get("/staff/apps").status()).isEqualTo(403);
    }

    @Test
    void staff_set_up_a_second_factor_that_counts_once_its_code_came_back() {
        server.bean(Accounts.class).add(NewAccount.staff("enrols", Personas.PASSWORD, "En Rols", null, "ADMIN"));
        Browser browser = new Browser(server.url);
        browser.signIn("enrols", Personas.PASSWORD);
        Browser.Page page = browser.get("/second-factor");
        String csrf = page.field("_csrf");
        assertThat(page.body()).contains("otpauth://totp/");
        browser.post("/second-factor", "_csrf", csrf, "code", "000000");
        assertThat(browser.get("/second-factor").body()).contains("does not belong to the key", "off");
        assertThat(new Browser(server.url).signIn("enrols", Personas.PASSWORD).location()).as("not locked out by a key that was never confirmed").isEqualTo(server.url + "/");
        var key = java.util.regex.Pattern.compile("secret=([A-Z2-7]+)").matcher(page.body());
        assertThat(key.find()).isTrue();
        String code = TimeBasedOneTimePassword.at(base32(key.group(1)), Instant.now());
        browser.post("/second-factor", "_csrf", csrf, "code", code);
        assertThat(browser.get("/second-factor").body()).contains("Done.");
        assertThat(new Browser(server.url).signIn("enrols", Personas.PASSWORD).location()).endsWith("/sign-in?code");
    }

    @Test
    void attack_codes_cannot_be_tried_out_from_a_session_that_was_left_open() {
        Account left = server.bean(Accounts.class).add(NewAccount.staff("leaves", Personas.PASSWORD, "Lee Ves", null, "ADMIN"));
        Browser browser = new Browser(server.url);
        browser.signIn("leaves", Personas.PASSWORD);
        byte[] seed = server.bean(Accounts.class).enrolSecondFactor(left.id());
        Browser.Page page = browser.get("/second-factor");
        var key = java.util.regex.Pattern.compile("secret=([A-Z2-7]+)").matcher(page.body());
        assertThat(key.find()).isTrue();
        String csrf = page.field("_csrf");
        String right = TimeBasedOneTimePassword.at(seed, Instant.now());
        String wrong = right.equals("000000") ? "000001" : "000000";
        for (int i = 0; i < 5; i++) {
            browser.post("/second-factor", "_csrf", csrf, "code", TimeBasedOneTimePassword.at(base32(key.group(1)), Instant.now()), "old", wrong);
            assertThat(browser.get("/second-factor").body()).contains("is not right");
        }
        browser.post("/second-factor", "_csrf", csrf, "code", TimeBasedOneTimePassword.at(base32(key.group(1)), Instant.now()), "old", TimeBasedOneTimePassword.at(seed, Instant.now()));
        assertThat(browser.get("/second-factor").body()).as("the account rests, and the right code is none either").contains("is not right");
        assertThat(server.events().of(SecurityEvent.Type.ACCOUNT_LOCKED)).anyMatch(event -> event.actor().equals(left.id()));
    }

    @Test
    void an_administrator_takes_away_a_second_factor_that_was_lost_and_not_ones_own() {
        Accounts accounts = server.bean(Accounts.class);
        Account admin = accounts.add(NewAccount.staff("helps", Personas.PASSWORD, "Hel Ps", null, "ADMIN"));
        Account lost = accounts.add(NewAccount.staff("lost-it", Personas.PASSWORD, "Lo St", null, "CLINICIAN"));
        accounts.enrolSecondFactor(lost.id());
        assertThat(reset("lost-it", "lost-it", "please").status()).as("needs the role, and the factor").isEqualTo(401);
        assertThat(reset("helps", "lost-it", " ").status()).isEqualTo(400);
        assertThat(reset("helps", "nobody-at-all", "called back").status()).isEqualTo(404);
        assertThat(reset("helps", "helps", "called back").status()).isEqualTo(403);
        assertThat(reset("helps", "lost-it", "called back on the number we know").status()).isEqualTo(200);
        assertThat(reset("helps", "lost-it", "called back on the number we know").status()).isEqualTo(409);
        assertThat(server.events().of(SecurityEvent.Type.ACCOUNT_CHANGED)).anyMatch(event -> event.actor().equals(admin.id()) && "second-factor-reset".equals(event.details().get("action"))
                && lost.id().equals(event.details().get("account")));
        assertThat(new Browser(server.url).signIn("lost-it", Personas.PASSWORD).location()).isEqualTo(server.url + "/");
    }

    private static SmartApp.Answer reset(String as, String whose, String reason) {
        String basic = java.util.Base64.getEncoder().encodeToString((as + ":" + Personas.PASSWORD).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return SmartApp.send(java.net.http.HttpRequest.newBuilder(java.net.URI.create(server.url + "/api/staff/accounts/" + whose + "/second-factor/reset")).header("Authorization", "Basic " + basic)
                .header("Content-Type", "application/json").POST(java.net.http.HttpRequest.BodyPublishers.ofString("{\"reason\":\"" + reason + "\"}")));
    }

    private static byte[] base32(String text) {
        java.math.BigInteger value = java.math.BigInteger.ZERO;
        for (char c : text.toCharArray()) {
            value = value.shiftLeft(5).or(java.math.BigInteger.valueOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c)));
        }
        byte[] bytes = value.toByteArray();
        byte[] seed = new byte[text.length() * 5 / 8];
        System.arraycopy(bytes, Math.max(0, bytes.length - seed.length), seed, Math.max(0, seed.length - bytes.length), Math.min(seed.length, bytes.length));
        return seed;
    }
}
