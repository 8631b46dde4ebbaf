package dev.portolan.audit;

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
        new RoomTables("audit", 2).migrate(owner);
        try (Connection connection = owner.getConnection(); Statement statement = connection.createStatement()) {
            String role = statement.enquoteIdentifier(serverRole, true);
            statement.execute("GRANT USAGE ON SCHEMA audit TO " + role);
            statement.execute("REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM " + role);
            statement.execute("GRANT SELECT, INSERT ON audit.entry, audit.chain TO " + role);
            statement.execute("GRANT SELECT ON audit.retired TO " + role);
            statement.execute("GRANT SELECT, INSERT ON audit.hold, audit.hold_release TO " + role);
            statement.execute("GRANT EXECUTE ON FUNCTION audit.ensure_month(date), audit.months_before(date, integer), audit.drop_months_before(date, integer) TO " + role);
        }
    }
}
