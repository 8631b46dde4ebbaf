package dev.portolan.store;

import dev.portolan.tables.BinaryCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;

/**
 * Sends rows to the database in few statements: many new rows by COPY, few by INSERT, changes by copying the old rows to the history in one statement, then the new state by COPY into a temporary table and one UPDATE from there. A single
 * row and all that belongs to it is one round trip (statements joined by semicolons, which the driver sends together).
 */
final class RowWriter {

    private static final int FEW = 4;
    private static final Comparator<PendingRow> BY_RECORD = Comparator.<PendingRow>comparingLong(row -> row.member).thenComparingInt(row -> row.type).thenComparingLong(row -> row.rid);
    private static final int RESOURCE_COLUMNS = 17;
    private static final int CHANGE_COLUMNS = 14;
    private static final int TOKEN_COLUMNS = 3;
    private static final int TEXT_COLUMNS = 5;
    private static final int BYTES_PER_ROW = 1200;
    private static final int BYTES_PER_VALUE = 64;

    private static final String COLUMNS =
        "rid, member, type, self, id, version, updated, deleted, date_low, date_high, parameters, tokens, refs, dates, text_parameters, texts, content";
    private static final String COPY_RESOURCES = "COPY store.resource (" + COLUMNS + ") FROM STDIN (FORMAT binary)";
    private static final String COPY_TOKENS = "COPY store.value_token (hash, member, rid) FROM STDIN (FORMAT binary)";
    private static final String COPY_TEXTS = "COPY store.value_text (type, parameter, value, member, rid) FROM STDIN (FORMAT binary)";

