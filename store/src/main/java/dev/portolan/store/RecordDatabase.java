package dev.portolan.store;

import dev.portolan.fhir.search.CriterionMatcher;
import dev.portolan.fhir.search.SearchParameters;
import dev.portolan.fhir.search.SearchValueExtractor;
import dev.portolan.tables.OneTransaction;
import dev.portolan.tables.RoomTables;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * The store, put together on a PostgreSQL database. Open it once for each process, after {@link #migrate}.
 */
public final class RecordDatabase implements AutoCloseable {

    private static final int CURSOR_KEY_BYTES = 32;

    private final StoreContext context;
    private final StoreParts parts;
    private final SignedCursors cursors;
    private final Reindex reindex;
    private final BackgroundWork background;

    private RecordDatabase(StoreContext context, StoreParts parts, SignedCursors cursors, Reindex reindex, BackgroundWork background) {
        this.context = context;
        this.parts = parts;
        this.cursors = cursors;
        this.reindex = reindex;
        this.background = background;
    }

    /** Brings the tables of this module (schema {@code store}) to this version. Safe to call from several nodes at once. */
    public static void migrate(DataSource dataSource) {
        new RoomTables("store", 7).migrate(dataSource);
    }

    /**
     * @param extractor finds the values of the parameters; what it finds decides what searches find
     * @param matcher decides what the rows cannot
     * @throws StoreFailureException if the database cannot be reached or has not been migrated
     */
    public static RecordDatabase open(
        DataSource dataSource, SearchParameters definitions, SearchValueExtractor extractor, CriterionMatcher matcher, StoreSettings settings) {
        return open(dataSource, definitions, extractor, matcher, settings, Labelling.NONE);
    }

    /**
     * The same with labels for what is written.
     *
     * @param labelling asked at every write
     */
    public static RecordDatabase open(
        DataSource dataSource, SearchParameters definitions, SearchValueExtractor extractor, CriterionMatcher matcher, StoreSettings settings, Labelling labelling) {
        return open(dataSource, definitions, extractor, matcher, settings, labelling, new BackgroundWork());
    }

    static RecordDatabase open(
        DataSource dataSource, SearchParameters definitions, SearchValueExtractor extractor, CriterionMatcher matcher, StoreSettings settings, Labelling labelling, BackgroundWork background) {
        try {
            Facts facts = facts(dataSource, definitions);
            PatientHomes homes = new PatientHomes();
            IndexRowBuilder index = new IndexRowBuilder(definitions, extractor, facts.hash(), facts.names(), homes, settings.ownBases());
            Compression compression = new Compression(dataSource, background, settings.backgroundWork());
            StoreContext context = new StoreContext(
                dataSource, definitions, extractor, matcher, settings, facts.hash(), facts.names(), new MemberKeys(), homes, compression.codec(), index, labelling, new MergedMembers.Known(facts.merged()), facts.cursorKey());
            SignedCursors cursors = new SignedCursors(facts.cursorKey());
            StoreParts parts = new StoreParts(
                new RecordReads(context), new RecordHistory(context, cursors), new RecordSearch(context, extractor), new RidBlocks(), compression);
            Reindex reindex = new Reindex(context);
            if (settings.backgroundWork()) {
                background.untilDone("labelling earlier documents", new EarlierDocuments(context, parts)::run);
                background.untilDone("reindexing", reindex::run);
            }
            return new RecordDatabase(context, parts, cursors, reindex, background);
        } catch (SQLException e) {
            throw new StoreFailureException("The store could not be opened.", e);
        }
    }

    StoreContext context() {
        return context;
    }

    StoreParts parts() {
        return parts;
    }

    /** What all nodes share. */
    private record Facts(ValueHash hash, byte[] cursorKey, Names names, MergedMembers merged) {}

    private static Facts facts(DataSource dataSource, SearchParameters definitions) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return OneTransaction.on(connection, () -> {
                Reindex.announce(connection, definitions);
                ValueHash hash = new ValueHash(secret(connection, "hash-key", ValueHash.KEY_BYTES));
                byte[] cursorKey = secret(connection, "cursor-key", CURSOR_KEY_BYTES);
                return new Facts(hash, cursorKey, Names.load(connection, definitions), MergedMembers.read(connection));
            });
        }
    }

    public RecordStore records() {
        return grant -> new GrantedRecordView(grant, context, parts);
    }

    /**
     * The same as {@link RecordView#write(Function, BiFunction)} in a transaction of the caller's, who commits it: what else happens there stands with what is written, or neither does.
     *
     * @throws WriteConflictException if another write came in between: the transaction is lost, and the caller may run it again from its start
     */
    public <T, R> R write(Connection connection, Grant grant, Function<WriteTransaction, T> work, BiFunction<WriteTransaction, T, R> beforeCommit) throws SQLException {
        if (connection.getAutoCommit()) {
            throw new IllegalStateException("a write with others needs a transaction");
        }
        try {
            GrantedWriteTransaction transaction = new GrantedWriteTransaction(connection, grant, context, parts, Horizon.earliest(connection), MergedMembers.read(connection));
            T done = work.apply(transaction);
            transaction.finish();
            R result = beforeCommit.apply(transaction, done);
            transaction.finish();
            return result;
        } catch (RuntimeException e) {
            throw GrantedRecordView.isConflict(e) ? new WriteConflictException("Another write to the same resources came in between. Try again.", e) : e;
        }
    }

    /**
     * Merges of members, and their undoing.
     *
     * @param grant has to reach everyone and allow reading, creating and updating everything
     */
    public MemberMerges merges(Grant grant) {
        return new MemberMerges(grant, context, parts);
    }

    /** In whose record those of these Patients are who are merged into another: the survivors, by the merged Patients' ids. */
    public Map<String, String> survivors(Collection<String> patientIds) {
        try (Connection connection = context.dataSource().getConnection();
            PreparedStatement select = connection.prepareStatement("SELECT merged, survivor FROM store.merged_member WHERE merged = ANY(?)")) {
            select.setArray(1, connection.createArrayOf("text", patientIds.toArray()));
            Map<String, String> survivors = new HashMap<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    survivors.put(rows.getString(1), rows.getString(2));
                }
            }
            return survivors;
        } catch (SQLException e) {
            throw new StoreFailureException("The database could not tell who is merged.", e);
        }
    }

    /** Sets of members that grants reach together. */
    public Panels panels() {
        return new Panels(context.members());
    }

    /**
     * An instant of now whose state will never change again: every write that is stamped at or before it is visible when this returns, one that was acknowledged just before it among
     * them. Writes go on meanwhile.
     *
     * @param longest how long to wait for writes under way
     * @throws StoreFailureException if they take longer
     */
    public Instant settle(Duration longest) {
        return new Horizon(context.dataSource()).settle(longest);
    }

    public PageCursors cursors() {
        return cursors;
    }

    /** For the health page. */
    public ReindexProgress reindex() {
        return reindex.progress();
    }

    /** Ends the background work. The pool is the caller's. */
    @Override
    public void close() {
        background.close();
        parts.reads().close();
    }

    /** A secret of this database: made by whichever node needs it first, the same for all. */
    private static byte[] secret(Connection connection, String name, int bytes) throws SQLException {
        byte[] fresh = new byte[bytes];
        new SecureRandom().nextBytes(fresh);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO store.setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING")) {
            insert.setString(1, name);
            insert.setBytes(2, fresh);
            insert.executeUpdate();
        }
        try (PreparedStatement select = connection.prepareStatement("SELECT value FROM store.setting WHERE name = ?")) {
            select.setString(1, name);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getBytes(1);
            }
        }
    }
}
