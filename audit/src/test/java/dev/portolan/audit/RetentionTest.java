package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AUD-06: what outlives the policy goes, what is held stays, and the trail says what went. */
class RetentionTest {

    private static final AuditEntry.Origin FROM = new AuditEntry.Origin("192.0.2.7", "request-3");
    private static TrailDatabase database;

    @BeforeAll
    static void start() throws Exception {
        database = new TrailDatabase();
    }

    @AfterAll
    static void stop() throws Exception {
        database.close();
    }

    @BeforeEach
    void oldAndNew() throws Exception {
        database.empty();
        for (int years : new int[] {14, 12, 11, 8}) {
            database.write(ago(years), TrailDatabase.access("app", "read", 200, List.of("m" + years), 1), TrailDatabase.access("app", "read", 200, List.of("both"), 1));
        }
    }

    private static Instant ago(int years) {
        return ZonedDateTime.now(ZoneOffset.UTC).minusYears(years).withDayOfMonth(15).toInstant();
    }

    private List<String> purge(Retention.Policy policy) {
        try (GroupCommitTrail trail = new GroupCommitTrail(database.server, Clock.systemUTC(), 100)) {
            return new Retention(database.server, trail, policy, Clock.systemUTC()).purge();
        }
    }

    @Test
    void aud06_months_past_ten_years_go_and_the_purge_stands_in_the_trail() throws Exception {
        // Each old month has the one after it made with it, empty.
        assertThat(purge(Retention.Policy.DEFAULT)).hasSize(6);
        assertThat(database.count("SELECT count(*) FROM audit.entry WHERE member = 'm8'")).isEqualTo(1);
        assertThat(database.count("SELECT count(*) FROM audit.entry WHERE member IN ('m14', 'm12', 'm11')")).isZero();
        assertThat(database.text("SELECT query FROM audit.entry WHERE api = 'audit' AND operation = 'purge'")).contains("years=10").contains("entry_" + ago(14).atZone(ZoneOffset.UTC).getYear());
        assertThat(new ChainVerifier(database.server).verify(List.of()).faults()).isEmpty();
        assertThat(purge(Retention.Policy.DEFAULT)).isEmpty();
        assertThat(database.count("SELECT count(*) FROM audit.entry WHERE operation = 'purge'")).isEqualTo(1);
    }

    @Test
    void aud06_the_longest_line_of_business_decides() {
        assertThat(purge(new Retention.Policy(10, Map.of("Medicaid", 13)))).hasSize(2);
        assertThatThrownBy(() -> new Retention.Policy(10, Map.of("Commercial", 5))).hasMessageContaining("Commercial").hasMessageContaining("6 years");
        assertThatThrownBy(() -> new Retention.Policy(3, Map.of())).hasMessageContaining("164.316");
    }

    @Test
    void aud06_a_legal_hold_keeps_its_month_and_what_follows_until_it_is_released() throws Exception {
        try (GroupCommitTrail trail = new GroupCommitTrail(database.server, Clock.systemUTC(), 100)) {
            Retention retention = new Retention(database.server, trail, Retention.Policy.DEFAULT, Clock.systemUTC());
            long hold = retention.hold("m12", null, "matter 7", "counsel", FROM);
            assertThat(retention.purge()).hasSize(2);
            assertThat(database.count("SELECT count(*) FROM audit.entry WHERE api = 'patient-access' AND member IN ('m12', 'm11')")).isEqualTo(2);
            assertThatThrownBy(() -> TrailDatabase.execute(database.server, "DELETE FROM audit.hold")).hasMessageContaining("permission denied");
            assertThatThrownBy(() -> retention.release(hold, " ", "counsel", FROM)).isInstanceOf(IllegalArgumentException.class);
            assertThat(retention.release(hold + 1, "settled", "counsel", FROM)).isFalse();
            assertThat(retention.release(hold, "settled", "counsel", FROM)).isTrue();
            assertThat(retention.release(hold, "settled", "counsel", FROM)).isFalse();
            assertThat(retention.holds()).singleElement().matches(each -> each.released() != null);
            assertThat(retention.purge()).hasSize(4);
        }
        assertThat(database.text("SELECT operation FROM audit.entry WHERE api = 'audit' ORDER BY seq")).contains("legal-hold", "legal-hold-release", "purge");
        assertThat(new ChainVerifier(database.server).verify(List.of()).faults()).isEmpty();
    }

