package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.ChainVerifier;
import dev.portolan.identity.token.Revocations;
import dev.portolan.identity.token.AccessTokens;
import dev.portolan.server.AuditedServer.Reply;
import dev.portolan.server.database.Databases;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The audit trail of a whole server: AUD-01 to AUD-05, AUD-07 and AUD-08, and issue 3's acceptance 6. */
class AuditTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static AuditedServer audited;
    private static String patientAccess;
    private static String system;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        audited = new AuditedServer(data);
        patientAccess = audited.base("patient-access");
        system = audited.base("system");
    }

    @AfterAll
    static void stop() {
        audited.close();
    }

    private static AuditEntry only(Reply reply) {
        List<AuditEntry> entries = audited.entries(reply);
        assertThat(entries).as("entries of %s, answered %d %s", reply.request(), reply.status(), reply.body()).hasSize(1);
        return entries.get(0);
    }

    @Test
    void aud02_a_read_has_every_field() throws Exception {
        Reply reply = audited.get(patientAccess + "/Observation/lab1", audited.memberToken(1));
        assertThat(reply.status()).isEqualTo(200);
        AuditEntry entry = only(reply);
        assertThat(entry.api()).isEqualTo("patient-access");
        assertThat(entry.operation()).isEqualTo("read");
        assertThat(entry.outcome()).isEqualTo(new AuditEntry.Outcome(200, null));
        assertThat(entry.caller()).isEqualTo(new AuditEntry.Caller(AuditedServer.APP, audited.account("member1").id(), null));
        assertThat(entry.subject()).isEqualTo(new AuditEntry.Subject(List.of("p1"), List.of("Observation"), "Observation/lab1", 1, 0, List.of("laboratory"), null));
        assertThat(entry.authority().scopes()).containsExactly("patient/*.rs");
        assertThat(entry.authority().purpose()).isEqualTo("MEMBER_REQUEST");
        assertThat(entry.authority().consents()).hasSize(1);
        assertThat(entry.authority().grant()).isNotEqualTo("none").doesNotContain(audited.memberToken(1));
        assertThat(entry.origin().address()).isEqualTo("127.0.0.1");
    }

    @Test
    void aud02_kinds_of_data_are_told_apart_and_labelled_ones_named() throws Exception {
        assertThat(only(audited.get(patientAccess + "/Observation/vital1", audited.memberToken(1))).subject().categories()).containsExactly("measurements");
        assertThat(only(audited.get(patientAccess + "/Condition/c1", audited.memberToken(1))).subject().categories()).containsExactly("conditions", "sensitive");
        AuditEntry all = only(audited.get(patientAccess + "/Observation?patient=p1&_id=lab1,vital1", audited.memberToken(1)));
        assertThat(all.subject()).isEqualTo(new AuditEntry.Subject(List.of("p1"), List.of("Observation"), null, 2, 0, List.of("laboratory", "measurements"), "_id,patient"));
        assertThat(only(audited.get(patientAccess + "/Practitioner/d1", audited.memberToken(1))).subject().members()).isEmpty();
    }

    @Test
    void aud02_a_representative_is_named_with_the_relation() throws Exception {
        String token = audited.token(audited.representative, "p0", "patient/*.rs");
        AuditEntry entry = only(audited.get(patientAccess + "/Patient/p0", token));
        assertThat(entry.caller()).isEqualTo(new AuditEntry.Caller(AuditedServer.APP, audited.representative.id(), "parent"));
        assertThat(entry.subject().members()).containsExactly("p0");
    }

    @Test
    void aud02_a_search_without_a_member_names_those_whose_resources_left() throws Exception {
        AuditEntry entry = only(audited.get(system + "/Condition?_count=500", audited.operator()));
        assertThat(entry.subject().members()).containsExactly("p0", "p1", "p2", "p3", "p4", "p5");
        assertThat(entry.authority().purpose()).isEqualTo("ADMINISTRATION");
        AuditEntry some = only(audited.get(system + "/Observation?_id=lab2,vital4", audited.operator()));
        assertThat(some.subject().members()).containsExactly("p2", "p4");
        AuditEntry none = only(audited.get(system + "/Observation?patient=p3&code=nothing", audited.operator()));
        assertThat(none.subject().members()).containsExactly("p3");
        assertThat(none.subject().resources()).isZero();
    }

    @Test
    void aud02_a_batch_is_one_entry_that_covers_its_entries() throws Exception {
        String batch = "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[%s,%s,%s]}".formatted(request("Observation/lab2"), request("Patient/p4"), request("Patient/nobody"));
        AuditEntry entry = only(audited.send("POST", system, audited.operator(), batch));
        assertThat(entry.operation()).isEqualTo("batch");
        assertThat(entry.subject().members()).containsExactly("p2", "p4");
        assertThat(entry.subject().types()).containsExactly("Observation", "Patient");
        assertThat(entry.subject().resources()).isEqualTo(2);
        assertThat(entry.subject().categories()).containsExactly("demographics", "laboratory");
        assertThat(entry.subject().query()).isEqualTo("read Observation x1; read Patient x1; refused-not-found x1");
    }

    private static String request(String url) {
        return "{\"request\":{\"method\":\"GET\",\"url\":\"" + url + "\"}}";
    }

    @Test
    void aud02_writes_and_transactions_name_the_members_written() throws Exception {
        String made = "{\"request\":{\"method\":\"POST\",\"url\":\"Observation\"},\"resource\":%s}".formatted(AuditedServer.observation("x", 5, "laboratory"));
        Reply reply = audited.send("POST", system, audited.operator(), "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + made + "," + made + "]}");
        assertThat(reply.status()).isEqualTo(200);
        AuditEntry entry = only(reply);
        assertThat(entry.operation()).isEqualTo("transaction");
        assertThat(entry.subject().members()).containsExactly("p5");
        assertThat(entry.subject().resources()).isEqualTo(2);
        Reply put = audited.send("PUT", system + "/Observation/new-of-4", audited.operator(), AuditedServer.observation("new-of-4", 4, "laboratory"));
        assertThat(only(put).subject()).isEqualTo(new AuditEntry.Subject(List.of("p4"), List.of("Observation"), "Observation/new-of-4", 1, 0, List.of("laboratory"), null));
        Reply deleted = audited.send("DELETE", system + "/Observation/new-of-4", audited.operator(), null);
        assertThat(only(deleted).subject().members()).containsExactly("p4");
        assertThat(only(deleted).operation()).isEqualTo("delete");
    }

    @Test
    void aud04_every_refusal_is_recorded_once_whoever_was_refused() throws Exception {
        String narrow = audited.token(audited.account("member2"), "p2", "patient/Observation.rs");
        Map<String, Reply> refused = new HashMap<>();
        refused.put("401 login", audited.get(patientAccess + "/Patient/p2", null));
        refused.put("401 expired", audited.get(patientAccess + "/Patient/p2", "no-such-token"));
        refused.put("403 forbidden", audited.get(patientAccess + "/Condition/c2", narrow));
        refused.put("404 not-found", audited.get(patientAccess + "/Observation/of-nobody", narrow));
        refused.put("400 not-supported", audited.get(patientAccess + "/Observation?nonsense=x", narrow, "Prefer", "handling=strict"));
        refused.put("405 not-supported", audited.send("DELETE", patientAccess + "/Observation/lab2", narrow, null));
        refused.put("406 not-supported", audited.get(patientAccess + "/Observation/lab2", narrow, "Accept", "image/png"));
        for (Map.Entry<String, Reply> each : refused.entrySet()) {
            AuditEntry entry = only(each.getValue());
            assertThat(entry.outcome().status() + " " + entry.outcome().code()).isEqualTo(each.getKey());
            assertThat(entry.outcome().status()).isEqualTo(each.getValue().status());
            assertThat(entry.subject().resources()).isZero();
            assertThat(entry.caller().app()).as(each.getKey()).isEqualTo(each.getKey().startsWith("401") ? "unknown" : AuditedServer.APP);
        }
        assertThat(only(refused.get("403 forbidden")).subject()).isEqualTo(new AuditEntry.Subject(List.of("p2"), List.of("Condition"), "Condition/c2", 0, 0, List.of(), null));
        assertThat(only(refused.get("403 forbidden")).operation()).isEqualTo("read");
        assertThat(only(refused.get("401 login")).subject().members()).containsExactly("p2");
    }

    @Test
    void aud04_a_request_that_the_database_fails_has_its_entry() throws Exception {
        audited.asOwner("ALTER TABLE store.resource RENAME TO resource_away");
        Reply failed;
        try {
            failed = audited.get(patientAccess + "/Observation/lab5", audited.memberToken(5));
        } finally {
            audited.asOwner("ALTER TABLE store.resource_away RENAME TO resource");
        }
        assertThat(failed.status()).isEqualTo(500);
        assertThat(only(failed).outcome().status()).isEqualTo(500);
        assertThat(only(failed).subject().members()).containsExactly("p5");
        assertThat(audited.get(patientAccess + "/Observation/lab5", audited.memberToken(5)).status()).isEqualTo(200);
    }

    @Test
    void aud01_staff_who_look_for_a_member_stand_in_the_trail_with_those_whose_names_they_saw() throws Exception {
        Reply found = audited.get(audited.server.url() + "/staff/launch?find=Quibbleton4", AuditedServer.basic("admin"));
        assertThat(found.status()).as("pages take no Basic").isEqualTo(302);
        assertThat(audited.server.part(dev.portolan.identity.account.PatientDirectory.class).search("Quibbleton4")).extracting(each -> each.patient() + " " + each.displayName())
            .containsExactly("p4 Zyxwvuta Quibbleton4, born 1971-04-04");
        assertThat(audited.server.part(dev.portolan.identity.account.PatientDirectory.class).search("zyxw quibbleton")).hasSize(AuditedServer.MEMBERS);
        assertThat(audited.server.part(dev.portolan.identity.account.PatientDirectory.class).search("p2")).extracting(each -> each.patient()).containsExactly("p2");
        assertThat(audited.server.part(dev.portolan.identity.account.PatientDirectory.class).search("a,b|c$d\\")).isEmpty();
    }

    @Test
    void aud01_aud04_what_is_asked_of_the_feeds_stands_in_the_trail() throws Exception {
        String loads = audited.server.url() + "/system/loads";
        assertThat(told(audited.get(loads + "/quarantine", null))).isEqualTo("feeds quarantine-list 401 unknown []");
        assertThat(told(audited.get(loads + "/quarantine/1", audited.memberToken(1)))).isEqualTo("feeds quarantine-read 403 " + AuditedServer.APP + " []");
        String operator = audited.server.operatorApp();
        assertThat(told(audited.get(loads + "/quarantine", audited.operator()))).isEqualTo("feeds quarantine-list 200 " + operator + " []");
        assertThat(told(audited.get(loads + "/quarantine/999", audited.operator()))).isEqualTo("feeds quarantine-read 404 " + operator + " []");
        assertThat(told(audited.get(loads + "/origin/Patient/p1", audited.operator()))).isEqualTo("feeds origin-read 200 " + operator + " [p1]");
        assertThat(told(audited.send("POST", loads, audited.operator(), "{\"validation\":\"sometimes\"}", "Content-Type", "application/json"))).isEqualTo("feeds load-asked 400 " + operator + " []");
        assertThat(audited.entries(audited.get(loads, audited.operator()))).as("no member's data, and asked for every second").isEmpty();
    }

    private static String told(Reply reply) {
        AuditEntry entry = only(reply);
        assertThat(entry.outcome().status()).isEqualTo(reply.status());
        return entry.api() + " " + entry.operation() + " " + reply.status() + " " + entry.caller().app() + " " + entry.subject().members();
    }

    @Test
    void aud04_a_revoked_token_is_still_the_apps_and_the_members() throws Exception {
        String token = audited.token(audited.account("member3"), "p3", "patient/*.rs");
        audited.server.part(Revocations.class).authorization(audited.server.part(AccessTokens.class).resolve(token).orElseThrow().consentId(), "test", "in a test");
        Reply reply = audited.get(patientAccess + "/Observation?code=x", token);
        assertThat(reply.status()).isEqualTo(401);
        AuditEntry entry = only(reply);
        assertThat(entry.outcome()).isEqualTo(new AuditEntry.Outcome(401, "revoked"));
        assertThat(entry.caller().app()).isEqualTo(AuditedServer.APP);
        assertThat(entry.subject().members()).containsExactly("p3");
    }

    @Test
    void aud01_sign_ins_tokens_and_what_was_asked_of_the_trail_stand_in_it_and_not_in_the_log() throws Exception {
        Reply reply = audited.get(audited.server.url() + "/api/my-access", AuditedServer.basic("member4"));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(audited.entries(reply)).extracting(entry -> entry.api() + " " + entry.operation() + " " + entry.outcome().status()).containsExactlyInAnyOrder("identity sign-in 200", "audit my-access 200");
        assertThat(audited.entries(reply)).allMatch(entry -> String.valueOf(entry.caller().person()).equals(audited.account("member4").id()) && "127.0.0.1".equals(entry.origin().address()));
        Reply wrong = audited.get(audited.server.url() + "/api/my-access", "Basic " + java.util.Base64.getEncoder().encodeToString("member5:wrong".getBytes(StandardCharsets.UTF_8)));
        assertThat(wrong.status()).isEqualTo(401);
        AuditEntry failed = only(wrong);
        assertThat(failed.operation() + " " + failed.outcome()).isEqualTo("sign-in " + new AuditEntry.Outcome(401, "wrong password"));
        String revoked = audited.token(audited.account("member3"), "p3", "patient/*.rs");
        audited.server.part(Revocations.class).authorization(audited.server.part(AccessTokens.class).resolve(revoked).orElseThrow().consentId(), "test", "in a test");
        assertThat(audited.trailText()).contains("token-issued").contains("app-changed").contains("account-changed").contains("token-revoked");
    }

    @Test
    void aud08_the_api_is_for_auditors_and_answers_by_member_app_outcome_and_page() throws Exception {
        String api = audited.server.url() + "/api/audit";
        audited.get(patientAccess + "/Patient/p1", audited.memberToken(1));
        audited.get(patientAccess + "/Observation/lab1", audited.memberToken(1));
        assertThat(audited.get(api + "/entries", null).status()).isEqualTo(401);
        Reply denied = audited.get(api + "/entries", AuditedServer.basic("member1"));
        assertThat(denied.status()).isEqualTo(403);
        assertThat(audited.entries(denied)).anyMatch(entry -> entry.operation().equals("authorization-refused") && entry.outcome().status() == 403);
        JsonNode page = json(audited.get(api + "/entries?member=p1&app=" + AuditedServer.APP + "&outcome=served&count=1", AuditedServer.basic("auditor")));
        assertThat(page.path("entries")).hasSize(1);
        assertThat(page.path("entries").path(0).path("members").path(0).asText()).isEqualTo("p1");
        assertThat(page.path("entries").path(0).path("scopes").path(0).asText()).isEqualTo("patient/*.rs");
        JsonNode next = json(audited.get(api + "/entries?member=p1&app=" + AuditedServer.APP + "&outcome=served&count=1&cursor=" + page.path("next").asText(), AuditedServer.basic("auditor")));
        assertThat(next.path("entries").path(0).path("id")).isNotEqualTo(page.path("entries").path(0).path("id"));
        assertThat(json(audited.get(api + "/entries/" + page.path("entries").path(0).path("id").asText(), AuditedServer.basic("admin"))).path("api").asText()).isEqualTo("patient-access");
        for (String bad : List.of("/entries?outcome=x", "/entries?from=yesterday", "/entries?nonsense=1", "/entries?cursor=x", "/disclosures?member=p1&from=2026-01-02&to=2026-01-01", "/entries?count=x")) {
            assertThat(audited.get(api + bad, AuditedServer.basic("auditor")).status()).as(bad).isEqualTo(400);
        }
        assertThat(audited.get(api + "/entries/nothing", AuditedServer.basic("auditor")).status()).isEqualTo(404);
        Reply asked = audited.get(api + "/entries?member=p1", AuditedServer.basic("auditor"));
        assertThat(audited.entries(asked)).anyMatch(entry -> entry.operation().equals("trail-query") && entry.subject().members().equals(List.of("p1")));
    }

    @Test
    void aud08_reports_and_exports_with_a_checksum() throws Exception {
        String api = audited.server.url() + "/api/audit";
        audited.get(patientAccess + "/Observation/lab1", audited.memberToken(1));
        audited.get(system + "/Observation/lab1", audited.operator());
        JsonNode accounting = json(audited.get(api + "/disclosures?member=p1", AuditedServer.basic("auditor")));
        assertThat(accounting.path("toTheMember").path(0).path("recipient").asText()).isEqualTo(AuditedServer.APP);
        assertThat(accounting.path("disclosures").path(0).path("purpose").asText()).isEqualTo("ADMINISTRATION");
        for (String csv : List.of("/entries.csv?member=p1", "/disclosures.csv?member=p1")) {
            Reply export = audited.get(api + csv, AuditedServer.basic("auditor"));
            assertThat(export.status()).isEqualTo(200);
            String sum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(export.body().getBytes(StandardCharsets.UTF_8)));
            assertThat(export.response().headers().firstValue("X-Checksum-SHA256")).contains(sum);
            assertThat(export.body().lines().count()).isGreaterThan(1);
            assertThat(audited.entries(export)).anyMatch(entry -> String.valueOf(entry.subject().query()).contains("sha256=" + sum));
        }
        for (String report : List.of("/apps", "/unusual", "/sign-ins", "/administration", "/usage?api=patient-access&year=2026", "/holds", "/chain")) {
            assertThat(audited.get(api + report, AuditedServer.basic("auditor")).status()).as(report).isEqualTo(200);
        }
        Reply hold = audited.send("POST", api + "/holds", AuditedServer.basic("admin"), "{\"member\":\"p1\",\"reason\":\"matter 9\"}", "Content-Type", "application/json");
        assertThat(hold.status()).as(hold.body()).isEqualTo(201);
        Reply release = audited.send("POST", api + "/holds/" + json(hold).path("id").asText() + "/release", AuditedServer.basic("admin"), "{\"reason\":\"settled\"}", "Content-Type", "application/json");
        assertThat(release.status()).as(release.body()).isEqualTo(200);
    }

    private static JsonNode json(Reply reply) throws Exception {
        assertThat(reply.status()).as(reply.body()).isBetween(200, 299);
        return JSON.readTree(reply.body());
    }

    @Test
    void aud08_a_member_sees_who_looked_in_plain_words_and_nobody_elses() throws Exception {
        audited.get(patientAccess + "/Observation/lab4", audited.memberToken(4));
        String url = audited.server.url() + "/api/my-access";
        JsonNode seen = json(audited.get(url, AuditedServer.basic("member4")));
        assertThat(seen.path("patient").asText()).isEqualTo("p4");
        assertThat(seen.path("looks").toString()).contains("Heart Diary").contains("Diary Makers").contains("laboratory results").contains("\"person\":\"you\"");
        assertThat(audited.get(url + "?patient=p1", AuditedServer.basic("member4")).status()).isEqualTo(404);
        assertThat(json(audited.get(url + "?patient=p0", AuditedServer.basic("parent"))).path("name").asText()).isEqualTo("Zyxwvuta Quibbleton0");
        assertThat(audited.get(url, AuditedServer.basic("auditor")).status()).isEqualTo(403);
    }

    @Test
    void aud07_auditors_search_and_read_auditevents_and_nobody_else_does() throws Exception {
        audited.get(patientAccess + "/Observation/lab2", audited.memberToken(2));
        String operator = audited.operator();
        JsonNode bundle = json(audited.get(system + "/AuditEvent?patient=p2&action=R&outcome=0&date=ge2026-01-01&type=rest&entity-type=1&agent=" + AuditedServer.APP + "&_count=1", operator));
        assertThat(bundle.path("entry")).hasSize(1);
        JsonNode event = bundle.path("entry").path(0).path("resource");
        assertThat(event.path("resourceType").asText()).isEqualTo("AuditEvent");
        assertThat(event.toString()).contains("Patient/p2").contains("\"code\":\"110153\"");
        assertThat(json(audited.get(bundle.path("entry").path(0).path("fullUrl").asText(), operator))).isEqualTo(event);
        String policy = event.path("agent").path(2).path("policy").path(0).asText();
        assertThat(json(audited.get(system + "/AuditEvent?policy=" + policy + "&source=patient-access&entity=Observation/lab2", operator)).path("entry")).isNotEmpty();
        assertThat(json(audited.get(system + "/AuditEvent?patient=p2&outcome=12", operator)).path("entry")).isEmpty();
        String reads = system + "/AuditEvent?patient=p2&action=R&_count=";
        JsonNode number = json(audited.get(reads + "0", operator));
        assertThat(number.path("entry")).isEmpty();
        assertThat(number.path("total").asInt(-1)).isPositive().isEqualTo(json(audited.get(reads + "500", operator)).path("entry").size());
        assertThat(json(audited.get(system + "/AuditEvent?_count=0", operator)).path("total").asInt()).isGreaterThan(number.path("total").asInt());
        // Not an empty answer, which would read as: nobody asked for anything.
        assertThat(audited.get(system + "?_type=Patient,AuditEvent", operator).status()).isEqualTo(400);
        JsonNode all = json(audited.get(system + "/AuditEvent?_count=5", operator));
        String link = all.path("link").path(1).path("url").asText();
        assertThat(all.path("link").path(1).path("relation").asText()).isEqualTo("next");
        assertThat(json(audited.get(link, operator)).path("entry").path(0).path("fullUrl")).isNotEqualTo(all.path("entry").path(4).path("fullUrl"));
        assertThat(audited.get(system + "/AuditEvent?patient=p2", audited.memberToken(2)).status()).isEqualTo(403);
        assertThat(audited.get(system + "/AuditEvent?patient=p2", null).status()).isEqualTo(401);
        assertThat(audited.get(system + "/AuditEvent?altid=x", operator).status()).isEqualTo(400);
        assertThat(audited.get(system + "/AuditEvent/nothing", operator).status()).isEqualTo(404);
        assertThat(audited.send("POST", system + "/AuditEvent", operator, "{\"resourceType\":\"AuditEvent\"}").status()).isEqualTo(405);
        String auditor = audited.token(audited.account("auditor"), null, "user/AuditEvent.rs");
        assertThat(audited.get(system + "/AuditEvent?patient=p2", auditor).status()).isEqualTo(200);
        String granular = audited.token(audited.account("auditor"), null, "user/AuditEvent.rs?patient=Patient/p2");
        assertThat(audited.get(system + "/AuditEvent?patient=p3", granular).status()).as("SMT-22: a part of the trail is not all of it").isEqualTo(403);
        String member = audited.token(audited.account("member2"), "p2", "user/AuditEvent.rs");
        assertThat(audited.get(system + "/AuditEvent?patient=p2", member).status()).isEqualTo(403);
        assertThat(audited.get(system + "/metadata", null).body()).contains("{\"type\":\"AuditEvent\",\"profile\":\"http://hl7.org/fhir/StructureDefinition/AuditEvent\",\"interaction\":[{\"code\":\"read\"},{\"code\":\"search-type\"}]");
    }

    @Test
    void aud03_the_servers_role_can_neither_alter_nor_delete_and_the_superusers_doing_is_found() throws Exception {
        for (String attempt : List.of("UPDATE audit.entry SET app = 'x'", "DELETE FROM audit.entry", "TRUNCATE audit.entry", "UPDATE audit.hold SET reason = 'x'")) {
            assertThatThrownBy(() -> {
                try (Connection connection = audited.server.part(Databases.class).pool().getConnection(); Statement statement = connection.createStatement()) {
                    statement.execute(attempt);
                }
            }).as(attempt).isInstanceOf(SQLException.class).hasMessageContaining("permission denied");
        }
        assertThat(verify().whole()).isTrue();
        audited.asOwner("CREATE TABLE audit.kept AS SELECT * FROM audit.entry WHERE seq IN (2, 3)");
        audited.asOwner("UPDATE audit.entry SET app = 'somebody-else' WHERE seq = 2; DELETE FROM audit.entry WHERE seq = 3");
        assertThat(verify().faults()).anySatisfy(fault -> assertThat(fault).contains("entry 2 was altered")).anySatisfy(fault -> assertThat(fault).contains("entries 3 to 3 are missing"));
        audited.asOwner("DELETE FROM audit.entry WHERE seq = 2; INSERT INTO audit.entry SELECT * FROM audit.kept; DROP TABLE audit.kept");
        assertThat(verify().faults()).isEmpty();
    }

    private static ChainVerifier.Report verify() throws SQLException {
        return new ChainVerifier(audited.server.part(Databases.class).pool()).verify(List.of());
    }

    @Test
    void aud01_developers_and_staff_who_look_at_apps_stand_in_the_trail() throws Exception {
        String apps = audited.server.url() + "/api/staff/apps";
        Reply list = audited.get(apps, AuditedServer.basic("admin"));
        assertThat(list.status()).isEqualTo(200);
        assertThat(audited.entries(list)).filteredOn(entry -> entry.operation().equals("app-read")).singleElement().satisfies(entry -> {
            assertThat(entry.caller().person()).isEqualTo(audited.account("admin").id());
            assertThat(entry.subject().query()).isEqualTo("what=list");
        });
        Reply one = audited.get(apps + "/" + AuditedServer.APP, AuditedServer.basic("admin"));
        assertThat(audited.entries(one)).filteredOn(entry -> entry.operation().equals("app-read")).singleElement().satisfies(entry -> assertThat(entry.caller().app()).isEqualTo(AuditedServer.APP));
        Reply anothers = audited.get(audited.server.url() + "/api/apps/" + AuditedServer.APP, AuditedServer.basic("member1"));
        assertThat(anothers.status()).isEqualTo(404);
        assertThat(audited.entries(anothers)).filteredOn(entry -> entry.operation().equals("authorization-refused")).singleElement().satisfies(entry -> {
            assertThat(entry.outcome()).isEqualTo(new AuditEntry.Outcome(403, "not this account's app"));
            assertThat(entry.caller()).isEqualTo(new AuditEntry.Caller(AuditedServer.APP, audited.account("member1").id(), null));
        });
    }

    @Test
    void aud01_a_write_of_a_batch_has_an_entry_of_its_own_and_counts_once() throws Exception {
        String batch = "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"request\":{\"method\":\"PUT\",\"url\":\"Observation/batched-of-2\"},\"resource\":%s},%s]}"
            .formatted(AuditedServer.observation("batched-of-2", 2, "laboratory"), request("Patient/p4"));
        Reply reply = audited.send("POST", system, audited.operator(), batch);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(audited.entries(reply)).extracting(each -> each.operation() + " " + each.subject().resource() + " " + each.subject().members() + " " + each.subject().resources() + " " + each.subject().query())
            .containsExactlyInAnyOrder("update Observation/batched-of-2 [p2] 1 null", "batch null [p4] 1 read Patient x1; update Observation x1");
        assertThat(audited.send("DELETE", system + "/Observation/batched-of-2", audited.operator(), null).status()).isEqualTo(204);
    }

    @Test
    void aud05_no_token_no_name_and_no_search_value_stands_in_a_log_or_in_the_trail() throws Exception {
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        OutputStreamAppender<ILoggingEvent> appender = capture(log);
        String token = audited.memberToken(1);
        String operator = audited.operator();
        try {
            LoggerFactory.getLogger(AuditTest.class).info("the scanner reads this");
            for (String url : List.of("/Patient/p1", "/Patient?family=Quibbleton1", "/Patient?birthdate=1971-04-01", "/Observation?patient=p1&code:text=glucose", "/Patient?Quibbleton1", "/Quibbleton1/x", "/Patient?_sort=Quibbleton1",
                "/Observation?code=urn:secret%7CQuibbleton1", "/Patient/p1/$everything")) {
                audited.get(patientAccess + url, token);
                audited.get(system + url, operator);
                audited.get(patientAccess + url, token + "x");
            }
            audited.send("PUT", system + "/Patient/p1", operator, "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"name\":\"Quibbleton1\"}");
            audited.send("POST", system, operator, "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[" + request("Patient?family=Quibbleton1") + "]}");
            audited.send("POST", patientAccess + "/Patient/_search", token, "family=Quibbleton1", "Content-Type", "application/x-www-form-urlencoded");
            audited.get(audited.server.url() + "/api/my-access", AuditedServer.basic("member1"));
            audited.get(audited.server.url() + "/api/audit/entries?member=Quibbleton1", null);
            audited.send("POST", audited.server.url() + "/oauth2/token", null, "grant_type=authorization_code&code=secret-code-1&client_id=" + AuditedServer.APP + "&code_verifier=" + "v".repeat(43), "Content-Type",
                "application/x-www-form-urlencoded");
            audited.asOwner("REVOKE INSERT ON audit.entry FROM " + audited.server.part(Databases.class).role());
            audited.untilRefused();
            audited.get(patientAccess + "/Patient?family=Quibbleton1", token);
        } finally {
            audited.asOwner("GRANT INSERT ON audit.entry TO " + audited.server.part(Databases.class).role());
            audited.untilTaken();
            ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(appender);
            ((Logger) LoggerFactory.getLogger("dev.portolan")).setLevel(null);
        }
        String logged = log.toString(StandardCharsets.UTF_8);
        assertThat(logged).contains("the scanner reads this").contains("audit");
        for (String secret : List.of(token, operator, "Quibbleton", "Zyxwvuta", "1971-04", "glucose", "secret ailment", AuditedServer.PASSWORD, "secret-code-1", "v".repeat(43))) {
            assertThat(logged).as("the log").doesNotContain(secret);
            assertThat(audited.trailText()).as("the trail").doesNotContain(secret);
        }
    }

    @Test
    void aud05_a_statement_that_fails_repeats_no_value() throws Exception {
        try (Connection connection = audited.server.part(Databases.class).pool().getConnection(); Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE told (id text PRIMARY KEY, born date)");
            var copies = connection.unwrap(org.postgresql.PGConnection.class).getCopyAPI();
            assertThatThrownBy(() -> copies.copyIn("COPY told (id) FROM STDIN", new java.io.StringReader("Quibbleton1\nQuibbleton1\n"))).isInstanceOf(SQLException.class)
                .hasMessageContaining("duplicate key").hasMessageNotContaining("Quibbleton");
            try (var insert = connection.prepareStatement("INSERT INTO told (id) VALUES (?)")) {
                for (int i = 0; i < 2; i++) {
                    insert.setString(1, "Quibbleton2");
                    insert.addBatch();
                }
                assertThatThrownBy(insert::executeBatch).isInstanceOf(SQLException.class).hasMessageContaining("duplicate key").hasMessageNotContaining("Quibbleton");
            }
        }
    }

    private static OutputStreamAppender<ILoggingEvent> capture(ByteArrayOutputStream log) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%level %logger %X %msg%n%ex");
        encoder.start();
        OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.setOutputStream(log);
        appender.start();
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(appender);
        context.getLogger("dev.portolan").setLevel(Level.DEBUG);
        return appender;
    }

    /** What a call of the run below has to have in its entry. */
    private record Expected(String operation, int status, List<String> members, int resources, String app) {}

    @Test
    void acceptance6_under_eight_clients_every_request_has_exactly_one_entry_with_the_right_fields_and_the_chain_verifies() throws Exception {
        int seconds = Integer.getInteger("portolan.audit.seconds", 8);
        Map<String, Expected> expected = new ConcurrentHashMap<>();
        ExecutorService clients = Executors.newFixedThreadPool(8);
        List<Future<?>> running = new ArrayList<>();
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        String operator = audited.operator();
        for (int i = 0; i < 8; i++) {
            Random random = new Random(i);
            running.add(clients.submit((Callable<Void>) () -> {
                while (System.nanoTime() < end) {
                    call(random, operator, expected);
                }
                return null;
            }));
        }
        for (Future<?> each : running) {
            each.get();
        }
        clients.shutdown();
        Map<String, List<AuditEntry>> found = new HashMap<>();
        audited.server.part(dev.portolan.audit.TrailReader.class).each(dev.portolan.audit.TrailFilter.ALL, entry -> found.computeIfAbsent(entry.entry().origin().request(), any -> new ArrayList<>()).add(entry.entry()));
        List<String> wrong = new ArrayList<>();
        expected.forEach((request, right) -> {
            List<AuditEntry> entries = found.getOrDefault(request, List.of());
            Expected actual = entries.size() != 1 ? null : new Expected(entries.get(0).operation(), entries.get(0).outcome().status(), entries.get(0).subject().members(), entries.get(0).subject().resources(),
                entries.get(0).caller().app());
            if (!right.equals(actual)) {
                wrong.add(request + ": wanted " + right + ", has " + entries);
            }
        });
        assertThat(wrong).isEmpty();
        ChainVerifier.Report report = verify();
        assertThat(report.faults()).isEmpty();
        assertThat(expected.size()).isGreaterThan(seconds * 5);
        System.out.println("acceptance 6: " + expected.size() + " requests of 8 clients in " + seconds + " s, each with its one entry; " + report.entries() + " entries verified");
    }

    private static void call(Random random, String operator, Map<String, Expected> expected) throws Exception {
        int member = random.nextInt(AuditedServer.MEMBERS);
        String own = "p" + member;
        String token = audited.memberToken(member);
        switch (random.nextInt(7)) {
            case 0 -> expect(expected, audited.get(patientAccess + "/Patient/" + own, token), "read", 200, List.of(own), 1, AuditedServer.APP);
            case 1 -> expect(expected, audited.get(patientAccess + "/Observation?patient=" + own + "&category=vital-signs", token), "search-type", 200, List.of(own), 1, AuditedServer.APP);
            case 2 -> expect(expected, audited.get(system + "/Condition?_id=c" + member + ",c" + (member + 1) % AuditedServer.MEMBERS, operator), "search-type", 200,
                List.of(own, "p" + (member + 1) % AuditedServer.MEMBERS).stream().sorted().toList(), 2, audited.server.operatorApp());
            case 3 -> expect(expected, audited.get(patientAccess + "/Observation/lab" + member, "wrong"), "read", 401, List.of(), 0, "unknown");
            case 4 -> expect(expected, audited.get(patientAccess + "/Observation/none", token), "read", 404, List.of(own), 0, AuditedServer.APP);
            case 5 -> {
                String id = "w" + Long.toHexString(random.nextLong() & Long.MAX_VALUE);
                expect(expected, audited.send("PUT", system + "/Observation/" + id, operator, AuditedServer.observation(id, member, "survey")), "update", 201, List.of(own), 1, audited.server.operatorApp());
            }
            default -> expect(expected, audited.get(patientAccess + "/Practitioner/d" + member, token), "read", 200, List.of(), 1, AuditedServer.APP);
        }
    }

    private static void expect(Map<String, Expected> expected, Reply reply, String operation, int status, List<String> members, int resources, String app) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        expected.put(reply.request(), new Expected(operation, status, members, resources, app));
    }

    @Test
    void aud03_the_command_proves_the_trail_of_a_running_server_and_names_what_was_altered() throws Exception {
        audited.server.part(dev.portolan.audit.TrailKeeper.class).verifySoon();
        assertThat(command()).startsWith("0 ").contains("The trail is whole");
        audited.asOwner("CREATE TABLE audit.kept AS SELECT * FROM audit.entry WHERE seq = 4");
        audited.asOwner("UPDATE audit.entry SET member = 'p-other', members = NULL WHERE seq = 4");
        try {
            assertThat(command()).startsWith("3 ").contains("NOT WHOLE: chain").contains("entry 4 was altered");
        } finally {
            audited.asOwner("DELETE FROM audit.entry WHERE seq = 4; INSERT INTO audit.entry SELECT * FROM audit.kept; DROP TABLE audit.kept");
        }
        assertThat(Files.list(audited.data.resolve("elsewhere"))).isNotEmpty();
    }

    private static String command() {
        java.io.StringWriter out = new java.io.StringWriter();
        int status = new picocli.CommandLine(new dev.portolan.server.command.AuditCommand()).setOut(new java.io.PrintWriter(out)).execute("verify", "--data", audited.data.toString(), "--anchors",
            audited.data.resolve("elsewhere").toString());
        return status + " " + out;
    }
}
