package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** AUD-08: questions and reports over 13 months of 130,000 entries, as the role that the server works with. */
class TrailReaderTest {

    private static final int ROWS = 130_000;
    private static TrailDatabase database;
    private static TrailReader reader;
    private static final Instant NOW = Instant.now().truncatedTo(ChronoUnit.MILLIS);

    @BeforeAll
    static void thirteenMonths() throws Exception {
        database = new TrailDatabase();
        database.execute("SELECT audit.ensure_month((now() - make_interval(months => m))::date) FROM generate_series(0, 13) AS m");
        // 1,300 members with 100 entries each, and in every hundredth entry five members together. Hashes do not matter here.
        database.execute("""
            INSERT INTO audit.entry (chain, seq, recorded, api, operation, status, outcome, app, person, relation, member, members, types, resource, resources, withheld, categories, query, grant_id, scopes,
                purpose, consents, source, request, previous, hash)
            SELECT '00000000-0000-0000-0000-000000000001', n, date_trunc('milliseconds', now() - (n * interval '13 months' / %1$d)), 'patient-access', CASE WHEN n %% 3 = 0 THEN 'read' ELSE 'search-type' END,
                CASE WHEN n %% 50 = 0 THEN 403 ELSE 200 END, CASE WHEN n %% 50 = 0 THEN 'forbidden' END, 'app-' || n %% 20, 'person-' || n %% 1300, NULL, CASE WHEN n %% 100 = 0 THEN NULL ELSE 'm' || n %% 1300 END,
                CASE WHEN n %% 100 = 0 THEN ARRAY['m' || n %% 1300, 'm1', 'm2', 'm3', 'm4'] END, ARRAY['Observation'], NULL, CASE WHEN n %% 50 = 0 THEN 0 ELSE 10 END, 0, ARRAY['laboratory'], 'patient', 'g', ARRAY['patient/*.rs'],
                'MEMBER_REQUEST', ARRAY['c'], '192.0.2.1', 'r' || n, '\\x00', '\\x00'
            FROM generate_series(1, %1$d) AS n
            """.formatted(ROWS));
        database.execute("ANALYZE audit.entry");
        reader = new TrailReader(database.server);
    }

    @AfterAll
    static void stop() throws Exception {
        database.close();
    }

    @Test
    void aud08_a_search_by_member_over_thirteen_months_takes_less_than_five_seconds_and_uses_the_indexes() throws Exception {
        TrailFilter filter = TrailFilter.ALL.ofMember("m7").between(NOW.minus(Duration.ofDays(400)), null);
        reader.find(filter, null, 50); // the first question of a connection is planned anew
        long started = System.nanoTime();
        TrailReader.Page page = reader.find(filter, null, 50);
        long millis = (System.nanoTime() - started) / 1_000_000;
        System.out.println("a member's page of 50 out of " + ROWS + " entries took " + millis + " ms");
        assertThat(page.entries()).hasSize(50).allMatch(each -> each.entry().subject().members().contains("m7"));
        assertThat(page.next()).isNotNull();
        assertThat(millis).isLessThan(5_000);
        assertThat(plan(filter)).contains("_member_recorded_idx").contains("_members_idx").satisfies(TrailReaderTest::looksThroughNoWholeMonth);
    }

    /** The first and the last month hold the entries of a day or two, according to the day on which this runs: a few pages are rightly looked through. */
    private static void looksThroughNoWholeMonth(String plan) {
        YearMonth last = YearMonth.from(NOW.atZone(ZoneOffset.UTC));
        List<YearMonth> whole = Pattern.compile("Seq Scan on entry_(\\d{4})_(\\d{2})").matcher(plan).results()
            .map(scan -> YearMonth.of(Integer.parseInt(scan.group(1)), Integer.parseInt(scan.group(2)))).filter(month -> month.isAfter(last.minusMonths(13)) && month.isBefore(last)).toList();
        assertThat(whole).as("months that are looked through from end to end in %s", plan).isEmpty();
    }

