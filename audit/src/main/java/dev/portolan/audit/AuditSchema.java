package dev.portolan.audit;

import dev.portolan.tables.OneTransaction;
import dev.portolan.tables.RoomTables;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** Makes the trail's tables, as their owner, and gives the server's role what it needs and no more. */
public final class AuditSchema {

    private AuditSchema() {}

    /**
     * @param owner connections of the role that owns the trail; not the one that the server works with, if the trail is to be safe from the server itself
     * @param serverRole the role that the server works with
     */
    public static void migrate(DataSource owner, String serverRole) throws SQLException {
        new RoomTables("audit", 4).migrate(owner);
        try (Connection connection = owner.getConnection(); Statement statement = connection.createStatement()) {
            // At once: another server may be writing, and between a right that is taken and one that is given it could not.
            OneTransaction.on(connection, () -> {
                // The database refuses two who change the same table's row at a time: another server that starts, or one that makes a month.
                statement.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit.ensure_month', 0))");
                give(statement, statement.enquoteIdentifier(serverRole, true));
                return null;
            });
        }
    }

    private static void give(Statement statement, String role) throws SQLException {
        statement.execute("GRANT USAGE ON SCHEMA audit TO " + role);
        statement.execute("REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM " + role);
        statement.execute("GRANT SELECT, INSERT ON audit.entry, audit.chain TO " + role);
        statement.execute("GRANT SELECT ON audit.retired TO " + role);
        statement.execute("GRANT SELECT, INSERT ON audit.hold, audit.hold_release, audit.hold_name TO " + role);
        statement.execute("GRANT EXECUTE ON FUNCTION audit.ensure_month(date), audit.months_before(date, integer), audit.drop_months_before(date, integer) TO " + role);
    }
}