    private static final String INSERT_RESOURCE = "INSERT INTO store.resource (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private static final String INSERT_TOKENS = "INSERT INTO store.value_token (hash, member, rid) SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[])";
    private static final String INSERT_TEXTS = """
        INSERT INTO store.value_text (type, parameter, value, member, rid)
        SELECT * FROM unnest(?::smallint[], ?::smallint[], ?::text[], ?::bigint[], ?::bigint[])""";

    private static final String KEEP_HISTORY = """
        INSERT INTO store.history (rid, version, member, type, self, id, updated, deleted, content)
        SELECT rid, version, member, type, self, id, updated, deleted, content FROM store.resource WHERE self = ANY(?)""";
    private static final String UPDATE_RESOURCE = """
        UPDATE store.resource SET member = ?, version = ?, updated = ?, deleted = ?, date_low = ?, date_high = ?, parameters = ?, tokens = ?, refs = ?, dates = ?,
               text_parameters = ?, texts = ?, content = ?
        WHERE self = ? AND version = ?""";
    private static final String KEEP_MOVE = "INSERT INTO store.moved (from_member, moved, self) SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[])";
    /** Of this session, and empty at the end of each transaction. Its rows are few, and what they join with is named by {@code self}: that needs no statistics. */
    private static final String MAKE_CHANGES = """
        CREATE TEMPORARY TABLE IF NOT EXISTS changed_resource (self bigint, member bigint, version integer, updated bigint, deleted boolean, date_low bigint, date_high bigint,
            parameters smallint[], tokens bigint[], refs bigint[], dates bigint[], text_parameters smallint[], texts text[], content bytea) ON COMMIT DELETE ROWS""";
    private static final String COPY_CHANGES = """
        COPY pg_temp.changed_resource (self, member, version, updated, deleted, date_low, date_high, parameters, tokens, refs, dates, text_parameters, texts, content)
        FROM STDIN (FORMAT binary)""";
    private static final String UPDATE_RESOURCES = """
        UPDATE store.resource r SET member = n.member, version = n.version, updated = n.updated, deleted = n.deleted, date_low = n.date_low, date_high = n.date_high, parameters = n.parameters,
               tokens = n.tokens, refs = n.refs, dates = n.dates, text_parameters = n.text_parameters, texts = n.texts, content = n.content
        FROM pg_temp.changed_resource n WHERE r.self = ANY(?) AND n.self = r.self AND n.version = r.version + 1""";
    private static final String DROP_OLD_TOKENS = """
        DELETE FROM store.value_token v WHERE v.rid = ANY(?) AND NOT EXISTS (
            SELECT FROM unnest(?::bigint[], ?::bigint[], ?::bigint[]) AS n (hash, member, rid) WHERE n.rid = v.rid AND n.hash = v.hash AND n.member = v.member)""";
    private static final String ADD_NEW_TOKENS = """
        INSERT INTO store.value_token (hash, member, rid)
        SELECT n.hash, n.member, n.rid FROM unnest(?::bigint[], ?::bigint[], ?::bigint[]) AS n (hash, member, rid)
        WHERE NOT EXISTS (SELECT FROM store.value_token v WHERE v.hash = n.hash AND v.member = n.member AND v.rid = n.rid)""";
    private static final String DROP_OLD_TEXTS = """
        DELETE FROM store.value_text v WHERE v.rid = ANY(?) AND NOT EXISTS (
            SELECT FROM unnest(?::smallint[], ?::smallint[], ?::text[], ?::bigint[], ?::bigint[]) AS n (type, parameter, value, member, rid)
            WHERE n.rid = v.rid AND n.parameter = v.parameter AND n.value = v.value AND n.member = v.member)""";
    private static final String ADD_NEW_TEXTS = """
        INSERT INTO store.value_text (type, parameter, value, member, rid)
        SELECT n.* FROM unnest(?::smallint[], ?::smallint[], ?::text[], ?::bigint[], ?::bigint[]) AS n (type, parameter, value, member, rid)
        WHERE NOT EXISTS (SELECT FROM store.value_text v
            WHERE v.type = n.type AND v.parameter = n.parameter AND v.value = n.value AND v.member = n.member AND v.rid = n.rid)""";

    private final Connection connection;
    private final IndexRowBuilder index;
    private final long now;
    private final long merges;
    private boolean guarded;

    /**
     * @param now the time of the writes (see {@link Horizon}); of no account to who writes no resource
     * @param merges the generation of merges that the writes know of
     */
    RowWriter(Connection connection, IndexRowBuilder index, long now, long merges) {
        this.connection = connection;
        this.index = index;
        this.now = now;
        this.merges = merges;
    }

    /** Before the first rows: with them if they are one statement, else by itself. */
    private void guard() throws SQLException {
        if (guarded) {
            return;
        }
        guarded = true;
        try (PreparedStatement guard = connection.prepareStatement(Horizon.GUARD)) {
            Horizon.bindGuard(guard, 1, now, merges);
            guard.execute();
            guard.getMoreResults();
        }
    }

    /** True once: the caller sends {@link Horizon#GUARD} before its own statements. */
    private boolean guardsItself() {
        boolean first = !guarded;
        guarded = true;
        return first;
    }

    /** In the order of the record's indexes: neighbours there become neighbours on the disk, and each new entry mostly comes after the one before. */
    void insert(List<PendingRow> written) throws SQLException {
        List<PendingRow> rows = written.size() <= FEW ? written : written.stream().sorted(BY_RECORD).toList();
        ValueColumns values = ValueColumns.of(rows);
        if (rows.size() == 1) {
            insertOne(rows.get(0), values);
            return;
        }
        guard();
        if (rows.size() <= FEW) {
            try (PreparedStatement insert = connection.prepareStatement(INSERT_RESOURCE)) {
                for (PendingRow row : rows) {
                    bindInsert(insert, 1, row);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            insertValues(values);
        } else {
            copyResources(rows);
            if (values.tokenCount() > FEW) {
                copyTokens(rows);
            } else {
                insertTokens(values);
            }
            if (values.textCount() > FEW) {
                copyTexts(rows);
            } else {
                insertTexts(values);
            }
        }
    }

    /** The rows are locked. */
    void update(List<PendingRow> rows) throws SQLException {
        List<PendingRow> moves = rows.stream().filter(row -> row.member != row.previousMember).toList();
        if (!moves.isEmpty()) {
            guard();
            keepMoves(moves);
        }
        if (rows.size() == 1) {
            updateOne(rows.get(0));
            return;
        }
        guard();
        long[] selves = rows.stream().mapToLong(row -> row.self).sorted().toArray();
        try (PreparedStatement keep = connection.prepareStatement(KEEP_HISTORY)) {
            keep.setObject(1, selves);
            keep.executeUpdate();
        }
        if (rows.size() <= FEW) {
            updateFew(rows);
        } else {
            updateMany(rows, selves);
        }
        List<PendingRow> withValues = rows.stream().filter(row -> index.hasValueRows(row.type)).toList();
        if (!withValues.isEmpty()) {
            long[] rids = withValues.stream().mapToLong(row -> row.rid).toArray();
            replaceValues(rids, ValueColumns.of(withValues));
        }
    }

    private void updateFew(List<PendingRow> rows) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(UPDATE_RESOURCE)) {
            for (PendingRow row : rows) {
                bindUpdate(update, 1, row);
                update.addBatch();
            }
            for (int count : update.executeBatch()) {
                requireOne(count);
            }
        }
    }

    private void updateMany(List<PendingRow> rows, long[] selves) throws SQLException {
        try (Statement make = connection.createStatement()) {
            make.execute(MAKE_CHANGES);
        }
        BinaryCopy copy = new BinaryCopy(rows.size() * BYTES_PER_ROW);
        for (PendingRow row : rows) {
            copy.row(CHANGE_COLUMNS);
            copy.field(row.self);
            copy.field(row.member);
            copyState(copy, row);
        }
        copy.send(connection, COPY_CHANGES);
        try (PreparedStatement update = connection.prepareStatement(UPDATE_RESOURCES)) {
            update.setObject(1, selves);
            if (update.executeUpdate() != rows.size()) {
                throw new IllegalStateException("a locked row changed under its lock");
            }
        }
    }

    /** A resource that changes homes: whoever reads the state before, member by member, must find it where it was. */
    private void keepMoves(List<PendingRow> rows) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(KEEP_MOVE)) {
            insert.setObject(1, rows.stream().mapToLong(row -> row.previousMember).toArray());
            insert.setObject(2, rows.stream().mapToLong(row -> row.updated).toArray());
            insert.setObject(3, rows.stream().mapToLong(row -> row.self).toArray());
            insert.executeUpdate();
        }
    }

    /** Makes the value rows of these resources what they should be. */
    void replaceValues(long[] rids, ValueColumns values) throws SQLException {
        try (PreparedStatement all = connection.prepareStatement(String.join(";", DROP_OLD_TOKENS, ADD_NEW_TOKENS, DROP_OLD_TEXTS, ADD_NEW_TEXTS))) {
            bindReplace(all, 1, rids, values);
            all.execute();
        }
    }

    private void insertOne(PendingRow row, ValueColumns values) throws SQLException {
        boolean guards = guardsItself();
        StringBuilder sql = new StringBuilder(guards ? Horizon.GUARD + ";" + INSERT_RESOURCE : INSERT_RESOURCE);
        if (values.tokenCount() > 0) {
            sql.append(';').append(INSERT_TOKENS);
        }
        if (values.textCount() > 0) {
            sql.append(';').append(INSERT_TEXTS);
        }
        try (PreparedStatement insert = connection.prepareStatement(sql.toString())) {
            int next = bindInsert(insert, guards ? Horizon.bindGuard(insert, 1, now, merges) : 1, row);
            if (values.tokenCount() > 0) {
                next = values.bindTokens(insert, next);
            }
            if (values.textCount() > 0) {
                values.bindTexts(insert, next, connection);
            }
            insert.execute();
        }
    }

    private void updateOne(PendingRow row) throws SQLException {
        boolean withValues = index.hasValueRows(row.type);
        boolean guards = guardsItself();
        String sql = (guards ? Horizon.GUARD + ";" : "") + (withValues ? String.join(";", KEEP_HISTORY, UPDATE_RESOURCE, DROP_OLD_TOKENS, ADD_NEW_TOKENS, DROP_OLD_TEXTS, ADD_NEW_TEXTS)
            : String.join(";", KEEP_HISTORY, UPDATE_RESOURCE));
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            int next = guards ? Horizon.bindGuard(update, 1, now, merges) : 1;
            update.setObject(next++, new long[] {row.self});
            next = bindUpdate(update, next, row);
            if (withValues) {
                bindReplace(update, next, new long[] {row.rid}, ValueColumns.of(List.of(row)));
            }
            update.execute();
            for (int i = 0; i < (guards ? Horizon.GUARD_RESULTS : 0); i++) {
                update.getMoreResults();
            }
            update.getMoreResults();
            requireOne(update.getUpdateCount());
        }
    }

    private void insertValues(ValueColumns values) throws SQLException {
        insertTokens(values);
        insertTexts(values);
    }

    private void insertTokens(ValueColumns values) throws SQLException {
        if (values.tokenCount() > 0) {
            try (PreparedStatement insert = connection.prepareStatement(INSERT_TOKENS)) {
                values.bindTokens(insert, 1);
                insert.executeUpdate();
            }
        }
    }

    private void insertTexts(ValueColumns values) throws SQLException {
        if (values.textCount() > 0) {
            try (PreparedStatement insert = connection.prepareStatement(INSERT_TEXTS)) {
                values.bindTexts(insert, 1, connection);
                insert.executeUpdate();
            }
        }
    }

    private int bindReplace(PreparedStatement statement, int first, long[] rids, ValueColumns values) throws SQLException {
        int next = first;
        statement.setObject(next++, rids);
        next = values.bindTokens(statement, next);
        next = values.bindTokens(statement, next);
        statement.setObject(next++, rids);
        next = values.bindTexts(statement, next, connection);
        return values.bindTexts(statement, next, connection);
    }

    private int bindInsert(PreparedStatement insert, int first, PendingRow row) throws SQLException {
        int i = first;
        insert.setLong(i++, row.rid);
        insert.setLong(i++, row.member);
        insert.setShort(i++, row.type);
        insert.setLong(i++, row.self);
        insert.setString(i++, row.key.id());
        return bindState(insert, i, row);
    }

    private int bindUpdate(PreparedStatement update, int first, PendingRow row) throws SQLException {
        int i = first;
        update.setLong(i++, row.member);
        i = bindState(update, i, row);
        update.setLong(i++, row.self);
        update.setInt(i++, (int) row.previousVersion);
        return i;
    }

    private int bindState(PreparedStatement statement, int first, PendingRow row) throws SQLException {
        int i = first;
        statement.setInt(i++, (int) row.version);
        statement.setLong(i++, row.updated);
        statement.setBoolean(i++, row.deleted());
        statement.setLong(i++, row.index.dateLow());
        statement.setLong(i++, row.index.dateHigh());
        statement.setObject(i++, row.index.parameters());
        statement.setObject(i++, row.index.tokens());
        statement.setObject(i++, row.index.refs());
        statement.setObject(i++, row.index.dates());
        statement.setObject(i++, row.index.textParameters());
        statement.setArray(i++, connection.createArrayOf("text", row.index.texts()));
        statement.setBytes(i++, row.content);
        return i;
    }

    private static void requireOne(int count) {
        if (count != 1) {
            throw new IllegalStateException("a locked row changed under its lock");
        }
    }

    private void copyResources(List<PendingRow> rows) throws SQLException {
        BinaryCopy copy = new BinaryCopy(rows.size() * BYTES_PER_ROW);
        for (PendingRow row : rows) {
            copy.row(RESOURCE_COLUMNS);
            copy.field(row.rid);
            copy.field(row.member);
            copy.field(row.type);
            copy.field(row.self);
            copy.field(row.key.id());
            copyState(copy, row);
        }
        copy.send(connection, COPY_RESOURCES);
    }

    private static void copyState(BinaryCopy copy, PendingRow row) {
        IndexRow values = row.index;
        copy.field((int) row.version);
        copy.field(row.updated);
        copy.field(row.deleted());
        copy.field(values.dateLow());
        copy.field(values.dateHigh());
        copy.field(values.parameters());
        copy.field(values.tokens());
        copy.field(values.refs());
        copy.field(values.dates());
        copy.field(values.textParameters());
        copy.field(values.texts());
        copy.field(row.content);
    }

    private void copyTokens(List<PendingRow> rows) throws SQLException {
        BinaryCopy copy = new BinaryCopy(rows.size() * BYTES_PER_VALUE);
        for (PendingRow row : rows) {
            for (long hash : row.index.valueHashes()) {
                copy.row(TOKEN_COLUMNS);
                copy.field(hash);
                copy.field(row.member);
                copy.field(row.rid);
            }
        }
        copy.send(connection, COPY_TOKENS);
    }

    private void copyTexts(List<PendingRow> rows) throws SQLException {
        BinaryCopy copy = new BinaryCopy(rows.size() * BYTES_PER_VALUE);
        for (PendingRow row : rows) {
            String[] texts = row.index.valueTexts();
            for (int i = 0; i < texts.length; i++) {
                copy.row(TEXT_COLUMNS);
                copy.field(row.type);
                copy.field(row.index.valueTextParameters()[i]);
                copy.field(texts[i]);
                copy.field(row.member);
                copy.field(row.rid);
            }
        }
        copy.send(connection, COPY_TEXTS);
    }
}
