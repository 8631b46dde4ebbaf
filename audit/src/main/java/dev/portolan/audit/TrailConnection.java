package dev.portolan.audit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** A connection of the server's role by which the trail's tables are written. Each call is a transaction by itself, on disk when it returns. Used by one thread. */
final class TrailConnection implements AutoCloseable {

    private final Connection connection;
    private final Set<YearMonth> months = new HashSet<>();

    private TrailConnection(Connection connection) {
        this.connection = connection;
    }

    /** @param patience how long the database may be silent before its connection is given up */
    static TrailConnection open(DataSource database, Duration patience) throws SQLException {
        Connection opened = database.getConnection();
        try (Statement statement = opened.createStatement()) {
            opened.setNetworkTimeout(Runnable::run, Math.toIntExact(patience.toMillis()));
            // Whatever the database's own settings are, what was acknowledged is on disk. The name tells who watches the database what this session is.
            statement.execute("SET synchronous_commit = on; SET application_name = 'portolan audit'");
        } catch (SQLException e) {
            opened.close();
            throw e;
        }
        return new TrailConnection(opened);
    }

    /** What else a chain needs, made before it is entered for good. */
    interface Preparation {
        void run() throws IOException;
    }

    /**
     * A chain starts from the heads of all chains before it: taking a whole chain away is found too.
     *
     * @param preparation if it fails, no chain was entered
     */
    byte[] enter(UUID chain, Instant now, Preparation preparation) throws SQLException, IOException {
        connection.setAutoCommit(false);
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtextextended('audit.open_chain', 0))")) {
            lock.execute();
            byte[] start = opening().of(chain);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO audit.chain (chain, node, opened, opening) VALUES (?, ?, ?, ?)")) {
                insert.setObject(1, chain);
                insert.setString(2, nodeName());
                insert.setTimestamp(3, Timestamp.from(now));
                insert.setBytes(4, start);
                insert.executeUpdate();
            }
            preparation.run();
            connection.commit();
            connection.setAutoCommit(true);
            return start;
        }
    }

    private ChainOpening opening() throws SQLException {
        ChainOpening opening = new ChainOpening();
        try (PreparedStatement chains = connection.prepareStatement("SELECT chain, opening FROM audit.chain ORDER BY number"); ResultSet rows = chains.executeQuery()) {
            while (rows.next()) {
                opening.after(rows.getObject(1, UUID.class), rows.getBytes(2));
            }
        }
        return opening;
    }

    /** The last entry of a chain that stands in the table; 0 if none does, -1 if nobody has entered the chain. */
    long lastOf(UUID chain) throws SQLException {
        String last = "SELECT greatest((SELECT max(seq) FROM audit.entry WHERE chain = c.chain), (SELECT seq FROM audit.retired r WHERE r.chain = c.chain), 0) FROM audit.chain c WHERE c.chain = ?";
        try (PreparedStatement select = connection.prepareStatement(last)) {
            select.setObject(1, chain);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : -1;
            }
        }
    }

    /** All of the groups or none of them. */
    void add(List<EntryGroup> groups) throws SQLException {
        for (EntryGroup group : groups) {
            ensure(group.month());
        }
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(EntryRows.COPY);
        try {
            copy.writeToCopy(EntryRows.HEADER, 0, EntryRows.HEADER.length);
            for (EntryGroup group : groups) {
                copy.writeToCopy(group.rows(), 0, group.rows().length);
            }
            copy.writeToCopy(EntryRows.TRAILER, 0, EntryRows.TRAILER.length);
            copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private void ensure(YearMonth month) throws SQLException {
        if (months.contains(month)) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT audit.ensure_month(?), audit.ensure_month(?)")) {
            LocalDate first = month.atDay(1);
            statement.setObject(1, first);
            statement.setObject(2, first.plusMonths(1));
            statement.execute();
        }
        months.add(month);
    }

    private static String nodeName() {
        try {
            return InetAddress.getLocalHost().getHostName() + "/" + ProcessHandle.current().pid();
        } catch (UnknownHostException e) {
            return "unknown/" + ProcessHandle.current().pid();
        }
    }

    @Override
    public void close() {
        try {
            if (!connection.getAutoCommit()) {
                connection.rollback();
                connection.setAutoCommit(true);
            }
            connection.close();
        } catch (SQLException ignoredBecauseNothingDependsOnIt) {
            // Whatever was written was either acknowledged, and is on disk, or the caller got the failure that broke the connection.
        }
    }
}
