package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import dev.portolan.fhir.json.JsonDocument;

/** Read and vread: one statement each, the grant's predicate in it. Reads that come at the same time go to the database together. */
final class RecordReads implements AutoCloseable {

    private static final String COLUMNS = StoredRows.columns("r");

    private final StoreContext context;
    private final CombinedReads combined;

    RecordReads(StoreContext context) {
        this.context = context;
        this.combined = new CombinedReads(context);
    }

    /** On a connection of its own, or of another caller's. */
    ReadResult read(Grant grant, ResourceKey key) throws SQLException {
        GrantPredicate predicate = GrantPredicate.known(grant, context);
        if (predicate == null) {
            try (Connection connection = context.dataSource().getConnection()) {
                return read(connection, GrantPredicate.of(grant, context, connection), key);
            }
        }
        StoredResource stored = combined.read(statement(predicate, key));
        return stored == null ? new ReadResult.Absent(key) : result(stored);
    }

    ReadResult read(Connection connection, GrantPredicate predicate, ResourceKey key) throws SQLException {
        try (PreparedStatement select = statement(predicate, key).prepare(connection, 0);
            ResultSet row = select.executeQuery()) {
            return row.next() ? result(StoredRows.read(row, 1, context, connection)) : new ReadResult.Absent(key);
        }
    }

    private Sql statement(GrantPredicate predicate, ResourceKey key) throws SQLException {
        predicate.require(key.type(), Interaction.READ);
        predicate.requirePatient(key.type(), key.id());
        return current(key).add(" AND ").add(predicate.row(key.type(), Interaction.READ)).add(" LIMIT 1");
    }

    /**
     * A past version is there only if the grant reaches the resource as it is now, and reached it then: one that was moved out of a member's record because it did not belong there must not
     * be readable as it was.
     */
    ReadResult readVersion(Connection connection, GrantPredicate predicate, ResourceKey key, long version) throws SQLException {
        ReadResult now = read(connection, predicate, key);
        if (version(now) <= version) {
            return version(now) == version ? now : new ReadResult.Absent(key);
        }
        Sql sql = Sql.of("SELECT " + COLUMNS + " FROM store.history r WHERE r.self = ").bind(self(key)).add(" AND r.version = ").bind(version)
            .add(" AND r.id = ").bind(key.id()).add(" AND r.type = ").bind(context.names().type(key.type()));
        try (PreparedStatement select = sql.prepare(connection, 0);
            ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                return new ReadResult.Absent(key);
            }
            StoredResource past = StoredRows.read(row, 1, context, connection);
            return predicate.reachesMember(key.type(), past.home().member()) && admits(predicate, past, Interaction.READ) ? result(past) : new ReadResult.Absent(key);
        }
    }

    /** Labels and granular rules of a past version, which has no search values in its row. A deletion has no content to hide. */
    static boolean admits(GrantPredicate predicate, StoredResource past, Interaction interaction) throws SQLException {
        String type = past.key().type();
        return past.deleted() || predicate.isPlain(type, interaction) || predicate.admits(type, JsonDocument.parse(past.content().json()), interaction, past.home().member());
    }

    private Sql current(ResourceKey key) {
        return Sql.of("SELECT " + COLUMNS + " FROM store.resource r WHERE r.self = ").bind(self(key)).add(" AND r.id = ").bind(key.id())
            .add(" AND r.type = ").bind(context.names().type(key.type()));
    }

    private long self(ResourceKey key) {
        return context.hash().self(context.names().type(key.type()), key.id());
    }

    @Override
    public void close() {
        combined.close();
    }

    private static long version(ReadResult result) {
        if (result instanceof ReadResult.Found found) {
            return found.resource().version();
        }
        return result instanceof ReadResult.Gone gone ? gone.version() : 0;
    }

    private static ReadResult result(StoredResource stored) {
        return stored.deleted() ? new ReadResult.Gone(stored.key(), stored.version(), stored.lastUpdated()) : new ReadResult.Found(stored);
    }
}
