package dev.portolan.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Several statements that see one state of the database. */
final class Snapshot {

    private Snapshot() {}

    interface Work<T> {
        T run() throws SQLException;
    }

    /** Inside a transaction of the caller's, its own state is what is seen. */
    static <T> T of(Connection connection, Work<T> work) throws SQLException {
        if (!connection.getAutoCommit()) {
            return work.run();
        }
        connection.setAutoCommit(false);
        try (Statement begin = connection.createStatement()) {
            begin.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            T result = work.run();
            connection.commit();
            return result;
        } catch (SQLException | RuntimeException | Error e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }
}
