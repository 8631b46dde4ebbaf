package dev.portolan.server.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one database that a process works on. What it keeps in memory (members' numbers, blocks of rows' numbers, compression dictionaries, keys) is true of that one alone: a replica that was promoted before it had the last
 * transactions, or a backup, gives the same numbers to others, and a member's data would come to stand in another's record. So whoever has begun with one takes no connection to another.
 */
final class KnownDatabase {

    private static final Logger LOG = LoggerFactory.getLogger(KnownDatabase.class);

    private static final String STATE = "SELECT current_setting('transaction_read_only'), current_setting('synchronous_commit')";
    /** The cluster, the database in it, and the timeline, which every promotion and every restored backup begins anew. */
    private static final String IDENTITY = """
        SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/'
            || CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END""";
    /** Beginnings of SQLSTATE: what a service that is not quite PostgreSQL, or an administrator, has taken away. */
    private static final String NOT_SUPPORTED = "0A";
    private static final String NOT_ALLOWED = "42";
    static final String READ_ONLY = "25006";
    private static final String REFUSED = "08004";

    private final CompletableFuture<String> replaced = new CompletableFuture<>();
    private @Nullable String first;
    private boolean unknowable;

    /** @throws SQLException if this is no connection to work with */
    void check(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (state(statement).equals("off")) {
                // Whatever the database's own settings are, what was acknowledged is on disk.
                statement.execute("SET synchronous_commit = on");
            }
            requireSame(statement);
        }
    }

    /** @return its {@code synchronous_commit} */
    private static String state(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(STATE)) {
            row.next();
            if (row.getString(1).equals("on")) {
                // What it tells may be old: whom a member has shut out would be let in.
                throw new SQLException("The database takes no writes: it is a standby, or default_transaction_read_only is on", READ_ONLY);
            }
            return row.getString(2);
        }
    }

    private synchronized void requireSame(Statement statement) throws SQLException {
        String identity = unknowable ? null : identity(statement);
        if (identity == null) {
            return;
        }
        if (first == null) {
            first = identity;
        } else if (!identity.equals(first)) {
            String why = "The database is another one than this server began with: a replica was promoted, or a backup restored (" + first + " then, " + identity
                + " now). What the server remembers may not be true of it; the server has to be started anew";
            if (replaced.complete(why)) {
                LOG.error(why);
            }
            throw new SQLException(why, REFUSED);
        }
    }

    private @Nullable String identity(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(IDENTITY)) {
            row.next();
            return row.getString(1);
        } catch (SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (first == null && (state.startsWith(NOT_SUPPORTED) || state.startsWith(NOT_ALLOWED))) {
                LOG.warn("The database does not tell which one it is ({}): end the servers before a replica is promoted or a backup restored", e.getMessage());
                unknowable = true;
                return null;
            }
            throw e;
        }
    }

    /** Completes, with a sentence, when another database was met in this one's place. */
    CompletableFuture<String> replaced() {
        return replaced;
    }
}
