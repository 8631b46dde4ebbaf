package dev.portolan.store;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The database could not do what was asked, and not because of what was asked (500, or 503 if it cannot be reached). */
public final class StoreFailureException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StoreFailureException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The database's SQLSTATE, for the operator; null if the cause was another. It names a kind of failure and no data. */
    public @Nullable String databaseState() {
        return getCause() instanceof SQLException failure ? failure.getSQLState() : null;
    }
}
