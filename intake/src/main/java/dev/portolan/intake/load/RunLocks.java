package dev.portolan.intake.load;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which process has a run: PostgreSQL's advisory locks, which end with the connection that took them, however that ends. The connection of the run that is worked on also holds those of the runs that wait here for their turn, so that
 * whoever starts meanwhile does not take them for left by a process that ended.
 */
final class RunLocks {

    private static final Logger LOG = LoggerFactory.getLogger(RunLocks.class);
    private static final int SPACE = 0x4c4f4144;

    private @Nullable Connection working;
    /** Runs that another process was seen to have. */
    private final Set<Long> anothers = ConcurrentHashMap.newKeySet();

    /** Until it is closed nobody else works on the run. */
    interface Held extends AutoCloseable {
        @Override
        void close() throws SQLException;
    }

    /**
     * @param connection used for nothing else until then
     * @param waiting runs that wait in this process
     * @return null if another process works on it
     */
    synchronized @Nullable Held take(Connection connection, long run, Collection<Long> waiting) throws SQLException {
        if (!lock(connection, run)) {
            return null;
        }
        working = connection;
        waiting.stream().filter(other -> other != run).forEach(this::keep);
        return () -> release(connection);
    }

    private synchronized void release(Connection connection) throws SQLException {
        working = null;
        try (Statement unlock = connection.createStatement()) {
            unlock.execute("SELECT pg_advisory_unlock_all()");
        }
    }

    /** A run waits here for the one that is worked on, if one is. */
    synchronized void keep(long run) {
        if (working == null) {
            return;
        }
        try {
            lock(working, run);
        } catch (SQLException e) {
            LOG.debug("run {} is not marked as waiting here: the connection has gone, and with it the run's that is worked on", run, e);
        }
    }

    private static boolean lock(Connection connection, long run) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT pg_try_advisory_lock(?, ?)")) {
            select.setInt(1, SPACE);
            select.setInt(2, (int) run);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    /**
     * Notes which of these runs other processes have. Asked while this one works on none.
     *
     * @return how many it knows of
     */
    int look(Connection connection, Collection<Long> unfinished) throws SQLException {
        Set<Long> held = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = ?::bigint::oid AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")) {
            select.setLong(1, SPACE);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    held.add(rows.getLong(1));
                }
            }
        }
        anothers.retainAll(unfinished);
        unfinished.stream().filter(held::contains).forEach(anothers::add);
        return anothers.size();
    }

    /** Whether another process had the run since this one began: it is on its way back perhaps, and has what the run needs. */
    boolean wasAnothers(long run) {
        return anothers.contains(run);
    }
}
