package dev.portolan.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered in memory is true of one database: whoever has begun with it takes no connection to one that came in its place, nor to one that cannot be written to. */
class KnownDatabaseTest {

    private static final Duration LONG = Duration.ofSeconds(120);
    private static final String BEGAN = "SELECT pg_postmaster_start_time()::text";

    private static final List<String> LIMITS = List.of("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout");

    @TempDir
    private Path folder;

    @Test
    void a_database_that_was_promoted_in_its_place_is_refused_and_says_that_this_server_has_to_end_and_one_that_crashed_is_not() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder); Databases databases = Databases.embeddedIn(directory, 4)) {
            crash(databases.pool());
            assertThat(databases.replaced()).isNotDone();
            killAndRecoverBy("recovery.signal");
            assertThatThrownBy(() -> until(databases.pool(), "is another one than this server began with")).hasStackTraceContaining("has to be started anew");
            assertThat(databases.replaced()).succeedsWithin(LONG).asString().contains("a replica was promoted, or a backup restored");
            assertThatThrownBy(() -> query(databases.trail(), "SELECT 1")).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void a_standby_is_refused_since_what_it_tells_may_be_old() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder); Databases databases = Databases.embeddedIn(directory, 4)) {
            killAndRecoverBy("standby.signal");
            assertThatThrownBy(() -> until(databases.pool(), "takes no writes")).hasStackTraceContaining("it is a standby");
            assertThat(databases.replaced()).isNotDone();
        }
    }

    @Test
    void a_database_of_another_encoding_is_refused_and_what_one_is_set_to_changes_neither_what_is_acknowledged_nor_what_a_statement_sees() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder); EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
            as(database.ownerAddress(), "CREATE DATABASE latin OWNER portolan ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
            DatabaseAddress usual = database.address();
            DatabaseAddress latin = new DatabaseAddress(usual.url().replace("/portolan?", "/latin?"), usual.user(), usual.password());
            assertThatThrownBy(() -> Databases.at(latin, latin, 2)).isInstanceOf(DatabaseException.class).hasMessageContaining("LATIN1").hasMessageContaining("ENCODING 'UTF8'");
            as(database.ownerAddress(), "ALTER DATABASE portolan SET synchronous_commit = off; ALTER DATABASE portolan SET default_transaction_isolation = 'serializable'; ALTER DATABASE portolan SET standard_conforming_strings = off");
            as(database.ownerAddress(), LIMITS.stream().map(limit -> "ALTER DATABASE portolan SET " + limit + " = '1s'").collect(Collectors.joining("; ")));
            try (Databases databases = Databases.at(usual, database.ownerAddress(), 2)) {
                assertThat(query(databases.pool(), "SHOW synchronous_commit")).isEqualTo("on");
                assertThat(query(databases.pool(), "SHOW transaction_isolation")).isEqualTo("read committed");
                assertThat(query(databases.pool(), "SELECT octet_length('\\xff00'::bytea)")).isEqualTo("2");
                for (String limit : LIMITS) {
                    assertThat(query(databases.pool(), "SHOW " + limit)).as(limit).isEqualTo("0");
                }
            }
        }
    }

    private void killAndRecoverBy(String signal) throws Exception {
        Path data = folder.toRealPath().resolve("postgresql/data");
        Files.writeString(data.resolve("postgresql.auto.conf"), "\nrestore_command = 'false'\n", StandardOpenOption.APPEND);
        Files.createFile(data.resolve(signal));
        kill();
    }

    /** Who watches it starts it again. */
    private void kill() throws Exception {
        PostgresProcess.of(folder.toRealPath().resolve("postgresql/data")).orElseThrow().handle().destroyForcibly();
    }

    /** Until it is another process that answers: for a moment those of the one before still do. */
    private void crash(DataSource database) throws Exception {
        String began = query(database, BEGAN);
        kill();
        for (long end = System.nanoTime() + LONG.toNanos(); began.equals(eventually(database, BEGAN)) && System.nanoTime() < end;) {
            Thread.sleep(50);
        }
    }

    private static void until(DataSource database, String said) throws Exception {
        long end = System.nanoTime() + LONG.toNanos();
        while (System.nanoTime() < end) {
            try {
                query(database, "SELECT 1");
            } catch (SQLException e) {
                for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                    if (String.valueOf(cause.getMessage()).contains(said)) {
                        throw e;
                    }
                }
            }
            Thread.sleep(50);
        }
    }

    private static String eventually(DataSource database, String sql) throws Exception {
        for (long end = System.nanoTime() + LONG.toNanos();; Thread.sleep(100)) {
            try {
                return query(database, sql);
            } catch (SQLException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    private static String query(DataSource database, String sql) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement(); var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static void as(DatabaseAddress address, String sql) throws SQLException {
        try (Connection connection = new ServerConnections(address, null).getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
