package dev.portolan.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** A clock that was a year ahead for a moment, as machines have after they slept. */
class WrongClockTest {

    @Test
    void what_a_wrong_clock_put_off_or_kept_alive_is_done_once_it_is_right_again() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            DataSource database = server.getPostgresDatabase();
            Jobs.migrate(database);
            CountDownLatch done = new CountDownLatch(2);
            try (Jobs jobs = new Jobs(database, 2, Duration.ofMillis(500))) {
                jobs.add(new JobKind("round", 1, Duration.ofSeconds(1), new JobKind.Work() {
                    @Override
                    public JobKind.Next run(String id, JobKind.Running running) {
                        done.countDown();
                        return new JobKind.Next.Done();
                    }

                    @Override
                    public void gaveUp(String id, Throwable cause) {}
                }));
                put(database, "waits", "now() + interval '1 year', false, NULL, NULL");
                put(database, "died", "now() - interval '1 minute', true, 'a node that is gone', now() + interval '1 year'");
                jobs.start();
                assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    private static void put(DataSource database, String id, String state) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO jobs.work (task_name, task_instance, execution_time, picked, picked_by, last_heartbeat, version) VALUES ('round', '" + id + "', " + state + ", 1)");
        }
    }
}
