package dev.portolan.server.database;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;

import org.jspecify.annotations.Nullable;

/** The database of a server for a command beside it: the running server's if there is one, else started for as long as the command takes. Opened as the application's role. */
public final class OpenDatabase implements AutoCloseable {

    private final HikariDataSource pool;
    private final @Nullable AutoCloseable started;

    private OpenDatabase(HikariDataSource pool, @Nullable AutoCloseable started) {
        this.pool = pool;
        this.started = started;
    }

    /** A PostgreSQL that somebody else runs. */
    public static OpenDatabase at(DatabaseAddress address) {
        return new OpenDatabase(ConnectionPool.open(address, 2), null);
    }

    /** @param folder a server's data directory */
    public static OpenDatabase in(Path folder) {
        Path postgresql = folder.resolve("postgresql");
        if (!Files.exists(postgresql.resolve("data").resolve("PG_VERSION"))) {
            throw new DatabaseException("There is no database in " + folder + "; name the server's data directory with --data");
        }
        Optional<DatabaseAddress> running = EmbeddedDatabase.runningIn(postgresql);
        if (running.isPresent()) {
            return at(running.get());
        }
        DataDirectory directory = DataDirectory.open(folder);
        try {
            EmbeddedDatabase database = EmbeddedDatabase.start(directory, 20);
            return new OpenDatabase(ConnectionPool.open(database.address(), 2), () -> {
                database.close();
                directory.close();
            });
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    public DataSource connections() {
        return pool;
    }

    @Override
    public void close() {
        pool.close();
        if (started != null) {
            try {
                started.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new DatabaseException("The database that was started for this command did not stop: " + e.getMessage(), e);
            }
        }
    }
}
