package dev.portolan.intake.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.intake.mapping.Problem;
import dev.portolan.tables.RoomTables;
import dev.portolan.tables.Transactions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The tables of this room, written: runs, files, batches. Reports are read by {@link LoadReports}, quarantine by {@link Quarantine}. */
public final class LoadLedger {

    private static final int EXAMPLES = 5;
    private static final int IN_ORDER_LOCKS = 0x4f524452;
    private static final String TWICE = "23505";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String INSERT_ORIGINS = """
        INSERT INTO intake.origin AS o (type, id, feed, part, file, line)
        SELECT type, id, ?, ?, ?, line FROM unnest(?::text[], ?::text[], ?::bigint[]) AS made (type, id, line)""";
    /** Costs twice as much as without; a first load needs it for nothing. */
    private static final String CHANGE_ORIGINS = " ON CONFLICT (type, id, feed, part) DO UPDATE SET file = EXCLUDED.file, line = EXCLUDED.line, closed = false";

    private final DataSource dataSource;
    private final Transactions transactions;

    public LoadLedger(DataSource dataSource) {
        this.dataSource = dataSource;
        this.transactions = new Transactions(dataSource, e -> new LoadException("the database refused to note how far a load is: " + e.getMessage(), e));
    }

    /** Brings the tables of this room (schema {@code intake}) to this version. */
    public static void migrate(DataSource dataSource) {
        new RoomTables("intake", 2).migrate(dataSource);
    }

    /** A run as it waits or runs. */
    record Open(long id, String feed, String kind, String source, LoadOptions options, Map<String, String> details) {}

    /** A file of a run. */
    record OpenFile(long id, String part, String name, String path, long bytes, byte[] sha256, String state) {}

