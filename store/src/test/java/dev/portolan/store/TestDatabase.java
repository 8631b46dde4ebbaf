package dev.portolan.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** One real PostgreSQL for all tests of a run, and as many databases in it as they like. It ends with the run. */
public final class TestDatabase {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final int CONNECTIONS = 12;
    private static EmbeddedPostgres server;

    private TestDatabase() {}

    /** A new, empty database with a pool as the server has it. The caller closes the pool. */
    public static HikariDataSource empty() {
        return pool(create(), CONNECTIONS);
    }

    /** A new database with the store's tables. */
    public static HikariDataSource migrated() {
        return migrated(CONNECTIONS);
    }

    public static HikariDataSource migrated(int connections) {
        try (HikariDataSource pool = empty()) {
            RecordDatabase.migrate(pool);
            return pool(pool.getJdbcUrl(), connections);
        }
    }

    /** Another pool on the same database: another node. */
    public static HikariDataSource another(HikariDataSource pool) {
        return pool(pool.getJdbcUrl(), CONNECTIONS);
    }

    private static HikariDataSource pool(String url, int connections) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername("postgres");
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(0);
        config.addDataSourceProperty("prepareThreshold", 1);
        config.addDataSourceProperty("binaryTransfer", true);
        config.addDataSourceProperty("options", "-c plan_cache_mode=force_generic_plan");
        return new HikariDataSource(config);
    }

    private static synchronized String create() {
        String name = "test_" + COUNT.incrementAndGet();
        try {
            if (server == null) {
                server = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(2)).setServerConfig("max_connections", "200").start();
                Runtime.getRuntime().addShutdownHook(new Thread(TestDatabase::stop));
            }
            try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
                statement.execute("CREATE DATABASE " + name);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return server.getJdbcUrl("postgres", name);
    }

    private static void stop() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
