package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.audit.ChainVerifier;
import dev.portolan.identity.account.Accounts;
import dev.portolan.server.AuditedServer.Reply;
import dev.portolan.server.database.Databases;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plan's database goes through every script with its rows in it, and the server answers from it as before. */
class EarlierReleaseTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String CONSENTS = "/api/consents";
    private static final List<String> READ = List.of("/patient-access/fhir/Patient/p1", "/patient-access/fhir/Observation/lab1", "/patient-access/fhir/Observation?patient=p1", "/patient-access/fhir/Condition?patient=p1",
        "/system/fhir/Observation/lab5", "/system/fhir/Patient/p5/_history", "/system/loads", "/system/loads/quarantine", CONSENTS, "/api/member-merges", "/api/duplicates?state=merged", "/api/notices", "/api/audit/holds");

    /** With what each was asked before, by path. */
    private final Map<String, String> authorizations = new LinkedHashMap<>();
    private final Map<String, String> answers = new LinkedHashMap<>();

    @Test
    void a_database_of_an_earlier_release_keeps_its_rows_through_every_script_and_is_served(@TempDir Path data) throws Exception {
        // What FHIR's guides say is not what this is about, and takes seconds to read.
        String noGuides = Files.createDirectory(data.resolve("no-guides")).toString();
        try (AuditedServer before = new AuditedServer(data, Map.of("portolan.packages", noGuides))) {
            use(before);
        }
        try (EarlierTables tables = new EarlierTables(data)) {
            assertThat(tables.neverRun()).as("scripts that no start runs").isEmpty();
            tables.retell();
            assertThat(tables.changed()).as("tables whose rows a script changed").isEmpty();
            assertThat(tables.shapes()).isEqualTo(tables.shapesOfTheOriginal());
            assertThat(tables.rows()).as("tables that the server left rows in").contains("store.resource", "store.history", "store.value_token", "store.merged_member", "store.merged_resource", "store.horizon", "audit.entry", "audit.chain",
                "audit.hold", "identity.account", "identity.access_token", "identity.app_event", "identity.representation", "members.preference", "members.preference_version", "members.attribution",
                "members.network_participation", "members.notice", "members.duplicate", "members.merge", "bulk_data.export", "bulk_data.part", "bulk_data.file", "intake.run", "intake.file", "intake.quarantine", "intake.origin", "jobs.work");
            tables.forgetTheOriginal();
        }
        try (PortolanServer after = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", data.toString(), "portolan.packages", noGuides, "portolan.package-registry", "off",
            "portolan.audit.anchors", data.resolve("elsewhere").toString()))) {
            String url = after.url().toString();
            for (String path : READ) {
                assertThat(get(url, path)).as(path).isEqualTo(answers.get(path));
            }
            assertThat(new ChainVerifier(after.part(Databases.class).pool()).verify(List.of()).faults()).isEmpty();
        }
    }

    /** What a plan's server leaves behind: records, an export, a load with what it could not take, decisions, a merge, notices, a hold, lists of patients. */
    private void use(AuditedServer server) throws Exception {
        String url = server.server.url().toString();
        String operator = "Bearer " + server.operator();
        String admin = AuditedServer.basic("admin");
        server.server.part(Accounts.class).add(Accounts.NewAccount.staff("clara", AuditedServer.PASSWORD, "Clara Call", null, "CALL_CENTRE"));
        READ.forEach(path -> authorizations.put(path, path.startsWith("/system") ? operator : path.startsWith("/patient-access") ? "Bearer " + server.memberToken(1)
            : AuditedServer.basic(path.equals(CONSENTS) ? "member2" : path.equals("/api/notices") ? "clara" : "admin")));
        Reply export = server.send("GET", url + "/system/fhir/$export?_type=Observation", operator, null, "Accept", "application/fhir+json", "Prefer", "respond-async");
        answered(202, export);
        Path feed = Files.writeString(Files.createDirectory(server.data.resolve("feeds")).resolve("feed.ndjson"), AuditedServer.observation("fed", 1, "laboratory") + "\n{\"resourceType\":\"Patient\"}\n");
        Reply load = json(server, "POST", "/system/loads", operator, JSON.writeValueAsString(Map.of("feed", "daily", "kind", "ndjson", "source", feed.toString(), "validation", "off")));
        answered(202, load);
        answered(200, json(server, "PUT", "/api/consents/sensitive", AuditedServer.basic("member2"), "{\"decision\":\"deny\",\"categories\":[\"SUBSTANCE_USE\"]}"));
        answered(200, json(server, "POST", "/api/duplicates/search", admin, "{}"));
        answered(200, json(server, "POST", "/api/member-merges", admin, "{\"survivor\":\"p4\",\"merged\":\"p5\",\"sign_ins\":\"leave\",\"reason\":\"the same card\"}"));
        answered(200, json(server, "POST", "/api/notices", AuditedServer.basic("clara"), "{\"kind\":\"provider-access\",\"members\":[\"p1\"]}"));
        answered(201, json(server, "POST", "/api/audit/holds", admin, "{\"member\":\"p1\",\"reason\":\"a lawsuit\"}"));
        server.server.providerAccess().take("group,name,npi,member\nlist,Clinic,1234567893,Patient/p1\n", "test");
        server.server.providerAccess().takeNetwork("npi,starts\n1234567893,2026-01-01\n");
        String run = "/" + JSON.readTree(load.body()).path("id").asLong();
        for (int i = 0; i < 1_200 && !JSON.readTree(server.send("GET", url + "/system/loads" + run, operator, null).body()).path("run").hasNonNull("finished"); i++) {
            Thread.sleep(100);
        }
        awaitEnd(server, export);
        for (String path : READ) {
            answers.put(path, get(url, path));
        }
        assertThat(answers.toString()).as("what will be compared").contains("fed", "SUBSTANCE_USE", "a lawsuit", "the same card", "daily");
    }

    /** Its parts and files are to be among what the server leaves behind. */
    private static void awaitEnd(AuditedServer server, Reply export) throws Exception {
        String poll = export.response().headers().firstValue("Content-Location").orElseThrow();
        Reply status = server.send("GET", poll, server.operator(), null, "Accept", "application/json");
        for (int i = 0; i < 120 && status.status() != 200; i++) {
            assertThat(status.status()).as(status.body()).isIn(202, 429);
            Thread.sleep(1_000);
            status = server.send("GET", poll, server.operator(), null, "Accept", "application/json");
        }
        answered(200, status);
    }

    private static Reply json(AuditedServer server, String method, String path, String authorization, String body) throws Exception {
        return server.send(method, server.server.url() + path, authorization, body, "Content-Type", "application/json");
    }

    private static void answered(int status, Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    }

    /** Without the address of the server, which is another one each time. */
    private String get(String url, String path) throws Exception {
        HttpResponse<String> answer = HTTP.send(HttpRequest.newBuilder(URI.create(url + path)).header("Authorization", authorizations.get(path)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(path + answer.body()).isEqualTo(200);
        return answer.body().replaceAll("http://127\\.0\\.0\\.1:\\d+", "");
    }
}
