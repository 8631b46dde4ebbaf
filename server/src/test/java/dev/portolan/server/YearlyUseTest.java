package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PAC-34: the yearly numbers by reporting unit, beside what is counted by hand from the same covers and accesses. Another seed with {@code -Dportolan.seed}, more members with {@code -Dportolan.members}. */
class YearlyUseTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long SEED = Long.getLong("portolan.seed", 34);
    private static final int MEMBERS = Integer.getInteger("portolan.members", 60);
    private static final int AT_ONCE = 200;
    private static final int YEAR = 2025;
    /** As feeds name them; one as nobody wants it in a table. */
    private static final String HOSTILE = "=MCD-1, \"Gold\"";
    private static final String[] UNITS = {"H1234", "H5678", HOSTILE, null};
    private static AuditedServer server;
    /** What the server was given, for the count by hand: units by member, and days by member and app. */
    private static final Map<String, Set<String>> UNITS_OF = new HashMap<>();
    private static final Map<String, Map<String, Set<LocalDate>>> DAYS_OF = new HashMap<>();
    private static int entries;
    private static final Map<String, String> MERGED = new HashMap<>();

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = new AuditedServer(data);
        Random random = new Random(SEED);
        server.asOwner("SELECT audit.ensure_month(day) FROM unnest('{2024-12-01,2025-01-01,2025-12-01}'::date[]) AS day");
        for (int from = 0; from < MEMBERS; from += AT_ONCE) {
            List<String> resources = new ArrayList<>();
            List<String> accesses = new ArrayList<>();
            for (int i = from; i < Math.min(MEMBERS, from + AT_ONCE); i++) {
                resources.add(entry("Patient", "u" + i, "\"birthDate\":\"1980-01-01\""));
                covers(random, i, resources);
                uses(random, "u" + i, accesses);
            }
            AuditedServer.Reply loaded = server.send("POST", server.base("system"), server.operator(), "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + String.join(",", resources) + "]}");
            assertThat(loaded.status()).as(loaded.body()).isEqualTo(200);
            server.asOwner("INSERT INTO audit.entry (chain, seq, recorded, api, operation, status, app, member, types, resources, withheld, categories, grant_id, scopes, purpose, consents, request, previous, hash) VALUES "
                + String.join(",", accesses));
        }
        for (int i = 0; i < 60; i += 6) {
            merge("u" + (i + 1), "u" + i);
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String entry(String type, String id, String rest) {
        return "{\"resource\":{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + rest + "},\"request\":{\"method\":\"PUT\",\"url\":\"" + type + "/" + id + "\"}}";
    }

    /** None to three covers: before the year, into it, within it, open, without a period, of a unit or none, meant or not. */
    private static void covers(Random random, int i, List<String> entries) {
        String[][] periods = {{"2023-01-01", "2024-12-31"}, {"2024-07-01", "2025-01-01"}, {"2025-03", "2025-05"}, {"2025-12-31", null}, {"2026-01-01", null}, {null, null}, {"2019", null}};
        boolean[] meets = {false, true, true, true, false, true, true};
        String[] status = {"active", "cancelled", "active", "entered-in-error"};
        for (int c = random.nextInt(4); c > 0; c--) {
            int period = random.nextInt(periods.length);
            String unit = UNITS[random.nextInt(UNITS.length)];
            String stands = status[random.nextInt(status.length)];
            String spell = (periods[period][0] == null ? "" : "\"start\":\"" + periods[period][0] + "\"") + (periods[period][1] == null ? "" : ",\"end\":\"" + periods[period][1] + "\"");
            entries.add(entry("Coverage", "u" + i + "-" + c, "\"status\":\"" + stands + "\",\"beneficiary\":{\"reference\":\"Patient/u" + i + "\"},\"payor\":[{\"display\":\"plan\"}]"
                + (spell.isEmpty() ? "" : ",\"period\":{" + spell + "}") + (unit == null ? "" : ",\"class\":[{\"type\":{\"coding\":[{\"code\":\"plan\"}]},\"value\":\"" + unit.replace("\"", "\\\"") + "\"}]")));
            if (meets[period] && unit != null && !stands.equals("entered-in-error")) {
                UNITS_OF.computeIfAbsent("u" + i, any -> new TreeSet<>()).add(unit);
            }
        }
    }

    /** Accesses as the trail keeps them: of the year and of others, by two apps and by the plan's own program, refused and empty ones too. */
    private static void uses(Random random, String member, List<String> accesses) {
        for (int e = random.nextInt(5); e > 0; e--) {
            LocalDate day = List.of(LocalDate.of(2025, 1, 1), LocalDate.of(2025, 1, 1), LocalDate.of(2025, 12, 31), LocalDate.of(2024, 12, 31)).get(random.nextInt(4));
            String app = random.nextBoolean() ? AuditedServer.APP : "second-app";
            String purpose = random.nextInt(8) == 0 ? "OPERATIONS" : "MEMBER_REQUEST";
            int status = random.nextInt(8) == 0 ? 403 : 200;
            int resources = status == 403 || random.nextInt(8) == 0 ? 0 : 3;
            accesses.add("('00000000-0000-0000-0000-000000000034', %d, '%s 23:59:59Z', 'patient-access', 'search-type', %d, '%s', '%s', '{Observation}', %d, 0, '{}', 'g', '{}', '%s', '{}', 'r', '\\x00', '\\x00')"
                .formatted(++entries, day, status, app, member, resources, purpose));
            if (day.getYear() == YEAR && purpose.equals("MEMBER_REQUEST") && resources > 0) {
                DAYS_OF.computeIfAbsent(member, any -> new HashMap<>()).computeIfAbsent(app, any -> new TreeSet<>()).add(day);
            }
        }
    }

    private static void merge(String survivor, String merged) throws Exception {
        AuditedServer.Reply reply = server.send("POST", server.server.url() + "/api/member-merges", AuditedServer.basic("admin"),
            "{\"survivor\":\"" + survivor + "\",\"merged\":\"" + merged + "\",\"sign_ins\":\"leave\",\"reason\":\"the same person\"}", "Content-Type", "application/json");
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        MERGED.put(merged, survivor);
    }

    /** Members and those with more than a day, by whatever the line is about. */
    private record Line(long members, long more) {
        Line and(Set<LocalDate> days) {
            return new Line(members + 1, more + (days.size() > 1 ? 1 : 0));
        }
    }

    private static Map<String, Line> byHand() {
        Map<String, Set<String>> units = new HashMap<>();
        Map<String, Set<LocalDate>> days = new HashMap<>();
        UNITS_OF.forEach((member, of) -> units.computeIfAbsent(MERGED.getOrDefault(member, member), any -> new TreeSet<>()).addAll(of));
        DAYS_OF.forEach((member, of) -> of.values().forEach(days.computeIfAbsent(MERGED.getOrDefault(member, member), any -> new TreeSet<>())::addAll));
        Map<String, Line> lines = new TreeMap<>();
        days.forEach((member, of) -> {
            add(lines, "all", of);
            Set<String> theirs = units.getOrDefault(member, Set.of());
            theirs.forEach(unit -> add(lines, unit, of));
            theirs.stream().skip(1).forEach(unit -> add(lines, "again", of));
            if (theirs.isEmpty()) {
                add(lines, "none", of);
            }
        });
        return lines;
    }

    private static void add(Map<String, Line> lines, String name, Set<LocalDate> days) {
        lines.compute(name, (any, before) -> (before == null ? new Line(0, 0) : before).and(days));
    }

    private static JsonNode report(String user) throws Exception {
        long started = System.nanoTime();
        AuditedServer.Reply reply = server.send("GET", server.server.url() + "/api/audit/yearly-use?year=" + YEAR, AuditedServer.basic(user), null);
        System.out.println("the yearly numbers of " + MEMBERS + " members took " + (System.nanoTime() - started) / 1_000_000 + " ms");
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return JSON.readTree(reply.body());
    }

    private static Line line(JsonNode use) {
        return new Line(use.path("members").asLong(), use.path("more").asLong());
    }

    @Test
    void pac34_each_unit_has_those_whom_a_count_by_hand_finds_in_it_and_the_units_come_to_the_whole() throws Exception {
        JsonNode report = report("auditor");
        Map<String, Line> told = new TreeMap<>();
        report.path("units").forEach(unit -> told.put(unit.path("name").asText(), line(unit.path("use"))));
        told.put("all", line(report.path("all")));
        told.put("none", line(report.path("notAssigned")));
        told.put("again", line(report.path("again")));
        Map<String, Line> counted = byHand();
        assertThat(told).as("seed " + SEED).isEqualTo(counted);
        assertThat(counted).as("the data tell all cases apart").containsKeys("all", "none", "again", "H1234", "H5678", HOSTILE);
        long units = counted.entrySet().stream().filter(each -> each.getKey().matches("H.*|=M.*")).mapToLong(each -> each.getValue().members()).sum();
        assertThat(units + counted.get("none").members() - counted.get("again").members()).isEqualTo(counted.get("all").members());
        assertThat(report.path("place").asText()).isEqualTo("the class of the type plan");
        assertThat(report.path("apps").get(0).path("name").asText()).isEqualTo("Heart Diary");
    }

    @Test
    void pac34_csv_and_json_say_the_same_and_nobody_but_auditors_is_told() throws Exception {
        StringBuilder expected = new StringBuilder("year,reporting unit,app,unique members,members more than once\r\n");
        JsonNode report = report("admin");
        append(expected, "all units", "all apps", report.path("all"));
        report.path("units").forEach(unit -> append(expected, unit.path("name").asText().replace(HOSTILE, "\"'=MCD-1, \"\"Gold\"\"\""), "all apps", unit.path("use")));
        append(expected, "not assigned", "all apps", report.path("notAssigned"));
        append(expected, "counted again in a further unit", "all apps", report.path("again"));
        report.path("apps").forEach(app -> append(expected, "all units", app.path("name").asText(), app.path("use")));
        assertThat(expected.toString()).contains("\"'=MCD-1, \"\"Gold\"\"\",all apps,");
        HttpClient auditor = signedIn("auditor");
        assertThat(page(auditor, "/staff/metrics/patient-access.csv?year=" + YEAR)).isEqualTo(expected.toString());
        assertThat(page(auditor, "/staff/metrics/patient-access?year=" + YEAR)).contains("By reporting unit", "H1234", "Not assigned", "counted again in a further unit");
        String api = server.server.url() + "/api/audit/yearly-use";
        assertThat(server.send("GET", api, AuditedServer.basic("member1"), null).status()).isEqualTo(403);
        assertThat(server.send("GET", api, null, null).status()).isEqualTo(401);
        AuditedServer.Reply refused = server.send("GET", api + "?year=1999", AuditedServer.basic("auditor"), null);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.body()).contains("The year is one from 2025 to ");
        assertThat(server.trailText()).contains("report=yearly-use").contains("form=json");
    }

    /** A year that is over is not counted anew for everybody who asks; that somebody asked stands in the trail each time. */
    @Test
    void pac34_a_year_that_is_over_is_told_again_for_some_minutes() throws Exception {
        Line before = line(report("auditor").path("all"));
        server.asOwner("INSERT INTO audit.entry (chain, seq, recorded, api, operation, status, app, member, types, resources, withheld, categories, grant_id, scopes, purpose, consents, request, previous, hash) VALUES "
            + "('00000000-0000-0000-0000-000000000035', 1, '2025-12-01 00:00:00Z', 'patient-access', 'read', 200, 'second-app', 'late', '{Observation}', 1, 0, '{}', 'g', '{}', 'MEMBER_REQUEST', '{}', 'r', '\\x00', '\\x00')");
        assertThat(line(report("admin").path("all"))).isEqualTo(before);
        assertThat(server.trailText().split("report=yearly-use", -1)).as("what is told again is in the trail again").hasSizeGreaterThan(2);
    }

    private static HttpClient signedIn(String user) throws Exception {
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).followRedirects(HttpClient.Redirect.NORMAL).build();
        Matcher csrf = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"").matcher(page(browser, "/sign-in"));
        assertThat(csrf.find()).isTrue();
        String form = "username=" + user + "&password=" + URLEncoder.encode(AuditedServer.PASSWORD, StandardCharsets.UTF_8) + "&_csrf=" + URLEncoder.encode(csrf.group(1), StandardCharsets.UTF_8);
        browser.send(HttpRequest.newBuilder(URI.create(server.server.url() + "/sign-in")).header("Content-Type", "application/x-www-form-urlencoded").POST(HttpRequest.BodyPublishers.ofString(form)).build(),
            HttpResponse.BodyHandlers.ofString());
        return browser;
    }

    private static String page(HttpClient browser, String path) throws Exception {
        return browser.send(HttpRequest.newBuilder(URI.create(server.server.url() + path)).header("Accept", "text/html").build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    private static void append(StringBuilder csv, String unit, String app, JsonNode use) {
        csv.append(YEAR).append(',').append(unit).append(',').append(app).append(',').append(use.path("members").asLong()).append(',').append(use.path("more").asLong()).append("\r\n");
    }
}
