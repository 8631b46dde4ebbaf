package dev.portolan.intake.x12;

import com.github.luben.zstd.Zstd;
import dev.portolan.intake.load.Earlier;
import dev.portolan.intake.load.LoadException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The parts of claims that have arrived ({@code intake.claim_part}), for one batch: what its records are about is read in a few questions, what they add is seen by those behind them and sent at the end, over
 * the batch's connection, so that nothing of a batch stays that is not noted. Nobody else writes parts of the feed meanwhile.
 */
final class ClaimLedger {

    private static final int LEVEL = 3;
    private static final int MOST_RECORDS = 2_000;
    private static final String COLUMNS = "p.claim, p.kind, p.document, p.sequence, p.control, p.line, p.raw";
    /** Each claim and number is asked for by itself, because a plan for a list of unknown length, made while the table is small, reads all of it each time. */
    private static final String PARTS = "SELECT " + COLUMNS + """
         FROM unnest(?::text[]) AS asked (claim) CROSS JOIN LATERAL
        (SELECT * FROM intake.claim_part c WHERE c.feed = ? AND c.claim = asked.claim OFFSET 0) p""";
    private static final String BEARERS = """
        SELECT p.kind, p.control, p.claim FROM unnest(?::text[]) AS asked (control) CROSS JOIN LATERAL
        (SELECT c.kind, c.control, c.claim FROM intake.claim_part c WHERE c.feed = ? AND c.control = asked.control OFFSET 0) p""";
    private static final String ADD = """
        INSERT INTO intake.claim_part AS p (feed, claim, kind, document, sequence, control, file, line, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (feed, claim, kind, document) DO UPDATE SET sequence = EXCLUDED.sequence, control = EXCLUDED.control, file = EXCLUDED.file, line = EXCLUDED.line, raw = EXCLUDED.raw
        WHERE p.sequence <= EXCLUDED.sequence""";
    private static final String WAITS = """
        INSERT INTO intake.claim_waiting AS w (feed, claim, lacks) VALUES (?, ?, ?)
        ON CONFLICT (feed, claim) DO UPDATE SET lacks = EXCLUDED.lacks, since = now() WHERE w.lacks <> EXCLUDED.lacks""";
    private static final String WAITS_NO_MORE = "DELETE FROM intake.claim_waiting WHERE feed = ? AND claim = ?";
    /** The database's order (COLLATE "C"). */
    private static final Comparator<String> BY_BYTES = (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    private static final Comparator<Part> BY_MAKING = Comparator.comparing(Part::sequence, BY_BYTES).thenComparing(Part::document, BY_BYTES);

    /** Which part. */
    enum Kind {
        SUBMISSION,
        PAYMENT;

        private String stored() {
            return name().toLowerCase(Locale.ROOT);
        }

        private static Kind of(String stored) {
            return valueOf(stored.toUpperCase(Locale.ROOT));
        }
    }

    /**
     * A part.
     *
     * @param document which of its kind: the same one again replaces it, unless it was made earlier
     * @param control of a payment the payer's number of the claim, of a submission the number that it replaces or voids
     * @param packed the record as it came (zstd)
     */
    record Part(String claim, Kind kind, String document, String sequence, @Nullable String control, long line, byte[] packed) {

        static Part of(String claim, Kind kind, String document, String sequence, @Nullable String control, long line, byte[] raw) {
            return new Part(claim, kind, document, sequence, control, line, Zstd.compress(raw, LEVEL));
        }

        X12Record record() {
            return X12Record.parse(Zstd.decompress(packed, (int) Zstd.getFrameContentSize(packed)), line);
        }

        private boolean isSame(Part other) {
            return kind == other.kind && document.equals(other.document);
        }
    }

    private record Number(Kind kind, String control) {}

    private final Connection connection;
    private final String feed;
    private final long file;
    /** Of each claim that was asked for, its parts in the order of their making, with those of this batch. */
    private final Map<String, List<Part>> parts = new HashMap<>();
    /** Of each number that was asked for, the claims that have a part with it. */
    private final Map<Number, Set<String>> bearers = new HashMap<>();
    /** Parts that several of the batch's records ask for, as they were read. */
    private final Map<Part, Submission> submissions = new IdentityHashMap<>();
    private final Map<Part, Payment> payments = new IdentityHashMap<>();
    private final List<Part> added = new ArrayList<>();
    private final Map<String, Optional<String>> waiting = new TreeMap<>();
    /** Of the record that is being mapped: what it added, the parts of that claim before, and what it says of claims that wait. */
    private @Nullable Part own;
    private List<Part> before = List.of();
    private final Map<String, Optional<String>> ownWaiting = new HashMap<>();

    ClaimLedger(Earlier earlier) {
        this.connection = earlier.connection();
        this.feed = earlier.feed();
        this.file = earlier.file();
    }

    /** Reads what a batch will ask for: the parts of its claims, the claims that are linked to them by numbers, and the parts of those. */
    void expect(Set<String> claims, Set<String> numbers) {
        load(claims);
        Set<String> controls = new TreeSet<>(numbers);
        parts.values().forEach(known -> known.forEach(part -> controls.add(part.control() == null ? "" : part.control())));
        find(controls);
        Set<String> linked = new TreeSet<>();
        bearers.values().forEach(linked::addAll);
        linked.removeAll(parts.keySet());
        load(linked);
    }

    /** One for each record; it counts until {@link #settle} says otherwise. */
    void add(Part part) {
        List<Part> present = parts(part.claim());
        before = present;
        Part same = present.stream().filter(part::isSame).findFirst().orElse(null);
        if (same != null && BY_BYTES.compare(same.sequence(), part.sequence()) > 0) {
            return;
        }
        List<Part> now = new ArrayList<>(present);
        now.remove(same);
        now.add(part);
        now.sort(BY_MAKING);
        own = part;
        replace(part.claim(), now);
    }

    private void replace(String claim, List<Part> now) {
        List<Part> changed = new ArrayList<>(parts(claim));
        changed.addAll(now);
        parts.put(claim, List.copyOf(now));
        for (Part part : changed) {
            Set<String> known = part.control() == null ? null : bearers.get(new Number(part.kind(), part.control()));
            if (known != null) {
                correct(known, claim, new Number(part.kind(), part.control()));
            }
        }
    }

    private void correct(Set<String> claims, String claim, Number number) {
        if (parts(claim).stream().anyMatch(part -> part.kind() == number.kind() && number.control().equals(part.control()))) {
            claims.add(claim);
        } else {
            claims.remove(claim);
        }
    }

    /** All parts of a claim, in the order in which they were made. */
    List<Part> parts(String claim) {
        if (!parts.containsKey(claim)) {
            load(Set.of(claim));
        }
        return parts.get(claim);
    }

    Submission submission(Part part) {
        return kept(submissions, part, record -> new Submission(record));
    }

    Payment payment(Part part) {
        return kept(payments, part, record -> new Payment(record));
    }

    private static <T> T kept(Map<Part, T> known, Part part, Function<X12Record, T> reading) {
        if (known.size() >= MOST_RECORDS) {
            known.clear();
        }
        return known.computeIfAbsent(part, missing -> reading.apply(missing.record()));
    }

    /** Other claims that have a part of this kind with one of these numbers. */
    List<String> claimsWith(Kind kind, Collection<String> controls, String besides) {
        TreeSet<String> claims = new TreeSet<>();
        for (String control : controls) {
            Number number = new Number(kind, control);
            if (!bearers.containsKey(number)) {
                find(Set.of(control));
            }
            claims.addAll(bearers.get(number));
        }
        claims.remove(besides);
        return List.copyOf(claims);
    }

    /** @param lacks {@code claim}, {@code remittance}, or null if it has everything */
    void waiting(String claim, @Nullable String lacks) {
        ownWaiting.put(claim, Optional.ofNullable(lacks));
    }

    /** What the last record said is kept, or is as if it had never been said. */
    void settle(boolean rejected) {
        if (!rejected) {
            waiting.putAll(ownWaiting);
        }
        if (own != null && rejected) {
            replace(own.claim(), before);
        } else if (own != null) {
            added.add(own);
        }
        own = null;
        ownWaiting.clear();
    }

    private void load(Set<String> claims) {
        if (claims.isEmpty()) {
            return;
        }
        Map<String, List<Part>> found = new HashMap<>();
        claims.forEach(claim -> found.put(claim, new ArrayList<>()));
        run(PARTS, select -> {
            select.setArray(1, connection.createArrayOf("text", claims.toArray()));
            select.setString(2, feed);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.get(rows.getString(1)).add(new Part(rows.getString(1), Kind.of(rows.getString(2)), rows.getString(3), rows.getString(4), rows.getString(5), rows.getLong(6), rows.getBytes(7)));
                }
            }
        });
        found.values().forEach(list -> list.sort(BY_MAKING));
        parts.putAll(found);
    }

    private void find(Set<String> controls) {
        for (Kind kind : Kind.values()) {
            controls.forEach(control -> bearers.put(new Number(kind, control), new HashSet<>()));
        }
        run(BEARERS, select -> {
            select.setArray(1, connection.createArrayOf("text", controls.toArray()));
            select.setString(2, feed);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    bearers.get(new Number(Kind.of(rows.getString(1)), rows.getString(2))).add(rows.getString(3));
                }
            }
        });
        // What the batch has added is not there yet.
        Set<String> changed = new HashSet<>();
        added.forEach(part -> changed.add(part.claim()));
        if (own != null) {
            changed.add(own.claim());
        }
        for (String claim : changed) {
            controls.forEach(control -> Arrays.stream(Kind.values()).map(kind -> new Number(kind, control)).forEach(number -> correct(bearers.get(number), claim, number)));
        }
    }

    /** Sends what was kept. */
    void write() {
        run(ADD, insert -> {
            for (Part part : added) {
                insert.setString(1, feed);
                insert.setString(2, part.claim());
                insert.setString(3, part.kind().stored());
                insert.setString(4, part.document());
                insert.setString(5, part.sequence());
                insert.setString(6, part.control());
                insert.setLong(7, file);
                insert.setLong(8, part.line());
                insert.setBytes(9, part.packed());
                insert.addBatch();
            }
            insert.executeBatch();
        });
        run(WAITS_NO_MORE, delete -> {
            for (Map.Entry<String, Optional<String>> claim : waiting.entrySet()) {
                if (claim.getValue().isEmpty()) {
                    delete.setString(1, feed);
                    delete.setString(2, claim.getKey());
                    delete.addBatch();
                }
            }
            delete.executeBatch();
        });
        run(WAITS, insert -> {
            for (Map.Entry<String, Optional<String>> claim : waiting.entrySet()) {
                if (claim.getValue().isPresent()) {
                    insert.setString(1, feed);
                    insert.setString(2, claim.getKey());
                    insert.setString(3, claim.getValue().get());
                    insert.addBatch();
                }
            }
            insert.executeBatch();
        });
    }

    private interface Work {
        void on(PreparedStatement statement) throws SQLException;
    }

    private void run(String sql, Work work) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            work.on(statement);
        } catch (SQLException e) {
            throw new LoadException("the parts of claims cannot be kept or read: " + e.getMessage(), e);
        }
    }
}
