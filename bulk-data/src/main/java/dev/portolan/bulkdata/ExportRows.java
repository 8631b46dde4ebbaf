package dev.portolan.bulkdata;

import dev.portolan.store.ScanRange;
import dev.portolan.tables.RoomTables;
import dev.portolan.tables.Transactions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The tables of this room. */
final class ExportRows {

    private static final String COLUMNS = """
        id, base, base_url, app, person, grant_id, scopes, consents, level, group_id, request_url, types, filters, elements, since, until, panel, provenance, ignored, state, transaction_time, created, expires,
        last_polled, failure""";

    private final Rows rows;

    ExportRows(Rows rows) {
        this.rows = rows;
    }

    static void migrate(DataSource dataSource) {
        new RoomTables("bulk_data", 5).migrate(dataSource);
    }

    <T> T transaction(Transactions.Work<T> work) {
        return rows.transaction(work);
    }

    void add(Connection connection, Export export) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
            INSERT INTO bulk_data.export (id, base, base_url, app, person, grant_id, scopes, consents, level, group_id, request_url, types, filters, elements, since, until, panel, provenance, ignored, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""")) {
            ExportAuthority.Caller caller = export.caller();
            Export.Order order = export.order();
            int i = 1;
            insert.setString(i++, export.id());
            insert.setString(i++, caller.base());
            insert.setString(i++, export.baseUrl());
            insert.setString(i++, caller.app());
            insert.setString(i++, caller.person());
            insert.setString(i++, caller.grantId());
            insert.setArray(i++, connection.createArrayOf("text", caller.scopes().toArray()));
            insert.setArray(i++, connection.createArrayOf("text", caller.consents().toArray()));
            insert.setString(i++, order.level().name());
            insert.setString(i++, order.groupId());
            insert.setString(i++, order.requestUrl());
            insert.setArray(i++, connection.createArrayOf("text", order.types().toArray()));
            insert.setArray(i++, connection.createArrayOf("text", order.filters().toArray()));
            insert.setArray(i++, connection.createArrayOf("text", order.elements().toArray()));
            setMillis(insert, i++, order.since());
            setMillis(insert, i++, order.until());
            insert.setString(i++, export.panel());
            insert.setString(i++, order.provenance().name());
            insert.setArray(i++, connection.createArrayOf("text", order.ignored().toArray()));
            insert.setString(i, export.state().name());
            insert.executeUpdate();
        }
    }

    private static void setMillis(PreparedStatement statement, int index, @Nullable Instant instant) throws SQLException {
        if (instant == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, instant.toEpochMilli());
        }
    }

    Optional<Export> find(String id) {
        return transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT " + COLUMNS + " FROM bulk_data.export WHERE id = ?")) {
                select.setString(1, id);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(export(row)) : Optional.empty();
                }
            }
        });
    }

    private static Export export(ResultSet row) throws SQLException {
        ExportAuthority.Caller caller = new ExportAuthority.Caller(
            row.getString("base"), row.getString("app"), row.getString("person"), row.getString("grant_id"), texts(row, "scopes"), Set.copyOf(texts(row, "consents")));
        Export.Order order = new Export.Order(
            ExportPolicy.Place.valueOf(row.getString("level")), row.getString("group_id"), row.getString("request_url"), new LinkedHashSet<>(texts(row, "types")), texts(row, "filters"),
            texts(row, "elements"), millis(row, "since"), millis(row, "until"), AssociatedProvenance.Wanted.valueOf(row.getString("provenance")), texts(row, "ignored"));
        return new Export(
            row.getString("id"), row.getString("base_url"), caller, order, row.getString("panel"), Export.State.valueOf(row.getString("state")), millis(row, "transaction_time"),
            row.getTimestamp("created").toInstant(), Rows.instant(row, "expires"), Rows.instant(row, "last_polled"), row.getString("failure"));
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return Arrays.asList((String[]) row.getArray(column).getArray());
    }

    private static @Nullable Instant millis(ResultSet row, String column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(millis);
    }

    /** Waiting and running exports of an app. */
    int open(Connection connection, String app) throws SQLException {
        return count(connection, "SELECT count(*) FROM bulk_data.export WHERE app = ? AND state IN ('QUEUED', 'RUNNING')", app);
    }

    private static int count(Connection connection, String sql, String... texts) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            for (int i = 0; i < texts.length; i++) {
                select.setString(i + 1, texts[i]);
            }
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /**
     * Makes a waiting export run, unless so many of its app's run already; true if it runs now, also if it did before.
     *
     * @param runner whose it is from now on: a run that had it before changes nothing any more
     */
    boolean begin(Export export, int most, String runner) {
        return transaction(connection -> {
            Rows.lockApp(connection, export.caller().app());
            try (PreparedStatement update = connection.prepareStatement("""
                UPDATE bulk_data.export SET state = 'RUNNING', runner = ?, started = coalesce(started, now()) WHERE id = ? AND (state = 'RUNNING' OR state = 'QUEUED' AND
                (SELECT count(*) FROM bulk_data.export r WHERE r.app = ? AND r.state = 'RUNNING') < ?)""")) {
                update.setString(1, runner);
                update.setString(2, export.id());
                update.setString(3, export.caller().app());
                update.setInt(4, most);
                return update.executeUpdate() == 1;
            }
        });
    }

    /** Writes down the instant and the parts, if that was not done before. */
    void plan(String id, String runner, Instant transactionTime, List<ScanRange> ranges) {
        transaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement("UPDATE bulk_data.export SET transaction_time = ? WHERE id = ? AND runner = ? AND transaction_time IS NULL AND state = 'RUNNING'")) {
                update.setLong(1, transactionTime.toEpochMilli());
                update.setString(2, id);
                update.setString(3, runner);
                if (update.executeUpdate() == 0) {
                    return null;
                }
            }
            try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO bulk_data.part (export, number, after_key, up_to_key, members, done) VALUES (?, ?, ?, ?, ?, false)")) {
                int number = 1;
                for (ScanRange range : ranges) {
                    addPart(insert, id, number++, range);
                }
                addPart(insert, id, Export.Part.SHARED, new ScanRange(0, 0, 0));
                insert.executeBatch();
            }
            return null;
        });
    }

    private static void addPart(PreparedStatement insert, String id, int number, ScanRange range) throws SQLException {
        insert.setString(1, id);
        insert.setInt(2, number);
        insert.setLong(3, range.after());
        insert.setLong(4, range.upTo());
        insert.setInt(5, range.members());
        insert.addBatch();
    }

    /** The next part that is not done; what is nobody's comes last. */
    Optional<Export.Part> nextPart(String id) {
        return transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                "SELECT number, after_key, up_to_key, members, done FROM bulk_data.part WHERE export = ? AND NOT done ORDER BY number = 0, number LIMIT 1")) {
                select.setString(1, id);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(new Export.Part(row.getInt(1), row.getLong(2), row.getLong(3), row.getInt(4), row.getBoolean(5))) : Optional.empty();
                }
            }
        });
    }

    List<byte[]> referenced(String id) {
        return transaction(connection -> {
            List<byte[]> all = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement("SELECT referenced FROM bulk_data.part WHERE export = ? AND referenced IS NOT NULL")) {
                select.setString(1, id);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        all.add(rows.getBytes(1));
                    }
                }
            }
            return all;
        });
    }

    /** Notes a part as done, with its files; false if another run has the export or it is not wanted any more: then the files are of no use. */
    boolean done(String id, String runner, int part, byte @Nullable [] referenced, long resources, List<Export.File> files) {
        return transaction(connection -> {
            if (!holds(connection, id, runner)) {
                return false;
            }
            try (PreparedStatement update = connection.prepareStatement("UPDATE bulk_data.part SET done = true, referenced = ?, resources = ? WHERE export = ? AND number = ? AND NOT done")) {
                update.setBytes(1, referenced);
                update.setLong(2, resources);
                update.setString(3, id);
                update.setInt(4, part);
                if (update.executeUpdate() == 0) {
                    return false;
                }
            }
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO bulk_data.file (export, part, name, kind, type, lines, bytes, members, categories) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
                for (Export.File file : files) {
                    insert.setString(1, id);
                    insert.setInt(2, part);
                    insert.setString(3, file.name());
                    insert.setString(4, file.kind().name());
                    insert.setString(5, file.type());
                    insert.setLong(6, file.lines());
                    insert.setLong(7, file.bytes());
                    insert.setArray(8, connection.createArrayOf("text", file.members().toArray()));
                    insert.setArray(9, connection.createArrayOf("text", file.categories().toArray()));
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            return true;
        });
    }

    /** Until the end of the transaction nobody takes the export from this run, nor deletes it. */
    private static boolean holds(Connection connection, String id, String runner) throws SQLException {
        return count(connection, "SELECT count(*) FROM (SELECT FROM bulk_data.export WHERE id = ? AND runner = ? AND state = 'RUNNING' FOR SHARE) e", id, runner) == 1;
    }

    /**
     * Parts are to be done again, and what is nobody's after them.
     *
     * @return the names of the files that they had
     */
    Set<String> again(String id, String runner, Set<Integer> parts) {
        return transaction(connection -> {
            Set<String> names = new TreeSet<>();
            if (!holds(connection, id, runner)) {
                return names;
            }
            Set<Integer> all = new TreeSet<>(parts);
            all.add(Export.Part.SHARED);
            Integer[] numbers = all.toArray(Integer[]::new);
            for (String sql : List.of("DELETE FROM bulk_data.file WHERE export = ? AND part = ANY(?) RETURNING name",
                "UPDATE bulk_data.part SET done = false, referenced = NULL, resources = 0 WHERE export = ? AND number = ANY(?) RETURNING NULL::text")) {
                try (PreparedStatement change = connection.prepareStatement(sql)) {
                    change.setString(1, id);
                    change.setArray(2, connection.createArrayOf("integer", numbers));
                    try (ResultSet row = change.executeQuery()) {
                        while (row.next()) {
                            Optional.ofNullable(row.getString(1)).ifPresent(names::add);
                        }
                    }
                }
            }
            return names;
        });
    }

    /** In the order of the manifest, without their members. */
    List<Export.File> files(String id) {
        return files("SELECT part, name, kind, type, lines, bytes, '{}'::text[] AS members, categories FROM bulk_data.file WHERE export = ? ORDER BY type, part, name", id);
    }

    Export.@Nullable File file(String id, String name) {
        List<Export.File> found = files("SELECT part, name, kind, type, lines, bytes, members, categories FROM bulk_data.file WHERE export = ? AND name = ?", id, name);
        return found.isEmpty() ? null : found.get(0);
    }

    private List<Export.File> files(String sql, String... parameters) {
        return transaction(connection -> {
            List<Export.File> files = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                for (int i = 0; i < parameters.length; i++) {
                    select.setString(i + 1, parameters[i]);
                }
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        files.add(new Export.File(rows.getInt(1), rows.getString(2), Export.File.Kind.valueOf(rows.getString(3)), rows.getString(4), rows.getLong(5), rows.getLong(6),
                            texts(rows, "members"), texts(rows, "categories")));
                    }
                }
            }
            return files;
        });
    }

    /** How many parts there are beside the one of what is nobody's: they are numbered from 1. */
    int parts(String id) {
        return transaction(connection -> count(connection, "SELECT count(*) FROM bulk_data.part WHERE number > 0 AND export = ?", id));
    }

    /** Whose data the files of a part hold. */
    Set<String> members(String id, int part) {
        return transaction(connection -> {
            Set<String> members = new TreeSet<>();
            try (PreparedStatement select = connection.prepareStatement("SELECT DISTINCT unnest(members) FROM bulk_data.file WHERE export = ? AND part = ?")) {
                select.setString(1, id);
                select.setInt(2, part);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        members.add(rows.getString(1));
                    }
                }
            }
            return members;
        });
    }

    Export.Progress progress(String id) {
        return transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("""
                SELECT count(*), count(*) FILTER (WHERE done), coalesce(sum(members), 0), coalesce(sum(members) FILTER (WHERE done), 0), coalesce(sum(resources), 0)
                FROM bulk_data.part WHERE export = ?""")) {
                select.setString(1, id);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return new Export.Progress(row.getInt(1), row.getInt(2), row.getLong(3), row.getLong(4), row.getLong(5));
                }
            }
        });
    }

    /** Whether it is under way, and this run's. */
    boolean runs(String id, String runner) {
        return transaction(connection -> count(connection, "SELECT count(*) FROM bulk_data.export WHERE id = ? AND runner = ? AND state = 'RUNNING'", id, runner)) == 1;
    }

    /** @param runner whose it has to be; null for anybody's */
    void end(String id, @Nullable String runner, Export.State state, @Nullable String failure, Duration kept) {
        rows.change("UPDATE bulk_data.export SET state = ?, failure = ?, finished = now(), expires = now() + make_interval(secs => ?) WHERE id = ? AND (?::text IS NULL OR runner = ?) AND state IN ('QUEUED', 'RUNNING')", update -> {
            update.setString(1, state.name());
            update.setString(2, failure);
            update.setDouble(3, kept.toSeconds());
            update.setString(4, id);
            update.setString(5, runner);
            update.setString(6, runner);
        });
    }

    void polled(String id) {
        rows.change("UPDATE bulk_data.export SET last_polled = now() WHERE id = ?", update -> update.setString(1, id));
    }

    boolean delete(String id) {
        return transaction(connection -> {
            int deleted = 0;
            // The export first: it is what everyone else locks first.
            for (String table : List.of("DELETE FROM bulk_data.export WHERE id = ?", "DELETE FROM bulk_data.part WHERE export = ?", "DELETE FROM bulk_data.file WHERE export = ?")) {
                try (PreparedStatement delete = connection.prepareStatement(table)) {
                    delete.setString(1, id);
                    deleted = Math.max(deleted, delete.executeUpdate());
                }
            }
            return deleted > 0;
        });
    }

    /** Those whose time is over, and those that were left waiting or running: their work is submitted again. */
    List<String> ids(String where) {
        return transaction(connection -> {
            List<String> ids = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement("SELECT id FROM bulk_data.export WHERE " + where + " ORDER BY created");
                ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
            return ids;
        });
    }
}
