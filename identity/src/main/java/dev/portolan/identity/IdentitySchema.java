package dev.portolan.identity;

import dev.portolan.tables.RoomTables;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * The room's tables, made. Whoever has a value of this type has migrated, which is why {@link IdentityConfiguration} asks the server for one.
 */
public final class IdentitySchema {

    private IdentitySchema() {}

    /**
     * Makes the tables as their owner, and gives the server's role what it needs: it may add to what happened to apps, and change none of it.
     *
     * @param owner      connections of the role that owns the tables
     * @param serverRole the role that the server works with; it may be the same
     */
    public static IdentitySchema migrate(DataSource owner, String serverRole) throws SQLException {
        RoomTables tables = new RoomTables("identity", 6);
        tables.migrate(owner);
        tables.give(owner, serverRole, (statement, role) -> {
            statement.execute("grant usage on schema identity to " + role);
            statement.execute("grant select, insert, update, delete on all tables in schema identity to " + role);
            statement.execute("grant usage on all sequences in schema identity to " + role);
            statement.execute("revoke update, delete on identity.app_event from " + role);
            statement.execute("revoke insert, update, delete on identity.identity_schema_history from " + role);
        });
        return new IdentitySchema();
    }
}
