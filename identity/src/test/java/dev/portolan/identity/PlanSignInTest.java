package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.account.MovedSignIns;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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

    @Test
    void the_provider_is_told_the_address_that_the_server_is_known_by_whatever_a_proxy_asks_for() {
        Browser proxy = new Browser(server.url.replace("localhost", "127.0.0.1"));
        assertThat(proxy.get("/oauth2/authorization/plan").query()).containsEntry("redirect_uri", server.url + "/login/oauth2/code/plan");
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

    /** It tells where its token endpoint is, and answers nothing there. */
    @Test
    void a_provider_that_does_not_answer_holds_nobody_without_end() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        HttpServer silent = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        String issuer = "http://localhost:" + silent.getAddress().getPort();
        silent.setExecutor(Executors.newCachedThreadPool());
        silent.createContext("/.well-known/openid-configuration", exchange -> {
            byte[] json = ("{\"issuer\":\"" + issuer + "\",\"authorization_endpoint\":\"" + issuer + "/authorize\",\"token_endpoint\":\"" + issuer + "/token\",\"jwks_uri\":\"" + issuer
                    + "/keys\",\"subject_types_supported\":[\"public\"],\"response_types_supported\":[\"code\"],\"id_token_signing_alg_values_supported\":[\"RS256\"]}").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, json.length);
            exchange.getResponseBody().write(json);
            exchange.close();
        });
        silent.createContext("/token", exchange -> {
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        silent.start();
        try (IdentityServer waiting = IdentityServer.start("--portolan.identity.provider.name=Silence", "--portolan.identity.provider.issuer=" + issuer,
                "--portolan.identity.provider.client-id=us", "--portolan.identity.provider.client-secret=secret", "--portolan.identity.provider.scopes=openid,fhirUser")) {
            Browser browser = new Browser(waiting.url);
            String state = browser.get("/oauth2/authorization/plan").query().get("state");
            CompletableFuture<Browser.Page> back = CompletableFuture.supplyAsync(() -> browser.get("/login/oauth2/code/plan?code=any&state=" + Browser.encode(state)));
            assertThat(back.get(120, TimeUnit.SECONDS).location()).endsWith("/sign-in?failed");
        } finally {
            over.countDown();
            silent.stop(0);
        }
    }

    private static long answered(List<CompletableFuture<Browser.Page>> pages) {
        return pages.stream().filter(CompletableFuture::isDone).count();
    }

    /** One at a time is asked where it is: the others do not queue behind an answer that does not come. */
    @Test
    void a_provider_that_does_not_even_say_where_it_is_holds_one_and_no_more() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        HttpServer silent = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        silent.setExecutor(Executors.newCachedThreadPool());
        silent.createContext("/", exchange -> {
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        silent.start();
        try (IdentityServer waiting = IdentityServer.start("--portolan.identity.provider.name=Silence", "--portolan.identity.provider.issuer=http://localhost:" + silent.getAddress().getPort(),
                "--portolan.identity.provider.client-id=us", "--portolan.identity.provider.client-secret=secret", "--portolan.identity.provider.scopes=openid,fhirUser")) {
            List<CompletableFuture<Browser.Page>> pages = Stream.generate(() -> CompletableFuture.supplyAsync(() -> new Browser(waiting.url).get("/oauth2/authorization/plan"), work -> new Thread(work).start())).limit(4).toList();
            for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120); answered(pages) < 3; Thread.sleep(20)) {
                assertThat(System.nanoTime()).as("the others wait for the one that asks").isLessThan(end);
            }
            assertThat(answered(pages)).as("who asks waits for the provider").isEqualTo(3);
            over.countDown();
            for (CompletableFuture<Browser.Page> page : pages) {
                assertThat(page.get(120, TimeUnit.SECONDS).status()).isGreaterThanOrEqualTo(500);
            }
        } finally {
            silent.stop(0);
        }
    }
}
