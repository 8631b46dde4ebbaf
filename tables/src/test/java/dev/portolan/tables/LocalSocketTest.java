package dev.portolan.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.StringReader;
import java.net.Socket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

class LocalSocketTest {

    @TempDir
    private static Path folder;

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() throws IOException {
        postgres = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(2)).setServerConfig("unix_socket_directories", folder.toString()).start();
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    private static Connection connect() throws SQLException {
        return DriverManager.getConnection(LocalSocketFactory.url(folder, postgres.getPort(), "postgres"), "postgres", "postgres");
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void theDatabaseSeesAConnectionWithoutAnAddress() throws SQLException {
        try (Connection connection = connect()) {
            assertThat(ask(connection, "SELECT inet_client_addr() IS NULL")).isEqualTo("t");
        }
    }

    @Test
    void whatIsLargerThanEveryBufferComesBackAsItWent() throws SQLException {
        try (Connection connection = connect(); PreparedStatement echo = connection.prepareStatement("SELECT ?::bytea, md5(?::bytea)")) {
            Random random = new Random(7);
            for (int length : new int[] {0, 1, 8_191, 65_535, 65_536, 65_537, 3_000_000, 20_000_000}) {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                echo.setBytes(1, bytes);
                echo.setBytes(2, bytes);
                try (ResultSet row = echo.executeQuery()) {
                    row.next();
                    assertThat(Arrays.equals(row.getBytes(1), bytes)).as("%d bytes", length).isTrue();
                }
            }
        }
    }

    @Test
    void manyWorkAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            Callable<Long> work = () -> {
                try (Connection connection = connect()) {
                    long sum = 0;
                    for (int i = 1; i <= 300; i++) {
                        sum += Long.parseLong(ask(connection, "SELECT sum(g) FROM generate_series(1, " + i + ") g"));
                    }
                    return sum;
                }
            };
            for (var sum : threads.invokeAll(java.util.Collections.nCopies(16, work))) {
                assertThat(sum.get()).isEqualTo(300L * 301 * 302 / 6);
            }
        } finally {
            threads.shutdown();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void copyInTakesWhatALoadSends() throws Exception {
        try (Connection connection = connect()) {
            connection.createStatement().execute("CREATE TEMPORARY TABLE taken (n int, text text)");
            StringBuilder rows = new StringBuilder();
            for (int i = 0; i < 100_000; i++) {
                rows.append(i).append('\t').append("row ").append(i).append('\n');
            }
            assertThat(connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY taken FROM STDIN", new StringReader(rows.toString()))).isEqualTo(100_000);
            assertThat(ask(connection, "SELECT sum(n) FROM taken WHERE text = 'row ' || n")).isEqualTo("4999950000");
        }
    }

    @Test
    void aDatabaseThatIsSilentForTooLongIsGivenUp() throws SQLException {
        try (Connection connection = connect()) {
            connection.setNetworkTimeout(Runnable::run, 200);
            assertThat(ask(connection, "SELECT 'in time'")).isEqualTo("in time");
            SQLException late = catchThrowableOfType(SQLException.class, () -> ask(connection, "SELECT pg_sleep(5)"));
            assertThat(late.getSQLState()).startsWith("08");
            assertThat(connection.isClosed()).isTrue();
        }
    }

    /** Waiting with a limit ends without a notice, and the connection goes on as before. */
    @Test
    void noticesAreHeardWhileWaitingAndNotWaitedForForEver() throws Exception {
        try (Connection listener = connect(); Connection speaker = connect()) {
            listener.createStatement().execute("LISTEN harbour");
            PGConnection heard = listener.unwrap(PGConnection.class);
            for (int round = 0; round < 3; round++) {
                assertThat(heard.getNotifications(50)).isNullOrEmpty();
                speaker.createStatement().execute("NOTIFY harbour, 'ship " + round + "'");
                assertThat(heard.getNotifications(5_000)).singleElement().satisfies(notice -> assertThat(notice.getParameter()).startsWith("ship"));
                assertThat(ask(listener, "SELECT 'still here'")).isEqualTo("still here");
            }
        }
    }

    @Test
    void aStatementCanBeCancelled() throws SQLException {
        try (Connection connection = connect(); Statement slow = connection.createStatement()) {
            slow.setQueryTimeout(1);
            assertThatThrownBy(() -> slow.execute("SELECT pg_sleep(30)")).isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
            assertThat(ask(connection, "SELECT 'goes on'")).isEqualTo("goes on");
        }
    }

    @Test
    void whoWasInterruptedBeforeStillReachesTheDatabase() throws SQLException {
        try (Connection connection = connect()) {
            Thread.currentThread().interrupt();
            assertThat(ask(connection, "SELECT 'goes on'")).isEqualTo("goes on");
            connection.setNetworkTimeout(Runnable::run, 2_000);
            assertThat(ask(connection, "SELECT 'goes on' FROM pg_sleep(0.2)")).isEqualTo("goes on");
            assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void aConnectionThatTheDatabaseEndsIsLost() throws SQLException {
        try (Connection ended = connect(); Connection other = connect()) {
            String process = ask(ended, "SELECT pg_backend_pid()");
            assertThat(ask(other, "SELECT pg_terminate_backend(" + process + ", 5000)")).isEqualTo("t");
            assertThatThrownBy(() -> ask(ended, "SELECT 1")).isInstanceOf(SQLException.class);
            assertThat(ended.isClosed()).isTrue();
        }
    }

    @Test
    void whereThereIsNoDatabaseNobodyConnects() {
        String nowhere = LocalSocketFactory.url(folder, 1, "postgres");
        assertThatThrownBy(() -> DriverManager.getConnection(nowhere, "postgres", "postgres")).isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState()).startsWith("08"));
    }

    @Test
    void whoClosesWakesWhoWaits() throws Exception {
        try (Socket socket = new LocalSocketFactory(LocalSocketFactory.file(folder, postgres.getPort()).toString()).createSocket("localhost", 1)) {
            assertThat(socket.isConnected()).isTrue();
            ExecutorService reader = Executors.newSingleThreadExecutor();
            var read = reader.submit(() -> socket.getInputStream().read());
            assertThatThrownBy(() -> read.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(java.util.concurrent.TimeoutException.class);
            socket.close();
            assertThatThrownBy(() -> read.get(60, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IOException.class);
            assertThat(socket.isClosed()).isTrue();
            reader.shutdown();
        }
    }

    @Test
    void aNameThatTheSystemDoesNotTakeDoesNotFit() {
        assertThat(LocalSocketFactory.fits(Path.of("/var/run/postgresql"))).isTrue();
        assertThat(LocalSocketFactory.fits(Path.of("/" + "d".repeat(87)))).isTrue();
        assertThat(LocalSocketFactory.fits(Path.of("/" + "d".repeat(88)))).isFalse();
    }
}
