package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The rows that a transaction found or made, each locked once and remembered.
 *
 * <p>Two transactions that create the same id do not see each other's row: the second meets the unique index on {@code self}, and its work runs again and then finds
 * the row. So ids that were never used need no lock of their own.
 */
final class PresentRows {

    /** The interactions with a resource that is there. */
    private static final Set<Interaction> TOUCHING = EnumSet.of(Interaction.READ, Interaction.UPDATE, Interaction.DELETE);

    private final Connection connection;
    private final StoreContext context;
    private final WriteChecks checks;
    private final Map<ResourceKey, Present> present = new HashMap<>();
    private final Set<String> ownIds = new LinkedHashSet<>();
    private final Set<ResourceKey> named = new HashSet<>();

    /**
     * A resource's state in this transaction.
     *
     * @param version 0 if it was never there
     * @param reached the interactions for which the grant reaches it
     */
    record Present(ResourceKey key, long self, long rid, long member, long version, long updated, boolean deleted, @Nullable StoredContent content, Set<Interaction> reached) {

        boolean lives() {
            return version > 0 && !deleted;
        }
    }

    PresentRows(Connection connection, StoreContext context, WriteChecks checks) {
        this.connection = connection;
        this.context = context;
        this.checks = checks;
    }

    /** An id that nobody has, for a resource of this transaction. */
    String newId() {
        String id = UUID.randomUUID().toString();
        ownIds.add(id);
        return id;
    }

    /** Whether it was made here under an id of {@link #newId}. */
    boolean isOwn(ResourceKey key) {
        return named.contains(key);
    }

    Present of(ResourceKey key) throws SQLException {
        Present known = present.get(key);
        if (known == null) {
            if (ownIds.remove(key.id())) {
                known = absent(key, self(key));
                named.add(key);
                present.put(key, known);
            } else {
                lock(List.of(key));
                known = present.get(key);
            }
        }
        return known;
    }

    /** The same, and an id of {@link #newId} stays free for a resource of its own. */
    Present found(ResourceKey key) throws SQLException {
        lock(List.of(key));
        return present.get(key);
    }

    /** It is being sent. */
    void written(PendingRow row) {
        present.put(row.key, new Present(row.key, row.self, row.rid, row.member, row.version, row.updated, row.deleted(), row.content == null ? null : context.codec().content(row.content), EnumSet.allOf(Interaction.class)));
    }

    /** Whoever is wrong in this meets the unique index. */
    void expectNew(Collection<ResourceKey> keys) {
        keys.forEach(key -> present.computeIfAbsent(key, k -> absent(k, self(k))));
    }

    /** Those that are not known yet, in the order of their hashes, so that two who lock several do not wait for each other. */
    void lock(Collection<ResourceKey> wanted) throws SQLException {
        List<ResourceKey> keys = wanted.stream().filter(key -> !present.containsKey(key)).toList();
        if (keys.isEmpty()) {
            return;
        }
        Map<Long, ResourceKey> bySelf = new HashMap<>();
        for (ResourceKey key : keys) {
            bySelf.put(self(key), key);
        }
        long[] selves = bySelf.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
        Set<String> types = new TreeSet<>();
        keys.forEach(key -> types.add(key.type()));
        Sql sql = Sql.of("SELECT r.self, r.type, r.id, r.rid, r.member, r.version, r.updated, r.deleted, " + LargeContent.column("r") + ", ").add(reached(types))
            .add(" FROM store.resource r WHERE r.self = ANY(").bind(selves).add(") ORDER BY r.self FOR UPDATE");
        try (PreparedStatement select = sql.prepare(connection, 0);
            ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                ResourceKey key = bySelf.remove(rows.getLong(1));
                requireSame(key, rows.getShort(2), rows.getString(3));
                present.put(key, new Present(key, rows.getLong(1), rows.getLong(4), rows.getLong(5), rows.getLong(6), rows.getLong(7), rows.getBoolean(8),
                    content(rows.getBytes(9), rows.getLong(1), rows.getLong(6)), interactions(rows.getInt(10))));
            }
        }
        bySelf.forEach((self, key) -> present.put(key, absent(key, self)));
    }

    private @Nullable StoredContent content(byte @Nullable [] column, long self, long version) {
        if (column == null) {
            return null;
        }
        return LargeContent.is(column) ? LargeContent.of(column, context, connection, self, version) : context.codec().content(column);
    }

    /** Two ids with one hash: will not happen in 2^64, and if it does nobody gets a wrong resource. */
    private void requireSame(ResourceKey key, int type, String id) {
        if (!id.equals(key.id()) || type != context.names().type(key.type())) {
            throw new IllegalStateException("this id cannot be used: its hash is that of another resource");
        }
    }

    private static Present absent(ResourceKey key, long self) {
        return new Present(key, self, 0, MemberKeys.NOBODY, 0, 0, false, null, EnumSet.allOf(Interaction.class));
    }

    /** Which of the interactions with a present resource reach the row, as a sum of their bits. */
    private Sql reached(Set<String> types) throws SQLException {
        Sql sql = new Sql();
        String plus = "";
        for (Interaction interaction : TOUCHING) {
            int bit = 1 << interaction.ordinal();
            sql = checks.predicate().isEverything(types, interaction) ? sql.add(plus).bind(bit)
                : sql.add(plus).add("(CASE WHEN ").add(checks.predicate().rows(types, interaction)).add(" THEN ").bind(bit).add(" ELSE 0 END)");
            plus = " + ";
        }
        return sql;
    }

    private static Set<Interaction> interactions(int bits) {
        EnumSet<Interaction> interactions = EnumSet.noneOf(Interaction.class);
        for (Interaction interaction : TOUCHING) {
            if ((bits & 1 << interaction.ordinal()) != 0) {
                interactions.add(interaction);
            }
        }
        return interactions;
    }

    long self(ResourceKey key) {
        return context.hash().self(context.names().type(key.type()), key.id());
    }

    /** As a reader with the same grant finds it. */
    ReadResult result(Present state) {
        if (state.version() == 0 || state.reached().isEmpty()) {
            return new ReadResult.Absent(state.key());
        }
        Instant updated = Instant.ofEpochMilli(state.updated());
        return state.deleted() ? new ReadResult.Gone(state.key(), state.version(), updated) : new ReadResult.Found(stored(state));
    }

    StoredResource stored(Present state) {
        return new StoredResource(state.key(), state.version(), Instant.ofEpochMilli(state.updated()), StoredRows.change(state.version(), false), state::member,
            state.content());
    }
}
