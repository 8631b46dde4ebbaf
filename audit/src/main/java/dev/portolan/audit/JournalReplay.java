package dev.portolan.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings into the database what ended processes left in their journals. What stands there already is left out, so that it can be repeated. */
final class JournalReplay {

    private static final Logger LOG = LoggerFactory.getLogger(JournalReplay.class);

    private final Path root;
    private final DataSource database;
    private final Duration patience;

    JournalReplay(Path root, DataSource database, Duration patience) {
        this.root = root;
        this.database = database;
        this.patience = patience;
    }

    /** @throws AuditUnavailableException if journals cannot be read or the database does not take them: no entry may come to stand behind a gap that could still be filled */
    void run() {
        try {
            List<ChainJournal.Left> journals = ChainJournal.left(root);
            if (journals.isEmpty()) {
                return;
            }
            try (TrailConnection connection = TrailConnection.open(database, patience)) {
                for (ChainJournal.Left journal : journals) {
                    replay(journal, connection);
                }
            }
        } catch (IOException | SQLException e) {
            throw new AuditUnavailableException("the audit journals in " + root + " could not be brought into the database", e);
        }
    }

    private static void replay(ChainJournal.Left journal, TrailConnection connection) throws IOException, SQLException {
        long last = connection.lastOf(journal.chain());
        List<EntryGroup> groups = journal.groups().stream().filter(group -> group.first() > last).toList();
        if (last < 0 && !groups.isEmpty()) {
            LOG.error("The journal {} belongs to a chain that this database does not know: was an older state of it restored? It is left where it is; the entries in it are in no trail", journal.folder());
            return;
        }
        if (!groups.isEmpty()) {
            connection.add(groups);
            LOG.info("Brought {} groups of audit entries into the database that a process which ended had left in its journal", groups.size());
        }
        journal.remove();
    }
}
