package dev.portolan.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/** Reads a stored version out of a row of {@code store.resource} or {@code store.history}. A deletion is the version without content. */
final class StoredRows {

    /** The columns that {@link #read} wants, in its order; the table's alias is {@code r}. */
    static final String COLUMNS = "r.type, r.id, r.version, r.updated, r.content, r.member";
    static final int COLUMN_COUNT = 6;

    private StoredRows() {}

    /** @param first index of the first of the columns */
    static StoredResource read(ResultSet row, int first, StoreContext context) throws SQLException {
        ResourceKey key = new ResourceKey(context.names().typeName(row.getShort(first)), row.getString(first + 1));
        long version = row.getLong(first + 2);
        Instant updated = Instant.ofEpochMilli(row.getLong(first + 3));
        byte[] content = row.getBytes(first + 4);
        long member = row.getLong(first + 5);
        return new StoredResource(key, version, updated, change(version, content == null), () -> member, context.codec().content(content));
    }

    static StoredResource.Change change(long version, boolean deleted) {
        return deleted ? StoredResource.Change.DELETED : version == 1 ? StoredResource.Change.CREATED : StoredResource.Change.UPDATED;
    }
}
