package dev.portolan.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A clock that was ahead for a while, and was set right: what it wrote does not keep work waiting. */
class ClocksTest {

    private static EmbeddedPostgres postgres;
    private static DataSource database;

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(2)).start();
        database = postgres.getPostgresDatabase();
        Jobs.migrate(database);
    }

    @AfterAll
    static void stop() throws Exception {
        postgres.close();
    }

    private static void run(String sql) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static boolean is(String condition) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("SELECT bool_and(" + condition + ") FROM jobs.work")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    /** @param seconds within which it runs, or does not: a node looks for what is due each second */
    private static boolean runs(String before, long seconds) throws Exception {
        CountDownLatch ran = new CountDownLatch(1);
        run("DELETE FROM jobs.work");
        try (Jobs jobs = new Jobs(database, 1, Duration.ofSeconds(1))) {
            jobs.add(new JobKind("daily", 2, Duration.ofSeconds(1), new JobKind.Work() {
                @Override
                public JobKind.Next run(String id, JobKind.Running running) {
                    ran.countDown();
                    return new JobKind.Next.Again(Duration.ofDays(1));
                }

                @Override
                public void gaveUp(String id, Throwable cause) {}
            }));
            jobs.submit("daily", "all");
            run("UPDATE jobs.work SET " + before);
            jobs.start();
            return ran.await(seconds, TimeUnit.SECONDS);
        }
    }

    @Test
    void what_is_to_wait_for_longer_than_any_work_does_runs_now() throws Exception {
        assertThat(runs("execution_time = now() + interval '400 days'", 60)).isTrue();
        assertThat(is("execution_time BETWEEN now() + interval '23 hours' AND now() + interval '25 hours'")).isTrue();
        assertThat(runs("execution_time = now() + interval '20 hours'", 4)).as("it is not its time").isFalse();
    }

    @Test
    void what_a_node_left_that_died_with_its_clock_ahead_is_taken_over() throws Exception {
        assertThat(runs("picked = true, picked_by = 'gone', last_heartbeat = now() + interval '30 days'", 60)).isTrue();
    }

    @Test
    void work_is_not_put_off_for_so_long_that_it_would_look_like_a_wrong_clocks() {
        assertThatThrownBy(() -> new JobKind.Next.Again(Duration.ofDays(2))).isInstanceOf(IllegalArgumentException.class);
    }
}
