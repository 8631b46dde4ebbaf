package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.audit.RecordedEntry;
import dev.portolan.audit.TrailFilter;
import dev.portolan.audit.TrailReader;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.udap.NamedSubjects;
import dev.portolan.identity.udap.UdapClients;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the plan's staff is told of Provider Access: who got what in numbers, and which members are to be told by letter. */
class ProviderReportsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PASSWORD = "correct horse battery";
    private static final String NOTICES = "/api/provider-access/notices";
    private static final LocalDate OPENS = LocalDate.now(ZoneOffset.UTC).minusDays(100);
    private static ProviderStand stand;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        stand = new ProviderStand(data, "portolan.provider-access.opens-on", OPENS.toString());
        Accounts accounts = stand.server.part(Accounts.class);
        accounts.add(Accounts.NewAccount.staff("ada", PASSWORD, "Ada", null, "ADMIN"));
        accounts.add(Accounts.NewAccount.staff("otto", PASSWORD, "Otto", null, "OPERATOR"));
        accounts.add(Accounts.NewAccount.member("ann", PASSWORD, "Ann", "ann"));
    }

    @AfterAll
    static void stop() {
        stand.close();
    }

    private static HttpResponse<String> staff(String user, String method, String path) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(stand.server.url() + path)).method(method, HttpRequest.BodyPublishers.noBody());
        if (user != null) {
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString((user + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8)));
        }
        return stand.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> answer) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isLessThan(300);
        return JSON.readTree(answer.body());
    }

    @Test
    void prv05_aud08_the_report_counts_by_organization_what_the_trail_and_the_lists_say() throws Exception {
        for (String user : new String[] {null, "otto", "ann"}) {
            assertThat(staff(user, "GET", "/api/provider-access/use").statusCode()).as(user).isEqualTo(user == null ? 401 : 403);
        }
        String clinic = stand.token("clinic-ehr");
        String rival = stand.token("rival-ehr");
        assertThat(stand.get(clinic, "Observation?patient=ann").statusCode()).isEqualTo(200);
        assertThat(stand.get(clinic, "Patient/dee").statusCode()).as("not attributed").isEqualTo(403);
        stand.optOut("bob");
        assertThat(stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Patient"))).hasSize(2);
        stand.kickOff(rival, "rival");
        // Was delivered, and is a patient no more.
        stand.api().take(ProviderStand.roster("ann", "bob"), "test");
        String today = LocalDate.now(ZoneOffset.UTC).toString();
        JsonNode use = json(staff("ada", "GET", "/api/provider-access/use?from=" + today + "&to=" + today));
        assertThat(use.path("delivered").asInt()).as("ann and cid").isEqualTo(2);
        assertThat(use.path("optedOut").asInt()).isEqualTo(1);
        assertThat(use.path("refused").asInt()).isEqualTo(1);
        assertThat(use.path("organizations")).hasSize(2);
        JsonNode ours = use.path("organizations").get(0);
        assertThat(ours.path("name").asText()).isEqualTo("Main Street Clinic");
        assertThat(ours.path("npi").asText()).isEqualTo(ProviderStand.CLINIC);
        assertThat(ours.path("apps").toString()).isEqualTo("[\"clinic-ehr\"]");
        assertThat(List.of("exports", "ready", "attributed", "optedOut", "delivered", "gone", "refused")).extracting(name -> ours.path(name).asInt()).containsExactly(1, 1, 2, 1, 2, 1, 1);
        assertThat(ours.path("longestSeconds").asDouble()).isPositive();
        JsonNode theirs = use.path("organizations").get(1);
        assertThat(List.of("exports", "attributed", "optedOut", "delivered", "gone", "refused")).extracting(name -> theirs.path(name).asInt()).containsExactly(1, 1, 0, 0, 0, 0);
        String yesterday = LocalDate.now(ZoneOffset.UTC).minusDays(1).toString();
        JsonNode before = json(staff("ada", "GET", "/api/provider-access/use?from=" + yesterday + "&to=" + yesterday));
        assertThat(before.path("delivered").asInt()).isZero();
        assertThat(before.path("organizations")).as("there was no list then").isEmpty();
        for (String wrong : List.of("from=yesterday", "from=" + today + "&to=" + yesterday, "from=2999-01-01&to=2999-12-31")) {
            assertThat(staff("ada", "GET", "/api/provider-access/use?" + wrong).statusCode()).as(wrong).isEqualTo(400);
        }
        List<RecordedEntry> asked = stand.server.part(TrailReader.class).find(TrailFilter.ALL.ofApis(Set.of("audit")), null, 10).entries();
        assertThat(asked).anySatisfy(entry -> assertThat(entry.entry().subject().query()).contains("report=provider-use"));
        stand.optIn("bob");
        stand.api().take(ProviderStand.roster("ann", "bob", "cid"), "test");
    }

    private static Optional<String> refusal(String app, String subject, String... purposes) {
        return stand.server.part(NamedSubjects.class).refusal(app, new UdapClients.Context("https://clinic.example", List.of(purposes), subject == null ? Map.of() : Map.of("subject", subject)));
    }

    @Test
    void prv15_an_app_asks_for_the_organization_that_it_was_bound_to_and_for_treatment_or_gets_no_token() {
        String treatment = "urn:oid:2.16.840.1.113883.5.8#TREAT";
        for (String own : new String[] {null, ProviderStand.CLINIC, "urn:oid:2.16.840.1.113883.4.6#" + ProviderStand.CLINIC, "http://hl7.org/fhir/sid/us-npi|" + ProviderStand.CLINIC, "clinic", "Group/clinic"}) {
            assertThat(refusal("clinic-ehr", own, treatment)).as(own).isEmpty();
            assertThat(refusal("clinic-ehr", own, "urn:oid:2.16.840.1.113883.5.8#HOPERAT")).as(own).hasValueSatisfying(why -> assertThat(why).contains("purpose_of_use", "TREAT"));
        }
        for (String other : List.of(ProviderStand.RIVAL, "urn:oid:2.16.840.1.113883.4.6#" + ProviderStand.RIVAL, "Group/rival", "rival", "", "urn:oid:1.2.3#" + ProviderStand.CLINIC)) {
            assertThat(refusal("clinic-ehr", other, treatment)).as(other).hasValueSatisfying(why -> assertThat(why).contains("subject_id"));
        }
        assertThat(refusal("nobodys-ehr", ProviderStand.CLINIC, "urn:oid:2.16.840.1.113883.5.8#HOPERAT")).as("no provider's app: it reaches nobody here").isEmpty();
    }

    private static void covered(String patient, String more, String... periods) throws Exception {
        stand.put("Patient/" + patient, "\"name\":[{\"use\":\"old\",\"text\":\"Of before\"},{\"family\":\"Of, " + patient + "\",\"given\":[\"Ida\"]}],\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/us-ssn\",\"value\":\"123-45-6789\"},{\"value\":\"N-" + patient + "\"}],\"address\":[{\"line\":[\"1 Main St\",\"Apt 2\"],"
            + "\"city\":\"Springfield\",\"state\":\"IL\",\"postalCode\":\"62701\"}],\"communication\":[{\"language\":{\"coding\":[{\"code\":\"en\"}]}},{\"language\":{\"coding\":[{\"code\":\"es\"}]},\"preferred\":true}]" + more);
        for (int i = 0; i < periods.length; i++) {
            String[] days = periods[i].split("/", -1);
            stand.put("Coverage/" + patient + "-" + i, "\"status\":\"active\",\"beneficiary\":{\"reference\":\"Patient/" + patient + "\"},\"payor\":[{\"display\":\"plan\"}],\"period\":{\"start\":\"" + days[0] + "\""
                + (days[1].isEmpty() ? "" : ",\"end\":\"" + days[1] + "\"") + "}");
        }
    }

    private static List<String> of(JsonNode notices, String prefix) {
        List<String> found = new ArrayList<>();
        notices.path("due").forEach(notice -> {
            if (notice.path("patient").asText().startsWith(prefix)) {
                found.add(notice.path("patient").asText().substring(prefix.length()) + " " + notice.path("reason").asText() + " " + notice.path("due").asText());
            }
        });
        return found.stream().sorted().toList();
    }

    private static void sql(String statement) throws Exception {
        try (Connection connection = stand.server.part(DataSource.class).getConnection(); Statement sql = connection.createStatement()) {
            sql.executeUpdate(statement);
        }
    }

    @Test
    void prv12_members_are_listed_for_a_letter_before_the_start_within_a_week_of_enrolling_and_yearly_and_once() throws Exception {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        LocalDate enrolled = today.minusDays(3);
        for (String user : new String[] {null, "otto", "ann"}) {
            assertThat(staff(user, "POST", NOTICES).statusCode()).as(user).isEqualTo(user == null ? 401 : 403);
            assertThat(staff(user, "GET", NOTICES + "/batches/1").statusCode()).as(user).isEqualTo(user == null ? 401 : 403);
        }
        covered("n-long", "", "2020-01-01/");
        covered("n-renewed", "", "2020-01-01/" + enrolled.minusDays(1), enrolled + "/");
        covered("n-back", "", "2020-01-01/2021-12-31", enrolled + "/");
        covered("n-new", "", enrolled + "/");
        covered("n-soon", "", today.plusDays(20) + "/");
        covered("n-past", "", "2020-01-01/" + today.minusDays(1));
        covered("n-dead", ",\"deceasedDateTime\":\"2024-01-01\"", "2020-01-01/");
        covered("n-none", "");
        String start = OPENS.minusDays(1).toString();
        String week = enrolled.plusDays(7).toString();
        List<String> expected = List.of("back ENROLMENT " + week, "long START " + start, "new ENROLMENT " + week, "renewed START " + start, "soon ENROLMENT " + today.plusDays(27));
        assertThat(of(json(staff("ada", "POST", NOTICES)), "n-")).isEqualTo(expected);
        assertThat(of(json(staff("ada", "POST", NOTICES)), "n-")).as("again").isEqualTo(expected);

        JsonNode batch = json(staff("ada", "POST", NOTICES + "/batches?by=" + week));
        String url = NOTICES + "/batches/" + batch.path("id").asLong();
        JsonNode open = json(staff("ada", "POST", NOTICES));
        assertThat(of(open, "n-")).containsExactly("soon ENROLMENT " + today.plusDays(27));
        assertThat(json(staff("ada", "POST", NOTICES + "/batches?by=" + week)).path("members").asInt()).as("nothing is handed over twice").isZero();
        HttpResponse<String> csv = staff("ada", "GET", url);
        assertThat(csv.headers().firstValue("Content-Type").orElse("")).startsWith("text/csv");
        List<String> lines = csv.body().lines().toList();
        assertThat(lines.get(0)).isEqualTo("notice,reason,due,text,language,member,patient,name,street,city,state,postal_code,country");
        assertThat(lines).hasSize(1 + batch.path("members").asInt()).filteredOn(line -> line.contains(",n-new,")).singleElement().asString()
            .contains("ENROLMENT," + week + "," + stand.server.url(), "/about/provider-access,es,N-n-new,n-new,\"Ida Of, n-new\",\"1 Main St, Apt 2\",Springfield,IL,62701,");
        assertThat(csv.body()).as("a social security number is no member's number").doesNotContain("123-45-6789");
        assertThat(csv.body()).doesNotContain("n-dead", "n-past", "n-none", "n-soon");
        Map<String, Set<String>> named = new TreeMap<>();
        stand.server.part(TrailReader.class).each(TrailFilter.ALL.ofApis(Set.of("notices")),
            entry -> named.computeIfAbsent(entry.entry().operation(), some -> new TreeSet<>()).addAll(entry.entry().subject().members()));
        assertThat(named.get("notice-export")).as("whose addresses left stands in the trail").contains("n-long", "n-renewed", "n-back", "n-new").hasSize(batch.path("members").asInt());
        assertThat(named.get("notices-read")).as("AUD-01: who was listed stands in the trail").contains("n-long", "n-soon").doesNotContain("n-past");
        assertThat(named).as("AUD-01: what was done, too").containsKeys("notices-counted", "notices-handed-over");

        assertThat(staff("ada", "DELETE", url).statusCode()).isEqualTo(200);
        assertThat(staff("ada", "DELETE", url).statusCode()).as("once").isEqualTo(404);
        assertThat(of(json(staff("ada", "POST", NOTICES)), "n-")).as("taken back").isEqualTo(expected);
        json(staff("ada", "POST", NOTICES + "/batches?by=" + week));
        sql("update provider_access.notice set handed_over = (now() at time zone 'UTC')::date - 320 where batch is not null and patient = 'n-long'");
        sql("update provider_access.notice set handed_over = (now() at time zone 'UTC')::date - 200 where batch is not null and patient = 'n-renewed'");
        assertThat(of(json(staff("ada", "POST", NOTICES)), "n-")).containsExactly("long YEARLY " + today.minusDays(320).plusYears(1), "soon ENROLMENT " + today.plusDays(27));
        // Whoever leaves the plan is to be told no more.
        stand.put("Coverage/n-soon-0", "\"status\":\"cancelled\",\"beneficiary\":{\"reference\":\"Patient/n-soon\"},\"payor\":[{\"display\":\"plan\"}]");
        assertThat(of(json(staff("ada", "POST", NOTICES)), "n-")).containsExactly("long YEARLY " + today.minusDays(320).plusYears(1));
        assertThat(staff("ada", "POST", NOTICES + "/batches?by=soon").statusCode()).isEqualTo(400);
        assertThat(staff("ada", "GET", NOTICES + "/batches/999999").statusCode()).isEqualTo(404);
    }

    /** Who counts has read who was told, and waits for the turn of who hands over. */
    @Test
    void prv12_what_is_handed_over_while_it_is_counted_is_not_listed_again() throws Exception {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        covered("h-new", "", today + "/");
        assertThat(of(json(staff("ada", "POST", NOTICES)), "h-")).hasSize(1);
        CompletableFuture<JsonNode> counted = new CompletableFuture<>();
        try (Connection connection = stand.server.part(DataSource.class).getConnection(); Statement sql = connection.createStatement()) {
            connection.setAutoCommit(false);
            sql.execute("select pg_advisory_xact_lock(hashtext('provider_access.notice'))");
            counted.completeAsync(() -> {
                try {
                    return json(staff("ada", "POST", NOTICES));
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            awaitSomebodyWhoWaits();
            sql.execute("with made as (insert into provider_access.notice_batch (made_at, made_by, due_by, members) values (now(), 'ada', current_date, 1) returning id) "
                + "update provider_access.notice set batch = made.id, handed_over = current_date from made where patient = 'h-new' and batch is null");
            connection.commit();
        }
        assertThat(of(counted.get(), "h-")).isEmpty();
    }

    private static void awaitSomebodyWhoWaits() throws Exception {
        String waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted";
        for (int tries = 0; tries < 1_000; tries++) {
            try (Connection connection = stand.server.part(DataSource.class).getConnection(); Statement sql = connection.createStatement(); ResultSet row = sql.executeQuery(waiting)) {
                row.next();
                if (row.getInt(1) > 0) {
                    return;
                }
            }
            Thread.sleep(20);
        }
        throw new AssertionError("nobody waits");
    }
}
