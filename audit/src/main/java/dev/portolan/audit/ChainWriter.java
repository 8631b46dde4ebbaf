package dev.portolan.audit;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Writes groups of entries to one chain, each group in one transaction. Used by one thread. */
final class ChainWriter implements AutoCloseable {

    private static final String INSERT = """
        INSERT INTO audit.entry (chain, seq, recorded, api, operation, status, outcome, app, person, relation, member, members, types, resource, resources, withheld, categories, query,
            grant_id, scopes, purpose, consents, source, request, previous, hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private final DataSource database;
    private final Clock clock;
    private final UUID chain = UUID.randomUUID();
    private final EntryHash hashes = new EntryHash();
    private @Nullable Connection connection;
    private @Nullable PreparedStatement insert;
    private byte[] head = new byte[0];
    private long seq;
    private long lastMillis;
    private @Nullable YearMonth partition;

    ChainWriter(DataSource database, Clock clock) {
        this.database = database;
        this.clock = clock;
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
            PreparedStatement statement = java.util.Objects.requireNonNull(insert);
            for (AuditEntry entry : entries) {
                byte[] hash = hashes.of(previous, chain, ++next, now, entry);
                bind(statement, next, now, entry, previous, hash);
                statement.addBatch();
                previous = hash;
            }
            statement.executeBatch();
            java.util.Objects.requireNonNull(connection).commit();
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
            opened.setAutoCommit(false);
            head = openChain(opened);
            opened.commit();
            insert = opened.prepareStatement(INSERT);
        } catch (SQLException e) {
            opened.close();
            throw e;
        }
        connection = opened;
        return head;
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
        try (PreparedStatement statement = java.util.Objects.requireNonNull(connection).prepareStatement("SELECT audit.ensure_month(?), audit.ensure_month(?)")) {
            LocalDate first = month.atDay(1);
            statement.setObject(1, first);
            statement.setObject(2, first.plusMonths(1));
            statement.execute();
        }
        partition = month;
    }

    private void bind(PreparedStatement to, long number, long millis, AuditEntry entry, byte[] previous, byte[] hash) throws SQLException {
        List<String> members = entry.subject().members();
        to.setObject(1, chain);
        to.setLong(2, number);
        to.setObject(3, Instant.ofEpochMilli(millis).atOffset(ZoneOffset.UTC));
        to.setString(4, entry.api());
        to.setString(5, entry.operation());
        to.setInt(6, entry.outcome().status());
        to.setString(7, entry.outcome().code());
        to.setString(8, entry.caller().app());
        to.setString(9, entry.caller().person());
        to.setString(10, entry.caller().relation());
        to.setString(11, members.size() == 1 ? members.get(0) : null);
        if (members.size() > 1) {
            to.setArray(12, texts(members));
        } else {
            to.setNull(12, Types.ARRAY);
        }
        to.setArray(13, texts(entry.subject().types()));
        to.setString(14, entry.subject().resource());
        to.setInt(15, entry.subject().resources());
        to.setInt(16, entry.subject().withheld());
        to.setArray(17, texts(entry.subject().categories()));
        to.setString(18, entry.subject().query());
        to.setString(19, entry.authority().grant());
        to.setArray(20, texts(entry.authority().scopes()));
        to.setString(21, entry.authority().purpose());
        to.setArray(22, texts(entry.authority().consents()));
        to.setString(23, entry.origin().address());
        to.setString(24, entry.origin().request());
        to.setBytes(25, previous);
        to.setBytes(26, hash);
    }

    private Array texts(List<String> values) throws SQLException {
        return java.util.Objects.requireNonNull(connection).createArrayOf("text", values.toArray());
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
        insert = null;
        if (broken != null) {
            try {
                broken.rollback();
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
