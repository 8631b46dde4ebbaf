package dev.portolan.tables;

import java.sql.Connection;
import java.sql.SQLException;

/** One transaction on a connection that commits each statement by itself otherwise, and does so again afterwards. */
public final class OneTransaction {

    private OneTransaction() {}

    /** What is done in it. */
    public interface Work<T, X extends Exception> {
        T run() throws SQLException, X;
    }

    /**
     * All of a piece of work, or nothing of it.
     *
     * @throws SQLException what the work failed with, and not what its end failed with on a connection that had gone: callers tell by it whether the database is away
     */
    public static <T, X extends Exception> T on(Connection connection, Work<T, X> work) throws SQLException, X {
        connection.setAutoCommit(false);
        T result;
        try {
            result = work.run();
            connection.commit();
        } catch (Throwable failure) {
            rollBack(connection, failure);
            throw failure;
        }
        connection.setAutoCommit(true);
        return result;
    }

    /** @param failure what the transaction ends for, which keeps what else goes wrong now */
    public static void rollBack(Connection connection, Throwable failure) {
        try {
            connection.rollback();
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }
}
