package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.store.TestDatabase;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledLoadTest {

    /** How often the load is killed: {@code -Dportolan.kills=10}. */
    private static final int KILLS = Integer.getInteger("portolan.kills", 2);
    private static final int MEMBERS = 300;

    @TempDir
    private Path folder;

    /** Issue C, acceptance 4. A kill comes after some more batches are noted, so each finds the load at another place. */
    @Test
    void aLoadThatIsKilledGoesOnAndEndsAsIfNothingHadHappened() throws Exception {
        CpcdsFiles.write(folder, 5, MEMBERS, 2 + KILLS);
        killed("cpcds", KILLS);
    }

    /** The parts of a claim are kept with the note that their batch is through: what is done again finds nothing of itself. */
    @Test
    void anX12LoadThatIsKilledGoesOnAndEndsAsIfNothingHadHappened() throws Exception {
        int kills = Math.max(1, KILLS / 2);
        new SamePlan(5, 100, 9 * kills).writeX12(folder, 1);
        killed("x12", kills);
    }

    private void killed(String kind, int kills) throws Exception {
        LoadFixture.Definitions definitions = new LoadFixture.Definitions();
        Map<String, String> undisturbed;
        LoadRun whole;
        try (LoadFixture fixture = new LoadFixture(definitions)) {
            whole = fixture.load(kind, folder, LoadFixture.options(false, false));
            undisturbed = LoadFixture.contents(fixture.pool, fixture.view());
        }
        try (HikariDataSource pool = TestDatabase.migrated()) {
            LoadLedger.migrate(pool);
            int killed = 0;
            long noted = 0;
            slowFrom(pool, Long.MAX_VALUE);
            execute(pool, "CREATE TRIGGER slow BEFORE INSERT ON intake.batch FOR EACH ROW EXECUTE FUNCTION intake.slow()");
            while (killed < kills) {
                slowFrom(pool, noted + 1);
                Process process = start(pool.getJdbcUrl(), kind);
                noted = waitForBatches(pool, process, noted + 1);
                assertThat(process.isAlive()).as("the load must not be finished before it is killed " + kills + " times").isTrue();
                process.destroyForcibly().waitFor();
                killed++;
            }
            slowFrom(pool, Long.MAX_VALUE);
            Process last = start(pool.getJdbcUrl(), kind);
            try (BufferedReader lines = last.inputReader()) {
                assertThat(lines.lines()).contains("COMPLETED null");
            }
            try (LoadFixture fixture = new LoadFixture(definitions, pool)) {
                LoadRun resumed = fixture.reports.latest(1).get(0);
                LoadRun report = fixture.reports.run(resumed.id()).orElseThrow();
                assertThat(report.lines()).isEqualTo(whole.lines());
                assertThat(LoadFixture.contents(pool, fixture.view())).isEqualTo(undisturbed);
                assertThat(report.files()).allSatisfy(file -> assertThat(file.lines()).isEqualTo(file.mapped() + file.merged() + file.rejected()));
            }
        }
    }

    /** From so many batches on each takes seconds: whoever kills the load comes before its end, however busy the machine is. */
    private static void slowFrom(HikariDataSource pool, long batches) throws SQLException {
        execute(pool, "CREATE OR REPLACE FUNCTION intake.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT count(*) FROM intake.batch) >= " + batches + " THEN PERFORM pg_sleep(3); END IF; RETURN NEW; END $$");
    }

    private static void execute(HikariDataSource pool, String sql) throws SQLException {
        try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Process start(String jdbcUrl, String kind) throws Exception {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classPath, LoadProcess.class.getName(),
            jdbcUrl, folder.toString(), kind).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    private static long waitForBatches(HikariDataSource pool, Process process, long wanted) throws Exception {
        while (process.isAlive()) {
            try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("SELECT count(*) FROM intake.batch")) {
                row.next();
                if (row.getLong(1) >= wanted) {
                    return row.getLong(1);
                }
            }
            Thread.sleep(10);
        }
        return wanted;
    }
}
