package dev.portolan.audit;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Walks every chain and computes every hash anew. Finds a row that was altered, added or taken out of the middle; a tail that was cut off is found with an {@link Anchor}, and so is a head that was retired before its time. */
public final class ChainVerifier {

    private static final String ENTRIES = """
        SELECT seq, recorded, api, operation, status, outcome, app, person, relation, member, members, types, resource, resources, withheld, categories, query,
            grant_id, scopes, purpose, consents, source, request, previous, hash
        FROM audit.entry WHERE chain = ? ORDER BY seq
        """;
    private static final String CHAINS = """
        SELECT c.chain, c.opening, r.seq, r.hash FROM audit.chain c LEFT JOIN audit.retired r ON r.chain = c.chain ORDER BY c.number
        """;
    private static final int MOST_FAULTS = 100;
    private static final int LEAST_YEARS = 6;

    private final DataSource database;

    public ChainVerifier(DataSource database) {
        this.database = database;
    }

    /**
     * How far a chain had come when the anchor was taken; to be kept away from the database.
     *
     * @param taken when; null if that is not known
     */
    public record Anchor(UUID chain, long seq, byte[] hash, @Nullable Instant taken) {

        public Anchor(UUID chain, long seq, byte[] hash) {
            this(chain, seq, hash, null);
        }
    }

    /**
     * @param entries how many were checked
     * @param faults what is wrong, in words, at most 100; empty if the trail is whole
     * @param heads where each chain stands now: the next anchors
     */
    public record Report(long entries, List<String> faults, List<Anchor> heads) {

        public boolean whole() {
            return faults.isEmpty();
        }
    }