    /** m12 was merged into m8 when the hold was placed, and m14 since. */
    @Test
    void aud06_a_hold_covers_what_stands_under_the_ids_that_the_record_was_ever_kept_under() throws Exception {
        Set<String> merged = new TreeSet<>(Set.of("m8", "m12"));
        try (GroupCommitTrail trail = new GroupCommitTrail(database.server, Clock.systemUTC(), 100)) {
            Retention retention = new Retention(database.server, trail, Retention.Policy.DEFAULT, member -> member.equals("m8") ? merged : Set.of(member), Clock.systemUTC());
            long hold = retention.hold("m8", null, "matter 8", "counsel", FROM);
            assertThat(database.text("SELECT audit.months_before(((now() AT TIME ZONE 'UTC') - interval '10 years')::date, 10)")).as("what the database itself lets go").contains("entry_" + ago(14).atZone(ZoneOffset.UTC).getYear())
                .doesNotContain("entry_" + ago(12).atZone(ZoneOffset.UTC).getYear());
            merged.add("m14");
            assertThat(retention.purge()).as("all is of m14's month, or follows it").isEmpty();
            assertThat(database.count("SELECT count(*) FROM audit.entry WHERE member IN ('m14', 'm12', 'm11')")).isEqualTo(3);
            assertThat(retention.release(hold, "settled", "counsel", FROM)).isTrue();
            assertThat(retention.purge()).hasSize(6);
        }
    }

    /** A session has the time zone of the machine: in the evening west of Greenwich it is the day before there. */
    @Test
    void aud06_the_purge_knows_no_day_but_the_trails() throws Exception {
        database.execute("SET timezone = 'XYZ+23:59'; SELECT audit.months_before(((now() AT TIME ZONE 'UTC') - interval '10 years')::date, 10); RESET timezone");
        assertThatThrownBy(() -> database.execute("SELECT audit.months_before(((now() AT TIME ZONE 'UTC') - interval '10 years' + interval '1 day')::date, 10)")).hasMessageContaining("within the retention period");
    }

    @Test
    void aud06_a_hold_of_everything_keeps_everything() {
        try (GroupCommitTrail trail = new GroupCommitTrail(database.server, Clock.systemUTC(), 100)) {
            Retention retention = new Retention(database.server, trail, Retention.Policy.DEFAULT, Clock.systemUTC());
            retention.hold(null, ago(13), "an investigation", "counsel", FROM);
            assertThat(retention.purge()).hasSize(2);
            assertThat(retention.purge()).isEmpty();
        }
    }

    @Test
    void aud03_anchors_prove_tampering_that_the_database_alone_cannot(@TempDir Path folder) throws Exception {
        database.empty();
        database.write(Instant.now(), TrailDatabase.access("app", "read", 200, List.of("a"), 1), TrailDatabase.access("app", "read", 200, List.of("b"), 1), TrailDatabase.access("app", "read", 200, List.of("c"), 1));
        Anchors anchors = Anchors.in(folder.resolve("anchors"), folder.resolve("anchor.key"));
        Path file = anchors.write(new ChainHeads(database.server).now(Instant.now()), Instant.now());
        assertThat(faults(folder)).isEmpty();
        database.execute("CREATE TABLE audit.kept AS SELECT * FROM audit.entry");
        // The tail: the database alone does not know of it.
        database.execute("DELETE FROM audit.entry WHERE seq = 3");
        assertThat(new ChainVerifier(database.server).verify(List.of()).faults()).isEmpty();
        assertThat(faults(folder)).anySatisfy(fault -> assertThat(fault).contains("cut off"));
        // Dressed up as if retention had dropped it.
        database.execute("DELETE FROM audit.entry; INSERT INTO audit.entry SELECT * FROM audit.kept WHERE seq = 3; INSERT INTO audit.retired (chain, seq, hash) SELECT chain, seq, hash FROM audit.kept WHERE seq = 2");
        anchors.write(List.of(new ChainVerifier.Anchor(new ChainHeads(database.server).now(Instant.now()).get(0).chain(), 1, bytes("SELECT encode(hash, 'hex') FROM audit.kept WHERE seq = 1"))), Instant.now());
        assertThat(faults(folder)).anySatisfy(fault -> assertThat(fault).contains("marked as retired"));
        // An altered anchor is told, not believed.
        file.toFile().setWritable(true);
        java.nio.file.Files.writeString(file, java.nio.file.Files.readString(file).replace("\"seq\":3", "\"seq\":2"));
        assertThat(Anchors.read(folder.resolve("anchors")).faults()).singleElement().asString().contains(file.getFileName().toString());
    }

    private static byte[] bytes(String query) throws Exception {
        return java.util.HexFormat.of().parseHex(database.text(query).strip());
    }

    private static List<String> faults(Path folder) throws Exception {
        return new ChainVerifier(database.server).verify(Anchors.read(folder.resolve("anchors")).anchors()).faults();
    }
}
