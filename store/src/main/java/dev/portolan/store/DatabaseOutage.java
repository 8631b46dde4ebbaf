package dev.portolan.store;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;

/** Tells failures that are a matter of time, since the database is away or out of room, from those that will come again. */
public final class DatabaseOutage {

    /** Beginnings of SQLSTATE: the connection, what the server lacks (room, memory, connections), what its operator or its crash ended, and the system's own errors (PostgreSQL documentation, appendix A). */
    private static final Set<String> STATES = Set.of("08", "53", "57P", "58");

    private DatabaseOutage() {}

    /** @param failure of any room's: what it was caused by tells */
    public static boolean is(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException || cause instanceof SQLException refused && refused.getSQLState() != null && STATES.stream().anyMatch(refused.getSQLState()::startsWith)) {
                return true;
            }
        }
        return false;
    }
}
