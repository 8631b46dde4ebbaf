package dev.portolan.server.database;

import java.sql.Connection;
import java.sql.SQLException;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;

/** The one pool of connections, with the session settings that the store's statements are written for. */
public final class ConnectionPool {

    private static final int OLDEST_SUPPORTED = 15;

    private ConnectionPool() {
    }

    public static HikariDataSource open(DatabaseAddress address, int size) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("portolan");
        config.setJdbcUrl(address.url());
        config.setUsername(address.user());
        config.setPassword(address.password());
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(Math.min(size, 4));
        config.setConnectionTimeout(10_000);
        // The driver takes texts only, and passes over anything else without a word.
        config.addDataSourceProperty("prepareThreshold", "1");
        config.addDataSourceProperty("preparedStatementCacheQueries", "512");
        config.addDataSourceProperty("gssEncMode", "disable");
        config.addDataSourceProperty("tcpKeepAlive", "true");
        // The detail of an error, and the statement of a batch that failed, repeat values: ids and data of members, which go into no log. The state and the first line say what happened.
        config.addDataSourceProperty("logServerErrorDetail", "false");
        config.addDataSourceProperty("ApplicationName", "portolan");
        // There is one sensible plan for each statement; planning each time would cost more than it finds.
        config.addDataSourceProperty("options", "-c plan_cache_mode=force_generic_plan");
        HikariDataSource pool = connected(config);
        try {
            requireSupportedVersion(pool);
            return pool;
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    private static HikariDataSource connected(HikariConfig config) {
        try {
            return new HikariDataSource(config);
        } catch (HikariPool.PoolInitializationException e) {
            throw new DatabaseException("The database cannot be reached: " + (e.getCause() == null ? e.getMessage() : e.getCause().getMessage()), e);
        }
    }

    private static void requireSupportedVersion(HikariDataSource pool) {
        try (Connection connection = pool.getConnection()) {
            int major = connection.getMetaData().getDatabaseMajorVersion();
            if (major < OLDEST_SUPPORTED) {
                throw new DatabaseException("The database is PostgreSQL " + major + "; version " + OLDEST_SUPPORTED + " or later is needed");
            }
        } catch (SQLException e) {
            throw new DatabaseException("The database cannot be reached: " + e.getMessage(), e);
        }
    }
}
