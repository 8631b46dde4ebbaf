package dev.portolan.store;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;

/** A row that a search found, its content still compressed. */
record Hit(long rid, long member, long dateLow, long self, long[] refs, StoredResource resource) {

    static final String COLUMNS = "r.rid, r.member, r.date_low, r.self, " + StoredRows.COLUMNS;
    static final String COLUMNS_WITH_REFS = COLUMNS + ", r.refs";

    private static final int FIRST_STORED = 5;
    private static final long[] NONE = {};

    static Hit read(ResultSet row, boolean withRefs, StoreContext context) throws SQLException {
        return new Hit(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4),
            withRefs ? longs(row.getArray(FIRST_STORED + StoredRows.COLUMN_COUNT)) : NONE, StoredRows.read(row, FIRST_STORED, context));
    }

    static long[] longs(Array array) throws SQLException {
        Long[] boxed = (Long[]) array.getArray();
        long[] values = new long[boxed.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = boxed[i];
        }
        return values;
    }
}
