package dev.portolan.bulkdata;

import dev.portolan.tables.Transactions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Transactions on the tables of this room. */
final class Rows {

    private final Transactions transactions;

    Rows(DataSource database) {
        this.transactions = new Transactions(database, e -> new IllegalStateException("the tables of bulk data could not be read or written", e));
    }

    interface Binding {
        void bind(PreparedStatement statement) throws SQLException;
    }

    <T> T transaction(Transactions.Work<T> work) {
        return transactions.run(work);
    }

    /** One statement; the number of rows that it changed. */
    int change(String sql, Binding binding) {
        return transaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                binding.bind(statement);
                return statement.executeUpdate();
            }
        });
    }

    /** Until the end of the transaction no other counts what this app has under way. */
    static void lockApp(Connection connection, String app) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtextextended('bulk_data.app:' || ?, 0))")) {
            lock.setString(1, app);
            lock.execute();
        }
    }

    static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp at = row.getTimestamp(column);
        return at == null ? null : at.toInstant();
    }
}