    long add(String feed, String kind, String source, LoadOptions options, Map<String, String> details, String askedBy) {
        return inTransaction(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO intake.run (feed, kind, source, options, state, asked_by) VALUES (?, ?, ?, ?::jsonb, 'waiting', ?) RETURNING id")) {
                insert.setString(1, feed);
                insert.setString(2, kind);
                insert.setString(3, source);
                insert.setString(4, write(Map.of("load", options, "details", details)));
                insert.setString(5, askedBy);
                return one(insert);
            }
        });
    }

    /** Runs that are not finished, the oldest first. */
    List<Open> unfinished() {
        return inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT id, feed, kind, source, options FROM intake.run WHERE state IN ('waiting', 'running') ORDER BY id");
                ResultSet rows = select.executeQuery()) {
                List<Open> runs = new ArrayList<>();
                while (rows.next()) {
                    StoredOptions options = read(rows.getString(5), StoredOptions.class);
                    runs.add(new Open(rows.getLong(1), rows.getString(2), rows.getString(3), rows.getString(4), options.load(), options.details()));
                }
                return runs;
            }
        });
    }

    record StoredOptions(LoadOptions load, Map<String, String> details) {}

    void started(long run) {
        execute("UPDATE intake.run SET state = 'running', started = coalesce(started, now()) WHERE id = ?", run);
    }

    void finished(long run, @Nullable String failure) {
        inTransaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement("UPDATE intake.run SET state = ?, finished = now(), failure = ? WHERE id = ?")) {
                update.setString(1, failure == null ? "completed" : "failed");
                update.setString(2, failure);
                update.setLong(3, run);
                return update.executeUpdate();
            }
        });
    }

    /** The files of a run, noted once: a resumed run finds them as they were. */
    List<OpenFile> files(long run) {
        return inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT id, part, name, path, bytes, sha256, state FROM intake.file WHERE run = ? ORDER BY position")) {
                select.setLong(1, run);
                List<OpenFile> files = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        files.add(new OpenFile(rows.getLong(1), rows.getString(2), rows.getString(3), rows.getString(4), rows.getLong(5), rows.getBytes(6), rows.getString(7)));
                    }
                }
                return files;
            }
        });
    }

    /** A file that a run will load. */
    record NewFile(String part, String name, String path, byte[] sha256, long bytes, String mapping, String mappingVersion, Instant delivered) {}

    void addFiles(long run, List<NewFile> files) {
        inTransaction(connection -> {
            try (PreparedStatement insert = connection.prepareStatement("""
                INSERT INTO intake.file (run, position, part, name, path, sha256, bytes, mapping, mapping_version, newest, state)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')""")) {
                for (int i = 0; i < files.size(); i++) {
                    NewFile file = files.get(i);
                    insert.setLong(1, run);
                    insert.setInt(2, i);
                    insert.setString(3, file.part());
                    insert.setString(4, file.name());
                    insert.setString(5, file.path());
                    insert.setBytes(6, file.sha256());
                    insert.setLong(7, file.bytes());
                    insert.setString(8, file.mapping());
                    insert.setString(9, file.mappingVersion());
                    insert.setTimestamp(10, Timestamp.from(file.delivered()));
                    insert.addBatch();
                }
                return insert.executeBatch();
            }
        });
    }

    /** The run in which the same file, mapped in the same way, was the last of its part that this feed loaded; duplicate control. */
    Optional<Long> loadedLast(String feed, long file) {
        return inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("""
                SELECT r.id FROM intake.file f JOIN intake.run r ON r.id = f.run, intake.file asked
                WHERE asked.id = ? AND r.feed = ? AND f.part = asked.part AND f.name = asked.name AND f.state = 'loaded' AND f.id < asked.id
                  AND f.sha256 = asked.sha256 AND f.mapping = asked.mapping AND f.mapping_version = asked.mapping_version
                  AND NOT EXISTS (SELECT FROM intake.file g JOIN intake.run q ON q.id = g.run
                                  WHERE q.feed = r.feed AND g.part = f.part AND g.id > f.id AND g.id < asked.id AND g.state <> 'skipped')
                ORDER BY f.id DESC LIMIT 1""")) {
                select.setLong(1, file);
                select.setString(2, feed);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(row.getLong(1)) : Optional.empty();
                }
            }
        });
    }

    void fileState(long file, String state, @Nullable String note) {
        inTransaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement("UPDATE intake.file SET state = ?, note = coalesce(?, note) WHERE id = ?")) {
                update.setString(1, state);
                update.setString(2, note);
                update.setLong(3, file);
                return update.executeUpdate();
            }
        });
    }

    /** Numbers of the batches that are through. */
    Set<Integer> written(long file) {
        return inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT number FROM intake.batch WHERE file = ?")) {
                select.setLong(1, file);
                Set<Integer> numbers = new HashSet<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        numbers.add(rows.getInt(1));
                    }
                }
                return numbers;
            }
        });
    }

    /**
     * Notes a batch with all that belongs to it, or nothing of it. Does not wait for the disk: what the batch wrote is there already, a note that a failing machine loses has the batch done once more, and
     * no load is noted as through before its notes are on disk, since the log is written in order.
     */
    void note(String feed, String part, long file, BatchResult batch) {
        try {
            noteOnce(feed, part, file, batch);
        } catch (LoadException e) {
            if (!(e.getCause() instanceof SQLException sql) || !TWICE.equals(sql.getSQLState())) {
                throw e;
            }
            noteOnce(feed, part, file, batch.withoutNews()); // another node loads the same resources and was first to note one that this batch made
        }
    }

    private void noteOnce(String feed, String part, long file, BatchResult batch) {
        inTransaction(connection -> {
            try (Statement relaxed = connection.createStatement()) {
                relaxed.execute("SET LOCAL synchronous_commit = off");
            }
            note(connection, feed, part, file, batch);
            return null;
        });
    }

    static void note(Connection connection, String feed, String part, long file, BatchResult batch) throws SQLException {
        if (insertBatch(connection, file, batch)) {
            insertProblems(connection, file, batch.problems());
            insertUnmapped(connection, file, batch.problems());
            insertRejected(connection, file, batch.rejected());
            insertOrigins(connection, feed, part, file, batch.origins());
            insertProfiles(connection, file, batch);
        }
    }

    /** Waits until no other transaction, of whatever process, has a batch of this feed in its turn. */
    static void alone(Connection connection, String feed) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_advisory_xact_lock(?, hashtext(?))")) {
            lock.setInt(1, IN_ORDER_LOCKS);
            lock.setString(2, feed);
            lock.execute();
        }
    }

    private static boolean insertBatch(Connection connection, long file, BatchResult batch) throws SQLException {
        BatchResult.Counts counts = batch.counts();
        try (PreparedStatement insert = connection.prepareStatement("""
            INSERT INTO intake.batch (file, number, first_line, last_line, lines, mapped, merged, rejected, warned, created, updated, unchanged, raw)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""")) {
            insert.setLong(1, file);
            insert.setInt(2, batch.number());
            insert.setLong(3, counts.firstLine());
            insert.setLong(4, counts.lastLine());
            int[] values = {counts.lines(), counts.mapped(), counts.merged(), counts.rejected(), counts.warned(), counts.created(), counts.updated(), counts.unchanged()};
            for (int i = 0; i < values.length; i++) {
                insert.setInt(5 + i, values[i]);
            }
            insert.setBytes(13, batch.raw());
            return insert.executeUpdate() == 1;
        }
    }

    private record ProblemKey(boolean rejected, String code, String field, String message) {}

    private static void insertProblems(Connection connection, long file, List<Problem> problems) throws SQLException {
        Map<ProblemKey, List<Long>> grouped = new TreeMap<>(Comparator.comparing(ProblemKey::toString)); // one order for all, so that two batches cannot wait for each other
        problems.forEach(problem -> grouped.computeIfAbsent(new ProblemKey(problem.reject(), problem.code(), problem.column(), problem.message()), key -> new ArrayList<>()).add(problem.line()));
        try (PreparedStatement insert = connection.prepareStatement("""
            INSERT INTO intake.problem AS p (file, rejected, code, field, message, lines, examples) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (file, rejected, code, field, message) DO UPDATE SET lines = p.lines + EXCLUDED.lines,
              examples = (SELECT array_agg(line ORDER BY line) FROM (SELECT DISTINCT line FROM unnest(p.examples || EXCLUDED.examples) AS line ORDER BY line LIMIT 5) AS first)""")) {
            for (Map.Entry<ProblemKey, List<Long>> group : grouped.entrySet()) {
                insert.setLong(1, file);
                insert.setBoolean(2, group.getKey().rejected());
                insert.setString(3, group.getKey().code());
                insert.setString(4, group.getKey().field());
                insert.setString(5, group.getKey().message());
                insert.setLong(6, group.getValue().size());
                insert.setArray(7, connection.createArrayOf("bigint", group.getValue().stream().distinct().sorted().limit(EXAMPLES).toArray()));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static void insertUnmapped(Connection connection, long file, List<Problem> problems) throws SQLException {
        Map<String, Long> counts = new TreeMap<>();
        Map<String, Problem.UnmappedCode> codes = new LinkedHashMap<>();
        for (Problem problem : problems) {
            if (problem.unmapped() != null) {
                String key = problem.unmapped().table() + '\u0000' + problem.unmapped().code();
                counts.merge(key, 1L, Long::sum);
                codes.put(key, problem.unmapped());
            }
        }
        try (PreparedStatement insert = connection.prepareStatement("""
            INSERT INTO intake.unmapped_code AS u (file, map, code, lines) VALUES (?, ?, ?, ?)
            ON CONFLICT (file, map, code) DO UPDATE SET lines = u.lines + EXCLUDED.lines""")) {
            for (Map.Entry<String, Long> count : counts.entrySet()) {
                insert.setLong(1, file);
                insert.setString(2, codes.get(count.getKey()).table());
                insert.setString(3, codes.get(count.getKey()).code());
                insert.setLong(4, count.getValue());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static void insertRejected(Connection connection, long file, List<BatchResult.Rejected> rejected) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
            "INSERT INTO intake.quarantine (file, line, lines, raw, reasons) VALUES (?, ?, ?, ?, ?::jsonb) ON CONFLICT (file, line) DO NOTHING")) {
            for (BatchResult.Rejected record : rejected) {
                insert.setLong(1, file);
                insert.setLong(2, record.line());
                insert.setInt(3, record.lines());
                insert.setBytes(4, record.raw());
                insert.setString(5, reasons(record.reasons()));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    static String reasons(List<Problem> problems) {
        return write(problems.stream().filter(Problem::reject)
            .map(problem -> Map.of("code", problem.code(), "field", problem.column(), "line", problem.line(), "message", problem.message())).toList());
    }

    static void insertOrigins(Connection connection, String feed, String part, long file, List<BatchResult.Origin> origins) throws SQLException {
        Map<String, BatchResult.Origin> distinct = new TreeMap<>();
        origins.forEach(origin -> distinct.put(origin.type() + '/' + origin.id(), origin));
        Map<Boolean, List<BatchResult.Origin>> byAge = distinct.values().stream().collect(Collectors.partitioningBy(BatchResult.Origin::isNew));
        insertOrigins(connection, INSERT_ORIGINS, feed, part, file, byAge.get(true));
        insertOrigins(connection, INSERT_ORIGINS + CHANGE_ORIGINS, feed, part, file, byAge.get(false));
    }

    private static void insertOrigins(Connection connection, String sql, String feed, String part, long file, List<BatchResult.Origin> origins) throws SQLException {
        if (origins.isEmpty()) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, feed);
            insert.setString(2, part);
            insert.setLong(3, file);
            insert.setArray(4, connection.createArrayOf("text", origins.stream().map(BatchResult.Origin::type).toArray()));
            insert.setArray(5, connection.createArrayOf("text", origins.stream().map(BatchResult.Origin::id).toArray()));
            insert.setArray(6, connection.createArrayOf("bigint", origins.stream().map(BatchResult.Origin::line).toArray()));
            insert.executeUpdate();
        }
    }

    private static void insertProfiles(Connection connection, long file, BatchResult batch) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
            INSERT INTO intake.profile_result AS p (file, profile, checked, valid, not_checked) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (file, profile) DO UPDATE SET checked = p.checked + EXCLUDED.checked, valid = p.valid + EXCLUDED.valid, not_checked = p.not_checked + EXCLUDED.not_checked""")) {
            for (Map.Entry<String, BatchResult.ProfileCount> profile : new TreeMap<>(batch.profiles()).entrySet()) {
                insert.setLong(1, file);
                insert.setString(2, profile.getKey());
                insert.setInt(3, profile.getValue().checked());
                insert.setInt(4, profile.getValue().valid());
                insert.setInt(5, profile.getValue().notChecked());
                insert.addBatch();
            }
            insert.executeBatch();
        }
        List<BatchResult.ProfileFinding> findings = new ArrayList<>(batch.findings());
        findings.sort(Comparator.comparing(BatchResult.ProfileFinding::profile).thenComparing(BatchResult.ProfileFinding::issue));
        try (PreparedStatement insert = connection.prepareStatement("""
            INSERT INTO intake.profile_issue AS p (file, profile, issue, count, example) VALUES (?, ?, ?, 1, ?)
            ON CONFLICT (file, profile, issue) DO UPDATE SET count = p.count + 1""")) {
            for (BatchResult.ProfileFinding finding : findings) {
                insert.setLong(1, file);
                insert.setString(2, finding.profile());
                insert.setString(3, finding.issue());
                insert.setString(4, finding.example());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private void execute(String sql, long id) {
        inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setLong(1, id);
                return statement.executeUpdate();
            }
        });
    }

    private static long one(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static <T> T read(String json, Class<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    <T> T inTransaction(Transactions.Work<T> work) {
        return transactions.run(work);
    }

    DataSource dataSource() {
        return dataSource;
    }
}
