package dev.portolan.members;

import dev.portolan.tables.RoomTables;
import java.sql.SQLException;
import javax.sql.DataSource;

/** The room's tables, made. Whoever has a value of this type has migrated. */
public final class MembersSchema {

    private MembersSchema() {}

    /**
     * Makes the tables as their owner, and gives the server's role what it needs: it may add versions of what members decided and of whose patients they are, and delete none.
     *
     * @param owner connections of the role that owns the tables
     * @param serverRole the role that the server works with; it may be the same
     */
    public static MembersSchema migrate(DataSource owner, String serverRole) throws SQLException {
        RoomTables tables = new RoomTables("members", 6);
        tables.migrate(owner);
        tables.give(owner, serverRole, (statement, role) -> {
            statement.execute("grant usage on schema members to " + role);
            statement.execute("grant select, insert, update on members.preference to " + role);
            statement.execute("grant select, insert on members.preference_version, members.notice_event to " + role);
            statement.execute("grant select, insert, update on members.notice to " + role);
            statement.execute("grant select, insert, update on members.provider_group, members.attribution, members.group_app, members.transmission to " + role);
            statement.execute("grant select, insert, update, delete on members.network_participation, members.match_key to " + role);
            statement.execute("grant select, insert, update on members.match_progress, members.duplicate, members.merge to " + role);
        });
        return new MembersSchema();
    }
}
