package dev.portolan.intake.load;

import dev.portolan.intake.source.Inspection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which numbered envelopes were received, and how files were acknowledged. */
final class Envelopes {

    private final LoadLedger ledger;

    Envelopes(LoadLedger ledger) {
        this.ledger = ledger;
    }

    /**
     * Notes a file's envelopes and its acknowledgement.
     *
     * @param again true to take envelopes that were there before
     * @return the inspection with envelopes refused that were there before
     */
    Inspection receive(String feed, long file, Inspection inspection, boolean again) {
        return ledger.inTransaction(connection -> {
            Inspection judged = again ? inspection : inspection.refusing(repeated(connection, feed, file, inspection.envelopes()));
            List<Inspection.Envelope> envelopes = judged.envelopes();
            try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO intake.envelope (file, position, key, accepted) VALUES (?, ?, ?, ?) ON CONFLICT (file, position) DO UPDATE SET accepted = EXCLUDED.accepted")) {
                for (int i = 0; i < envelopes.size(); i++) {
                    insert.setLong(1, file);
                    insert.setInt(2, i);
                    insert.setString(3, envelopes.get(i).key());
                    insert.setBoolean(4, envelopes.get(i).accepted());
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO intake.acknowledgement (file, report, answer) VALUES (?, ?::jsonb, ?) ON CONFLICT (file) DO UPDATE SET report = EXCLUDED.report, answer = EXCLUDED.answer")) {
                insert.setLong(1, file);
                insert.setString(2, LoadLedger.write(judged.report()));
                insert.setString(3, judged.answer());
                insert.executeUpdate();
            }
            return judged;
        });
    }

    /** Those of an earlier file of this feed, or of this file before. What a load that failed began, nobody goes on with: it is loaded by coming again. */
    private static Set<Integer> repeated(Connection connection, String feed, long file, List<Inspection.Envelope> envelopes) throws SQLException {
        Set<Integer> repeated = new HashSet<>();
        Set<String> here = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement("""
            SELECT 1 FROM intake.envelope e JOIN intake.file f ON f.id = e.file JOIN intake.run r ON r.id = f.run
            WHERE e.key = ? AND e.accepted AND r.feed = ? AND f.id < ? AND (f.state = 'loaded' OR f.state = 'loading' AND r.state <> 'failed') LIMIT 1""")) {
            for (int i = 0; i < envelopes.size(); i++) {
                select.setString(1, envelopes.get(i).key());
                select.setString(2, feed);
                select.setLong(3, file);
                try (ResultSet row = select.executeQuery()) {
                    if (row.next() || !here.add(envelopes.get(i).key())) {
                        repeated.add(i);
                    }
                }
            }
        }
        return repeated;
    }
}
