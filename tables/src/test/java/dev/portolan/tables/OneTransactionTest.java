package dev.portolan.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OneTransactionTest {

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() throws IOException {
        postgres = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(2)).start();
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    @BeforeEach
    void anEmptyTable() throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            execute(connection, "DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int)");
        }
    }

    private static boolean execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.execute(sql);
        }
    }

    private static int kept() throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection(); Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("SELECT count(*) FROM kept")) {
            row.next();
            return row.getInt(1);
        }
    }

    @Test
    void keepsAllOfTheWorkOrNothing() throws Exception {
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            assertThat(OneTransaction.<String, RuntimeException>on(connection, () -> {
                execute(connection, "INSERT INTO kept VALUES (1)");
                execute(connection, "INSERT INTO kept VALUES (2)");
                return "done";
            })).isEqualTo("done");
            assertThatThrownBy(() -> OneTransaction.on(connection, () -> {
                execute(connection, "INSERT INTO kept VALUES (3)");
                throw new IOException("no more");
            })).isInstanceOf(IOException.class).hasMessage("no more");
            assertThat(connection.getAutoCommit()).isTrue();
        }
        assertThat(kept()).isEqualTo(2);
    }

    @Test
    void tellsThatTheDatabaseEndedTheConnection() throws Exception {
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            SQLException failure = catchThrowableOfType(SQLException.class, () -> OneTransaction.<Boolean, RuntimeException>on(connection, () -> {
                execute(connection, "INSERT INTO kept VALUES (1)");
                return execute(connection, "SELECT pg_terminate_backend(pg_backend_pid())");
            }));
            assertThat(failure.getSQLState()).isEqualTo("57P01");
            assertThat(failure.getSuppressed()).as("that the end of the transaction failed too").hasSize(1);
        }
        assertThat(kept()).isZero();
    }
}
