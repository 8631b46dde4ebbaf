package dev.portolan.intake.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.intake.source.SourceItem;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** How far loads are: runs, their files, and which batches are through. What a batch leaves is written by {@link BatchNotes}, reports are read by {@link LoadReports}, quarantine by {@link Quarantine}. */
public final class LoadLedger {

    private static final int IN_ORDER_LOCKS = 0x4f524452;
    private static final String TWICE = "23505";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final DataSource dataSource;
    private final Transactions transactions;

    public LoadLedger(DataSource dataSource) {
        this.dataSource = dataSource;
        this.transactions = new Transactions(dataSource, e -> new LoadException("the database refused to note how far a load is: " + e.getMessage(), e));
    }

    /** Brings the tables of this room (schema {@code intake}) to this version. */
    public static void migrate(DataSource dataSource) {
        new RoomTables("intake", 3).migrate(dataSource);
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

    /** By the database's clock, which all nodes have in common. */
    Instant now() {
        return inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT now()"); ResultSet row = select.executeQuery()) {
                row.next();
                return row.getTimestamp(1).toInstant();
            }
        });
    }

    boolean isAskedAfter(long run, Instant time) {
        return inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT FROM intake.run WHERE id = ? AND asked_at > ?")) {
                select.setLong(1, run);
                select.setTimestamp(2, Timestamp.from(time));
                try (ResultSet row = select.executeQuery()) {
                    return row.next();
                }
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
                update.setString(2, failure == null ? null : failure.replace('\0', '\uFFFD')); // PostgreSQL takes no zero byte, and a run that could not be ended would be done again for ever
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

    /**
     * The run in which the same file, mapped in the same way, was the last of its part that this feed loaded; duplicate control. A full load closes what its files lack, which no other load has done, nor one that stopped before it, nor (if
     * many may be closed) one that had to leave it.
     */
    Optional<Long> loadedLast(Open run, long file) {
        return inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("""
                SELECT r.id FROM intake.file f JOIN intake.run r ON r.id = f.run, intake.file asked
                WHERE asked.id = ? AND r.feed = ? AND f.part = asked.part AND f.name = asked.name AND f.state = 'loaded' AND f.id < asked.id
                  AND f.sha256 = asked.sha256 AND f.mapping = asked.mapping AND f.mapping_version = asked.mapping_version
                  AND NOT EXISTS (SELECT FROM intake.file g JOIN intake.run q ON q.id = g.run
                                  WHERE q.feed = r.feed AND g.part = f.part AND g.id > f.id AND g.id < asked.id AND g.state <> 'skipped')
                  AND (NOT ? OR r.state = 'completed' AND (r.options #>> '{load,full}')::boolean AND (NOT ? OR (r.options #>> '{load,closeMany}')::boolean))
                ORDER BY f.id DESC LIMIT 1""")) {
                select.setLong(1, file);
                select.setString(2, run.feed());
                select.setBoolean(3, run.options().full());
                select.setBoolean(4, run.options().closeMany());
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

    /** The batches that are through, by their numbers. */
    Map<Integer, Stretch> written(long file) {
        return inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT number, first_line, last_line FROM intake.batch WHERE file = ?")) {
                select.setLong(1, file);
                Map<Integer, Stretch> batches = new HashMap<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        batches.put(rows.getInt(1), new Stretch(rows.getLong(2), rows.getLong(3)));
                    }
                }
                return batches;
            }
        });
    }

    /** The lines at which the first and the last record of a batch begin. */
    record Stretch(long first, long last) {

        static Stretch of(List<SourceItem> items) {
            return new Stretch(items.stream().mapToLong(SourceItem::line).min().orElse(0), items.stream().mapToLong(SourceItem::line).max().orElse(0));
        }
    }

    /**
     * Notes a batch with all that belongs to it, or nothing of it. Like the batch's own transaction before it, it does not wait for the disk: the log is written in order, so a failing machine loses no batch without its note. It is done
     * once more then, and no load is noted as through before all is on disk.
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
            new BatchNotes(feed, part, file).write(connection, batch);
            return null;
        });
    }

    /** How many batches of a file are noted, when all that was committed before is on disk: this transaction writes, and waits for it. */
    long settled(long file) {
        execute("UPDATE intake.file SET state = state WHERE id = ?", file);
        return inTransaction(connection -> {
            try (PreparedStatement count = connection.prepareStatement("SELECT count(*) FROM intake.batch WHERE file = ?")) {
                count.setLong(1, file);
                try (ResultSet row = count.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            }
        });
    }

    /** Waits until no other transaction, of whatever process, has a batch of this feed in its turn. */
    static void alone(Connection connection, String feed) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_advisory_xact_lock(?, hashtext(?))")) {
            lock.setInt(1, IN_ORDER_LOCKS);
            lock.setString(2, feed);
            lock.execute();
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
