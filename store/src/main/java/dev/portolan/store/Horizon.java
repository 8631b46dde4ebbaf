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
 * Instants that no later commit can precede.
 *
 * <p>To settle an instant is to write it down in {@code store.horizon}, note who holds the writers' shared lock then, and wait until all of those have ended. A write takes that lock with its first rows,
 * then looks whether its time is after what is written down, and holds the lock until its commit is visible. So a write that is not waited for sees the instant, and if its own time is not later it
 * begins again with a later one. Nobody waits for whoever settles; the clocks of several nodes need not agree; a clock that was set back costs a repetition.
 */
final class Horizon {

    static final long WRITERS = 0x504f_5254_5752_4954L;
    private static final long POLL_MILLIS = 20;

    /** Two statements, so that the second sees what was committed before the lock was had. Sent before a write's first rows, in the same round trip: the lock, then the write's time and the merges that it knows of. */
    static final String GUARD = "SELECT pg_advisory_xact_lock_shared(?);SELECT store.require_current(?, ?)";
    static final int GUARD_RESULTS = 2;
    /**
     * Past what was settled before, also if the clock was set back since: else what is written now, after that, would belong to no instant until the clock has caught up. And not before the writes of a node whose clock is
     * ahead of the database's; of one that is wrong by more than an hour it would give the wrong time to all that follows.
     */
    private static final String ADVANCE = """
        UPDATE store.horizon h SET millis = greatest(h.millis + 1, c.now, (SELECT max(updated) FROM store.resource WHERE updated <= c.now + 3600000))
        FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) c RETURNING h.millis""";
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

    /** The earliest time that a write may have: milliseconds since 1970 UTC. */
    static long earliest(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT millis + 1 FROM store.horizon");
            ResultSet row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Binds {@link #GUARD}; returns the index after its last parameter. */
    static int bindGuard(PreparedStatement statement, int first, long now, long merges) throws SQLException {
        statement.setLong(first, WRITERS);
        statement.setLong(first + 1, now);
        statement.setLong(first + 2, merges);
        return first + GUARD_RESULTS + 1;
    }

    /**
     * An instant of now that is settled: every write stamped at or before it is committed or gone when this returns, and none will come. It is the millisecond that is running, not the one before: what was
     * acknowledged just before is stamped with it, and belongs to it.
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
