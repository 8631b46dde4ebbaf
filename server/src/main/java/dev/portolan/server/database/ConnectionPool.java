package dev.portolan.server.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one pool of connections, with the session settings that the store's statements are written for. */
public final class ConnectionPool {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionPool.class);
    private static final int OLDEST_SUPPORTED = 15;
    private static final int ATTEMPTS = 4;

    private ConnectionPool() {
    }

    /** For whoever only looks: also at a standby. */
    public static HikariDataSource open(DatabaseAddress address, int size) {
        return open(address, size, null);
    }

    /** @param known the database that every connection must lead to */
    static HikariDataSource open(DatabaseAddress address, int size, @Nullable KnownDatabase known) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("portolan");
        config.setDataSource(new ServerConnections(address, known));
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(Math.min(size, 4));
        config.setConnectionTimeout(10_000);
        HikariDataSource pool = connected(config);
        try {
            requireSupported(pool);
            return pool;
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    /** Where nobody said no, but nothing in time either, it is tried again: a machine that starts much at once is slow to answer, and a server should not end for that. */
    private static HikariDataSource connected(HikariConfig config) {
        for (int attempt = 1;; attempt++) {
            long began = System.nanoTime();
            try {
                return new HikariDataSource(config);
            } catch (HikariPool.PoolInitializationException e) {
                if (attempt == ATTEMPTS || System.nanoTime() - began < TimeUnit.SECONDS.toNanos(ServerConnections.LOGIN_SECONDS - 1)) {
                    throw refused(e);
                }
                LOG.warn("The database did not answer within {} seconds; it is tried again", ServerConnections.LOGIN_SECONDS);
            }
        }
    }

    private static DatabaseException refused(HikariPool.PoolInitializationException e) {
        return e.getCause() instanceof SQLException cause && KnownDatabase.READ_ONLY.equals(cause.getSQLState()) ? new DatabaseException(cause.getMessage(), e)
                : new DatabaseException("The database cannot be reached: " + (e.getCause() == null ? e.getMessage() : e.getCause().getMessage()), e);
    }

    private static void requireSupported(HikariDataSource pool) {
        try (Connection connection = pool.getConnection()) {
            int major = connection.getMetaData().getDatabaseMajorVersion();
            if (major < OLDEST_SUPPORTED) {
                throw new DatabaseException("The database is PostgreSQL " + major + "; version " + OLDEST_SUPPORTED + " or later is needed");
            }
            String encoding = encoding(connection);
            if (!encoding.equals("UTF8")) {
                throw new DatabaseException("The database's encoding is " + encoding + ", in which members' names cannot all be written; UTF8 is needed: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0");
            }
        } catch (SQLException e) {
            throw new DatabaseException("The database cannot be reached: " + e.getMessage(), e);
        }
    }

    private static String encoding(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("SHOW server_encoding")) {
            row.next();
            return row.getString(1);
        }
    }
}
