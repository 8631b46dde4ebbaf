package dev.portolan.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Each group is written to a journal of this machine and is shelved soon after, with all others of that time. */
final class JournalSink implements ChainSink {

    private static final Logger LOG = LoggerFactory.getLogger(JournalSink.class);

    private final Path root;
    private final DataSource database;
    private final Duration patience;
    private final TrailShelf shelf;
    private @Nullable ChainJournal journal;

    JournalSink(Path root, DataSource database, Duration patience, TrailShelf shelf) {
        this.root = root;
        this.database = database;
        this.patience = patience;
        this.shelf = shelf;
    }

    @Override
    public byte[] open(UUID chain, Instant now) throws SQLException, IOException {
        // First the database, which may be away: files are made, and waited for, only for a chain that can be entered. And a chain is entered only once they are made, or a full disk would leave one behind at every try.
        try (TrailConnection connection = TrailConnection.open(database, patience)) {
            return connection.enter(chain, now, () -> journal = ChainJournal.create(root, chain));
        }
    }

    @Override
    public void ready() {
        shelf.ready();
    }

    @Override
    public void write(EntryGroup group) throws IOException {
        ChainJournal own = Objects.requireNonNull(journal);
        own.append(group);
        shelf.put(group, own);
    }

    @Override
    public void close() {
        if (journal == null) {
            return;
        }
        try {
            shelf.settle();
        } catch (AuditUnavailableException e) {
            LOG.warn("Audit entries stay in their journal until the next start: {}", e.getMessage());
        }
        try {
            journal.close();
        } catch (IOException e) {
            LOG.warn("The audit journal could not be closed; the next start looks at it", e);
        }
    }
}
