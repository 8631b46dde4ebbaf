package dev.portolan.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/** Reads a stored version out of a row of {@code store.resource} or {@code store.history}. */
final class StoredRows {

    /** The columns that {@link #read} wants, in its order; the table's alias is {@code r}. */
    static final String COLUMNS = "r.type, r.id, r.version, r.updated, r.deleted, r.content, r.member";
    static final int COLUMN_COUNT = 7;

    private StoredRows() {}

    /** @param first index of the first of the columns */
    static StoredResource read(ResultSet row, int first, StoreContext context) throws SQLException {
        ResourceKey key = new ResourceKey(context.names().typeName(row.getShort(first)), row.getString(first + 1));
        long version = row.getLong(first + 2);
        Instant updated = Instant.ofEpochMilli(row.getLong(first + 3));
        boolean deleted = row.getBoolean(first + 4);
        long member = row.getLong(first + 6);
        return new StoredResource(key, version, updated, change(version, deleted), () -> member, context.codec().content(row.getBytes(first + 5)));
    }

    static StoredResource.Change change(long version, boolean deleted) {
        return deleted ? StoredResource.Change.DELETED : version == 1 ? StoredResource.Change.CREATED : StoredResource.Change.UPDATED;
    }
}
