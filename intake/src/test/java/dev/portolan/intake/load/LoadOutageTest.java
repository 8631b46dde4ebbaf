package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that ends its connections in the midst of a load, as one does that is restarted. */
class LoadOutageTest {

    private static final int RESOURCES = 30_000;
    private static final int OUTAGES = 2;

    @Test
    void aLoadGoesOnByItselfWhenTheDatabaseIsBack(@TempDir Path folder) throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < RESOURCES; i++) {
            lines.add("{\"resourceType\":\"Observation\",\"id\":\"o" + i + "\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"subject\":{\"reference\":\"Patient/p" + i / 100 + "\"}}");
        }
        Files.write(folder.resolve("Observation.ndjson"), lines);
        // The connection that is looked on through is not among those that end.
        try (LoadFixture fixture = new LoadFixture(LoadFixture.Definitions.shared()); Connection watching = DriverManager.getConnection(fixture.pool.getJdbcUrl(), "postgres", "")) {
            long run = fixture.loads.ask("plan", "ndjson", folder.toString(), LoadFixture.options(false, false), Map.of(), Map.of(), "test");
            long noted = 0;
            for (int outage = 0; outage < OUTAGES; outage++) {
                noted = waitForBatches(watching, run, noted + 1);
                count(watching, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            }
            LoadRun done = finished(fixture, run);
            assertThat(done.failure()).isNull();
            assertThat(done.state()).isEqualTo(LoadRun.State.COMPLETED);
            assertThat(done.files()).singleElement().satisfies(file -> assertThat(file.resources()).isEqualTo(RESOURCES));
            assertThat(count(watching, "SELECT count(*) FROM store.resource WHERE version = 1")).isEqualTo(RESOURCES);
        }
    }

    private static long waitForBatches(Connection watching, long run, long wanted) throws Exception {
        while (true) {
            long batches = count(watching, "SELECT count(*) FROM intake.batch");
            if (batches >= wanted) {
                assertThat(count(watching, "SELECT count(*) FROM intake.run WHERE finished IS NOT NULL AND id = " + run)).as("the load must not be finished before its database goes").isZero();
                return batches;
            }
            Thread.sleep(10);
        }
    }

    private static long count(Connection watching, String sql) throws SQLException {
        try (Statement statement = watching.createStatement(); ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static LoadRun finished(LoadFixture fixture, long run) throws InterruptedException {
        while (true) {
            try {
                return fixture.finished(run);
            } catch (LoadException away) {
                Thread.sleep(20); // a connection that was ended is noticed when it is used
            }
        }
    }
}
