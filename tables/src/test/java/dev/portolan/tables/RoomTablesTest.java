package dev.portolan.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RoomTablesTest {

    private static EmbeddedPostgres postgres;
    private static DataSource database;

    @BeforeAll
    static void startDatabase() throws Exception {
        postgres = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(2)).start();
        database = postgres.getPostgresDatabase();
    }

    @AfterAll
    static void stopDatabase() throws Exception {
        postgres.close();
    }

    @BeforeEach
    void emptyDatabase() throws SQLException {
        run("DROP SCHEMA IF EXISTS example CASCADE");
    }

    @Test
    void an_empty_database_gets_the_tables_up_to_the_version_and_no_further() throws SQLException {
        new RoomTables("example", 1).migrate(database);
        assertThat(number("SELECT count(*) FROM pg_tables WHERE schemaname = 'example' AND tablename IN ('first', 'second')")).isEqualTo(1);
    }

    @Test
    void a_database_of_an_earlier_version_gets_what_is_missing() throws SQLException {
        new RoomTables("example", 1).migrate(database);
        new RoomTables("example", 2).migrate(database);
        assertThat(number("SELECT count(*) FROM pg_tables WHERE schemaname = 'example' AND tablename IN ('first', 'second')")).isEqualTo(2);
    }

    @Test
    void tables_at_the_version_are_left_alone() throws SQLException {
        new RoomTables("example", 2).migrate(database);
        run("DROP TABLE example.second");
        new RoomTables("example", 2).migrate(database);
        assertThat(number("SELECT count(*) FROM example.example_schema_history WHERE version IS NOT NULL")).isEqualTo(2);
        assertThat(number("SELECT count(*) FROM pg_tables WHERE schemaname = 'example' AND tablename = 'second'")).isZero();
    }

    /** Whoever goes back to the program of before would write over what it does not know. */
    @Test
    void tables_of_a_newer_program_are_not_touched_by_an_older_one() {
        new RoomTables("example", 2).migrate(database);
        assertThatThrownBy(() -> new RoomTables("example", 1).migrate(database)).isInstanceOf(IllegalStateException.class).hasMessageContaining("version 2").hasMessageContaining("knows them up to 1");
    }

    @Test
    void a_script_that_failed_is_not_passed_over() throws SQLException {
        new RoomTables("example", 2).migrate(database);
        run("UPDATE example.example_schema_history SET success = false WHERE version = '2'");
        assertThatThrownBy(() -> new RoomTables("example", 2).migrate(database)).isInstanceOf(FlywayException.class);
    }

    @Test
    void a_database_that_does_not_answer_is_said() {
        DataSource nowhere = postgres.getDatabase("postgres", "absent");
        assertThatThrownBy(() -> new RoomTables("example", 2).migrate(nowhere)).isInstanceOf(FlywayException.class);
    }

    private static void run(String sql) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(String sql) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
