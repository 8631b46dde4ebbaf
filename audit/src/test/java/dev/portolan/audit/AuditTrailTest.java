package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** AUD-01, AUD-02, AUD-03, AUD-06, AUD-09 on a real PostgreSQL with the role that the server works with. */
class AuditTrailTest {

    private static EmbeddedPostgres postgres;
    private static DataSource owner;
    private static DataSource server;

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(2)).start();
        owner = postgres.getPostgresDatabase();
        execute(owner, "CREATE ROLE portolan_server LOGIN PASSWORD 'test'");
        server = postgres.getDatabase("portolan_server", "postgres");
    }

    @AfterAll
    static void stop() throws Exception {
        postgres.close();
    }

    @BeforeEach
    void emptyTrail() throws Exception {
        execute(owner, "DROP SCHEMA IF EXISTS audit CASCADE");
        AuditSchema.migrate(owner, "portolan_server");
    }

    @Test
    void everyEntryOfManyThreadsIsThereAndTheChainVerifies_AUD01_AUD03() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (GroupCommitTrail trail = new GroupCommitTrail(server, Clock.systemUTC(), 10_000)) {
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                int number = i;
                all.add(CompletableFuture.runAsync(() -> trail.appendAndWait(entry("request-" + number, List.of("p" + number % 7))), threads));
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        } finally {
            threads.shutdownNow();
        }
        assertThat(count("SELECT count(DISTINCT request) FROM audit.entry")).isEqualTo(2_000);
        ChainVerifier.Report report = new ChainVerifier(server).verify(List.of());
        assertThat(report.faults()).isEmpty();
        assertThat(report.entries()).isEqualTo(2_000);
    }

    @Test
    void theFieldsComeBackAsTheyWere_AUD02() throws Exception {
        AuditEntry several = entry("several", List.of("a", "b"));
        try (GroupCommitTrail trail = new GroupCommitTrail(server, Clock.systemUTC(), 10)) {
            trail.appendAndWait(several);
        }
        try (Connection connection = server.getConnection(); Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery("SELECT seq, recorded, api, operation, status, outcome, app, person, relation, member, members, types, resource, resources, withheld, categories, query, grant_id, scopes, purpose, consents, source, request FROM audit.entry")) {
            assertThat(row.next()).isTrue();
            assertThat(ChainVerifier.entry(row)).isEqualTo(several);
        }
    }

    @Test
    void theServersRoleCanNeitherAlterNorDelete_AUD03() throws Exception {
        write(3);
        for (String attempt : List.of("UPDATE audit.entry SET app = 'x'", "DELETE FROM audit.entry", "TRUNCATE audit.entry", "DROP TABLE audit.entry", "UPDATE audit.chain SET node = 'x'",
            "DELETE FROM audit.entry_" + Instant.now().atZone(ZoneOffset.UTC).format(java.time.format.DateTimeFormatter.ofPattern("yyyy_MM")))) {
            assertThatThrownBy(() -> execute(server, attempt)).as(attempt).isInstanceOf(SQLException.class);
        }
        assertThat(new ChainVerifier(server).verify(List.of()).whole()).isTrue();
    }

    @Test
    void whatTheSuperuserAltersAddsOrTakesOutIsFound_AUD03() throws Exception {
        write(10);
        List<ChainVerifier.Anchor> anchors = new ChainVerifier(server).verify(List.of()).heads();
        assertFault("UPDATE audit.entry SET member = 'other' WHERE seq = 4", "was altered", anchors);
        assertFault("DELETE FROM audit.entry WHERE seq = 5", "missing", anchors);
        assertFault("DELETE FROM audit.entry WHERE seq > 8", "cut off", anchors);
        assertFault("DELETE FROM audit.chain", "opening is gone", anchors);
        assertFault("UPDATE audit.entry SET seq = 100 WHERE seq = 10", "was altered", anchors);
    }

    private void assertFault(String tampering, String fault, List<ChainVerifier.Anchor> anchors) throws Exception {
        try (Connection connection = owner.getConnection()) {
            execute(owner, "CREATE TABLE audit.copy AS SELECT * FROM audit.entry");
            execute(owner, "CREATE TABLE audit.chain_copy AS SELECT * FROM audit.chain");
            execute(owner, tampering);
            assertThat(new ChainVerifier(server).verify(anchors).faults()).as(tampering).anySatisfy(text -> assertThat(text).contains(fault));
            execute(owner, "DELETE FROM audit.entry; INSERT INTO audit.entry SELECT * FROM audit.copy; DROP TABLE audit.copy");
            execute(owner, "DELETE FROM audit.chain; INSERT INTO audit.chain OVERRIDING SYSTEM VALUE SELECT * FROM audit.chain_copy; DROP TABLE audit.chain_copy");
            assertThat(new ChainVerifier(server).verify(anchors).whole()).isTrue();
        }
    }

    /** A database that hangs is given up, and a new connection goes on in a chain of its own. */
    @Test
    void whenTheTrailHangsNobodyWaitsLongerThanItsPatience_AUD09() throws Exception {
        Duration patience = Duration.ofMillis(1_000);
        try (GroupCommitTrail trail = new GroupCommitTrail(server, Clock.systemUTC(), 10, patience, null); Connection holder = owner.getConnection(); Statement statement = holder.createStatement()) {
            // What is written before and after is waited for longer than the trail's patience: a busy machine may take its time over it.
            trail.append(entry("before", List.of("p"))).get(60, TimeUnit.SECONDS);
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE audit.entry IN ACCESS EXCLUSIVE MODE");
            for (String request : List.of("taken by the writer", "still waiting")) {
                long began = System.nanoTime();
                assertThatThrownBy(() -> trail.appendAndWait(entry(request, List.of("p")))).isInstanceOf(AuditUnavailableException.class).hasMessageContaining("in time");
                assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)).isBetween(950L, 10_000L);
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (trail.lag().failed() == 0) {
                assertThat(System.nanoTime()).as("the writer gives the database up").isLessThan(end);
                Thread.sleep(20);
            }
            holder.rollback();
            trail.append(entry("after", List.of("p"))).get(60, TimeUnit.SECONDS);
        }
        assertThat(count("SELECT count(*) FROM audit.entry WHERE request = 'still waiting'")).as("its caller was told that nothing was given out").isZero();
        assertThat(count("SELECT count(*) FROM audit.entry WHERE request IN ('before', 'after')")).isEqualTo(2);
        assertThat(count("SELECT count(*) FROM audit.chain")).as("the first connection was given up").isEqualTo(2);
        assertThat(new ChainVerifier(server).verify(List.of()).whole()).isTrue();
    }

    @Test
    void whenTheTrailCannotBeWrittenTheAppendFails_AUD09() throws Exception {
        try (GroupCommitTrail trail = new GroupCommitTrail(server, Clock.systemUTC(), 10)) {
            trail.appendAndWait(entry("before", List.of("p")));
            execute(owner, "REVOKE INSERT ON audit.entry FROM portolan_server");
            assertThatThrownBy(() -> trail.appendAndWait(entry("during", List.of("p")))).isInstanceOf(AuditUnavailableException.class);
            execute(owner, "GRANT INSERT ON audit.entry TO portolan_server");
            trail.appendAndWait(entry("after", List.of("p")));
        }
        assertThat(count("SELECT count(*) FROM audit.entry WHERE request = 'during'")).isZero();
        assertThat(new ChainVerifier(server).verify(List.of()).whole()).isTrue();
        assertThat(count("SELECT count(*) FROM audit.chain")).isEqualTo(2);
    }

    /** A clock that was set to another year by mistake, and back: entries bore that year's time until the server was started again. */
    @Test
    void whenTheClockGoesBackANewChainBearsTheTimeThatItIs_AUD01_AUD03() throws Exception {
        Instant now = Instant.now();
        Instant[] time = {now.plus(Duration.ofDays(40))};
        Clock clock = new Clock() {
            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return time[0];
            }
        };
        try (GroupCommitTrail trail = new GroupCommitTrail(server, clock, 10)) {
            trail.appendAndWait(entry("ahead", List.of("p")));
            time[0] = now.plus(Duration.ofDays(40)).minusSeconds(30);
            trail.appendAndWait(entry("slewed", List.of("p")));
            time[0] = now;
            trail.appendAndWait(entry("right", List.of("p")));
        }
        assertThat(count("SELECT count(*) FROM audit.entry WHERE request = 'right' AND recorded BETWEEN now() - interval '1 hour' AND now()")).isEqualTo(1);
        assertThat(count("SELECT count(*) FROM audit.chain")).as("within a minute times stand still").isEqualTo(2);
        assertThat(new ChainVerifier(server).verify(List.of()).whole()).isTrue();
    }

    @Test
    void onlyMonthsPastTheRetentionPeriodCanGo_AUD06() throws Exception {
        Clock elevenYearsAgo = Clock.fixed(Instant.now().minusSeconds(11L * 366 * 86_400), ZoneOffset.UTC);
        try (GroupCommitTrail trail = new GroupCommitTrail(server, elevenYearsAgo, 10)) {
            trail.appendAndWait(entry("old", List.of("p")));
        }
        write(1);
        assertThatThrownBy(() -> execute(server, "SELECT audit.drop_months_before(((now() AT TIME ZONE 'UTC') - interval '9 years')::date, 10)")).isInstanceOf(SQLException.class);
        execute(server, "SELECT audit.drop_months_before(((now() AT TIME ZONE 'UTC') - interval '10 years')::date, 10)");
        assertThat(count("SELECT count(*) FROM audit.entry")).isEqualTo(1);
        assertThat(new ChainVerifier(server).verify(List.of()).faults()).isEmpty();
    }

    @Test
    void aChainThatIsTakenAwayWholeIsFoundByTheNext_AUD03() throws Exception {
        write(2);
        write(2);
        execute(owner, "DELETE FROM audit.entry WHERE chain = (SELECT chain FROM audit.chain WHERE number = 1); DELETE FROM audit.chain WHERE number = 1");
        assertThat(new ChainVerifier(server).verify(List.of()).faults()).anySatisfy(text -> assertThat(text).contains("taken away"));
    }

    private static void write(int entries) {
        try (GroupCommitTrail trail = new GroupCommitTrail(server, Clock.systemUTC(), 100)) {
            for (int i = 0; i < entries; i++) {
                trail.appendAndWait(entry("request-" + i, List.of("p")));
            }
        }
    }

    private static AuditEntry entry(String request, List<String> members) {
        return new AuditEntry("patient-access", "search-type", new AuditEntry.Outcome(200, null), new AuditEntry.Caller("app", "person", null),
            new AuditEntry.Subject(members, List.of("Observation"), null, 12, 1, List.of("laboratory"), "patient,category"),
            new AuditEntry.Authority("grant-1", List.of("patient/Observation.rs"), "PATRQT", List.of("consent-1")), new AuditEntry.Origin("127.0.0.1", request));
    }

    private static long count(String query) throws SQLException {
        try (Connection connection = owner.getConnection(); Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void execute(DataSource database, String sql) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
