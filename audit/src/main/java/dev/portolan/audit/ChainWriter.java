package dev.portolan.audit;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Writes groups of entries to one chain, each group in one transaction. Used by one thread. */
final class ChainWriter implements AutoCloseable {

    private final DataSource database;
    private final Clock clock;
    private final Duration patience;
    private final UUID chain = UUID.randomUUID();
    private final EntryHash hashes = new EntryHash();
    private final EntryRows rows = new EntryRows();
    private @Nullable Connection connection;
    private byte[] head = new byte[0];
    private long seq;
    private long lastMillis;
    private @Nullable YearMonth partition;

    /** @param patience how long the database may be silent: then its connection is given up, and with it this chain */
    ChainWriter(DataSource database, Clock clock, Duration patience) {
        this.database = database;
        this.clock = clock;
        this.patience = patience;
    }

    UUID chain() {
        return chain;
    }

    /** Commits the entries, in their order. If this throws none of them is in the trail, and the chain stands where it stood. */
    void write(List<AuditEntry> entries) throws SQLException {
        byte[] previous = connect();
        long next = seq;
        long now = Math.max(lastMillis, clock.millis());
        try {
            ensurePartition(now);
            rows.clear();
            for (AuditEntry entry : entries) {
                byte[] hash = hashes.of(previous, chain, ++next, now, entry);
                rows.add(chain, next, now, entry, previous, hash);
                previous = hash;
            }
            rows.send(Objects.requireNonNull(connection));
        } catch (SQLException e) {
            // A commit whose answer was lost may have happened: a chain is never continued over such a doubt.
            disconnect();
            throw e;
        }
        head = previous;
        seq = next;
        lastMillis = now;
    }

    private byte[] connect() throws SQLException {
        if (connection != null) {
            return head;
        }
        if (seq > 0) {
            throw new SQLException("this chain ended with a failed write; a new one has to be opened");
        }
        Connection opened = database.getConnection();
        try {
            opened.setNetworkTimeout(Runnable::run, Math.toIntExact(patience.toMillis()));
            opened.setAutoCommit(false);
            head = openChain(opened);
            opened.commit();
            opened.setAutoCommit(true);
            prepareSession(opened);
        } catch (SQLException e) {
            opened.close();
            throw e;
        }
        connection = opened;
        return head;
    }

    /** Whatever the database's own settings are, an entry that was acknowledged is on disk. Each group is a transaction by itself: one statement. The name tells who watches the database what this session is. */
    private static void prepareSession(Connection opened) throws SQLException {
        try (Statement statement = opened.createStatement()) {
            statement.execute("SET synchronous_commit = on; SET application_name = 'portolan audit'");
        }
    }

    /** A chain starts from the heads of all chains before it: taking a whole chain away is found too. */
    private byte[] openChain(Connection opened) throws SQLException {
        ChainOpening opening = new ChainOpening();
        Instant now = clock.instant();
        try (PreparedStatement lock = opened.prepareStatement("SELECT pg_advisory_xact_lock(hashtextextended('audit.open_chain', 0))")) {
            lock.execute();
        }
        try (PreparedStatement chains = opened.prepareStatement("SELECT chain, opening FROM audit.chain ORDER BY number"); ResultSet rows = chains.executeQuery()) {
            while (rows.next()) {
                opening.after(rows.getObject(1, UUID.class), rows.getBytes(2));
            }
        }
        byte[] start = opening.of(chain);
        try (PreparedStatement statement = opened.prepareStatement("INSERT INTO audit.chain (chain, node, opened, opening) VALUES (?, ?, ?, ?)")) {
            statement.setObject(1, chain);
            statement.setString(2, nodeName());
            statement.setTimestamp(3, Timestamp.from(now));
            statement.setBytes(4, start);
            statement.executeUpdate();
        }
        return start;
    }

    private void ensurePartition(long millis) throws SQLException {
        YearMonth month = YearMonth.from(Instant.ofEpochMilli(millis).atZone(ZoneOffset.UTC));
        if (month.equals(partition)) {
            return;
        }
        try (PreparedStatement statement = Objects.requireNonNull(connection).prepareStatement("SELECT audit.ensure_month(?), audit.ensure_month(?)")) {
            LocalDate first = month.atDay(1);
            statement.setObject(1, first);
            statement.setObject(2, first.plusMonths(1));
            statement.execute();
        }
        partition = month;
    }

    private static String nodeName() {
        try {
            return InetAddress.getLocalHost().getHostName() + "/" + ProcessHandle.current().pid();
        } catch (UnknownHostException e) {
            return "unknown/" + ProcessHandle.current().pid();
        }
    }

    private void disconnect() {
        Connection broken = connection;
        connection = null;
        if (broken != null) {
            try {
                if (!broken.getAutoCommit()) {
                    broken.rollback();
                }
                broken.close();
            } catch (SQLException ignoredBecauseTheFirstFailureIsThrown) {
                // The connection is broken already; the failure that broke it is what the caller gets.
            }
        }
    }

    @Override
    public void close() {
        disconnect();
    }
}
