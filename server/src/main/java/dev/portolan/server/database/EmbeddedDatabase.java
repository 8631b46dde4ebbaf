package dev.portolan.server.database;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import dev.portolan.tables.LocalSocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL of the server's own, on loopback, with durability on. It outlives a killed server by design of the
 * operating system; the next start finds it, takes it over if it answers and runs with the same settings, and restarts it otherwise.
 * If it dies under a living server, it is started again.
 */
public final class EmbeddedDatabase implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDatabase.class);
    private static final String OWNER = "postgres";
    private static final String NAME = "portolan";
    /** Long enough for the crash recovery of a few gigabytes of log. */
    private static final long START_SECONDS = 600;
    /** After a kill, the dead server's last processes hold its shared memory for a moment. */
    private static final int START_ATTEMPTS = 20;

    private static final long WATCH_MILLISECONDS = 250;

    private final Path folder;
    private final Path data;
    private final DatabaseKeys keys;
    private final PostgresCommand command;
    private final PostgresSettings settings;
    private final Ports ports;
    private int port;
    private boolean closing;
    /** What kept the watch from its work when it last looked. */
    private String trouble = "";

    /** Ports that nobody listens at, one after the other. */
    interface Ports {
        int next() throws IOException;
    }

    private EmbeddedDatabase(Path folder, DatabaseKeys keys, PostgresCommand command, PostgresSettings settings, Ports ports) {
        this.folder = folder;
        this.data = folder.resolve("data");
        this.keys = keys;
        this.command = command;
        this.settings = settings;
        this.ports = ports;
    }

    /** Starts, takes over or creates the database in a data directory that this process has locked. */
    public static EmbeddedDatabase start(DataDirectory directory, int connections) {
        return start(directory, connections, EmbeddedDatabase::freePort);
    }

    static EmbeddedDatabase start(DataDirectory directory, int connections, Ports ports) {
        Path folder = directory.path().resolve("postgresql");
        try {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            DatabaseKeys keys = DatabaseKeys.keptIn(folder.resolve("passwords.properties"));
            PostgresCommand command = new PostgresCommand(PostgresBinaries.unpackedBelow(cache()));
            var database = new EmbeddedDatabase(folder, keys, command, PostgresSettings.forThisMachine(connections, folder), ports);
            database.openOrEnd();
            return database;
        } catch (IOException e) {
            throw new DatabaseException("The embedded PostgreSQL cannot use " + folder + ": " + e.getMessage(), e);
        }
    }

    /** Where a database that runs already answers the application; empty if it does not run. */
    static java.util.Optional<DatabaseAddress> runningIn(Path folder) {
        return PostgresProcess.of(folder.resolve("data")).map(process -> {
            try {
                return new DatabaseAddress(LocalSocketFactory.nearestUrl(folder, process.port(), NAME), NAME, DatabaseKeys.keptIn(folder.resolve("passwords.properties")).application());
            } catch (IOException e) {
                throw new DatabaseException("The passwords of the database in " + folder + " cannot be read: " + e.getMessage(), e);
            }
        });
    }

    public synchronized DatabaseAddress address() {
        return new DatabaseAddress(LocalSocketFactory.nearestUrl(folder, port, NAME), NAME, keys.application());
    }

    /** The same database as its owner, who may do everything. */
    public synchronized DatabaseAddress ownerAddress() {
        return new DatabaseAddress(LocalSocketFactory.nearestUrl(folder, port, NAME), OWNER, keys.owner());
    }

    /** The postmaster's process number, for whoever watches the machine. */
    public synchronized long pid() {
        return PostgresProcess.of(data).map(process -> process.handle().pid()).orElse(-1L);
    }

    @Override
    public void close() {
        abandon();
        stop();
    }

    /** Leaves the process running unwatched, as the kill of its server does. */
    synchronized void abandon() {
        closing = true;
    }

    /** A start that fails leaves no process behind: its disk may be full, and whoever looks after that, or copies the folder, takes it for stopped. */
    private void openOrEnd() throws IOException {
        try {
            open();
        } catch (IOException | RuntimeException e) {
            try {
                close();
            } catch (RuntimeException alive) {
                e.addSuppressed(alive);
            }
            throw e;
        }
    }

    private synchronized void open() throws IOException {
        if (!Files.exists(data.resolve("PG_VERSION"))) {
            create();
        }
        boolean sameSettings = writeSettings();
        var running = PostgresProcess.of(data);
        if (running.isPresent() && sameSettings && answers(running.get().port())) {
            port = running.get().port();
            endOtherSessions();
            LOG.info("Took over the PostgreSQL that an earlier server left running (process {})", running.get().handle().pid());
        } else {
            if (running.isPresent()) {
                LOG.info("Restarting the PostgreSQL that an earlier server left running (process {})", running.get().handle().pid());
                stop();
            }
            startProcess(0);
        }
        createApplicationDatabase();
        watch();
    }

    /** Under a temporary name until complete, so that a killed first start begins anew. */
    private void create() throws IOException {
        LOG.info("Creating the database in {}", data);
        Path fresh = folder.resolve("data.new");
        deleteTree(fresh);
        Path password = folder.resolve("owner.password");
        Files.deleteIfExists(password);
        Files.createFile(password, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(password, keys.owner());
            command.run("initdb", List.of("--pgdata=" + fresh, "--username=" + OWNER, "--pwfile=" + password,
                    "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums"), 120);
        } finally {
            Files.deleteIfExists(password);
        }
        Files.writeString(fresh.resolve("postgresql.conf"), "\ninclude 'portolan.conf'\n", java.nio.file.StandardOpenOption.APPEND);
        Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
    }

    private boolean writeSettings() throws IOException {
        Path file = data.resolve("portolan.conf");
        boolean same = Files.exists(file) && Files.readString(file).equals(settings.text());
        if (!same) {
            Files.writeString(file, settings.text());
        }
        return same;
    }

    /** @param kept the port that a living pool of connections knows; 0 for a free one, another at each attempt: somebody else may take it before PostgreSQL does */
    private void startProcess(int kept) throws IOException {
        PostgresProcess.removeStaleFiles(data, folder);
        for (int attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
            int wanted = kept > 0 ? kept : ports.next();
            var outcome = command.tryRun("pg_ctl", List.of("start", "--pgdata=" + data, "--wait", "--timeout=" + START_SECONDS,
                    "--log=" + folder.resolve("start.log"), "--options=-p " + wanted), START_SECONDS + 30);
            if (outcome.status() == 0) {
                port = wanted;
                return;
            }
            pause(500);
        }
        throw new DatabaseException("The embedded PostgreSQL did not start; " + folder.resolve("start.log") + " and "
                + folder.resolve("log") + " say why");
    }

    private void stop() {
        var running = PostgresProcess.of(data);
        if (running.isEmpty()) {
            return;
        }
        var outcome = command.tryRun("pg_ctl", List.of("stop", "--pgdata=" + data, "--mode=fast", "--wait", "--timeout=60"), 90);
        if (outcome.status() != 0) {
            LOG.warn("PostgreSQL did not stop in time; stopping it at once (it recovers at the next start)");
            command.tryRun("pg_ctl", List.of("stop", "--pgdata=" + data, "--mode=immediate", "--wait", "--timeout=30"), 60);
        }
        for (int waited = 0; running.get().isAlive(data) && waited < 100; waited++) {
            pause(100);
        }
        if (running.get().isAlive(data)) {
            throw new DatabaseException("PostgreSQL (process " + running.get().handle().pid() + ") does not stop; end it by hand");
        }
    }

    private void watch() {
        Thread watch = new Thread(() -> {
            while (restartIfEnded()) {
                pause(WATCH_MILLISECONDS);
            }
        }, "postgresql-watch");
        watch.setDaemon(true);
        watch.start();
    }

    /** The address must not change under a living connection pool, so a restart keeps the port. */
    private synchronized boolean restartIfEnded() {
        if (closing) {
            return false;
        }
        try {
            if (PostgresProcess.of(data).isEmpty()) {
                LOG.error("The embedded PostgreSQL ended unexpectedly; starting it again");
                startProcess(port);
                LOG.info("The embedded PostgreSQL is back");
            }
            trouble = "";
        } catch (DatabaseException | IOException e) {
            tell(String.valueOf(e.getMessage()));
        }
        return true;
    }

    /** Once, and not with each look: who watches does not stop for what is wrong now. */
    private void tell(String what) {
        if (!what.equals(trouble)) {
            LOG.error("The embedded PostgreSQL cannot be looked after or started again, trying on: {}", what);
            trouble = what;
        }
    }

    private boolean answers(int runningPort) {
        for (int attempt = 0; attempt < 5; attempt++) {
            try (Connection connection = connect(runningPort, OWNER, OWNER, keys.owner())) {
                return connection.isValid(10);
            } catch (SQLException notYet) {
                LOG.debug("PostgreSQL on port {} does not answer yet: {}", runningPort, notYet.getMessage());
                pause(200);
            }
        }
        return false;
    }

    /** What the dead server had begun must not commit or hold locks while the new one works. */
    private void endOtherSessions() {
        try (Connection connection = connect(port, OWNER, OWNER, keys.owner()); Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                    + " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
        } catch (SQLException e) {
            throw new DatabaseException("The sessions of an earlier server could not be ended: " + e.getMessage(), e);
        }
    }

    /** The application's role owns its database and is no superuser. */
    private void createApplicationDatabase() {
        try (Connection connection = connect(port, OWNER, OWNER, keys.owner()); Statement statement = connection.createStatement()) {
            if (!exists(statement, "SELECT 1 FROM pg_roles WHERE rolname = '" + NAME + "'")) {
                statement.execute("CREATE ROLE " + NAME + " LOGIN PASSWORD '" + keys.application() + "'");
            }
            if (exists(statement, "SELECT 1 FROM pg_authid WHERE rolname IN ('" + OWNER + "', '" + NAME + "') AND rolpassword NOT LIKE 'SCRAM-SHA-256$1:%'")) {
                statement.execute("ALTER ROLE " + OWNER + " PASSWORD '" + keys.owner() + "'");
                statement.execute("ALTER ROLE " + NAME + " PASSWORD '" + keys.application() + "'");
            }
            if (!exists(statement, "SELECT 1 FROM pg_database WHERE datname = '" + NAME + "'")) {
                statement.execute("CREATE DATABASE " + NAME + " OWNER " + NAME);
            }
        } catch (SQLException e) {
            throw new DatabaseException("The application's database could not be prepared: " + e.getMessage(), e);
        }
    }

    private static boolean exists(Statement statement, String query) throws SQLException {
        try (var rows = statement.executeQuery(query)) {
            return rows.next();
        }
    }

    private Connection connect(int port, String database, String user, String password) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("gssEncMode", "disable");
        return DriverManager.getConnection(LocalSocketFactory.nearestUrl(folder, port, database), properties);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Path cache() {
        String configured = System.getenv("XDG_CACHE_HOME");
        Path base = configured == null || configured.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(configured);
        return base.resolve("portolan");
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatabaseException("Interrupted while waiting for PostgreSQL", e);
        }
    }

    private static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (var files = Files.walk(tree)) {
            for (Path file : new ArrayList<>(files.sorted(java.util.Comparator.reverseOrder()).toList())) {
                Files.delete(file);
            }
        }
    }
}
