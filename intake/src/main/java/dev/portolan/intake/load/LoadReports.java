package dev.portolan.intake.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of loads: read from the room's tables whenever asked, also while a load runs. */
public final class LoadReports {

    /** Of a list of a run's, those that most lines have: a column that was mistaken for a code has as many of them as there are lines. */
    private static final int MOST_SHOWN = 2_000;

    private final LoadLedger ledger;

    public LoadReports(LoadLedger ledger) {
        this.ledger = ledger;
    }

    /** The latest runs, without their files. */
    public List<LoadRun> latest(int most) {
        return latest(Long.MAX_VALUE, most);
    }

    /** @param before the run that a list before ended with */
    public List<LoadRun> latest(long before, int most) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(RUN + " WHERE r.id < ? ORDER BY r.id DESC LIMIT ?")) {
                select.setLong(1, before);
                select.setInt(2, most);
                List<LoadRun> runs = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        runs.add(run(rows, List.of()));
                    }
                }
                return runs;
            }
        });
    }

    /** A run with everything about its files. */
    public Optional<LoadRun> run(long id) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(RUN + " WHERE r.id = ?")) {
                select.setLong(1, id);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(run(row, files(connection, id))) : Optional.empty();
                }
            }
        });
    }

    /** What belonged to the kind of the latest run that brought the record's part, as its mapping: whoever has mended that since wants the record to be taken by it. */
    Map<String, String> presentDetails(Quarantine.Entry entry) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                "SELECT r.options FROM intake.run r JOIN intake.file f ON f.run = r.id WHERE r.feed = ? AND r.kind = ? AND f.part = ? ORDER BY r.id DESC LIMIT 1")) {
                select.setString(1, entry.feed());
                select.setString(2, entry.kind());
                select.setString(3, entry.part());
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return LoadLedger.read(row.getString(1), LoadLedger.StoredOptions.class).details();
                }
            }
        });
    }

    private static final String RUN = "SELECT r.id, r.feed, r.kind, r.source, r.options, r.state, r.asked_at, r.asked_by, r.started, r.finished, r.failure FROM intake.run r";

    private static LoadRun run(ResultSet row, List<LoadRun.FileReport> files) throws SQLException {
        return new LoadRun(row.getLong(1), row.getString(2), row.getString(3), row.getString(4), LoadLedger.read(row.getString(5), LoadLedger.StoredOptions.class).load(),
            LoadRun.State.valueOf(row.getString(6).toUpperCase(Locale.ROOT)), row.getTimestamp(7).toInstant(), row.getString(8), instant(row, 9), instant(row, 10), row.getString(11), files);
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        Timestamp value = row.getTimestamp(column);
        return value == null ? null : value.toInstant();
    }

    private static List<LoadRun.FileReport> files(Connection connection, long run) throws SQLException {
        Map<Long, List<LoadRun.GroupedProblem>> problems = problems(connection, run);
        Map<Long, List<LoadRun.UnmappedCode>> unmapped = unmapped(connection, run);
        Map<Long, List<LoadRun.ProfileReport>> profiles = profiles(connection, run);
        try (PreparedStatement select = connection.prepareStatement("""
            SELECT f.id, f.part, f.name, f.bytes, f.mapping, f.mapping_version, f.state, f.closed, f.newest, f.note,
                   coalesce(sum(b.lines), 0), coalesce(sum(b.mapped), 0), coalesce(sum(b.merged), 0), coalesce(sum(b.rejected), 0), coalesce(sum(b.warned), 0),
                   coalesce(sum(b.created), 0), coalesce(sum(b.updated), 0), coalesce(sum(b.unchanged), 0)
            FROM intake.file f LEFT JOIN intake.batch b ON b.file = f.id WHERE f.run = ? GROUP BY f.id ORDER BY f.position""")) {
            select.setLong(1, run);
            List<LoadRun.FileReport> files = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    long id = row.getLong(1);
                    files.add(new LoadRun.FileReport(id, row.getString(2), row.getString(3), row.getLong(4), row.getString(5), row.getString(6),
                        LoadRun.FileState.valueOf(row.getString(7).toUpperCase(Locale.ROOT)), row.getLong(11), row.getLong(12), row.getLong(13), row.getLong(14), row.getLong(15), row.getLong(16),
                        row.getLong(17), row.getLong(18), row.getLong(8), instant(row, 9), row.getString(10), problems.getOrDefault(id, List.of()), unmapped.getOrDefault(id, List.of()),
                        profiles.getOrDefault(id, List.of())));
                }
            }
            return files;
        }
    }

    private static Map<Long, List<LoadRun.GroupedProblem>> problems(Connection connection, long run) throws SQLException {
        return perFile(connection, run, "SELECT p.file, p.rejected, p.code, p.field, p.message, p.lines, p.examples FROM intake.problem p JOIN intake.file f ON f.id = p.file WHERE f.run = ? "
            + "ORDER BY p.rejected DESC, p.lines DESC, p.code, p.field LIMIT " + MOST_SHOWN, row ->
            new LoadRun.GroupedProblem(row.getBoolean(2), row.getString(3), row.getString(4), row.getString(5), row.getLong(6), Arrays.asList((Long[]) row.getArray(7).getArray())));
    }

    private static Map<Long, List<LoadRun.UnmappedCode>> unmapped(Connection connection, long run) throws SQLException {
        return perFile(connection, run, "SELECT u.file, u.map, u.code, u.lines FROM intake.unmapped_code u JOIN intake.file f ON f.id = u.file WHERE f.run = ? ORDER BY u.lines DESC, u.map, u.code LIMIT " + MOST_SHOWN,
            row -> new LoadRun.UnmappedCode(row.getString(2), row.getString(3), row.getLong(4)));
    }

    private static Map<Long, List<LoadRun.ProfileReport>> profiles(Connection connection, long run) throws SQLException {
        Map<Long, List<ProfileRow>> issues = perFile(connection, run, "SELECT p.file, p.profile, p.issue, p.count, p.example FROM intake.profile_issue p JOIN intake.file f ON f.id = p.file WHERE f.run = ? "
            + "ORDER BY p.count DESC, p.issue LIMIT " + MOST_SHOWN, row -> new ProfileRow(row.getString(2), new LoadRun.ProfileIssue(row.getString(3), row.getLong(4), row.getString(5))));
        Map<Long, List<LoadRun.ProfileReport>> reports = perFile(connection, run, "SELECT p.file, p.profile, p.checked, p.valid, p.not_checked FROM intake.profile_result p JOIN intake.file f ON f.id = p.file "
            + "WHERE f.run = ? ORDER BY p.profile", row -> new LoadRun.ProfileReport(row.getString(2), row.getLong(3), row.getLong(4), row.getLong(5), List.of()));
        reports.replaceAll((file, list) -> list.stream().map(report -> new LoadRun.ProfileReport(report.profile(), report.checked(), report.valid(), report.notChecked(),
            issues.getOrDefault(file, List.of()).stream().filter(row -> row.profile().equals(report.profile())).map(ProfileRow::issue).toList())).toList());
        return reports;
    }

    private record ProfileRow(String profile, LoadRun.ProfileIssue issue) {}

    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private static <T> Map<Long, List<T>> perFile(Connection connection, long run, String sql, RowReader<T> reader) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, run);
            Map<Long, List<T>> values = new LinkedHashMap<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    values.computeIfAbsent(rows.getLong(1), key -> new ArrayList<>()).add(reader.read(rows));
                }
            }
            return values;
        }
    }

    /**
     * How fresh a part of a feed is.
     *
     * @param newest when its newest data was delivered
     * @param loaded when that was loaded, or null if it is still under way
     */
    public record Freshness(String feed, String part, Instant newest, @Nullable Instant loaded) {}

    /** For each feed and part the newest data that is loaded (42 CFR 422.119(b)(1): within one business day). */
    public List<Freshness> freshness() {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("""
                SELECT r.feed, f.part, max(f.newest), max(r.finished) FROM intake.file f JOIN intake.run r ON r.id = f.run
                WHERE f.state IN ('loaded', 'skipped') GROUP BY r.feed, f.part ORDER BY r.feed, f.part""");
                ResultSet rows = select.executeQuery()) {
                List<Freshness> list = new ArrayList<>();
                while (rows.next()) {
                    list.add(new Freshness(rows.getString(1), rows.getString(2), rows.getTimestamp(3).toInstant(), instant(rows, 4)));
                }
                return list;
            }
        });
    }

    /** Feeds whose last load that ended failed, with when it did. */
    public Map<String, Instant> failing() {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("""
                SELECT feed, finished FROM (SELECT DISTINCT ON (feed) feed, state, finished FROM intake.run WHERE finished IS NOT NULL ORDER BY feed, id DESC) AS last
                WHERE state = 'failed' ORDER BY feed"""); ResultSet rows = select.executeQuery()) {
                Map<String, Instant> failing = new LinkedHashMap<>();
                while (rows.next()) {
                    failing.put(rows.getString(1), rows.getTimestamp(2).toInstant());
                }
                return failing;
            }
        });
    }

    /**
     * Where the present version of a resource came from.
     *
     * @param raw the record as it came, with its header or envelope
     */
    public record Origin(String feed, String part, long run, String fileName, long line, String mapping, String mappingVersion, Instant loaded, byte[] raw) {}

    /** One for each feed that delivered the resource. */
    public List<Origin> origins(String type, String id) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("""
                SELECT o.feed, o.part, f.run, f.name, o.line, f.mapping, f.mapping_version, b.written_at, b.raw
                FROM intake.origin o JOIN intake.file f ON f.id = o.file JOIN intake.batch b ON b.file = o.file AND b.first_line <= o.line AND b.last_line >= o.line
                WHERE o.type = ? AND o.id = ? ORDER BY o.feed, o.part""")) {
                select.setString(1, type);
                select.setString(2, id);
                List<Origin> origins = new ArrayList<>();
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        Optional<byte[]> raw = RawRecords.find(row.getBytes(9), row.getLong(5)); // batches of a file that was put in order overlap
                        if (raw.isPresent()) {
                            origins.add(new Origin(row.getString(1), row.getString(2), row.getLong(3), row.getString(4), row.getLong(5), row.getString(6), row.getString(7), row.getTimestamp(8).toInstant(),
                                raw.get()));
                        }
                    }
                }
                return origins;
            }
        });
    }

    /**
     * How a file of a run was acknowledged.
     *
     * @param report what was accepted of its envelopes and what was not
     * @param answer the same in the format's own form, to be sent to whoever delivered the file
     */
    public record Acknowledgement(long file, String name, JsonNode report, String answer) {}

    /** Of a run's files those that are acknowledged, in their order. */
    public List<Acknowledgement> acknowledgements(long run) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                "SELECT f.id, f.name, a.report, a.answer FROM intake.acknowledgement a JOIN intake.file f ON f.id = a.file WHERE f.run = ? ORDER BY f.position")) {
                select.setLong(1, run);
                List<Acknowledgement> found = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(new Acknowledgement(rows.getLong(1), rows.getString(2), LoadLedger.read(rows.getString(3), JsonNode.class), rows.getString(4)));
                    }
                }
                return found;
            }
        });
    }

    /**
     * Claims of which a part has not come.
     *
     * @param lacks {@code remittance}: submitted, and not decided as far as is known here; {@code claim}: decided, and never submitted here
     * @param oldest since when the oldest of them waits
     */
    public record WaitingClaims(String feed, String lacks, long claims, Instant oldest) {}

    public List<WaitingClaims> waitingClaims() {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT feed, lacks, count(*), min(since) FROM intake.claim_waiting GROUP BY feed, lacks ORDER BY feed, lacks"); ResultSet rows = select.executeQuery()) {
                List<WaitingClaims> waiting = new ArrayList<>();
                while (rows.next()) {
                    waiting.add(new WaitingClaims(rows.getString(1), rows.getString(2), rows.getLong(3), rows.getTimestamp(4).toInstant()));
                }
                return waiting;
            }
        });
    }
}
