package dev.portolan.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedDatabaseTest {

    @TempDir
    private Path folder;

    @Test
    void keepsDataOverRestartsWithDurabilityOn() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder); EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
            run(database.address(), "CREATE TABLE kept (value text)");
            run(database.address(), "INSERT INTO kept VALUES ('still here')");
            assertThat(query(database.address(), "SHOW fsync")).isEqualTo("on");
            assertThat(query(database.address(), "SHOW synchronous_commit")).isEqualTo("on");
            assertThat(query(database.address(), "SHOW listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(query(database.address(), "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user")).isEqualTo("false");
        }
        try (DataDirectory directory = DataDirectory.open(folder); EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
            assertThat(query(database.address(), "SELECT value FROM kept")).isEqualTo("still here");
        }
    }

    @Test
    void refusesAWrongPasswordAndKeepsItsOwnFromOtherUsers() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder); EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
            DatabaseAddress address = database.address();
            DatabaseAddress stranger = new DatabaseAddress(address.url(), address.user(), "guess");
            assertThatThrownBy(() -> query(stranger, "SELECT 1")).isInstanceOf(SQLException.class).hasMessageContaining("password");
            Path passwords = folder.resolve("postgresql/passwords.properties");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(passwords))).isEqualTo("rw-------");
            assertThat(address.toString()).doesNotContain(address.password());
        }
    }

    @Test
    void takesOverADatabaseWhoseServerWasKilledAndEndsItsSessions() throws Exception {
        long left;
        DataDirectory first = DataDirectory.open(folder);
        EmbeddedDatabase orphan = EmbeddedDatabase.start(first, 20);
        left = orphan.pid();
        run(orphan.address(), "CREATE TABLE kept (value text)");
        Connection abandoned = connect(orphan.address());
        abandoned.setAutoCommit(false);
        abandoned.createStatement().execute("LOCK TABLE kept");
        orphan.abandon();
        first.close();
        try (DataDirectory directory = DataDirectory.open(folder); EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
            assertThat(database.pid()).isEqualTo(left);
            run(database.address(), "SET lock_timeout = '20s'; INSERT INTO kept VALUES ('free')");
            assertThatThrownBy(() -> abandoned.createStatement().execute("SELECT 1")).isInstanceOf(SQLException.class);
        }
        assertThat(PostgresProcess.of(folder.toRealPath().resolve("postgresql/data"))).isEmpty();
    }

    /** As on a full disk. Whoever looks after it, or copies the folder, takes the database for stopped. */
    @Test
    void aStartThatFailsLeavesNoProcessBehind() throws Exception {
        Path passwords = folder.resolve("postgresql/passwords.properties");
        try (DataDirectory directory = DataDirectory.open(folder)) {
            EmbeddedDatabase.start(directory, 20).close();
            String right = Files.readString(passwords);
            Files.writeString(passwords, "owner=wrong\napplication=wrong\n");
            assertThatThrownBy(() -> EmbeddedDatabase.start(directory, 20)).isInstanceOf(DatabaseException.class).hasMessageContaining("could not be prepared");
            assertThat(PostgresProcess.of(folder.toRealPath().resolve("postgresql/data"))).isEmpty();
            Files.writeString(passwords, right);
            try (EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
                assertThat(query(database.address(), "SELECT 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void startsOverAPidFileThatNamesAnUnrelatedProcess() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder)) {
            EmbeddedDatabase.start(directory, 20).close();
            Path pidFile = folder.toRealPath().resolve("postgresql/data/postmaster.pid");
            Files.writeString(pidFile, ProcessHandle.current().pid() + "\n" + pidFile.getParent() + "\n1\n5432\n\n127.0.0.1\n");
            try (EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
                assertThat(query(database.address(), "SELECT 'up'")).isEqualTo("up");
            }
        }
    }

    /** Between the choice of a port and PostgreSQL's start: a connection of any program on the machine can have been given it. */
    @Test
    void startsAtAnotherPortWhenSomebodyElseHasTakenTheFirst() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder); ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            AtomicInteger asked = new AtomicInteger();
            try (EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20, () -> asked.incrementAndGet() == 1 ? taken.getLocalPort() : EmbeddedDatabase.freePort())) {
                assertThat(query(database.address(), "SHOW port")).isNotEqualTo(Integer.toString(taken.getLocalPort()));
            }
        }
    }

    @Test
    void comesBackOnTheSameAddressWhenItsProcessIsKilled() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder); EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
            run(database.address(), "CREATE TABLE kept (value text)");
            run(database.address(), "INSERT INTO kept VALUES ('committed')");
            ProcessHandle.of(database.pid()).orElseThrow().destroyForcibly();
            assertThat(eventually(database.address(), "SELECT value FROM kept")).isEqualTo("committed");
        }
    }

    @Test
    void comesBackAlsoIfItsProcessFileCouldNotBeReadForAMoment() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder); EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
            Path pidFile = folder.toRealPath().resolve("postgresql/data/postmaster.pid");
            long pid = database.pid();
            byte[] whole = Files.readAllBytes(pidFile);
            Files.write(pidFile, new byte[] {'x', '\n', (byte) 0xFF, '\n', '1', '\n', 'y', '\n'});
            Thread.sleep(1_000);
            Files.write(pidFile, whole);
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            assertThat(eventually(database.address(), "SELECT 'back'")).isEqualTo("back");
        }
    }

    @Test
    void isReachedThroughASocketThatOnlyItsUserGetsTo() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder); EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
            assertThat(query(database.address(), "SELECT coalesce(inet_client_addr()::text, 'a socket')")).isEqualTo("a socket");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("postgresql")))).isEqualTo("rwx------");
        }
        assertThat(sockets()).isEmpty();
    }

    @Test
    void isReachedByItsPortWhereTheFoldersNameIsTooLongForASocket() throws Exception {
        Path deep = Files.createDirectories(folder.resolve("a-folder-with-a-long-name".repeat(4)));
        try (DataDirectory directory = DataDirectory.open(deep); EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
            assertThat(query(database.address(), "SELECT host(inet_client_addr())")).isEqualTo("127.0.0.1");
        }
    }

    @Test
    void takesAwayTheSocketsOfAKilledProcess() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder)) {
            EmbeddedDatabase killed = EmbeddedDatabase.start(directory, 20);
            killed.abandon();
            ProcessHandle process = ProcessHandle.of(killed.pid()).orElseThrow();
            process.destroyForcibly();
            process.onExit().get(60, java.util.concurrent.TimeUnit.SECONDS);
            assertThat(sockets()).hasSize(2);
            try (EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20)) {
                assertThat(query(database.address(), "SELECT 'up'")).isEqualTo("up");
                assertThat(sockets()).hasSize(2);
            }
        }
    }

    private List<Path> sockets() throws IOException {
        try (var files = Files.list(folder.resolve("postgresql"))) {
            return files.filter(file -> file.getFileName().toString().startsWith(".s.PGSQL.")).toList();
        }
    }

    @Test
    void refusesADataDirectoryThatAnotherServerUses() {
        try (DataDirectory directory = DataDirectory.open(folder)) {
            assertThatThrownBy(() -> DataDirectory.open(directory.path()))
                    .isInstanceOf(DatabaseException.class).hasMessageContaining("Another server").hasMessageContaining("--data");
        }
    }

    @Test
    void thePoolUsesGenericPlans() throws Exception {
        try (DataDirectory directory = DataDirectory.open(folder);
                EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20);
                var pool = ConnectionPool.open(database.address(), 2);
                Connection connection = pool.getConnection()) {
            assertThat(query(connection, "SHOW plan_cache_mode")).isEqualTo("force_generic_plan");
        }
    }

    private static String eventually(DatabaseAddress address, String sql) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        while (true) {
            try {
                return query(address, sql);
            } catch (SQLException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    private static Connection connect(DatabaseAddress address) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", address.user());
        properties.setProperty("password", address.password());
        return DriverManager.getConnection(address.url(), properties);
    }

    private static void run(DatabaseAddress address, String sql) throws SQLException {
        try (Connection connection = connect(address); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(DatabaseAddress address, String sql) throws SQLException {
        try (Connection connection = connect(address)) {
            return query(connection, sql);
        }
    }

    private static String query(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement(); var rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }
}
