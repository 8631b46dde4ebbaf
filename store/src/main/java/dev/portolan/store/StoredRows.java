package dev.portolan.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads a stored version out of a row of {@code store.resource} or {@code store.history}. A deletion is the version without content. */
final class StoredRows {

    /** The columns that {@link #read} wants, in its order; the table's alias is {@code r}. */
    static final String COLUMNS = "r.type, r.id, r.version, r.updated, r.content, r.member";
    static final int COLUMN_COUNT = 6;

    private StoredRows() {}

    /** The same columns, with large content left where it is ({@link LargeContent}). */
    static String columns(String alias) {
        return COLUMNS.replace("r.content", LargeContent.column("r")).replace("r.", alias + ".");
    }

    /** @param first index of the first of the columns */
    static StoredResource read(ResultSet row, int first, StoreContext context) throws SQLException {
        return read(row, first, context, null);
    }

    /**
     * Reads {@link #COLUMNS} or {@link #columns}.
     *
     * @param connection on which large content is read as long as it lasts, and on one of its own after that; null for that at once, or if it was read with the row
     */
    static StoredResource read(ResultSet row, int first, StoreContext context, @Nullable Connection connection) throws SQLException {
        short type = row.getShort(first);
        ResourceKey key = new ResourceKey(context.names().typeName(type), row.getString(first + 1));
        long version = row.getLong(first + 2);
        Instant updated = Instant.ofEpochMilli(row.getLong(first + 3));
        byte[] content = row.getBytes(first + 4);
        long member = row.getLong(first + 5);
        StoredContent stored = content == null || !LargeContent.is(content) ? context.codec().content(content)
            : LargeContent.of(content, context, connection, context.hash().self(type, key.id()), version);
        return new StoredResource(key, version, updated, change(version, content == null), () -> member, stored);
    }

    static StoredResource.Change change(long version, boolean deleted) {
        return deleted ? StoredResource.Change.DELETED : version == 1 ? StoredResource.Change.CREATED : StoredResource.Change.UPDATED;
    }
}
