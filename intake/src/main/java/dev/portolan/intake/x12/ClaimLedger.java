package dev.portolan.intake.x12;

import com.github.luben.zstd.Zstd;
import dev.portolan.intake.load.Earlier;
import dev.portolan.intake.load.LoadException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The parts of claims that have arrived: {@code intake.claim_part}. Reads and writes over the batch's connection, so that nothing of a batch stays that is not noted. */
final class ClaimLedger {

    private static final int LEVEL = 3;

    /** Which part. */
    enum Kind {
        SUBMISSION,
        PAYMENT;

        private String stored() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * A part.
     *
     * @param document which of its kind: the same one again replaces it, unless it was made earlier
     * @param control of a payment the payer's number of the claim, of a submission the number that it replaces or voids
     */
    record Part(String claim, Kind kind, String document, String sequence, @Nullable String control, long line, byte[] raw) {}

    private final Connection connection;
    private final String feed;
    private final long file;

    ClaimLedger(Earlier earlier) {
        this.connection = earlier.connection();
        this.feed = earlier.feed();
        this.file = earlier.file();
    }

    void add(Part part) {
        run("""
            INSERT INTO intake.claim_part AS p (feed, claim, kind, document, sequence, control, file, line, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (feed, claim, kind, document) DO UPDATE SET sequence = EXCLUDED.sequence, control = EXCLUDED.control, file = EXCLUDED.file, line = EXCLUDED.line, raw = EXCLUDED.raw
            WHERE p.sequence <= EXCLUDED.sequence""", insert -> {
            insert.setString(1, feed);
            insert.setString(2, part.claim());
            insert.setString(3, part.kind().stored());
            insert.setString(4, part.document());
            insert.setString(5, part.sequence());
            insert.setString(6, part.control());
            insert.setLong(7, file);
            insert.setLong(8, part.line());
            insert.setBytes(9, Zstd.compress(part.raw(), LEVEL));
            return insert.executeUpdate();
        });
    }

    /** All parts of a claim, in the order in which they were made. */
    List<Part> parts(String claim) {
        return run("SELECT claim, kind, document, sequence, control, line, raw FROM intake.claim_part WHERE feed = ? AND claim = ? ORDER BY sequence, document", select -> {
            select.setString(1, feed);
            select.setString(2, claim);
            List<Part> parts = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    byte[] packed = rows.getBytes(7);
                    parts.add(new Part(rows.getString(1), Kind.valueOf(rows.getString(2).toUpperCase(java.util.Locale.ROOT)), rows.getString(3), rows.getString(4), rows.getString(5), rows.getLong(6),
                        Zstd.decompress(packed, (int) Zstd.getFrameContentSize(packed))));
                }
            }
            return parts;
        });
    }

    /**
     * Other claims that have a part of this kind with one of these numbers. A claim has one number, or a few: each is asked for by itself, because a plan for a list of unknown length, made while the table
     * is small, reads all of it each time.
     */
    List<String> claimsWith(Kind kind, Collection<String> controls, String besides) {
        TreeSet<String> claims = new TreeSet<>();
        for (String control : controls) {
            run("SELECT DISTINCT claim FROM intake.claim_part WHERE feed = ? AND control = ? AND kind = ? AND claim <> ?", select -> {
                select.setString(1, feed);
                select.setString(2, control);
                select.setString(3, kind.stored());
                select.setString(4, besides);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        claims.add(rows.getString(1));
                    }
                }
                return null;
            });
        }
        return List.copyOf(claims);
    }

    /** @param lacks {@code claim}, {@code remittance}, or null if it has everything */
    void waiting(String claim, @Nullable String lacks) {
        if (lacks == null) {
            run("DELETE FROM intake.claim_waiting WHERE feed = ? AND claim = ?", delete -> {
                delete.setString(1, feed);
                delete.setString(2, claim);
                return delete.executeUpdate();
            });
            return;
        }
        run("""
            INSERT INTO intake.claim_waiting AS w (feed, claim, lacks) VALUES (?, ?, ?)
            ON CONFLICT (feed, claim) DO UPDATE SET lacks = EXCLUDED.lacks, since = now() WHERE w.lacks <> EXCLUDED.lacks""", insert -> {
            insert.setString(1, feed);
            insert.setString(2, claim);
            insert.setString(3, lacks);
            return insert.executeUpdate();
        });
    }

    private interface Work<T> {
        T on(PreparedStatement statement) throws SQLException;
    }

    private <T> T run(String sql, Work<T> work) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            return work.on(statement);
        } catch (SQLException e) {
            throw new LoadException("the parts of a claim cannot be kept or read: " + e.getMessage(), e);
        }
    }
}
