package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Numbers for new rows, taken from the database's sequence a block at a time: one number of the sequence stands for a thousand of ours. */
final class RidBlocks {

    private static final int BITS = 10;

    private long next;
    private long end;

    synchronized long next(Connection connection) throws SQLException {
        if (next == end) {
            try (PreparedStatement select = connection.prepareStatement("SELECT nextval('store.resource_rid')");
                ResultSet row = select.executeQuery()) {
                row.next();
                next = row.getLong(1) << BITS;
                end = next + (1L << BITS);
            }
        }
        return next++;
    }
}
