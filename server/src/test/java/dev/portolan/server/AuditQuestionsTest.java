package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.portolan.audit.AuditEntry;
import dev.portolan.server.AuditedServer.Reply;

/** AUD-02, AUD-07, AUD-08: a question to the trail is answered as it was asked, or refused; and whoever asks, nothing of it stops the trail. */
class AuditQuestionsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static AuditedServer audited;
    private static String api;
    private static String events;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        audited = new AuditedServer(data);
        api = audited.server.url() + "/api/audit";
        events = audited.base("system") + "/AuditEvent";
        for (int i = 1; i <= 3; i++) {
            audited.get(audited.base("patient-access") + "/Observation/lab" + i, audited.memberToken(i));
            audited.get(audited.base("patient-access") + "/Observation?patient=p" + i, audited.memberToken(i));
        }
        audited.get(audited.base("patient-access") + "/Observation/lab1", null);
        audited.get(api + "/chain", AuditedServer.basic("auditor"));
    }

    @AfterAll
    static void stop() {
        audited.close();
    }

    private static List<JsonNode> found(String query) throws Exception {
        Reply reply = audited.get(events + "?_count=500&" + query.replace("|", "%7C"), audited.operator());
        assertThat(reply.status()).as(query + " " + reply.body()).isEqualTo(200);
        return StreamSupport.stream(JSON.readTree(reply.body()).path("entry").spliterator(), false).map(entry -> entry.path("resource")).toList();
    }

    private static Set<String> values(String query, String pointer) throws Exception {
        Set<String> values = new TreeSet<>();
        found(query).forEach(event -> values.add(event.at(pointer).asText()));
        return values;
    }

    @Test
    void aud07_a_type_gives_events_of_this_type_alone() throws Exception {
        assertThat(values("type=110114", "/type/code")).containsExactly("110114");
        assertThat(values("type=110113", "/type/code")).containsExactly("110113");
        assertThat(values("type=http://terminology.hl7.org/CodeSystem/audit-event-type|rest", "/type/code")).containsExactly("rest");
        assertThat(found("type=http://example.org/other|110114")).isEmpty();
        assertThat(found("type=110106&action=R")).isEmpty();
        assertThat(found("type=110114&source=patient-access")).isEmpty();
    }

    @Test
    void aud07_values_with_commas_are_any_of_them_and_ids_too() throws Exception {
        List<JsonNode> all = found("patient=p1,Patient/p2&action=R");
        assertThat(all.toString()).contains("Patient/p1", "Patient/p2").doesNotContain("Patient/p3");
        assertThat(values("source=patient-access,identity", "/source/site")).containsExactly("identity", "patient-access");
        assertThat(found("patient=Practitioner/p1")).isEmpty();
        String first = all.get(0).path("id").asText();
        String second = all.get(1).path("id").asText();
        assertThat(found("_id=" + first + "," + second)).extracting(event -> event.path("id").asText()).containsExactlyInAnyOrder(first, second);
    }

    /** Each would be answered with more than was asked for, or with nothing, as if there were none. */
    @ParameterizedTest
    @ValueSource(strings = {"patient=p1&patient=p2", "patient=p1&entity=Patient/p2", "outcome=0&outcome=4", "type=rest,110114", "agent=a,b", "policy=a,b", "entity=Observation/lab1,Observation/lab2", "entity-type=2",
        "_id=x&outcome=0"})
    void aud07_what_cannot_be_answered_as_it_is_asked_is_refused(String query) throws Exception {
        assertThat(audited.get(events + "?" + query, audited.operator()).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/entries?member=%00", "/entries?app=a%00", "/entries?from=%2B999999999-01-01T00:00:00Z", "/entries?to=-0300-01-01T00:00:00Z", "/usage?api=patient-access&year=999999999",
        "/usage?api=patient-access&year=-5", "/usage?api=%00&year=2026", "/disclosures?member=a%20b", "/disclosures.csv?member=%00", "/entries?member=Patient/p1"})
    void aud08_what_no_entry_holds_is_refused_and_no_outage(String question) throws Exception {
        Reply reply = audited.get(api + question, AuditedServer.basic("auditor"));
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
    }

    /** What is asked stands in the trail: a text that no database holds, in it, stopped the trail for good. */
    @Test
    void aud09_no_question_of_staff_stops_the_trail() throws Exception {
        StringBuilder noise = new StringBuilder();
        for (int i = 0; i < 2_000; i++) {
            noise.append((char) (0x4e00 + i * 7_919 % 8_000));
        }
        String odd = URLEncoder.encode(noise.toString(), StandardCharsets.UTF_8);
        audited.get(api + "/disclosures?member=" + odd, AuditedServer.basic("auditor"));
        audited.get(api + "/entries?member=" + odd, AuditedServer.basic("auditor"));
        audited.get(api + "/entries?app=" + odd, AuditedServer.basic("auditor"));
        for (String hold : List.of("{\"reason\":\"a\\u0000b\"}", "{\"member\":\"a\\u0000b\",\"reason\":\"x\"}", "{\"member\":\"" + noise + "\",\"reason\":\"x\"}")) {
            assertThat(audited.send("POST", api + "/holds", AuditedServer.basic("admin"), hold, "Content-Type", "application/json").status()).isEqualTo(400);
        }
        audited.trail().getConnection().close();
        assertThat(audited.get(audited.base("patient-access") + "/Observation/lab1", audited.memberToken(1)).status()).isEqualTo(200);
    }

    @Test
    void aud02_every_kind_of_entry_says_where_its_request_came_from_and_its_name() throws Exception {
        String[] through = {"X-Forwarded-For", "198.51.100.7", "X-Forwarded-For", "203.0.113.9"};
        String from = "127.0.0.1 for 198.51.100.7, 203.0.113.9";
        Reply read = audited.get(audited.base("patient-access") + "/Observation/lab1", audited.memberToken(1), through);
        Reply seen = audited.get(audited.server.url() + "/api/my-access", AuditedServer.basic("member1"), through);
        Reply hold = audited.send("POST", api + "/holds", AuditedServer.basic("admin"), "{\"member\":\"p1\",\"reason\":\"matter 10\"}", "Content-Type", "application/json", through[0], through[1], through[2], through[3]);
        assertThat(audited.entries(read)).extracting(AuditEntry::operation).containsExactly("read");
        assertThat(audited.entries(seen)).extracting(AuditEntry::operation).containsExactlyInAnyOrder("sign-in", "my-access");
        assertThat(audited.entries(hold)).extracting(AuditEntry::operation).containsExactlyInAnyOrder("sign-in", "legal-hold");
        for (Reply reply : List.of(read, seen, hold)) {
            assertThat(audited.entries(reply)).allMatch(entry -> from.equals(entry.origin().address()));
        }
        Reply release = audited.send("POST", api + "/holds/" + JSON.readTree(hold.body()).path("id").asText() + "/release", AuditedServer.basic("admin"), "{\"reason\":\"settled\"}", "Content-Type", "application/json");
        assertThat(audited.entries(release)).anyMatch(entry -> entry.operation().equals("legal-hold-release") && "127.0.0.1".equals(entry.origin().address()));
    }
}
