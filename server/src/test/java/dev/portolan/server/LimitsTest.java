package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.TrailFilter;
import dev.portolan.audit.TrailReader;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.SandboxTokens;

/** What is called too often is told when to come back, and nobody else is. */
class LimitsTest {

    private static final String PASSWORD = "correct horse 12";
    private static final int TOKEN = 5;
    private static final int APP = 12;
    private static final int PROTOCOL = 4;
    private static final int SIGN_IN = 3;
    private static final int REGISTRATION = 2;
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static PortolanServer server;
    private static Account member;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.package-registry", "off", "portolan.limits.token-per-minute", "" + TOKEN,
                "portolan.limits.app-per-minute", "" + APP, "portolan.limits.protocol-per-minute", "" + PROTOCOL, "portolan.limits.sign-in-per-minute", "" + SIGN_IN,
                "portolan.limits.registration-per-hour", "" + REGISTRATION));
        member = server.part(Accounts.class).add(Accounts.NewAccount.member("rosa", PASSWORD, "Rosa", "p1"));
        for (String app : List.of("busy", "calm", "batching")) {
            server.part(AppLifecycle.class).register(app, new AppRequest("App " + app, null, "none", List.of("authorization_code"), null, "patient/*.rs", List.of("https://app.example/done"), null, null,
                    null, new App.Metadata("", "Makers", "", "", "", "", List.of("a@b.example"), "", "", ""), Map.of()), "test", null, true);
        }
        // The first call of a server takes longest, and buckets fill again meanwhile: it is one that counts for nobody.
        assertThat(search("system", "Bearer " + server.sandbox().orElseThrow().operatorToken(server.operatorApp())).statusCode()).isEqualTo(200);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String token(String app) {
        return "Bearer " + server.part(SandboxTokens.class).issue(app, member.id(), "p1", member.fhirUser(), SmartScopes.parse("patient/*.rs"), null, Duration.ofHours(1));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<String> search(String base, String authorization) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(server.bases().get(base) + "/Observation")).header("Authorization", authorization));
    }

    /** Addresses are told by a proxy on this machine, so that each test has its own. */
    private static HttpResponse<String> post(String path, String from, String type, String body, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path)).header("X-Forwarded-For", from).header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofString(body));
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    private static List<AuditEntry> entries(String operation, int status) {
        List<AuditEntry> found = new ArrayList<>();
        server.part(TrailReader.class).each(TrailFilter.ALL, entry -> {
            if (entry.entry().operation().equals(operation) && entry.entry().outcome().status() == status) {
                found.add(entry.entry());
            }
        });
        return found;
    }

    private static void isTold(HttpResponse<String> refused) {
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(Long.parseLong(refused.headers().firstValue("Retry-After").orElseThrow())).isBetween(1L, 3_600L);
    }

    @Test
    void ops04_a_token_that_is_used_too_often_waits_and_others_do_not() throws Exception {
        String busy = token("calm");
        for (int i = 1; i <= TOKEN; i++) {
            HttpResponse<String> answer = search("patient-access", busy);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("RateLimit-Limit")).hasValue("" + TOKEN);
            assertThat(answer.headers().firstValue("RateLimit-Remaining")).hasValue("" + (TOKEN - i));
            assertThat(answer.headers().firstValue("X-RateLimit-Warning").isPresent()).isEqualTo(i == TOKEN);
        }
        HttpResponse<String> refused = search("patient-access", busy);
        isTold(refused);
        assertThat(refused.body()).contains("\"resourceType\":\"OperationOutcome\"", "\"throttled\"");
        assertThat(search("patient-access", token("calm")).statusCode()).as("another token").isEqualTo(200);
        assertThat(entries("search-type", 429)).anySatisfy(entry -> {
            assertThat(entry.caller().app()).isEqualTo("calm");
            assertThat(entry.outcome().code()).isEqualTo("throttled");
        });
    }

    @Test
    void ops04_the_entries_of_a_batch_count_as_if_each_had_come_by_itself() throws Exception {
        String read = "{\"request\":{\"method\":\"GET\",\"url\":\"Observation\"}}";
        HttpResponse<String> batch = send(HttpRequest.newBuilder(server.bases().get("patient-access")).header("Authorization", token("batching")).header("Content-Type", "application/fhir+json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[" + String.join(",", Collections.nCopies(TOKEN + 3, read)) + "]}")));
        assertThat(batch.statusCode()).isEqualTo(200);
        assertThat(batch.body().split("\"status\":\"200", -1)).hasSize(TOKEN + 1);
        assertThat(batch.body().split("\"status\":\"429", -1)).hasSize(3 + 1);
        assertThat(batch.headers().firstValue("RateLimit-Remaining")).contains("0");
    }

    @Test
    void ops04_an_app_that_calls_too_often_with_many_tokens_waits_and_other_apps_do_not() throws Exception {
        Instant began = Instant.now();
        int admitted = 0;
        HttpResponse<String> answer = search("patient-access", token("busy"));
        while (answer.statusCode() == 200 && admitted < 3 * APP) {
            admitted++;
            answer = search("patient-access", token("busy"));
        }
        isTold(answer);
        // The bucket fills again meanwhile: on a slow machine one more comes through every five seconds.
        long again = Duration.between(began, Instant.now()).toMillis() * APP / 60_000 + 1;
        assertThat(admitted).isBetween(APP, APP + (int) again);
        assertThat(search("patient-access", token("calm")).statusCode()).as("another app").isEqualTo(200);
    }

    @Test
    void ops04_the_plans_own_programs_are_not_limited_unless_that_is_set() throws Exception {
        String operator = "Bearer " + server.sandbox().orElseThrow().operatorToken(server.operatorApp());
        for (int i = 0; i < 2 * APP; i++) {
            HttpResponse<String> answer = search("system", operator);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("RateLimit-Limit")).isEmpty();
        }
    }

    @Test
    void ops04_an_address_that_calls_the_token_endpoint_too_often_gets_an_oauth_error_and_one_entry() throws Exception {
        String form = "application/x-www-form-urlencoded";
        for (int i = 0; i < PROTOCOL; i++) {
            assertThat(post("/oauth2/token", "198.51.100.1", form, "grant_type=authorization_code&code=x&client_id=calm").statusCode()).isEqualTo(400);
        }
        for (int i = 0; i < 3; i++) {
            HttpResponse<String> refused = post("/oauth2/token", "198.51.100.1", form, "grant_type=authorization_code&code=x&client_id=calm", "Origin", "https://app.example");
            isTold(refused);
            assertThat(refused.body()).startsWith("{\"error\":\"temporarily_unavailable\"");
            assertThat(refused.headers().firstValue("Content-Type")).hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));
            assertThat(refused.headers().firstValue("Access-Control-Allow-Origin")).hasValue("*");
        }
        assertThat(post("/oauth2/token", "198.51.100.2", form, "grant_type=authorization_code&code=x&client_id=calm").statusCode()).as("another address").isEqualTo(400);
        assertThat(entries("throttled", 429).stream().filter(entry -> "198.51.100.1".equals(entry.origin().address()))).as("not one for each call").singleElement()
            .satisfies(entry -> assertThat(entry.subject().query()).isEqualTo("path=/oauth2/token"));
    }

    @Test
    void ops04_attack_the_address_of_an_endpoint_that_is_not_there_is_no_way_around_the_limit() throws Exception {
        for (String path : List.of("/oauth2/par", "/oauth2/device_authorization", "/oauth2/register/calm")) {
            String from = "198.51.100." + (50 + path.length());
            for (int i = 0; i < PROTOCOL; i++) {
                assertThat(post(path, from, "application/x-www-form-urlencoded", "client_id=calm").statusCode()).as(path).isIn(401, 404, 405);
            }
            isTold(post(path, from, "application/x-www-form-urlencoded", "client_id=calm"));
        }
    }

    @Test
    void ops03_ops04_calls_that_an_addresss_limit_refuses_are_counted_as_the_apis_that_they_were_for() throws Exception {
        List<String> pages = counts("pages", 429);
        for (int i = 0; i <= REGISTRATION; i++) {
            post("/developers/join", "198.51.100.40", "application/x-www-form-urlencoded", "user=x");
            post("/oauth2/register", "198.51.100.41", "application/json", "{}");
        }
        for (int i = 0; i <= PROTOCOL; i++) {
            post("/oauth2/token", "198.51.100.42", "application/x-www-form-urlencoded", "grant_type=authorization_code&code=x&client_id=calm");
        }
        assertThat(counts("authorization", 429)).anyMatch(line -> line.contains("operation=\"register\"")).anyMatch(line -> line.contains("operation=\"token\""));
        assertThat(counts("pages", 429)).isEqualTo(pages);
    }

    private static List<String> counts(String api, int status) throws Exception {
        String metrics = send(HttpRequest.newBuilder(URI.create(server.url() + "/metrics"))).body();
        return metrics.lines().filter(line -> line.startsWith("portolan_requests_seconds_count{api=\"" + api + "\"") && line.contains("status=\"" + status + "\"")).toList();
    }

    @Test
    void ops04_a_path_that_is_written_in_another_way_counts_the_same() throws Exception {
        String form = "application/x-www-form-urlencoded";
        String[] ways = {"/oauth2/token;a=b", "/oauth2/%74oken", "/x/../oauth2/token", "/oauth2/./token", "/oauth2/token", "/oauth2/token;c", "/oauth2/%74oken"};
        List<Integer> answers = new ArrayList<>();
        for (String way : ways) {
            answers.add(post(way, "198.51.100.3", form, "grant_type=authorization_code&code=x&client_id=calm").statusCode());
        }
        assertThat(answers.subList(PROTOCOL, answers.size())).as(answers.toString()).doesNotContain(400, 401);
    }

    @Test
    void ops04_passwords_are_tried_at_many_accounts_a_few_times_only() throws Exception {
        for (int i = 0; i < SIGN_IN; i++) {
            String basic = Base64.getEncoder().encodeToString(("account" + i + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
            assertThat(basicCall("198.51.100.4", basic).statusCode()).isEqualTo(401);
        }
        String right = Base64.getEncoder().encodeToString(("rosa:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        isTold(basicCall("198.51.100.4", right));
        assertThat(basicCall("198.51.100.5", right).statusCode()).as("another address").isEqualTo(200);
        HttpResponse<String> page = post("/sign-in", "198.51.100.4", "application/x-www-form-urlencoded", "username=rosa&password=x", "Accept", "text/html");
        isTold(page);
        assertThat(page.body()).contains("<!DOCTYPE html>", "more calls from your address");
    }

    private static HttpResponse<String> basicCall(String from, String basic) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(server.url() + "/api/consents")).header("X-Forwarded-For", from).header("Authorization", "Basic " + basic));
    }

    @Test
    void reg07_an_address_registers_so_many_apps_an_hour() throws Exception {
        String app = "{\"client_name\": \"Many\", \"redirect_uris\": [\"https://app.example/done\"], \"token_endpoint_auth_method\": \"none\"}";
        for (int i = 0; i < REGISTRATION; i++) {
            assertThat(post("/oauth2/register", "198.51.100.6", "application/json", app).statusCode()).isEqualTo(201);
        }
        HttpResponse<String> refused = post("/oauth2/register", "198.51.100.6", "application/json", app);
        isTold(refused);
        assertThat(refused.body()).contains("temporarily_unavailable");
        assertThat(post("/oauth2/register", "198.51.100.7", "application/json", app).statusCode()).isEqualTo(201);
    }
}
