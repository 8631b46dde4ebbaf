package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.search.SearchParameters;
import dev.portolan.tables.OneTransaction;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the search values of all rows in line with the definitions, online: a stretch of the table's blocks at a time, each in a short transaction that also notes how far it is. Versions, times and
 * bytes of the resources stay. Rows that are written meanwhile are right already, wherever they come to lie.
 *
 * <p>It is tried again until this node has seen it done, by itself or by another node that ends in the midst of it perhaps. After that it is never looked at again: two nodes of different definitions would undo each other's work for
 * as long as both run.
 */
final class Reindex {

    private static final Logger LOG = LoggerFactory.getLogger(Reindex.class);
    private static final String SETTING = "definitions";
    /** Counted up when the same definitions lead to other rows than before. */
    private static final String LAYOUT = "2 ";
    /** Held by whoever reindexes, and shared by whoever moves rows without a new version ({@link Recompression}): they would pass from blocks that are yet to come to blocks that are done. */
    static final long LOCK = 0x504f525452454958L;
    /** Whatever is stored has to be read, however large it was let in. */
    private static final JsonLimits STORED = new JsonLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);
    private static final int BLOCKS = 32;
    private static final int ATTEMPTS = 5;

    private static final String SELECT = """
        SELECT rid, member, type, self, id, version, updated, content, date_low, date_high, parameters, tokens, refs, dates, text_parameters, texts
        FROM store.resource WHERE ctid >= ?::text::tid AND ctid < ?::text::tid AND NOT deleted""";
    private static final String UPDATE = """
        UPDATE store.resource SET member = ?, date_low = ?, date_high = ?, parameters = ?, tokens = ?, refs = ?, dates = ?, text_parameters = ?, texts = ?
        WHERE self = ? AND version = ?""";

    private final StoreContext context;
    private volatile ReindexProgress progress = ReindexProgress.NOTHING_TO_DO;
    /** Of the background's thread. */
    private boolean settled;

    Reindex(StoreContext context) {
        this.context = context;
    }

    ReindexProgress progress() {
        return progress;
    }

    private static String wanted(SearchParameters definitions) {
        return LAYOUT + definitions.fingerprint();
    }

    /**
     * Before anything is written: from now on rows follow these definitions, so that a reindex to others which is done, or half done, says nothing any more. Without this, who goes back to the definitions of before in the
     * midst of a reindex to new ones would find them noted as those of all rows.
     */
    static void announce(Connection connection, SearchParameters definitions) throws SQLException {
        byte[] wanted = wanted(definitions).getBytes(StandardCharsets.UTF_8);
        try (PreparedStatement others = connection.prepareStatement("DELETE FROM store.setting WHERE name = ? AND value <> ?")) {
            others.setString(1, SETTING);
            others.setBytes(2, wanted);
            others.executeUpdate();
        }
        try (PreparedStatement begun = connection.prepareStatement("DELETE FROM store.reindex WHERE fingerprint <> ?")) {
            begun.setString(1, wanted(definitions));
            begun.executeUpdate();
        }
    }

    /** Does what is to be done, unless another node does it. */
    void run() throws SQLException {
        if (settled) {
            return;
        }
        String wanted = wanted(context.definitions());
        try (Connection connection = context.dataSource().getConnection()) {
            settled = wanted.equals(setting(connection));
            if (settled || !lock(connection)) {
                return;
            }
            try {
                all(connection, wanted);
            } finally {
                unlock(connection);
            }
        }
    }

    private void all(Connection connection, String wanted) throws SQLException {
        start(connection, wanted);
        long begun = System.nanoTime();
        long before = progress.done();
        while (batch(connection, wanted)) {
            double seconds = (System.nanoTime() - begun) / 1e9;
            progress = new ReindexProgress(true, progress.done(), progress.total(), (progress.done() - before) / Math.max(seconds, 1e-3));
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
        }
        settled = true;
        progress = new ReindexProgress(false, progress.total(), progress.total(), 0);
    }

    private void start(Connection connection, String wanted) throws SQLException {
        try (PreparedStatement begin = connection.prepareStatement("""
            INSERT INTO store.reindex (fingerprint, next_block, blocks, done, total)
            SELECT ?, 0, pg_relation_size('store.resource') / current_setting('block_size')::bigint, 0, (SELECT count(*) FROM store.resource WHERE NOT deleted)
            ON CONFLICT (only_row) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, next_block = 0, blocks = EXCLUDED.blocks, done = 0, total = EXCLUDED.total, started = now()
            WHERE store.reindex.fingerprint <> EXCLUDED.fingerprint""")) {
            begin.setString(1, wanted);
            begin.executeUpdate();
        }
        try (Statement select = connection.createStatement();
            ResultSet row = select.executeQuery("SELECT done, total FROM store.reindex")) {
            row.next();
            progress = new ReindexProgress(true, row.getLong(1), row.getLong(2), 0);
        }
        if (progress.total() > 0) {
            LOG.info("reindexing {} resources, {} done", progress.total(), progress.done());
        }
    }

    /** @return false when the end is reached */
    private boolean batch(Connection connection, String wanted) throws SQLException {
        for (int attempt = 1;; attempt++) {
            try {
                return OneTransaction.on(connection, () -> stretch(connection, wanted));
            } catch (SQLException e) {
                if (attempt == ATTEMPTS || !"40P01".equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
    }

    private boolean stretch(Connection connection, String wanted) throws SQLException {
        long next;
        long blocks;
        try (PreparedStatement select = connection.prepareStatement("SELECT next_block, blocks FROM store.reindex WHERE fingerprint = ? FOR UPDATE")) {
            select.setString(1, wanted);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    LOG.info("a node with other definitions has started: it reindexes by those");
                    return false;
                }
                next = row.getLong(1);
                blocks = row.getLong(2);
            }
        }
        if (next >= blocks) {
            finish(connection, wanted);
            return false;
        }
        int looked = rows(connection, next, next + BLOCKS);
        try (PreparedStatement note = connection.prepareStatement("UPDATE store.reindex SET next_block = ?, done = done + ?")) {
            note.setLong(1, next + BLOCKS);
            note.setLong(2, looked);
            note.executeUpdate();
        }
        progress = new ReindexProgress(true, Math.min(progress.total(), progress.done() + looked), progress.total(), progress.perSecond());
        return true;
    }

    private static void finish(Connection connection, String wanted) throws SQLException {
        try (PreparedStatement done = connection.prepareStatement(
            "INSERT INTO store.setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value")) {
            done.setString(1, SETTING);
            done.setBytes(2, wanted.getBytes(StandardCharsets.UTF_8));
            done.executeUpdate();
        }
        try (Statement drop = connection.createStatement()) {
            drop.execute("DELETE FROM store.reindex");
        }
    }

    private int rows(Connection connection, long fromBlock, long toBlock) throws SQLException {
        List<PendingRow> changed = new ArrayList<>();
        MemberHomes homes = new MemberHomes(connection, context, MergedMembers.read(connection));
        List<PendingRow> all = new ArrayList<>();
        List<Boolean> same = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setString(1, "(" + fromBlock + ",0)");
            select.setString(2, "(" + toBlock + ",0)");
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    PendingRow row = pending(rows, homes);
                    all.add(row);
                    same.add(isSame(row.index, rows));
                }
            }
        }
        long[] members = all.stream().mapToLong(row -> row.member).toArray();
        homes.assign(all);
        StoredValues values = StoredValues.of(connection, all);
        for (int i = 0; i < members.length; i++) {
            if (!same.get(i) || all.get(i).member != members[i] || !values.areThoseOf(all.get(i))) {
                changed.add(all.get(i));
            }
        }
        changed.removeIf(unwanted(lock(connection, changed)));
        if (!changed.isEmpty()) {
            update(connection, changed);
        }
        return all.size();
    }

    /** Rows that were written since they were looked at are right already. */
    private static Predicate<PendingRow> unwanted(Map<Long, Long> versions) {
        return row -> !Long.valueOf(row.version).equals(versions.get(row.self));
    }

    private static Map<Long, Long> lock(Connection connection, List<PendingRow> rows) throws SQLException {
        Map<Long, Long> versions = new HashMap<>();
        if (rows.isEmpty()) {
            return versions;
        }
        try (PreparedStatement select = connection.prepareStatement("SELECT self, version FROM store.resource WHERE self = ANY(?) ORDER BY self FOR UPDATE")) {
            select.setObject(1, rows.stream().mapToLong(row -> row.self).toArray());
            try (ResultSet found = select.executeQuery()) {
                while (found.next()) {
                    versions.put(found.getLong(1), found.getLong(2));
                }
            }
        }
        return versions;
    }

    private PendingRow pending(ResultSet row, MemberHomes homes) throws SQLException {
        short type = row.getShort("type");
        ResourceKey key = new ResourceKey(context.names().typeName(type), row.getString("id"));
        byte[] content = row.getBytes("content");
        JsonDocument json = JsonDocument.parse(context.codec().decode(content), STORED);
        IndexRow index = context.index().build(json);
        return new PendingRow(key, type, row.getLong("self"), row.getLong("rid"), row.getLong("version") - 1, row.getLong("updated"), index, content,
            homes.patientId(key, json, index), row.getLong("member"));
    }

    private static boolean isSame(IndexRow index, ResultSet row) throws SQLException {
        return index.dateLow() == row.getLong("date_low") && index.dateHigh() == row.getLong("date_high") && isSame(index.parameters(), row, "parameters")
            && isSame(index.tokens(), row, "tokens") && isSame(index.refs(), row, "refs") && isSame(index.dates(), row, "dates")
            && isSame(index.textParameters(), row, "text_parameters") && Arrays.equals(index.texts(), (Object[]) row.getArray("texts").getArray());
    }

    private static boolean isSame(long[] values, ResultSet row, String column) throws SQLException {
        return Arrays.equals(values, Arrays.stream((Long[]) row.getArray(column).getArray()).mapToLong(Long::longValue).toArray());
    }

    private static boolean isSame(short[] values, ResultSet row, String column) throws SQLException {
        Short[] stored = (Short[]) row.getArray(column).getArray();
        boolean same = stored.length == values.length;
        for (int i = 0; same && i < values.length; i++) {
            same = stored[i] == values[i];
        }
        return same;
    }

    private void update(Connection connection, List<PendingRow> rows) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(UPDATE)) {
            for (PendingRow row : rows) {
                int i = 1;
                update.setLong(i++, row.member);
                update.setLong(i++, row.index.dateLow());
                update.setLong(i++, row.index.dateHigh());
                update.setObject(i++, row.index.parameters());
                update.setObject(i++, row.index.tokens());
                update.setObject(i++, row.index.refs());
                update.setObject(i++, row.index.dates());
                update.setObject(i++, row.index.textParameters());
                update.setArray(i++, connection.createArrayOf("text", row.index.texts()));
                update.setLong(i++, row.self);
                update.setInt(i, (int) row.version);
                update.addBatch();
            }
            update.executeBatch();
        }
        new RowWriter(connection, context.index(), 0, 0).replaceValues(rows.stream().mapToLong(row -> row.rid).toArray(), ValueColumns.of(rows));
    }

    private static @Nullable String setting(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT value FROM store.setting WHERE name = ?")) {
            select.setString(1, SETTING);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? new String(row.getBytes(1), StandardCharsets.UTF_8) : null;
            }
        }
    }

    private static boolean lock(Connection connection) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_try_advisory_lock(?)")) {
            lock.setLong(1, LOCK);
            try (ResultSet row = lock.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private static void unlock(Connection connection) throws SQLException {
        try (PreparedStatement unlock = connection.prepareStatement("SELECT pg_advisory_unlock(?)")) {
            unlock.setLong(1, LOCK);
            unlock.execute();
        }
    }
}