    /** @param anchors taken earlier; may be empty */
    public Report verify(List<Anchor> anchors) throws SQLException {
        Walk walk = new Walk(anchors);
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            try (PreparedStatement chains = connection.prepareStatement(CHAINS); ResultSet rows = chains.executeQuery()) {
                while (rows.next()) {
                    walk.opening(rows.getObject(1, UUID.class), rows.getBytes(2));
                    boolean retired = rows.getBytes(4) != null;
                    walk.chain(connection, rows.getObject(1, UUID.class), retired ? rows.getLong(3) : 0, retired ? rows.getBytes(4) : rows.getBytes(2));
                }
            }
            walk.strayChains(connection);
            connection.rollback();
        }
        walk.goneChains();
        return new Report(walk.entries, List.copyOf(walk.faults), List.copyOf(walk.heads));
    }

    private static final class Walk {
        private final EntryHash hashes = new EntryHash();
        private final List<String> faults = new ArrayList<>();
        private final List<Anchor> heads = new ArrayList<>();
        private final ChainOpening openings = new ChainOpening();
        private final Map<UUID, NavigableMap<Long, Anchor>> anchored = new HashMap<>();
        private long entries;

        private Walk(List<Anchor> anchors) {
            anchors.forEach(anchor -> {
                Anchor other = anchored.computeIfAbsent(anchor.chain(), any -> new TreeMap<>()).put(anchor.seq(), anchor);
                if (other != null && !Arrays.equals(other.hash(), anchor.hash())) {
                    fault("chain " + anchor.chain() + ": two anchors of entry " + anchor.seq() + " differ");
                }
            });
        }

        private void goneChains() {
            anchored.keySet().stream().filter(chain -> heads.stream().noneMatch(head -> head.chain().equals(chain))).forEach(chain -> fault("chain " + chain + " is gone"));
        }

        private void opening(UUID chain, byte[] opening) {
            if (!Arrays.equals(openings.of(chain), opening)) {
                fault("chain " + chain + ": its opening does not follow from the chains before it: one was altered or taken away");
            }
            openings.after(chain, opening);
        }

        /** @param start the last entry that retention dropped, or 0; {@code continued} is its hash, or the chain's opening */
        private void chain(Connection connection, UUID chain, long start, byte[] continued) throws SQLException {
            NavigableMap<Long, Anchor> anchors = anchored.getOrDefault(chain, Collections.emptyNavigableMap());
            retiredTooEarly(chain, start, anchors);
            byte[] previous = continued;
            long seq = start;
            try (PreparedStatement statement = connection.prepareStatement(ENTRIES)) {
                statement.setFetchSize(2_000);
                statement.setObject(1, chain);
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        long number = row.getLong(1);
                        if (number != seq + 1) {
                            fault("chain " + chain + ": entries " + (seq + 1) + " to " + (number - 1) + " are missing");
                        } else if (!Arrays.equals(previous, row.getBytes(24))) {
                            fault("chain " + chain + ": entry " + number + " does not continue the one before it");
                        }
                        byte[] stored = row.getBytes(25);
                        byte[] computed = hashes.of(row.getBytes(24), chain, number, row.getObject(2, OffsetDateTime.class).toInstant().toEpochMilli(), entry(row));
                        if (!Arrays.equals(computed, stored)) {
                            fault("chain " + chain + ": entry " + number + " was altered");
                        }
                        previous = stored;
                        seq = number;
                        entries++;
                        againstAnchor(anchors.get(number), stored);
                    }
                }
            }
            long reached = seq;
            if (!anchors.isEmpty() && anchors.lastKey() > reached) {
                fault("chain " + chain + ": entries " + (reached + 1) + " to " + anchors.lastKey() + " were cut off");
            }
            heads.add(new Anchor(chain, seq, previous));
        }

        private void againstAnchor(@Nullable Anchor anchor, byte[] hash) {
            if (anchor != null && !Arrays.equals(anchor.hash(), hash)) {
                fault("chain " + anchor.chain() + ": entry " + anchor.seq() + " is not the one that was anchored");
            }
        }

        /** No policy lets entries go before six years: an anchor that is younger proves that one of its entries was. */
        private void retiredTooEarly(UUID chain, long retired, NavigableMap<Long, Anchor> anchors) {
            Instant earliest = OffsetDateTime.now(ZoneOffset.UTC).minusYears(LEAST_YEARS).toInstant();
            Map.Entry<Long, Anchor> last = anchors.lowerEntry(retired);
            if (last != null && last.getValue().taken() != null && last.getValue().taken().isAfter(earliest)) {
                fault("chain " + chain + ": entries up to " + retired + " are marked as retired, but entry " + last.getKey() + " was the newest on " + last.getValue().taken());
            }
        }

        private void strayChains(Connection connection) throws SQLException {
            String query = "SELECT DISTINCT e.chain FROM audit.entry e WHERE NOT EXISTS (SELECT FROM audit.chain c WHERE c.chain = e.chain)";
            try (PreparedStatement statement = connection.prepareStatement(query); ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    fault("chain " + rows.getObject(1) + " has entries but its opening is gone");
                }
            }
        }

        private void fault(String text) {
            if (faults.size() < MOST_FAULTS) {
                faults.add(text);
            }
        }
    }

    static AuditEntry entry(ResultSet row) throws SQLException {
        String member = row.getString(10);
        List<String> members = member != null ? List.of(member) : texts(row.getArray(11));
        return new AuditEntry(
            row.getString(3), row.getString(4),
            new AuditEntry.Outcome(row.getInt(5), row.getString(6)),
            new AuditEntry.Caller(row.getString(7), row.getString(8), row.getString(9)),
            new AuditEntry.Subject(members, texts(row.getArray(12)), row.getString(13), row.getInt(14), row.getInt(15), texts(row.getArray(16)), row.getString(17)),
            new AuditEntry.Authority(row.getString(18), texts(row.getArray(19)), row.getString(20), texts(row.getArray(21))),
            new AuditEntry.Origin(row.getString(22), row.getString(23)));
    }

    private static List<String> texts(@Nullable Array array) throws SQLException {
        return array == null ? List.of() : List.of((String[]) array.getArray());
    }
}
