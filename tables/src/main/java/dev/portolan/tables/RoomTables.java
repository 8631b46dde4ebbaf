package dev.portolan.tables;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * The tables of one room, in a schema of its name, made by the scripts {@code db/migration/ROOM/V*.sql} on the class path.
 *
 * @param room the schema's name
 * @param version the newest script's number; a script beyond it is not run, so that a room that forgets to raise it does not get its tables in any database
 */
public record RoomTables(String room, int version) {

    /**
     * Brings the tables to this version. Safe to call from several nodes at once. At most starts they are at it already, and one question shows it: going through
     * the scripts to find the same takes a hundred times as long.
     *
     * @param owner connections of the role that owns the tables
     * @throws FlywayException if a script fails or is not the one that ran before
     * @throws IllegalStateException if a newer program has been at the tables: this one does not know what stands in them, and would write over it
     */
    public void migrate(DataSource owner) {
        if (!isCurrent(owner)) {
            Flyway.configure().dataSource(owner).locations("classpath:db/migration/" + room).schemas(room).defaultSchema(room).table(history())
                .target(Integer.toString(version)).load().migrate();
        }
    }

    /** Statements that give a role its rights in the room. */
    @FunctionalInterface
    public interface Rights {

        /** @param role as it is written in a statement */
        void give(Statement statement, String role) throws SQLException;
    }

    /**
     * Gives rights, all at once: a server that runs beside this one misses none for a moment, and of several that start the second waits, where PostgreSQL would refuse two who change one table's rights
     * at a time.
     *
     * @param role who gets them; the owner has them all, and gets none
     */
    public void give(DataSource owner, String role, Rights rights) throws SQLException {
        try (Connection connection = owner.getConnection(); Statement statement = connection.createStatement()) {
            if (role.equals(connection.getMetaData().getUserName())) {
                return;
            }
            OneTransaction.on(connection, () -> {
                statement.execute("SELECT pg_advisory_xact_lock(hashtextextended('" + room + " rights', 0))");
                rights.give(statement, statement.enquoteIdentifier(role, true));
                return null;
            });
        }
    }

    private String history() {
        return room + "_schema_history";
    }

    private boolean isCurrent(DataSource owner) {
        String newest = "SELECT version, success FROM " + room + "." + history() + " WHERE version IS NOT NULL ORDER BY installed_rank DESC LIMIT 1";
        try (Connection connection = owner.getConnection(); Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(newest)) {
            if (!rows.next() || !rows.getBoolean(2)) {
                return false;
            }
            int found = Integer.parseInt(rows.getString(1));
            if (found > version) {
                throw new IllegalStateException("the tables of '" + room + "' are of version " + found + ", and this program knows them up to " + version
                        + ": a newer one has been started on this database. Start that one, or restore the backup from before it");
            }
            return found == version;
        } catch (SQLException noTablesYet) {
            // Or the database cannot be asked: going through the scripts says so better.
            return false;
        }
    }
}
