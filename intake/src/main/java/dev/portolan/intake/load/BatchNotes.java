package dev.portolan.intake.load;

import dev.portolan.intake.mapping.Problem;
import dev.portolan.tables.BinaryCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a batch leaves behind for reports: its counts, what was wrong with its lines, what was put into quarantine, and where each resource comes from.
 *
 * @param part of the feed
 * @param file number of the file in {@code intake.file}
 */
record BatchNotes(String feed, String part, long file) {

    private static final int EXAMPLES = 5;
    private static final int MOST_NAME = 200;
    private static final int MOST_TEXT = 500;
    private static final int ORIGIN_COLUMNS = 6;
    private static final int BYTES_PER_ORIGIN = 160;
    private static final String COPY_ORIGINS = "COPY intake.origin (type, id, feed, part, file, line) FROM STDIN (FORMAT binary)";
    /** For those that may be there. Costs twice as much. */
    private static final String CHANGE_ORIGINS = """
        INSERT INTO intake.origin AS o (type, id, feed, part, file, line)
        SELECT type, id, ?, ?, ?, line FROM unnest(?::text[], ?::text[], ?::bigint[]) AS made (type, id, line)
        ON CONFLICT (id, type, feed, part) DO UPDATE SET file = EXCLUDED.file, line = EXCLUDED.line, closed = false""";

    /** What stands in a source may be of any length and hold zero bytes; an index of PostgreSQL takes 2,700 bytes, and its texts no zero. One line of a file must not end its load. */
    private static String bounded(String text, int most) {
        String plain = text.indexOf('\0') < 0 ? text : text.replace('\0', '\uFFFD');
        if (plain.length() <= most) {
            return plain;
        }
        return plain.substring(0, Character.isHighSurrogate(plain.charAt(most - 1)) ? most - 1 : most) + '\u2026';
    }

    private static Map<String, BatchResult.ProfileCount> bounded(Map<String, BatchResult.ProfileCount> profiles) {
        Map<String, BatchResult.ProfileCount> bounded = new TreeMap<>();
        profiles.forEach((profile, count) -> bounded.merge(bounded(profile, MOST_NAME), count, BatchResult.ProfileCount::plus));
        return bounded;
    }

    /** In the caller's transaction. A batch that is noted already, by another process for instance, is not noted again. */
    void write(Connection connection, BatchResult batch) throws SQLException {
        if (insertBatch(connection, batch)) {
            insertProblems(connection, batch.problems());
            insertUnmapped(connection, batch.problems());
            insertRejected(connection, batch.rejected());
            insertOrigins(connection, batch.origins());
            insertProfiles(connection, batch);
        }
    }

    private boolean insertBatch(Connection connection, BatchResult batch) throws SQLException {
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

    private void insertProblems(Connection connection, List<Problem> problems) throws SQLException {
        Map<ProblemKey, List<Long>> grouped = new TreeMap<>(Comparator.comparing(ProblemKey::toString)); // one order for all, so that two batches cannot wait for each other
        problems.forEach(problem -> grouped.computeIfAbsent(new ProblemKey(problem.reject(), problem.code(), bounded(problem.column(), MOST_NAME), bounded(problem.message(), MOST_TEXT)), key -> new ArrayList<>()).add(problem.line()));
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

    private void insertUnmapped(Connection connection, List<Problem> problems) throws SQLException {
        Map<String, Long> counts = new TreeMap<>();
        Map<String, Problem.UnmappedCode> codes = new LinkedHashMap<>();
        for (Problem problem : problems) {
            if (problem.unmapped() != null) {
                Problem.UnmappedCode code = new Problem.UnmappedCode(bounded(problem.unmapped().table(), MOST_NAME), bounded(problem.unmapped().code(), MOST_NAME));
                String key = code.table() + '\u0000' + code.code();
                counts.merge(key, 1L, Long::sum);
                codes.put(key, code);
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

    private void insertRejected(Connection connection, List<BatchResult.Rejected> rejected) throws SQLException {
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
        return LoadLedger.write(problems.stream().filter(Problem::reject)
            .map(problem -> Map.of("code", problem.code(), "field", bounded(problem.column(), MOST_NAME), "line", problem.line(), "message", bounded(problem.message(), MOST_TEXT))).toList());
    }

    /** Where resources come from: the newest delivery of a part that names one. */
    void insertOrigins(Connection connection, List<BatchResult.Origin> origins) throws SQLException {
        Map<String, BatchResult.Origin> distinct = new TreeMap<>();
        origins.forEach(origin -> distinct.put(origin.id() + '/' + origin.type(), origin));
        Map<Boolean, List<BatchResult.Origin>> byAge = distinct.values().stream().collect(Collectors.partitioningBy(BatchResult.Origin::isNew));
        copyOrigins(connection, byAge.get(true));
        changeOrigins(connection, byAge.get(false));
    }

    private void copyOrigins(Connection connection, List<BatchResult.Origin> origins) throws SQLException {
        if (origins.isEmpty()) {
            return;
        }
        BinaryCopy copy = new BinaryCopy(origins.size() * BYTES_PER_ORIGIN);
        for (BatchResult.Origin origin : origins) {
            copy.row(ORIGIN_COLUMNS);
            copy.field(origin.type());
            copy.field(origin.id());
            copy.field(feed);
            copy.field(part);
            copy.field(file);
            copy.field(origin.line());
        }
        copy.send(connection, COPY_ORIGINS);
    }

    private void changeOrigins(Connection connection, List<BatchResult.Origin> origins) throws SQLException {
        if (origins.isEmpty()) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement(CHANGE_ORIGINS)) {
            insert.setString(1, feed);
            insert.setString(2, part);
            insert.setLong(3, file);
            insert.setArray(4, connection.createArrayOf("text", origins.stream().map(BatchResult.Origin::type).toArray()));
            insert.setArray(5, connection.createArrayOf("text", origins.stream().map(BatchResult.Origin::id).toArray()));
            insert.setArray(6, connection.createArrayOf("bigint", origins.stream().map(BatchResult.Origin::line).toArray()));
            insert.executeUpdate();
        }
    }

    private void insertProfiles(Connection connection, BatchResult batch) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
            INSERT INTO intake.profile_result AS p (file, profile, checked, valid, not_checked) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (file, profile) DO UPDATE SET checked = p.checked + EXCLUDED.checked, valid = p.valid + EXCLUDED.valid, not_checked = p.not_checked + EXCLUDED.not_checked""")) {
            for (Map.Entry<String, BatchResult.ProfileCount> profile : bounded(batch.profiles()).entrySet()) {
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
                insert.setString(2, bounded(finding.profile(), MOST_NAME));
                insert.setString(3, bounded(finding.issue(), MOST_TEXT));
                insert.setString(4, finding.example());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }
}