    private static String plan(TrailFilter filter) throws Exception {
        StringBuilder plan = new StringBuilder();
        try (Connection connection = database.server.getConnection(); PreparedStatement explain = TrailStatement.page(filter, null, 50).prepare(connection, "EXPLAIN ");
            ResultSet rows = explain.executeQuery()) {
            while (rows.next()) {
                plan.append(rows.getString(1)).append('\n');
            }
        }
        return plan.toString();
    }

    @Test
    void aud08_searches_by_app_person_and_refusal_use_their_indexes() throws Exception {
        Instant from = NOW.minus(Duration.ofDays(60));
        TrailFilter person = new TrailFilter(Set.of(), from, null, null, "person-7", null, Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), null, null, null, false);
        assertThat(plan(person)).contains("_person_recorded_idx").satisfies(TrailReaderTest::looksThroughNoWholeMonth);
        assertThat(plan(TrailFilter.ALL.ofApp("app-3").between(from, null))).satisfies(TrailReaderTest::looksThroughNoWholeMonth);
        TrailFilter failed = new TrailFilter(Set.of(), from, null, null, null, null, Set.of(5), Set.of(), Set.of(), Set.of(), Set.of(), null, null, null, false);
        assertThat(plan(failed)).satisfies(TrailReaderTest::looksThroughNoWholeMonth);
    }

    @Test
    void aud08_pages_hold_every_entry_once_and_newest_first() {
        TrailFilter filter = TrailFilter.ALL.ofMember("m1");
        List<RecordedEntry.Place> places = new ArrayList<>();
        RecordedEntry.Place after = null;
        do {
            TrailReader.Page page = reader.find(filter, after, 37);
            page.entries().forEach(each -> places.add(each.place()));
            after = page.next() == null ? null : RecordedEntry.Place.ofCursor(page.next().cursor()).orElseThrow();
        } while (after != null);
        // 100 of its own, and all those of several members that it stands in.
        assertThat(places).hasSize(100 + ROWS / 100).doesNotHaveDuplicates();
        assertThat(places).isSortedAccordingTo((a, b) -> b.recorded().compareTo(a.recorded()));
    }

    @Test
    void aud08_an_entry_is_found_by_its_id_and_nonsense_is_none() {
        RecordedEntry first = reader.find(TrailFilter.ALL, null, 1).entries().get(0);
        assertThat(reader.find(RecordedEntry.Name.of(first.place().id()).orElseThrow())).contains(first);
        assertThat(RecordedEntry.Name.of("x'; DROP TABLE audit.entry; --")).isEmpty();
        assertThat(RecordedEntry.Place.ofCursor("99999999999999999999.x")).isEmpty();
        assertThat(RecordedEntry.Place.ofCursor("")).isEmpty();
    }

    @Test
    void aud08_filters_combine() {
        TrailFilter refused = new TrailFilter(Set.of("m50"), null, null, null, null, null, Set.of(4), Set.of(), Set.of("identity"), Set.of("read", "search-type"), Set.of("update"), null, "Observation", "g", true);
        List<RecordedEntry> found = reader.find(refused, null, 500).entries();
        assertThat(found).isNotEmpty().allMatch(each -> each.entry().outcome().status() == 403 && each.entry().subject().members().contains("m50"));
        assertThat(reader.find(TrailFilter.ALL.ofMember("m50' OR true --"), null, 10).entries()).isEmpty();
    }

    @Test
    void aud08_disclosures_of_a_member_are_counted_by_day_and_recipient() {
        List<TrailReports.Disclosure> found = new TrailReports(database.server).disclosures(Set.of("m7"), NOW.minus(Duration.ofDays(400)), NOW.plusSeconds(60));
        assertThat(found).isNotEmpty().allMatch(TrailReports.Disclosure::toTheMember);
        assertThat(found.stream().mapToLong(TrailReports.Disclosure::accesses).sum()).isEqualTo(count("m7"));
        assertThat(found.get(0).categories()).containsExactly("laboratory");
        assertThat(found.get(0).consents()).containsExactly("c");
        assertThat(new TrailReports(database.server).disclosures(Set.of("m7", "m8"), NOW.minus(Duration.ofDays(400)), NOW.plusSeconds(60)).stream().mapToLong(TrailReports.Disclosure::accesses).sum())
            .as("a record that was kept under two names").isEqualTo(count("m7") + count("m8"));
    }

    private static long count(String member) {
        try {
            return database.count("SELECT count(*) FROM audit.entry WHERE (member = '" + member + "' OR members @> ARRAY['" + member + "']) AND status < 400 AND resources > 0");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** In January the one before: this one has too few days yet for anybody to come twice. */
    private static Year year() {
        return Year.from(NOW.minus(Duration.ofDays(31)).atZone(ZoneOffset.UTC));
    }

    private static String within(Year year) {
        return " recorded >= '" + year + "-01-01Z' AND recorded < '" + year.plusYears(1) + "-01-01Z'";
    }

    @Test
    void pac34_usage_counts_each_member_once_and_those_on_more_days() throws Exception {
        Year year = year();
        List<TrailReports.Usage> usage = new TrailReports(database.server).usage("patient-access", year);
        long members = database.count("SELECT count(DISTINCT member) FROM audit.entry WHERE status < 400 AND resources > 0 AND" + within(year));
        assertThat(usage.get(0).app()).isNull();
        assertThat(usage.get(0).members()).isEqualTo(members);
        assertThat(usage.get(0).more()).isLessThanOrEqualTo(members).isPositive();
        assertThat(usage).hasSizeGreaterThan(10).allMatch(each -> each.more() <= each.members());
        assertThat(new TrailReports(database.server).usage("payer-to-payer", year)).containsExactly(new TrailReports.Usage(null, 0, 0));
    }

    @Test
    void pac34_every_member_of_apps_is_told_once_for_all_apps_and_once_for_each_and_the_merged_as_who_survived() throws Exception {
        Year year = year();
        Map<String, TrailReports.MemberUse> told = new HashMap<>();
        new TrailReports(database.server).eachMemberOfApps("patient-access", year, Map.of("m8", "m7", "m9", "m7"), use -> assertThat(told.put(use.app() + " " + use.member(), use)).isNull());
        String uses = """
            FROM (SELECT app, CASE WHEN m IN ('m8', 'm9') THEN 'm7' ELSE m END AS who, recorded FROM audit.entry, unnest(coalesce(members, ARRAY[member])) AS m
                WHERE status < 400 AND resources > 0 AND%s) AS uses""".formatted(within(year));
        assertThat(told.values().stream().filter(use -> use.app() == null)).hasSize((int) database.count("SELECT count(DISTINCT who) " + uses));
        assertThat(told).hasSize((int) database.count("SELECT count(DISTINCT who) + count(DISTINCT (app, who)) " + uses)).containsKey("null m7").doesNotContainKeys("null m8", "null m9");
        assertThat(told.values().stream().filter(TrailReports.MemberUse::more)).hasSize((int) database.count("SELECT count(*) FROM (SELECT FROM (SELECT NULL AS a, who, recorded " + uses
            + " UNION ALL SELECT app, who, recorded " + uses + ") AS twice GROUP BY a, who HAVING count(DISTINCT (recorded AT TIME ZONE 'UTC')::date) > 1) AS more"));
    }

    @Test
    void aud08_apps_are_counted_with_what_was_refused() {
        List<TrailReports.AppAccess> apps = new TrailReports(database.server).apps(NOW.minus(Duration.ofDays(400)), NOW.plusSeconds(60));
        assertThat(apps).hasSize(20);
        assertThat(apps.stream().mapToLong(TrailReports.AppAccess::requests).sum()).isBetween((long) ROWS - 2_000, (long) ROWS);
        assertThat(apps.stream().mapToLong(TrailReports.AppAccess::forbidden).sum()).isPositive();
    }

    @Test
    void aud08_what_is_unusual_is_found_and_what_is_usual_is_not() throws Exception {
        try (TrailDatabase own = new TrailDatabase()) {
            Instant today = NOW;
            AuditEntry revoked = new AuditEntry("patient-access", "read", new AuditEntry.Outcome(401, "revoked"), new AuditEntry.Caller("gone", "p", null),
                new AuditEntry.Subject(List.of("m"), List.of("Patient"), "Patient/m", 0, 0, List.of(), null), new AuditEntry.Authority("g", List.of(), "UNKNOWN", List.of()), new AuditEntry.Origin("192.0.2.1", "r"));
            List<AuditEntry> entries = new ArrayList<>(List.of(revoked, revoked, TrailDatabase.access("quiet", "read", 200, List.of("m"), 1)));
            for (int i = 0; i < 12; i++) {
                entries.add(TrailDatabase.event("sign-in", 401, "account-" + i, "203.0.113.5"));
            }
            for (int i = 0; i < 25; i++) {
                entries.add(TrailDatabase.access("curious", "read", 403, List.of("m" + i), 0));
                entries.add(TrailDatabase.access("greedy", "read", 200, List.of("m" + i), 1));
            }
            own.write(today, entries.toArray(AuditEntry[]::new));
            List<UnusualAccess.Finding> found = new UnusualAccess(own.server, new UnusualAccess.Thresholds(25, 5, 20, 10)).between(today.minus(Duration.ofDays(1)), today.plusSeconds(60));
            assertThat(found).extracting(each -> each.kind() + " " + each.who() + " " + each.count() + " " + each.members()).containsExactlyInAnyOrder(
                "VOLUME curious 25 25", "VOLUME greedy 25 25", "AFTER_REVOCATION gone 2 1", "REFUSALS curious 25 25", "SIGN_IN_FAILURES 203.0.113.5 12 12");
        }
    }

    /** A transaction writes; what it reads beside that is given to who sent it. */
    @Test
    void aud08_what_a_transaction_read_is_a_disclosure_and_what_it_wrote_is_none() throws Exception {
        try (TrailDatabase own = new TrailDatabase()) {
            own.write(NOW, transaction("read", "create Observation x1; read Patient x1"), transaction("searched", "search-type Observation x2"), transaction("everything", "$everything x1; update Patient x1"),
                transaction("written", "create Observation x3; update Patient x1"), transaction("removed", "delete Observation x1"));
            assertThat(new TrailReports(own.server).disclosures(Set.of("m"), NOW.minusSeconds(60), NOW.plusSeconds(60))).extracting(TrailReports.Disclosure::app).containsExactlyInAnyOrder("read", "searched", "everything");
            assertThat(new TrailReports(own.server).members("patient-access", "read", NOW.minusSeconds(60), NOW.plusSeconds(60))).containsExactly("m");
            assertThat(new TrailReports(own.server).members("patient-access", "written", NOW.minusSeconds(60), NOW.plusSeconds(60))).isEmpty();
        }
    }

    private static AuditEntry transaction(String app, String did) {
        AuditEntry like = TrailDatabase.access(app, "transaction", 200, List.of("m"), 1);
        return new AuditEntry(like.api(), like.operation(), like.outcome(), like.caller(), new AuditEntry.Subject(List.of("m"), List.of("Patient"), null, 2, 0, List.of("demographics"), did), like.authority(), like.origin());
    }

    /** Behind a proxy every sign-in comes from its address: whom it speaks for is told too, and what a caller wrote before that is not believed. */
    @Test
    void aud08_failed_sign_ins_are_counted_by_the_peer_and_by_whom_it_speaks_for() throws Exception {
        try (TrailDatabase own = new TrailDatabase()) {
            List<AuditEntry> entries = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                entries.add(TrailDatabase.event("sign-in", 401, "account-" + i, AuditEntry.Origin.of("10.0.0.1", List.of("198.51.100." + i + ", 203.0.113.5"), "r").address()));
                entries.add(TrailDatabase.event("sign-in", 401, "account-" + i, AuditEntry.Origin.of("10.0.0.1", List.of("192.0.2." + i), "r").address()));
            }
            own.write(NOW, entries.toArray(AuditEntry[]::new));
            assertThat(new UnusualAccess(own.server, UnusualAccess.Thresholds.DEFAULT).between(NOW.minus(Duration.ofDays(1)), NOW.plusSeconds(60))).extracting(each -> each.who() + " " + each.count() + " " + each.members())
                .containsExactlyInAnyOrder("10.0.0.1 24 12", "203.0.113.5 12 12");
        }
    }
}
