package dev.portolan.intake.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Records that were refused, until somebody settles them. What stands here is members' data: whoever opens it is let in by role, and the database encrypts it at rest. */
public final class Quarantine {

    private final LoadLedger ledger;

    public Quarantine(LoadLedger ledger) {
        this.ledger = ledger;
    }

    public enum State {
        OPEN,
        RESOLVED,
        DISMISSED
    }

    /**
     * @param reasons an array of objects with code, field, line and message
     * @param raw the record as it came, with its header or envelope; null in a list
     */
    public record Entry(
        long id, long run, String feed, String kind, String part, String fileName, long file, long line, int lines, State state, JsonNode reasons, Instant notedAt, @Nullable String settledBy, @Nullable String note,
        @Nullable String raw) {}

    /** The first that came first, without their content. */
    public List<Entry> list(@Nullable Long run, State state, int most) {
        return list(run, state, 0, most);
    }

    /** @param after the record that a list before ended with; 0 from the beginning */
    public List<Entry> list(@Nullable Long run, State state, long after, int most) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(SELECT + " WHERE q.state = ? AND (?::bigint IS NULL OR f.run = ?) AND q.id > ? ORDER BY q.id LIMIT ?")) {
                select.setString(1, state.name().toLowerCase(Locale.ROOT));
                select.setObject(2, run, java.sql.Types.BIGINT);
                select.setObject(3, run, java.sql.Types.BIGINT);
                select.setLong(4, after);
                select.setInt(5, most);
                return withoutContent(select);
            }
        });
    }

    /** Those of one file, whatever became of them, in the order in which they were refused, without their content. */
    public List<Entry> ofFile(long file, int most) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(SELECT + " WHERE q.file = ? ORDER BY q.id LIMIT ?")) {
                select.setLong(1, file);
                select.setInt(2, most);
                return withoutContent(select);
            }
        });
    }

    private static List<Entry> withoutContent(PreparedStatement select) throws SQLException {
        List<Entry> entries = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                entries.add(entry(rows, false));
            }
        }
        return entries;
    }

    /** How many are open. */
    public long open() {
        return open(null);
    }

    /** @param run whose; null for those of all loads */
    public long open(@Nullable Long run) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(run == null ? "SELECT count(*) FROM intake.quarantine q WHERE q.state = 'open'"
                : "SELECT count(*) FROM intake.quarantine q JOIN intake.file f ON f.id = q.file WHERE q.state = 'open' AND f.run = ?")) {
                if (run != null) {
                    select.setLong(1, run);
                }
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            }
        });
    }

    public Optional<Entry> find(long id) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(SELECT + " WHERE q.id = ?")) {
                select.setLong(1, id);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(entry(row, true)) : Optional.empty();
                }
            }
        });
    }

    private static final String SELECT = """
        SELECT q.id, f.run, r.feed, r.kind, f.part, f.name, q.file, q.line, q.lines, q.state, q.reasons, q.noted_at, q.settled_by, q.note, q.raw
        FROM intake.quarantine q JOIN intake.file f ON f.id = q.file JOIN intake.run r ON r.id = f.run""";

    private static Entry entry(ResultSet row, boolean withRaw) throws SQLException {
        return new Entry(row.getLong(1), row.getLong(2), row.getString(3), row.getString(4), row.getString(5), row.getString(6), row.getLong(7), row.getLong(8), row.getInt(9),
            State.valueOf(row.getString(10).toUpperCase(Locale.ROOT)), LoadLedger.read(row.getString(11), JsonNode.class), row.getTimestamp(12).toInstant(), row.getString(13), row.getString(14),
            withRaw ? new String(row.getBytes(15), StandardCharsets.UTF_8) : null);
    }

    /** Puts a record aside for good: it is no record, or is not wanted. The note says why. */
    public boolean dismiss(long id, String by, String note) {
        return settle(id, State.DISMISSED, by, note, null);
    }

    boolean settle(long id, State state, String by, @Nullable String note, byte @Nullable [] corrected) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement(
                "UPDATE intake.quarantine SET state = ?, settled_at = now(), settled_by = ?, note = ?, corrected = ? WHERE id = ? AND state = 'open'")) {
                update.setString(1, state.name().toLowerCase(Locale.ROOT));
                update.setString(2, by);
                update.setString(3, note);
                update.setBytes(4, corrected);
                update.setLong(5, id);
                return update.executeUpdate() == 1;
            }
        });
    }

    /** The record was tried again and still cannot be taken: its reasons are now these. */
    void stillRejected(long id, String reasons) {
        ledger.inTransaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement("UPDATE intake.quarantine SET reasons = ?::jsonb WHERE id = ?")) {
                update.setString(1, reasons);
                update.setLong(2, id);
                return update.executeUpdate();
            }
        });
    }
}
