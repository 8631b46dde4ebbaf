package dev.portolan.store;

import dev.portolan.tables.OneTransaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/**
 * Remembers which rows were written before their type had a dictionary, and encodes them anew when it has one. Version and time of a resource stay. What is forgotten at a restart stays as it is: larger,
 * but readable.
 */
final class Recompression {

    private static final int MOST_REMEMBERED = 20_000;
    private static final int BATCH = 200;
    private static final String SELECT = "SELECT self, version, content FROM store.resource WHERE self = ANY(?) AND NOT deleted ORDER BY self FOR UPDATE SKIP LOCKED";
    private static final String UPDATE = "UPDATE store.resource SET content = ? WHERE self = ? AND version = ?";

    private final Map<Integer, LongList> rows = new HashMap<>();
    private final DataSource dataSource;
    private final ContentCodec codec;

    Recompression(DataSource dataSource, ContentCodec codec) {
        this.dataSource = dataSource;
        this.codec = codec;
    }

    /** After the commit. */
    synchronized void remember(int type, long self) {
        LongList list = rows.computeIfAbsent(type, t -> new LongList(BATCH));
        if (list.size() < MOST_REMEMBERED) {
            list.add(self);
        }
    }

    private synchronized long[] take(int type) {
        LongList list = rows.remove(type);
        return list == null ? new long[0] : list.toSortedSet();
    }

    /** @return how many rows were encoded anew */
    int run(int type) throws SQLException {
        long[] selves = take(type);
        int done = 0;
        for (int at = 0; at < selves.length; at += BATCH) {
            int anew = batch(type, Arrays.copyOfRange(selves, at, Math.min(selves.length, at + BATCH)));
            if (anew < 0) {
                Arrays.stream(selves, at, selves.length).forEach(self -> remember(type, self));
                return done;
            }
            done += anew;
        }
        return done;
    }

    private int batch(int type, long[] selves) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return OneTransaction.on(connection, () -> recompress(connection, type, selves));
        }
    }

    /** @return -1 if another node reindexes: it goes by where rows lie */
    private int recompress(Connection connection, int type, long[] selves) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_try_advisory_xact_lock_shared(?)")) {
            lock.setLong(1, Reindex.LOCK);
            try (ResultSet row = lock.executeQuery()) {
                if (!row.next() || !row.getBoolean(1)) {
                    return -1;
                }
            }
        }
        record Row(long self, int version, byte[] content) {}
        List<Row> smaller = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setObject(1, selves);
            try (ResultSet found = select.executeQuery()) {
                while (found.next()) {
                    byte[] stored = found.getBytes(3);
                    byte[] anew = ContentCodec.dictionaryOf(stored) == 0 ? codec.compress(type, codec.decode(stored)) : stored;
                    if (anew.length < stored.length) {
                        smaller.add(new Row(found.getLong(1), found.getInt(2), anew));
                    }
                }
            }
        }
        try (PreparedStatement update = connection.prepareStatement(UPDATE)) {
            for (Row row : smaller) {
                update.setBytes(1, row.content());
                update.setLong(2, row.self());
                update.setInt(3, row.version());
                update.addBatch();
            }
            update.executeBatch();
        }
        return smaller.size();
    }
}
