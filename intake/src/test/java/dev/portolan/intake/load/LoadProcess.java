package dev.portolan.intake.load;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.util.List;

/** A process that loads, to be killed. Arguments: JDBC address, folder, kind. Asks for the load if there is none yet, else goes on with it; ends when it is finished. */
public final class LoadProcess {

    private LoadProcess() {}

    public static void main(String[] arguments) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(arguments[0]);
        config.setUsername("postgres");
        config.setMaximumPoolSize(8);
        try (LoadFixture fixture = new LoadFixture(new LoadFixture.Definitions(), new HikariDataSource(config))) {
            List<LoadRun> runs = fixture.reports.latest(1);
            long run = runs.isEmpty() ? fixture.loads.ask("plan", arguments[2], Path.of(arguments[1]).toString(), LoadFixture.options(false, false), java.util.Map.of(), java.util.Map.of(), "test") : runs.get(0).id();
            System.out.println("loading");
            LoadRun finished = fixture.finished(run);
            System.out.println(finished.state() + " " + finished.failure());
        }
    }
}
