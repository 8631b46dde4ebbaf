package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.identity.account.Accounts;
import dev.portolan.sandbox.SandboxAccess;
import dev.portolan.sandbox.personas.Persona;
import dev.portolan.sandbox.personas.Personas;
import dev.portolan.server.AuditedServer.Reply;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The load API, and the pages for members, developers and the plan's staff that belong to Patient Access: who is let in, and what stands there. */
class PlanPagesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern CSRF = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"");
    private static AuditedServer server;
    private static String url;
    private static Path feeds;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = new AuditedServer(data);
        url = server.server.url().toString();
        feeds = Files.createDirectory(data.resolve("feeds"));
        Accounts accounts = server.server.part(Accounts.class);
        accounts.add(Accounts.NewAccount.staff("operator", AuditedServer.PASSWORD, "Otto Operator", null, "OPERATOR"));
        accounts.add(Accounts.NewAccount.developer("dana", AuditedServer.PASSWORD, "Dana Developer", "dana@app.example", "Apps of Dana"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Reply loads(String method, String path, String authorization, String body) throws Exception {
        return server.send(method, url + "/system/loads" + path, authorization, body, "Content-Type", "application/json");
    }

    private static String bearer() {
        return "Bearer " + server.operator();
    }

    private static Map<String, String> ndjson(String feed, Path file) {
        return Map.of("feed", feed, "kind", "ndjson", "source", file.toString(), "validation", "off");
    }

    @Test
    void edi09_loads_and_the_quarantine_are_for_the_operator_and_nobody_else() throws Exception {
        Path file = Files.writeString(feeds.resolve("denied.ndjson"), "{\"resourceType\":\"Patient\",\"id\":\"never\"}\n");
        String asked = JSON.writeValueAsString(ndjson("denied", file));
        for (String path : List.of("", "/freshness", "/origin/Patient/p1", "/quarantine", "/1")) {
            assertThat(loads("GET", path, null, null).status()).as(path).isEqualTo(401);
            assertThat(loads("GET", path, "Operator wrong", null).status()).as(path).isEqualTo(401);
            assertThat(loads("GET", path, server.memberToken(1), null).status()).as(path).isEqualTo(403);
            assertThat(loads("GET", path, AuditedServer.basic("operator"), null).status()).as(path).isEqualTo(401);
        }
        assertThat(loads("POST", "", null, asked).status()).isEqualTo(401);
        assertThat(loads("POST", "", server.memberToken(1), asked).status()).isEqualTo(403);
        assertThat(loads("POST", "/quarantine/1/dismiss", server.memberToken(1), "{\"note\":\"x\"}").status()).isEqualTo(403);
        assertThat(server.get(server.base("system") + "/Patient/never", server.operator()).status()).isEqualTo(404);
    }

    @Test
    void edi09_what_is_asked_wrongly_is_refused_with_what_to_change() throws Exception {
        assertThat(loads("POST", "", bearer(), "not json").status()).isEqualTo(400);
        assertThat(loads("POST", "", bearer(), "[]").status()).isEqualTo(400);
        assertThat(loads("POST", "", bearer(), "{\"feed\":\"x\",\"kind\":\"paper\",\"source\":\"/tmp\"}")).satisfies(reply -> {
            assertThat(reply.status()).isEqualTo(422);
            assertThat(reply.body()).contains("cpcds");
        });
        assertThat(loads("POST", "", bearer(), "{\"feed\":\"x\",\"kind\":\"ndjson\",\"source\":\"/no/such/file\"}").status()).isEqualTo(422);
        assertThat(loads("POST", "", bearer(), "{\"feed\":\"x\",\"kind\":\"ndjson\",\"source\":\"/tmp\",\"validation\":\"maybe\"}").status()).isEqualTo(400);
        assertThat(loads("GET", "/999999", bearer(), null).status()).isEqualTo(404);
        assertThat(loads("GET", "/nonsense", bearer(), null).status()).isEqualTo(404);
        assertThat(loads("DELETE", "/1", bearer(), null).status()).isEqualTo(405);
    }

    @Test
    void edi09_the_servers_own_files_are_no_source() throws Exception {
        Path data = feeds.getParent();
        Path link = Files.createSymbolicLink(feeds.resolve("innocent.json"), data.resolve("operator.json"));
        for (Path own : List.of(data, data.resolve("operator.json"), data.resolve("postgresql"), data.resolve("postgresql/passwords.properties"), link)) {
            Reply refused = loads("POST", "", bearer(), JSON.writeValueAsString(ndjson("own", own)));
            assertThat(refused.status()).as(own.toString()).isEqualTo(422);
            assertThat(refused.body()).as(own.toString()).contains("own files");
        }
        Files.delete(link);
        assertThat(loads("POST", "", bearer(), "{\"feed\":\"x\",\"kind\":\"ndjson\",\"source\":\"a\\u0000b\"}").status()).isEqualTo(422);
    }

    /** Loads what a day brings, and says how the load went. */
    private static long loaded(String feed, String... records) throws Exception {
        Path file = Files.writeString(feeds.resolve(feed + ".ndjson"), String.join("\n", records) + "\n");
        Reply asked = loads("POST", "", bearer(), JSON.writeValueAsString(ndjson(feed, file)));
        assertThat(asked.status()).as(asked.body()).isEqualTo(202);
        return JSON.readTree(asked.body()).path("id").asLong();
    }

    private static Reply read(String path) throws Exception {
        return server.get(server.base("patient-access") + "/" + path, server.operator());
    }

    @Test
    void pac01_a_claim_is_read_as_soon_as_its_load_ends() throws Exception {
        finished(loaded("day-claims", "{\"resourceType\":\"Patient\",\"id\":\"fresh\"}", claim("fresh-claim", "claim", "active")));
        assertThat(read("ExplanationOfBenefit/fresh-claim").status()).isEqualTo(200);
        assertThat(read("ExplanationOfBenefit?patient=fresh").body()).contains("fresh-claim");
        // What was denied is the member's to see, too, with what the member has to pay; and by an app of the member's.
        String denied = claim("denied-claim", "claim", "active").replace("Patient/fresh", "Patient/p3").replaceFirst("}$", ",\"adjudication\":[{\"category\":{\"text\":\"denialreason\"}}],"
            + "\"total\":[{\"category\":{\"text\":\"memberliability\"},\"amount\":{\"value\":50.00,\"currency\":\"USD\"}}],\"payment\":{\"type\":{\"coding\":[{\"code\":\"denied\"}]}}}");
        finished(loaded("day-claims", denied));
        assertThat(server.get(server.base("patient-access") + "/ExplanationOfBenefit?patient=p3", server.memberToken(3)).body()).contains("denied-claim", "\"denied\"", "memberliability").doesNotContain("fresh-claim");
    }

    @Test
    void pac02_an_encounter_is_read_as_soon_as_its_load_ends() throws Exception {
        finished(loaded("day-encounters", "{\"resourceType\":\"Patient\",\"id\":\"visitor\"}",
            "{\"resourceType\":\"Encounter\",\"id\":\"fresh-visit\",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"subject\":{\"reference\":\"Patient/visitor\"}}"));
        assertThat(read("Encounter/fresh-visit").status()).isEqualTo(200);
        assertThat(read("Encounter?patient=visitor").body()).contains("fresh-visit");
    }

    @Test
    void pac03_clinical_data_are_read_as_soon_as_their_load_ends() throws Exception {
        finished(loaded("day-clinical", "{\"resourceType\":\"Patient\",\"id\":\"examined\"}",
            "{\"resourceType\":\"Observation\",\"id\":\"day-lab\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/examined\"}}",
            "{\"resourceType\":\"Condition\",\"id\":\"day-problem\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/examined\"}}"));
        assertThat(read("Observation?patient=examined").body()).contains("day-lab");
        assertThat(read("Condition?patient=examined").body()).contains("day-problem");
    }

    @Test
    void pac05_a_prior_authorization_is_read_after_its_request_and_after_each_change_of_its_status() throws Exception {
        finished(loaded("day-requests", "{\"resourceType\":\"Patient\",\"id\":\"asks\"}", claim("asked-authorization", "preauthorization", "draft").replace("Patient/fresh", "Patient/asks")));
        assertThat(read("ExplanationOfBenefit/asked-authorization").body()).contains("\"status\":\"draft\"", "\"versionId\":\"1\"");
        for (String status : List.of("active", "cancelled")) {
            finished(loaded("day-requests", claim("asked-authorization", "preauthorization", status).replace("Patient/fresh", "Patient/asks")));
            assertThat(read("ExplanationOfBenefit?patient=asks&use=preauthorization").body()).contains("\"status\":\"" + status + "\"");
        }
        assertThat(read("ExplanationOfBenefit/asked-authorization/_history").body()).as("what was said before stays").contains("\"draft\"", "\"active\"", "\"cancelled\"");
    }

    @Test
    void pac01_to_pac05_where_a_record_came_from_and_how_old_each_feed_is_are_told() throws Exception {
        long run = loaded("fresh", "{\"resourceType\":\"Patient\",\"id\":\"told\"}", "{\"resourceType\":\"Patient\"}",
            "{\"resourceType\":\"Observation\",\"id\":\"fresh-lab\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/told\"}}");
        assertThat(finished(run).at("/run/files/0/created").asInt()).isEqualTo(2);
        assertThat(loads("GET", "/freshness", bearer(), null).body()).contains("\"feed\":\"fresh\"", "\"part\":\"resources\"");
        JsonNode origin = JSON.readTree(loads("GET", "/origin/Observation/fresh-lab", bearer(), null).body()).get(0);
        assertThat(origin.path("line").asInt()).isEqualTo(3);
        assertThat(origin.path("raw").asText()).contains("fresh-lab");
        JsonNode waiting = JSON.readTree(loads("GET", "/quarantine?run=" + run, bearer(), null).body());
        assertThat(waiting).hasSize(1);
        String record = "/quarantine/" + waiting.get(0).path("id").asLong();
        assertThat(loads("POST", record + "/reprocess", bearer(), "{\"raw\":\"{\\\"resourceType\\\":\\\"Patient\\\",\\\"id\\\":\\\"mended\\\"}\"}").body()).contains("Patient/mended");
        assertThat(loads("POST", record + "/dismiss", bearer(), "{\"note\":\"too late\"}").status()).isEqualTo(409);
        Page operator = signedIn("operator");
        assertThat(operator.get("/staff/loads").body()).contains("How fresh each feed is", "fresh", "0 hours");
        assertThat(operator.get("/staff/loads/" + run).body()).contains("fresh.ndjson");
        assertThat(signedIn("auditor").get("/staff/loads").statusCode()).isEqualTo(403);
        assertThat(signedIn("member1").get("/staff/loads").statusCode()).isEqualTo(403);
    }

    /** Of a mistyped file thousands of records wait: those behind the first hundred could be seen by nobody, and of a load that fell out of the list none. */
    @Test
    void edi09_every_record_in_quarantine_can_be_got_at_whatever_load_it_came_with() throws Exception {
        String[] wrong = new String[230];
        for (int i = 0; i < wrong.length; i++) {
            wrong[i] = "{\"resourceType\":\"Observation\",\"id\":\"crowd-" + i + "\",\"status\":\"no such\"}";
        }
        long run = loaded("day-crowd", wrong);
        finished(run);
        JsonNode first = JSON.readTree(loads("GET", "/quarantine?run=" + run, bearer(), null).body());
        assertThat(first).hasSize(200);
        assertThat(JSON.readTree(loads("GET", "/quarantine?run=" + run + "&after=" + first.get(199).path("id").asLong(), bearer(), null).body())).hasSize(30);
        assertThat(loads("GET", "/quarantine?after=x", bearer(), null).status()).isEqualTo(400);
        Page operator = signedIn("operator");
        assertThat(operator.get("/staff/loads").body()).contains("href=\"/staff/loads/quarantine\"");
        String page = operator.get("/staff/loads/" + run).body();
        assertThat(page).contains("<strong>230</strong>", "of which 100 are shown");
        int seen = 0;
        Matcher next = Pattern.compile("href=\"(/staff/loads/quarantine\\?[^\"]*)\">Next").matcher(page);
        while (true) {
            seen += (int) Pattern.compile("<td data-label=\"Record\">").matcher(page).results().count();
            if (!next.find()) {
                break;
            }
            page = operator.get(next.group(1).replace("&amp;", "&")).body();
            next = Pattern.compile("href=\"(/staff/loads/quarantine\\?[^\"]*)\">Next").matcher(page);
        }
        assertThat(seen).isEqualTo(230);
        assertThat(operator.get("/staff/loads/quarantine").body()).contains("day-crowd", "records wait");
        assertThat(signedIn("auditor").get("/staff/loads/quarantine").statusCode()).isEqualTo(403);
        assertThat(operator.get("/staff/loads?before=" + run).body()).contains("Earlier loads", "The latest").doesNotContain("/staff/loads/" + run + "\"");
    }

    @Test
    void edi09_a_correction_that_is_refused_is_not_lost() throws Exception {
        long run = loaded("day-corrected", "{\"resourceType\":\"Observation\",\"id\":\"half\",\"status\":\"no such\"}");
        finished(run);
        long record = JSON.readTree(loads("GET", "/quarantine?run=" + run, bearer(), null).body()).get(0).path("id").asLong();
        Page operator = signedIn("operator");
        HttpResponse<String> again = operator.send("/staff/loads/quarantine/" + record + "/reprocess", "/staff/loads/quarantine/" + record,
            "raw=" + URLEncoder.encode("{\"resourceType\":\"Observation\",\"id\":\"half\",\"status\":\"final\",\"coda\":{\"text\":\"typed\"}}", StandardCharsets.UTF_8));
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(again.body()).contains("It was rejected again", "&quot;typed&quot;", "coda");
    }

    private static String claim(String id, String use, String status) {
        return ("{\"resourceType\":\"ExplanationOfBenefit\",\"id\":\"%s\",\"status\":\"%s\",\"use\":\"%s\",\"type\":{\"text\":\"x\"},\"patient\":{\"reference\":\"Patient/fresh\"},\"created\":\"2026-01-01\",\"insurer\":{\"display\":\"x\"},"
            + "\"provider\":{\"display\":\"x\"},\"outcome\":\"complete\",\"insurance\":[{\"focal\":true,\"coverage\":{\"display\":\"x\"}}]}").formatted(id, status, use);
    }

    private static JsonNode finished(long run) throws Exception {
        for (int i = 0; i < 600; i++) {
            JsonNode report = JSON.readTree(loads("GET", "/" + run, bearer(), null).body());
            if (report.path("run").hasNonNull("finished")) {
                assertThat(report.path("run").path("failure").isNull()).as(report.toString()).isTrue();
                return report;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the load " + run + " does not end");
    }

    @Test
    void pac34_the_yearly_numbers_count_members_apps_and_not_the_plans_own_programs() throws Exception {
        String base = server.base("patient-access");
        String year = Year.now(ZoneOffset.UTC).toString();
        Page auditor = signedIn("auditor");
        long before = members(auditor.get("/staff/metrics/patient-access.csv").body(), year);
        assertThat(server.get(base + "/Observation?patient=p4", server.operator()).status()).isEqualTo(200);
        assertThat(members(auditor.get("/staff/metrics/patient-access.csv").body(), year)).as("the operator's request counts nobody").isEqualTo(before);
        assertThat(server.get(base + "/Observation?patient=p4", server.memberToken(4)).status()).isEqualTo(200);
        assertThat(server.get(base + "/Observation?patient=p4", server.memberToken(4)).status()).isEqualTo(200);
        HttpResponse<String> csv = auditor.get("/staff/metrics/patient-access.csv?year=" + year);
        assertThat(csv.headers().firstValue("Content-Type").orElse("")).startsWith("text/csv");
        assertThat(members(csv.body(), year)).isEqualTo(before + 1);
        assertThat(csv.body()).contains(year + ",all units,Heart Diary,").doesNotContain("p4");
        assertThat(auditor.get("/staff/metrics/patient-access").body()).contains("Members whose data went to an app of their choice", "Heart Diary", "The year is not over");
        assertThat(auditor.get("/staff/metrics/patient-access?year=1999").statusCode()).isEqualTo(400);
        assertThat(signedIn("operator").get("/staff/metrics/patient-access.csv").statusCode()).isEqualTo(403);
        assertThat(new Page().get("/staff/metrics/patient-access").uri().getPath()).isEqualTo("/sign-in");
    }

    @Test
    void prv05_prv12_the_pages_on_providers_use_and_on_notices_are_for_those_who_answer_for_them() throws Exception {
        server.server.part(dev.portolan.provideraccess.ProviderAccessApi.class).take("group,name,npi,member\npages,Clinic of the pages,1234567893,Patient/p1\n", "test");
        Page auditor = signedIn("auditor");
        assertThat(auditor.get("/staff/metrics/provider-access").body()).contains("Clinic of the pages", "1234567893", "Members whose data went to a provider");
        HttpResponse<String> csv = auditor.get("/staff/metrics/provider-access.csv");
        assertThat(csv.headers().firstValue("Content-Type").orElse("")).startsWith("text/csv");
        assertThat(csv.body()).contains("organization,npi,group,apps", "Clinic of the pages,1234567893,pages").doesNotContain("p1,");
        assertThat(auditor.get("/staff/metrics/provider-access?from=soon").statusCode()).isEqualTo(400);
        assertThat(auditor.get("/staff/provider-notices").statusCode()).isEqualTo(403);
        assertThat(signedIn("operator").get("/staff/metrics/provider-access").statusCode()).isEqualTo(403);
        assertThat(new Page().get("/staff/provider-notices").uri().getPath()).isEqualTo("/sign-in");
        Reply covered = server.send("PUT", server.base("system") + "/Coverage/pages", bearer(), "{\"resourceType\":\"Coverage\",\"id\":\"pages\",\"status\":\"active\",\"beneficiary\":{\"reference\":\"Patient/p1\"},\"payor\":[{\"display\":\"plan\"}],"
            + "\"period\":{\"start\":\"2020-01-01\"}}", "Content-Type", "application/fhir+json");
        assertThat(covered.status()).as(covered.body()).isEqualTo(201);
        Page admin = signedIn("admin");
        String counted = admin.post("/staff/provider-notices/count", "");
        assertThat(counted).contains("before the API opens", "Make a batch");
        String made = admin.post("/staff/provider-notices/hand-over", "by=2999-01-01");
        Matcher batch = Pattern.compile("/staff/provider-notices/(\\d+)\\.csv").matcher(made);
        assertThat(batch.find()).as(made).isTrue();
        assertThat(admin.get(batch.group()).body()).contains("notice,reason,due", ",START,");
        assertThat(admin.post("/staff/provider-notices/" + batch.group(1) + "/take-back", "")).contains("taken back by");
    }

    private static long members(String csv, String year) {
        Matcher all = Pattern.compile("(?m)^" + year + ",all units,all apps,(\\d+),\\d+").matcher(csv);
        assertThat(all.find()).as(csv).isTrue();
        return Long.parseLong(all.group(1));
    }

    @Test
    void pac35_everybody_is_told_in_plain_words_how_to_choose_an_app_and_where_to_complain() throws Exception {
        HttpResponse<String> page = new Page().get("/your-health-data");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("secondary use", "covered entities", "Office for Civil Rights", "Federal Trade Commission", "https://www.hhs.gov/ocr/complaints/index.html", "https://reportfraud.ftc.gov", "1-800-368-1019", "1-877-382-4357");
        assertThat(new Page().get("/").body()).contains("href=\"/your-health-data\"");
        // Plain language: short sentences. Twenty words in the mean would be more than a newspaper's.
        String text = page.body().replaceAll("(?s).*<main[^>]*>|</main>.*", "").replaceAll("</(li|p|h1|h2)>", ". ").replaceAll("<[^>]+>", " ").replaceAll("\\s+", " ");
        String[] sentences = text.split("[.?!:]+ ");
        assertThat((double) text.split(" ").length / sentences.length).isLessThan(16);
    }

    @Test
    void the_sandboxs_members_are_documented_and_their_passwords_are_for_developers() throws Exception {
        SandboxAccess sandbox = server.server.sandbox().orElseThrow();
        String password = "";
        for (Persona persona : Personas.all()) {
            password = sandbox.member(persona.name(), persona.id()).password();
        }
        String open = new Page().get("/developers/sandbox").body();
        for (Persona persona : Personas.all()) {
            assertThat(open).contains("Patient/" + persona.id(), persona.user(), persona.name());
        }
        assertThat(open).contains("ExplanationOfBenefit", "C4BB-ExplanationOfBenefit-Pharmacy 2.0.0", "pdex-priorauthorization").doesNotContain(password);
        assertThat(signedIn("member1").get("/developers/sandbox").body()).doesNotContain(password);
        assertThat(signedIn("dana").get("/developers/sandbox").body()).contains(password);
    }

    /** A browser without a window: cookies, forms, redirects. */
    private static final class Page {
        private final HttpClient http = HttpClient.newBuilder().cookieHandler(new CookieManager()).followRedirects(HttpClient.Redirect.NORMAL).build();

        HttpResponse<String> get(String path) throws Exception {
            return http.send(HttpRequest.newBuilder(URI.create(url + path)).header("Accept", "text/html").build(), HttpResponse.BodyHandlers.ofString());
        }

        /** What a form of a page leads to. */
        HttpResponse<String> send(String path, String from, String fields) throws Exception {
            Matcher csrf = CSRF.matcher(get(from).body());
            assertThat(csrf.find()).isTrue();
            return http.send(HttpRequest.newBuilder(URI.create(url + path)).header("Content-Type", "application/x-www-form-urlencoded").header("Accept", "text/html")
                .POST(HttpRequest.BodyPublishers.ofString(fields + "&_csrf=" + URLEncoder.encode(csrf.group(1), StandardCharsets.UTF_8))).build(), HttpResponse.BodyHandlers.ofString());
        }

        /** The page that a form of the notices' page leads to. */
        String post(String path, String fields) throws Exception {
            HttpResponse<String> answer = send(path, "/staff/provider-notices", fields);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return answer.body();
        }
    }

    private static Page signedIn(String user) throws Exception {
        Page page = new Page();
        Matcher csrf = CSRF.matcher(page.get("/sign-in").body());
        assertThat(csrf.find()).isTrue();
        String form = "_csrf=" + URLEncoder.encode(csrf.group(1), StandardCharsets.UTF_8) + "&username=" + user + "&password=" + URLEncoder.encode(AuditedServer.PASSWORD, StandardCharsets.UTF_8);
        HttpResponse<String> in = page.http.send(HttpRequest.newBuilder(URI.create(url + "/sign-in")).header("Content-Type", "application/x-www-form-urlencoded").POST(HttpRequest.BodyPublishers.ofString(form)).build(),
            HttpResponse.BodyHandlers.ofString());
        assertThat(in.uri().toString()).as(user).doesNotContain("error");
        return page;
    }
}
