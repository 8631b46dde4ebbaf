package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** AUD-09: the trail takes entries while others read it for hours, and while another server starts. */
class TrailNeighboursTest {

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
    void empty() throws Exception {
        database.empty();
    }

    private static GroupCommitTrail trail(Instant now) {
        return new GroupCommitTrail(database.server, Clock.fixed(now, ZoneOffset.UTC), 100, Duration.ofSeconds(20), null);
    }

    private static AuditEntry entry() {
        return TrailDatabase.access("app", "read", 200, List.of("p1"), 1);
    }

    /** A backup, a report or a proof that begins before midnight of a month's last day. */
    @Test
    void aud09_a_month_begins_while_somebody_reads_the_whole_trail() throws Exception {
        Instant now = Instant.now();
        try (GroupCommitTrail trail = trail(now)) {
            trail.appendAndWait(entry());
        }
        try (Connection reader = database.owner.getConnection(); Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.execute("SELECT count(*) FROM audit.entry");
            Instant nextMonth = ZonedDateTime.ofInstant(now, ZoneOffset.UTC).plusMonths(1).withDayOfMonth(2).toInstant();
            try (GroupCommitTrail trail = trail(nextMonth)) {
                trail.appendAndWait(entry());
            }
            reader.rollback();
        }
        assertThat(database.count("SELECT count(*) FROM audit.entry")).isEqualTo(2);
        assertThat(database.count("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit.entry'::regclass")).as("this month, the next and the one after").isEqualTo(3);
        assertThat(database.text("SELECT DISTINCT string_agg(regexp_replace(indexdef, 'entry_[0-9_]+', 'entry_', 'g'), '; ' ORDER BY regexp_replace(indexdef, 'entry_[0-9_]+', 'entry_', 'g')) FROM pg_indexes"
            + " WHERE schemaname = 'audit' AND tablename LIKE 'entry\\_2%' GROUP BY tablename").lines()).as("each month has the indexes of the others").hasSize(1);
        assertThatThrownBy(() -> TrailDatabase.execute(database.server, "DELETE FROM audit.entry")).hasMessageContaining("permission denied");
        assertThat(new ChainVerifier(database.server).verify(List.of()).faults()).isEmpty();
    }

    /** What is dropped waits for those who read, and entries would wait behind it. */
    @Test
    void aud06_aud09_a_purge_that_would_hold_up_entries_is_left_for_another_day() throws Exception {
        database.write(ZonedDateTime.now(ZoneOffset.UTC).minusYears(12).withDayOfMonth(15).toInstant(), entry());
        try (GroupCommitTrail trail = trail(Instant.now()); Connection reader = database.owner.getConnection(); Statement statement = reader.createStatement()) {
            Retention retention = new Retention(database.server, trail, Retention.Policy.DEFAULT, Clock.systemUTC());
            reader.setAutoCommit(false);
            statement.execute("SELECT count(*) FROM audit.entry");
            CompletableFuture<List<String>> purge = CompletableFuture.supplyAsync(retention::purge);
            // Who looks too late finds it over, and that is told below.
            while (!purge.isDone() && database.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 0) {
                Thread.sleep(20);
            }
            trail.appendAndWait(entry());
            assertThatThrownBy(purge::join).hasCauseInstanceOf(AuditUnavailableException.class);
            reader.rollback();
            assertThat(retention.purge()).isNotEmpty();
        }
        assertThat(new ChainVerifier(database.server).verify(List.of()).faults()).isEmpty();
    }

    /** Rolling restarts: other servers give the rights anew at their start, several at a time, while this one writes. */
    @Test
    void aud09_servers_that_start_take_no_right_from_one_that_runs() throws Exception {
        ExecutorService others = Executors.newFixedThreadPool(3);
        try (GroupCommitTrail trail = trail(Instant.now())) {
            List<Future<?>> starts = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                starts.add(others.submit(() -> {
                    AuditSchema.migrate(database.owner, "portolan_server");
                    return null;
                }));
            }
            int written = 0;
            while (!starts.stream().allMatch(Future::isDone)) {
                trail.appendAndWait(entry());
                written++;
            }
            for (Future<?> start : starts) {
                start.get();
            }
            assertThat(written).isPositive();
        } finally {
            others.shutdownNow();
        }
        assertThat(database.count("SELECT count(*) FROM audit.chain")).as("no chain was given up").isEqualTo(1);
    }
}
