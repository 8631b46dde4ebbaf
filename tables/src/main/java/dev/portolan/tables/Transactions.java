package dev.portolan.tables;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * Transactions on a room's tables: all of a piece of work, or nothing of it.
 *
 * @param database whose connections commit each statement by itself otherwise
 * @param failure what the room throws when the database refuses
 */
public record Transactions(DataSource database, Function<SQLException, RuntimeException> failure) {

    /** What is done in one transaction. */
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** @throws RuntimeException what the work throws, or the room's own; nothing is kept then */
    public <T> T run(Work<T> work) {
        try (Connection connection = database.getConnection()) {
            return OneTransaction.on(connection, () -> work.run(connection));
        } catch (SQLException e) {
            throw failure.apply(e);
        }
    }
}
