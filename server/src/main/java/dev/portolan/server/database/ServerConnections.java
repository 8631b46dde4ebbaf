package dev.portolan.server.database;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/** New connections with the session settings that the server's statements are written for, each looked at before anybody uses it. What the address itself says of a setting wins. */
final class ServerConnections implements DataSource {

    static final int LOGIN_SECONDS = 10;

    private final String url;
    private final Properties properties = new Properties();
    private final @Nullable KnownDatabase known;

    /** @param known that every connection must lead to; null for whoever only looks, at a standby perhaps */
    ServerConnections(DatabaseAddress address, @Nullable KnownDatabase known) {
        this.url = address.url();
        this.known = known;
        // The driver takes texts only, and passes over anything else without a word.
        properties.setProperty("user", address.user());
        properties.setProperty("password", address.password());
        properties.setProperty("loginTimeout", Integer.toString(LOGIN_SECONDS));
        properties.setProperty("prepareThreshold", "1");
        properties.setProperty("preparedStatementCacheQueries", "512");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("socketFactory", WatchedSocketFactory.class.getName());
        // The detail of an error, and the statement of a batch that failed, repeat values: ids and data of members, which go into no log. The state and the first line say what happened.
        properties.setProperty("logServerErrorDetail", "false");
        properties.setProperty("ApplicationName", "portolan");
        properties.setProperty("options", options());
        if (known != null && url.contains(",")) {
            // Of several hosts the one that takes writes.
            properties.setProperty("targetServerType", "primary");
        }
    }

    private static String options() {
        return String.join(" ",
            // There is one sensible plan for each statement; planning each time would cost more than it finds.
            "-c plan_cache_mode=force_generic_plan",
            // A second statement sees what was committed after the first: a database or role may have another level for its usual one.
            "-c default_transaction_isolation=read\\ committed",
            // A backslash in a text of ours is a backslash.
            "-c standard_conforming_strings=on",
            // What may not take long has a limit of its own here. A limit of the database's on every statement would end migrations, exports and proofs of the trail, and one on idle sessions gives away the locks of who is at work elsewhere.
            "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0",
            // A server that lost its power holds its locks until PostgreSQL finds out: by itself after two hours.
            "-c tcp_keepalives_idle=60 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=6");
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = DriverManager.getConnection(url, properties);
        if (known == null) {
            return connection;
        }
        try {
            known.check(connection);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("the address says as whom");
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) {}

    /** The driver has it from the properties. */
    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
        return LOGIN_SECONDS;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("this is no " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
