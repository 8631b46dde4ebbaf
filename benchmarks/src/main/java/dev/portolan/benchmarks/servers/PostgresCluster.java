package dev.portolan.benchmarks.servers;

import dev.portolan.tables.LocalSocketFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One PostgreSQL of a comparison: the same programs and the same settings for every side, durable
 * ({@code fsync} and {@code synchronous_commit} on, which the embedding library turns off by default).
 */
public final class PostgresCluster implements AutoCloseable {

    /** Settings of every cluster: those a production installation on one machine would choose. */
    public static final Map<String, String> SETTINGS = Map.of(
            "fsync", "on",
            "synchronous_commit", "on",
            "full_page_writes", "on",
            "shared_buffers", "1GB",
            "max_wal_size", "4GB",
            "max_connections", "120",
            "max_parallel_workers_per_gather", "0",
            "checkpoint_timeout", "15min",
            "timezone", "UTC");

    private final EmbeddedPostgres postgres;
    private final Path data;
    private final @Nullable InstalledPostgres installed;

    private PostgresCluster(EmbeddedPostgres postgres, Path data, @Nullable InstalledPostgres installed) {
        this.postgres = postgres;
        this.data = data;
        this.installed = installed;
    }

    /** Starts a cluster of the embedded PostgreSQL in {@code data}, keeping what is there. */
    public static PostgresCluster start(Path data) throws IOException {
        return start(data, null);
    }

    /** @param installed whose programs to run; null for the embedded ones */
    public static PostgresCluster start(Path data, @Nullable InstalledPostgres installed) throws IOException {
        Files.createDirectories(data.getParent());
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                // The order of strings is part of what is compared: by their characters, whatever the machine's language.
                .setLocaleConfig("locale", "C")
                .setOverrideWorkingDirectory(data.resolveSibling("postgres-binaries").toFile())
                .setPGStartupWait(java.time.Duration.ofSeconds(60));
        if (installed != null) {
            builder.setPgBinaryResolver(installed);
        }
        SETTINGS.forEach(builder::setServerConfig);
        builder.setServerConfig("unix_socket_directories", LocalSocketFactory.fits(folder(data)) ? folder(data).toString() : "");
        return new PostgresCluster(builder.start(), data, installed);
    }

    /** By way of its socket, for every side: a production installation on one machine would choose that too. */
    public String jdbcUrl() {
        return LocalSocketFactory.nearestUrl(folder(data), postgres.getPort(), "postgres");
    }

    private static Path folder(Path data) {
        return data.toAbsolutePath().getParent();
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl(), "postgres", "postgres");
    }

    /** Which PostgreSQL it is, for the reader of a report. */
    public String program() throws SQLException {
        try (Connection connection = connect()) {
            return connection.getMetaData().getDatabaseProductVersion() + (installed == null ? " (embedded)" : " of " + installed.home());
        }
    }

    /** The process id of the postmaster, whose children do the work. */
    public long pid() throws IOException {
        return Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip());
    }

    /** Bytes of the database on disk, after a checkpoint; write-ahead log not counted. */
    public long databaseBytes() throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.execute("checkpoint");
            try (ResultSet result = statement.executeQuery("select pg_database_size(current_database())")) {
                result.next();
                return result.getLong(1);
            }
        }
    }

    /** What autovacuum would do some minutes later, at once, so that every side is measured in its settled state. */
    public void settle() throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.execute("vacuum analyze");
            statement.execute("checkpoint");
        }
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }
}
