package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;

/**
 * The time of writes, and instants that no later commit can precede.
 *
 * <p>A write takes a shared lock first and reads the database's clock after it, and holds the lock until its commit is visible. To settle an instant is to read the clock, note who holds the lock
 * then, and wait until all of those have ended: whoever takes the lock later reads a later time. Nobody waits for whoever settles; writes go on meanwhile. One clock serves all nodes, and {@code
 * store.horizon} keeps writes after a settled instant even if that clock was set back.
 */
final class Horizon {

    static final long WRITERS = 0x504f_5254_5752_4954L;
    private static final long POLL_MILLIS = 20;

    // The subquery is evaluated first: it gives the row on which the clock is then read. OFFSET 0 keeps it a subquery.
    private static final String STAMP = """
        SELECT greatest(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, h.millis + 1)
        FROM (SELECT pg_advisory_xact_lock_shared(?) OFFSET 0) l CROSS JOIN store.horizon h""";
    private static final String ADVANCE = """
        UPDATE store.horizon SET millis = greatest(millis, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1) RETURNING millis""";
    private static final String HOLDERS = """
        SELECT coalesce(array_agg(virtualtransaction), '{}') FROM pg_locks
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = ?::bigint::oid AND objid = ?::bigint::oid AND objsubid = 1""";
    private static final String STILL = """
        SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid = ?::bigint::oid AND objid = ?::bigint::oid AND objsubid = 1 AND virtualtransaction = ANY(?)""";

    private final DataSource dataSource;

    Horizon(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** The time of a write, in the writing transaction: milliseconds since 1970 UTC. */
    static long stamp(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(STAMP)) {
            select.setLong(1, WRITERS);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * An instant of now that is settled: every write stamped at or before it is committed or gone when this returns, and none will come.
     *
     * @throws StoreFailureException if writers are still busy after the time given
     */
    Instant settle(Duration longest) {
        long end = System.nanoTime() + longest.toNanos();
        try (Connection connection = dataSource.getConnection()) {
            long instant;
            try (PreparedStatement advance = connection.prepareStatement(ADVANCE);
                ResultSet row = advance.executeQuery()) {
                row.next();
                instant = row.getLong(1);
            }
            String[] holders = holders(connection);
            while (holders.length > 0 && busy(connection, holders)) {
                if (System.nanoTime() > end) {
                    throw new StoreFailureException("Writes that began before did not end within " + longest.toSeconds() + " seconds.", new TimeoutException());
                }
                Thread.sleep(POLL_MILLIS);
            }
            return Instant.ofEpochMilli(instant);
        } catch (SQLException e) {
            throw new StoreFailureException("The database could not settle an instant.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailureException("Waiting for writes was interrupted.", e);
        }
    }

    private static String[] holders(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(HOLDERS)) {
            bindLock(select);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return (String[]) row.getArray(1).getArray();
            }
        }
    }

    private static boolean busy(Connection connection, String[] holders) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(STILL)) {
            bindLock(select);
            select.setArray(3, connection.createArrayOf("text", holders));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1) > 0;
            }
        }
    }

    private static void bindLock(PreparedStatement select) throws SQLException {
        select.setLong(1, WRITERS >>> Integer.SIZE);
        select.setLong(2, WRITERS & 0xFFFF_FFFFL);
    }
}
