package dev.portolan.store;

import dev.portolan.tables.OneTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Several statements that see one state of the database. */
final class Snapshot {

    private Snapshot() {}

    /** Inside a transaction of the caller's, its own state is what is seen. */
    static <T, X extends Exception> T of(Connection connection, OneTransaction.Work<T, X> work) throws SQLException, X {
        if (!connection.getAutoCommit()) {
            return work.run();
        }
        return OneTransaction.on(connection, () -> {
            try (Statement begin = connection.createStatement()) {
                begin.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            }
            return work.run();
        });
    }
}
