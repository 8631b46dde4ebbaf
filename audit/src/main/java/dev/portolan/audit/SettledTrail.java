package dev.portolan.audit;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** Connections that see every entry which was durable when they were asked for. */
final class SettledTrail implements DataSource {

    private final DataSource database;
    private final TrailShelf shelf;

    SettledTrail(DataSource database, TrailShelf shelf) {
        this.database = database;
        this.shelf = shelf;
    }

    @Override
    public Connection getConnection() throws SQLException {
        settle();
        return database.getConnection();
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        settle();
        return database.getConnection(user, password);
    }

    private void settle() throws SQLException {
        try {
            shelf.settle();
        } catch (AuditUnavailableException e) {
            throw new SQLException(e.getMessage(), e);
        }
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        return database.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        database.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        database.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return database.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return database.getParentLogger();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return database.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return database.isWrapperFor(type);
    }
}
