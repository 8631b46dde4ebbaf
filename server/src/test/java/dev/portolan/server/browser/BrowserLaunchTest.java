package dev.portolan.server.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import dev.portolan.sandbox.SandboxAccess;
import dev.portolan.server.PortolanServer;
import dev.portolan.server.SharedPackages;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The public {@code fhirclient} library in a real browser, from a developer's registration to a member's revocation. The steps follow each other. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BrowserLaunchTest {

    private static final String SCOPE = "openid fhirUser launch/patient patient/*.rs offline_access";

    private static PortolanServer server;
    private static BrowserApp app;
    private static Chromium browser;
    private static SandboxAccess.SignIn member;
    private static SandboxAccess.SignIn developer;
    private static SandboxAccess.SignIn staff;
    private static String clientId;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        List<String> missing = Chromium.missing();
        if ("true".equals(System.getenv("CI"))) {
            assertThat(missing).as("CI has to have a browser").isEmpty();
        }
        Assumptions.assumeTrue(missing.isEmpty(), "there is no " + missing + " here");
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(folder.resolve("data")).toString(), "portolan.package-registry", "off"));
        SandboxAccess access = server.sandbox().orElseThrow();
        String token = access.operatorToken(server.operatorApp());
        put(token, "Patient/rosa", "{\"resourceType\":\"Patient\",\"id\":\"rosa\",\"name\":[{\"family\":\"Vega\",\"given\":[\"Rosa\"]}]}");
        put(token, "Observation/sugar", """
                {"resourceType":"Observation","id":"sugar","status":"final","subject":{"reference":"Patient/rosa"},"code":{"text":"Glucose"},"valueString":"5.1 mmol/l"}""");
        put(token, "Coverage/gold", """
                {"resourceType":"Coverage","id":"gold","status":"active","beneficiary":{"reference":"Patient/rosa"},"payor":[{"display":"Plan"}]}""");
        member = access.member("Rosa Vega", "rosa");
        developer = access.developer();
        staff = access.staff("Practitioner/care-manager");
        app = BrowserApp.start(folder);
        browser = Chromium.start(folder.resolve("profile"), Path.of("target", "screenshots"));
    }

    @AfterAll
    static void stop() {
        for (AutoCloseable part : new AutoCloseable[] {browser, app, server}) {
            try {
                if (part != null) {
                    part.close();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void put(String token, String reference, String resource) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.bases().get("system") + "/" + reference)).header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json").PUT(HttpRequest.BodyPublishers.ofString(resource)).build();
        assertThat(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(201);
    }

    private static void signIn(SandboxAccess.SignIn person) {
        browser.fill("username", person.user());
        browser.fill("password", String.valueOf(person.password()));
        browser.press("Sign in");
    }

    /** Takes the page's picture, and holds it to what every page has to be. */
    private static void look(String page) {
        assertThat(browser.picture(page)).as(page + " is wider than a phone").isLessThanOrEqualTo(0);
        assertThat(browser.unlabelled()).as(page + " has fields without a label").isEqualTo(List.of());
    }

    private static long status(String path) {
        return ((Number) ((Map<?, ?>) browser.run("ask('" + path + "')")).get("status")).longValue();
    }

    @Test
    @Order(1)
    void reg01_a_developer_registers_the_app_on_the_page() {
        browser.open(server.url() + "/");
        browser.sees("Members");
        look("home");
        browser.open(server.url() + "/developers");
        look("developers");
        browser.open(server.url() + "/developers/join");
        look("join");
        browser.open(server.url() + "/developers/apps/new");
        look("sign-in");
        browser.fill("username", developer.user());
        browser.fill("password", "not the password");
        browser.press("Sign in");
        browser.sees("is not right");
        look("sign-in-failed");
        signIn(developer);
        browser.sees("Register an app");
        look("app-form");
        browser.fill("client_name", "Blue Harbor");
        browser.fill("description", "Keeps track of your health.");
        browser.choose("kind", "browser");
        browser.fill("redirect_uris", app.origin() + "/");
        browser.press("Register");
        browser.sees("client_id");
        look("developer-app");
        clientId = browser.address().substring(browser.address().lastIndexOf('/') + 1);
        browser.open(server.url() + "/developers/apps");
        browser.sees("Blue Harbor");
        look("developer-apps");
        browser.press("Sign out");
        browser.sees("signed out");
    }

    @Test
    @Order(2)
    void smt06_smt25_the_library_launches_and_the_member_narrows_what_it_gets() {
        browser.open(app.origin() + "/launch?client_id=" + clientId + "&iss=" + encode(String.valueOf(server.bases().get("patient-access"))) + "&scope=" + encode(SCOPE));
        browser.sees("Sign in");
        signIn(member);
        browser.sees("Blue Harbor asks to see health data");
        look("consent");
        browser.tick("kind", "COVERAGE");
        browser.press("Share");
        browser.sees("ready");
        assertThat(browser.run("client.patient.id")).isEqualTo("rosa");
        assertThat(browser.run("client.getFhirUser()")).isEqualTo("Patient/rosa");
        assertThat(String.valueOf(browser.run("client.state.tokenResponse.scope"))).contains("patient/Observation.rs", "offline_access").doesNotContain("Coverage", "patient/*");
    }

    @Test
    @Order(3)
    void what_was_shared_is_read_and_what_was_kept_back_is_403() {
        assertThat(status("Patient/rosa")).isEqualTo(200);
        assertThat(status("Observation?patient=rosa")).isEqualTo(200);
        assertThat(browser.run("client.user.read().then(user => user.id)")).isEqualTo("rosa");
        assertThat(status("Coverage/gold")).isEqualTo(403);
        assertThat(status("Coverage?patient=rosa")).isEqualTo(403);
    }

    @Test
    @Order(4)
    void smt28_the_library_refreshes() {
        Object before = browser.run("client.state.tokenResponse.access_token");
        assertThat(browser.run("client.refresh().then(() => 'refreshed')")).isEqualTo("refreshed");
        assertThat(browser.run("client.state.tokenResponse.access_token")).isNotEqualTo(before);
        assertThat(status("Observation/sugar")).isEqualTo(200);
        assertThat(status("Coverage/gold")).isEqualTo(403);
    }

    @Test
    @Order(5)
    void smt36_the_member_stops_the_app_and_its_next_call_is_401() {
        browser.newTab();
        browser.open(server.url() + "/");
        browser.sees("Blue Harbor");
        look("my-apps");
        browser.press("Stop this app");
        browser.sees("It sees nothing from now on");
        look("my-apps-stopped");
        browser.firstTab();
        assertThat(browser.run("plainStatus('Observation/sugar')")).isEqualTo(401L);
        assertThat(String.valueOf(browser.run("client.refresh().then(() => 'refreshed')"))).startsWith("failed");
    }

    @Test
    @Order(6)
    void the_other_pages_of_members_and_staff_look_as_they_should() {
        browser.open(server.url() + "/my-access");
        browser.sees("Blue Harbor");
        look("my-access");
        browser.open(server.url() + "/my-consents");
        browser.sees("Who gets my data");
        look("my-consents");
        browser.open(server.url() + "/my-apps");
        browser.press("Sign out");
        browser.open(server.url() + "/staff/apps");
        signIn(staff);
        browser.sees("Waiting for a decision");
        look("staff-apps");
        browser.open(server.url() + "/staff/apps/" + clientId);
        look("staff-app");
        browser.open(server.url() + "/staff/launch");
        look("staff-launch");
        browser.open(server.url() + "/second-factor");
        look("second-factor");
        browser.open(server.url() + "/staff/audit");
        browser.sees("Prove the chain now");
        look("staff-audit");
        browser.open(server.url() + "/staff/audit/unusual");
        browser.sees("Unusual access");
        look("staff-unusual");
        browser.open(server.url() + "/staff/loads");
        browser.sees("Loads");
        look("staff-loads");
        browser.open(server.url() + "/developers/apps");
        browser.sees("not for the account");
        look("not-for-you");
        browser.open(server.url() + "/nothing-here");
        look("not-found");
        browser.open(server.url() + "/health");
        look("health");
        browser.open(server.url() + "/oauth2/authorize?response_type=code&client_id=nobody");
        look("problem");
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
