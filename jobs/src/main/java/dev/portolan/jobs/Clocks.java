package dev.portolan.jobs;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes back what a clock wrote that was ahead: work would wait for a time that is far away, and what a node was at that died meanwhile would be taken for alive until then. Which of two clocks is the wrong
 * one is not to be told here, so nothing is done while this node's and the database's differ.
 */
final class Clocks {

    private static final Logger LOG = LoggerFactory.getLogger(Clocks.class);
    /** Nothing is put off for longer than {@link JobKind.Next.Again#LONGEST}. */
    private static final Duration AHEAD = JobKind.Next.Again.LONGEST.plusHours(1);
    private static final Duration ALIVE = Duration.ofMinutes(10);
    private static final String AGREED = " AND abs(extract(epoch FROM now() - ?::timestamptz)) < 600";

    private final DataSource database;

    Clocks(DataSource database) {
        this.database = database;
    }

    void correct() {
        try (Connection connection = database.getConnection()) {
            int waiting = change(connection, "UPDATE jobs.work SET execution_time = now() WHERE NOT picked AND execution_time > now() + make_interval(secs => ?)", AHEAD);
            int alive = change(connection, "UPDATE jobs.work SET last_heartbeat = now() WHERE picked AND last_heartbeat > now() + make_interval(secs => ?)", ALIVE);
            if (waiting + alive > 0) {
                LOG.warn("{} pieces of work were to wait, and {} seemed under way, for longer than can be: a clock was ahead. They run, or are taken over, now", waiting, alive);
            }
        } catch (SQLException | RuntimeException e) {
            LOG.debug("the times of the work that waits could not be looked at; it is tried again", e);
        }
    }

    private static int change(Connection connection, String sql, Duration ahead) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql + AGREED)) {
            update.setDouble(1, ahead.toSeconds());
            update.setTimestamp(2, Timestamp.from(Instant.now()));
            return update.executeUpdate();
        }
    }
}
