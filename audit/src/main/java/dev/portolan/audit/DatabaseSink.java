package dev.portolan.audit;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Each group is a transaction of the database. */
final class DatabaseSink implements ChainSink {

    private final DataSource database;
    private final Duration patience;
    private @Nullable TrailConnection connection;

    /** @param patience how long the database may be silent: then its connection is given up, and with it the chain */
    DatabaseSink(DataSource database, Duration patience) {
        this.database = database;
        this.patience = patience;
    }

    @Override
    public byte[] open(UUID chain, Instant now) throws SQLException, IOException {
        TrailConnection opened = TrailConnection.open(database, patience);
        connection = opened;
        return opened.enter(chain, now, () -> { });
    }

    @Override
    public void write(EntryGroup group) throws SQLException {
        Objects.requireNonNull(connection).add(List.of(group));
    }

    @Override
    public void close() {
        if (connection != null) {
            connection.close();
        }
    }
}
