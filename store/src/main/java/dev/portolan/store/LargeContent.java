package dev.portolan.store;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Content that was not read with its row: a page of scanned documents would come to gigabytes before anybody has looked at its first, and so would one of them that many callers ask for. Of it stands in the row how long
 * it is, and its beginning, which says how long it is as JSON.
 */
final class LargeContent implements StoredContent {

    /** Bytes as stored: content that is longer is read by itself. */
    private static final int LARGE = 32 << 10;
    private static final byte MARK = (byte) 0xFF;
    private static final int HEADER = 1 + Integer.BYTES;
    private static final int BEGINNING = 24;

    private final ContentCodec codec;
    private final DataSource database;
    private final @Nullable Connection connection;
    private final long self;
    private final long version;
    private final int size;
    private byte @Nullable [] stored;

    private LargeContent(StoreContext context, @Nullable Connection connection, long self, long version, int size) {
        this.codec = context.codec();
        this.database = context.dataSource();
        this.connection = connection;
        this.self = self;
        this.version = version;
        this.size = size;
    }

    /** The column to read, of a table with this alias. */
    static String column(String alias) {
        String content = alias + ".content";
        return "CASE WHEN octet_length(" + content + ") <= " + LARGE + " THEN " + content + " ELSE '\\xff'::bytea || int4send(octet_length(" + content + ")) || substring(" + content + " FROM 1 FOR "
            + BEGINNING + ") END AS content";
    }

    /** Whether what stands in such a column is not the content itself, which begins with none of the codec's ways. */
    static boolean is(byte[] column) {
        return column[0] == MARK;
    }

    /** @param connection on which the rest is read as long as it lasts, which may be a transaction; otherwise one is taken for it each time */
    static StoredContent of(byte[] column, StoreContext context, @Nullable Connection connection, long self, long version) {
        int length = ByteBuffer.wrap(column).getInt(1);
        byte[] beginning = Arrays.copyOfRange(column, HEADER, column.length);
        return new LargeContent(context, connection, self, version, ContentCodec.size(beginning, length));
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public byte[] json() {
        byte[] kept = stored;
        try {
            return codec.decode(kept == null ? read() : kept);
        } catch (SQLException e) {
            throw new StoreFailureException("The database could not give the content of a resource.", e);
        }
    }

    @Override
    public void keep() throws SQLException {
        if (stored == null) {
            stored = read();
        }
    }

    private byte[] read() throws SQLException {
        if (connection != null && !connection.isClosed()) {
            return read(connection);
        }
        try (Connection own = database.getConnection()) {
            return read(own);
        }
    }

    /** A version stays what it is, in whichever of the tables it stands by now. */
    private byte[] read(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("""
            SELECT content FROM store.resource WHERE self = ? AND version = ? UNION ALL SELECT content FROM store.history WHERE self = ? AND version = ?""")) {
            select.setLong(1, self);
            select.setLong(2, version);
            select.setLong(3, self);
            select.setLong(4, version);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw new StoreFailureException("A version that a page was to hold is no longer stored.", null);
                }
                return row.getBytes(1);
            }
        }
    }
}
