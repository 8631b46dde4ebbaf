package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.store.WriteTransaction.Written.Outcome;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One database transaction. Rows are gathered and sent when something has to be read, when there are many, and at the end.
 *
 * <p>Two transactions that create the same id do not see each other's row: the second meets the unique index on {@code self}, and its work runs again and then finds
 * the row. So ids that were never used need no lock of their own.
 */
final class GrantedWriteTransaction implements WriteTransaction {

    /** Rows and bytes gathered before they are sent, to bound memory. */
    private static final int MOST_ROWS = 20_000;
    private static final int MOST_BYTES = 32 << 20;
    /** The interactions with a resource that is there. */
    private static final Set<Interaction> TOUCHING = EnumSet.of(Interaction.READ, Interaction.UPDATE, Interaction.DELETE);
    /** Conditions are locked by stripe, so that a large bundle cannot exhaust the server's lock table. */
    private static final int STRIPES = 4096;
    private static final int LOCK_SPACE = 0x504f5254;

    private final Connection connection;
    private final Grant grant;
    private final StoreContext context;
    private final StoreParts parts;
    private final MemberHomes memberHomes;
    private final InheritedLabels inherited;
    private final RowWriter writer;
    private final Redirection redirection;
    private final Map<ResourceKey, Present> present = new HashMap<>();
    private final Set<String> ownIds = new LinkedHashSet<>();
    private final Set<ResourceKey> named = new HashSet<>();
    private final Map<ResourceKey, PendingRow> pending = new LinkedHashMap<>();
    private final List<PendingRow> withoutDictionary = new ArrayList<>();
    private int pendingBytes;
    private final long now;
    private final String nowText;
    private @Nullable GrantPredicate predicate;
    private @Nullable RuntimeException failure;

    /**
     * A resource's state in this transaction.
     *
     * @param version 0 if it was never there
     * @param reached the interactions for which the grant reaches it
     */
    private record Present(ResourceKey key, long self, long rid, long member, long version, long updated, boolean deleted, byte @Nullable [] content, Set<Interaction> reached) {

        boolean lives() {
            return version > 0 && !deleted;
        }
    }

    /**
     * @param earliest the least time that the writes may have, as far as it is known
     * @param merged whose records are kept in another's, as far as it is known
     */
    GrantedWriteTransaction(Connection connection, Grant grant, StoreContext context, StoreParts parts, long earliest, MergedMembers merged) {
        this.connection = connection;
        this.grant = grant;
        this.context = context;
        this.parts = parts;
        this.memberHomes = new MemberHomes(connection, context, merged);
        this.inherited = new InheritedLabels(connection, context);
        this.now = Math.max(System.currentTimeMillis(), earliest);
        this.nowText = Stamps.instant(now);
        this.writer = new RowWriter(connection, context.index(), now, merged.generation());
        this.redirection = new Redirection(connection, context, merged, memberHomes);
    }

    @Override
    public Map<ResourceKey, ReadResult> lock(Collection<ResourceKey> keys) {
        return attempt(() -> {
            if (keys.stream().anyMatch(pending::containsKey)) {
                flush();
            }
            lockRows(keys.stream().filter(key -> !present.containsKey(key)).toList());
            Map<ResourceKey, ReadResult> results = new LinkedHashMap<>();
            for (ResourceKey key : keys) {
                results.put(key, result(present.get(key)));
            }
            return results;
        });
    }

    @Override
    public void serialize(Collection<String> conditionKeys) {
        attempt(() -> {
            TreeSet<Integer> stripes = new TreeSet<>();
            conditionKeys.forEach(key -> stripes.add((int) Long.remainderUnsigned(context.hash().lock(key), STRIPES)));
            try (PreparedStatement lock = connection.prepareStatement("SELECT pg_advisory_xact_lock(?, stripe) FROM unnest(?) AS stripe")) {
                lock.setInt(1, LOCK_SPACE);
                lock.setObject(2, stripes.stream().mapToInt(Integer::intValue).toArray());
                lock.execute();
            }
            return null;
        });
    }

    @Override
    public Written put(ResourceKey key, JsonDocument given) {
        return attempt(() -> put(key, redirection.take(key, given), false));
    }

    /**
     * For merges: writes a new version even if its content is the same, since its home may be another.
     *
     * @param under the merged member under whose name it is kept although it does not name that Patient; null if what it says decides
     * @return false if it says nothing of any Patient and is not to be kept: then nothing is written
     */
    boolean move(ResourceKey key, JsonDocument given, @Nullable String under, boolean always) {
        return attempt(() -> {
            Redirection.Taken taken = redirection.take(key, given);
            if (taken.merged() == null && under == null && !always) {
                return false;
            }
            put(key, under == null ? taken : new Redirection.Taken(given, given, under), true);
            return true;
        });
    }

    /** The time of these writes: milliseconds since 1970 UTC. */
    long time() {
        return now;
    }

    private Written put(ResourceKey key, Redirection.Taken taken, boolean moving) throws SQLException {
        JsonDocument body = SecurityLabels.add(taken.body(), context.labelling().of(key.type(), taken.body()));
        Present before = presentState(key);
        GrantPredicate allowed = predicate();
        Interaction interaction = before.lives() ? Interaction.UPDATE : Interaction.CREATE;
        requireNameable(before);
        allowed.require(key.type(), interaction);
        requireReached(before, interaction);
        IndexRow index = null;
        if (context.index().isAboutOthers(key.type(), body)) {
            index = context.index().build(body);
            JsonDocument labelled = SecurityLabels.add(body, asksLater(before, interaction) ? inherited.ofKnown(key, body, index) : inherited.of(key.type(), body, index));
            index = labelled == body ? index : null;
            body = labelled;
        }
        Written unchanged = moving ? null : unchanged(before, body);
        if (unchanged != null) {
            redirection.keep(key, before.self(), before.member(), taken);
            inherited.stands(before.self(), SecurityLabels.inheritable(body));
            return unchanged;
        }
        index = index == null ? context.index().build(body) : index;
        requireReachable(key, body, index, interaction);
        redirection.keep(key, before.self(), before.member(), taken);
        long updated = Math.max(now, before.updated());
        byte[] json = Stamps.stamp(body, key.id(), before.version() + 1, updated == now ? nowText : Stamps.instant(updated));
        byte[] content = context.codec().encode(context.names().type(key.type()), json);
        noteLabels(before, body);
        PendingRow row = add(before, updated, index, content, memberHomes.patientId(key, body, index));
        StoredResource stored = new StoredResource(key, row.version, Instant.ofEpochMilli(updated), StoredRows.change(row.version, false), () -> row.member,
            () -> row.labelled == null ? json : row.labelled);
        return new Written(stored, before.version() == 0 ? Outcome.CREATED : before.deleted() ? Outcome.CREATED : Outcome.UPDATED);
    }

    /**
     * Whoever may write everything is refused nothing for a label, so a batch can ask once for the labels of all that it is about: unless the answer tells whether this write changes anything.
     * A Bundle's are those of its own entries and need no question.
     */
    private boolean asksLater(Present before, Interaction interaction) throws SQLException {
        return !before.key().type().equals("Bundle") && predicate().isEverything(Set.of(before.key().type()), interaction)
            && (before.content() == null || !new String(context.codec().decode(before.content()), StandardCharsets.ISO_8859_1).contains("\"security\""));
    }

    private void noteLabels(Present before, JsonDocument body) {
        Set<String> labels = SecurityLabels.inheritable(body);
        Set<String> earlier = labels.isEmpty() || before.content() == null ? Set.of() : SecurityLabels.inheritable(JsonDocument.parse(context.codec().decode(before.content())));
        inherited.written(before.key(), before.self(), earlier, labels);
    }

    @Override
    public Written delete(ResourceKey key) {
        return attempt(() -> {
            predicate().require(key.type(), Interaction.DELETE);
            Present before = presentState(key);
            requireOwnType(key.type());
            predicate().requirePatient(key.type(), key.id());
            boolean reached = before.reached().contains(Interaction.DELETE);
            if (!before.lives() || !reached) {
                Instant at = Instant.ofEpochMilli(reached ? before.updated() : now);
                long version = reached ? before.version() : 0;
                return new Written(new StoredResource(key, version, at, StoredResource.Change.DELETED, () -> MemberKeys.NOBODY, context.codec().content(null)), Outcome.NOT_THERE);
            }
            long updated = Math.max(now, before.updated());
            PendingRow row = add(before, updated, IndexRow.TOMBSTONE, null, null);
            return new Written(new StoredResource(key, row.version, Instant.ofEpochMilli(updated), StoredResource.Change.DELETED, () -> row.member, context.codec().content(null)), Outcome.DELETED);
        });
    }

    @Override
    public Set<String> patientIds(Collection<StoredResource.Home> homes) {
        return attempt(() -> {
            flush();
            Set<Long> keys = new HashSet<>();
            homes.forEach(home -> keys.add(home.member()));
            return context.members().patientIds(connection, keys);
        });
    }

    @Override
    public String newId() {
        String id = UUID.randomUUID().toString();
        ownIds.add(id);
        return id;
    }

    @Override
    public ReadResult read(ResourceKey key) {
        return attempt(() -> {
            flush();
            return parts.reads().read(connection, predicate(), key);
        });
    }

    @Override
    public ReadResult readVersion(ResourceKey key, long version) {
        return attempt(() -> {
            flush();
            return parts.reads().readVersion(connection, predicate(), key, version);
        });
    }

    @Override
    public SearchPage search(SearchRequest request) {
        return attempt(() -> {
            flush();
            return parts.searches().search(connection, grant, request);
        });
    }

    /** Sends what is left. The caller commits. */
    void finish() {
        if (failure != null) {
            throw failure;
        }
        attempt(() -> {
            flush();
            return null;
        });
    }

    /** After the commit. */
    void committed() {
        memberHomes.committed();
        parts.compression().remember(withoutDictionary);
    }

    private Present presentState(ResourceKey key) throws SQLException {
        if (pending.containsKey(key)) {
            flush();
        }
        Present known = present.get(key);
        if (known == null) {
            if (ownIds.remove(key.id())) {
                known = absent(key, self(key));
                named.add(key);
                present.put(key, known);
            } else {
                lockRows(List.of(key));
                known = present.get(key);
            }
        }
        return known;
    }

    private void lockRows(List<ResourceKey> keys) throws SQLException {
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
        Sql sql = Sql.of("SELECT r.self, r.type, r.id, r.rid, r.member, r.version, r.updated, r.deleted, r.content, ").add(reached(types))
            .add(" FROM store.resource r WHERE r.self = ANY(").bind(selves).add(") ORDER BY r.self FOR UPDATE");
        try (PreparedStatement select = sql.prepare(connection, 0);
            ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                ResourceKey key = bySelf.remove(rows.getLong(1));
                requireSame(key, rows.getShort(2), rows.getString(3));
                present.put(key, new Present(key, rows.getLong(1), rows.getLong(4), rows.getLong(5), rows.getLong(6), rows.getLong(7), rows.getBoolean(8), rows.getBytes(9),
                    interactions(rows.getInt(10))));
            }
        }
        bySelf.forEach((self, key) -> present.put(key, absent(key, self)));
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
            sql = predicate().isEverything(types, interaction) ? sql.add(plus).bind(bit)
                : sql.add(plus).add("(CASE WHEN ").add(predicate().rows(types, interaction)).add(" THEN ").bind(bit).add(" ELSE 0 END)");
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

    private long self(ResourceKey key) {
        return context.hash().self(context.names().type(key.type()), key.id());
    }

    private ReadResult result(Present state) {
        if (state.version() == 0 || state.reached().isEmpty()) {
            return new ReadResult.Absent(state.key());
        }
        Instant updated = Instant.ofEpochMilli(state.updated());
        return state.deleted() ? new ReadResult.Gone(state.key(), state.version(), updated) : new ReadResult.Found(stored(state));
    }

    private StoredResource stored(Present state) {
        return new StoredResource(state.key(), state.version(), Instant.ofEpochMilli(state.updated()), StoredRows.change(state.version(), false), state::member,
            context.codec().content(state.content()));
    }

    /** The write would change nothing but the stamps: what stands there, or null if it would. */
    private @Nullable Written unchanged(Present before, JsonDocument body) {
        if (!before.lives()) {
            return null;
        }
        byte[] stamped = Stamps.stamp(body, before.key().id(), before.version(), Stamps.instant(before.updated()));
        boolean same = Arrays.equals(stamped, context.codec().decode(before.content()));
        return same ? new Written(stored(before), Outcome.UNCHANGED) : null;
    }

    /** A deleted resource that comes back is created anew by whoever may touch it. */
    private static void requireReached(Present before, Interaction interaction) {
        boolean reached = interaction == Interaction.UPDATE ? before.reached().contains(Interaction.UPDATE) : before.version() == 0 || !before.reached().isEmpty();
        if (!reached) {
            throw notReached();
        }
    }

    private static GrantRefusedException notReached() {
        return new GrantRefusedException("This access does not reach the resource that is to be written.");
    }

    /**
     * Under a grant for some members a caller names no ids: whether an id is free would tell of others' resources, so an id that is free is refused as one that is taken.
     */
    private void requireNameable(Present before) {
        if (isLimited()) {
            requireOwnType(before.key().type());
            if (!named.contains(before.key()) && (before.version() == 0 || before.reached().isEmpty())) {
                throw notReached();
            }
        }
    }

    /** What is nobody's is everybody's to read, and the plan's to write. */
    private void requireOwnType(String type) {
        if (isLimited() && context.homes().isShared(type)) {
            throw new GrantRefusedException("This access does not include writing a " + type + ", which is no member's own.");
        }
    }

    private boolean isLimited() {
        return !(grant.members() instanceof Grant.Members.Everyone);
    }

    /** What is written must be within the grant, as what it replaces must. */
    private void requireReachable(ResourceKey key, JsonDocument body, IndexRow index, Interaction interaction) throws SQLException {
        if (!predicate().admits(key.type(), body, interaction)) {
            throw new GrantRefusedException("This access does not include writing a " + key.type() + " with this content.");
        }
        if (isLimited() && !context.homes().isShared(key.type())) {
            String patientId = memberHomes.patientId(key, body, index);
            boolean reachable = patientId != null ? predicate().reachesPatient(patientId) : reachesThrough(key, index);
            if (!reachable) {
                throw new GrantRefusedException("This access does not include writing into the record that the " + key.type() + " belongs to.");
            }
        }
    }

    private boolean reachesThrough(ResourceKey key, IndexRow index) throws SQLException {
        flush();
        return predicate().reachesMember(key.type(), memberHomes.through(index));
    }

    private PendingRow add(Present before, long updated, IndexRow index, byte @Nullable [] content, @Nullable String patientId) throws SQLException {
        ResourceKey key = before.key();
        long rid = before.version() == 0 ? parts.rids().next(connection) : before.rid();
        PendingRow row = new PendingRow(key, context.names().type(key.type()), before.self(), rid, before.version(), updated, index, content, patientId, before.member());
        pending.put(key, row);
        if (content != null && ContentCodec.dictionaryOf(content) == 0) {
            withoutDictionary.add(row);
        }
        pendingBytes += content == null ? 0 : content.length + index.tokens().length * Long.BYTES;
        if (pending.size() >= MOST_ROWS || pendingBytes >= MOST_BYTES) {
            flush();
        }
        return row;
    }

    private void flush() throws SQLException {
        if (pending.isEmpty() && !inherited.isAsked()) {
            return;
        }
        memberHomes.assign(pending.values());
        for (InheritedLabels.Heir heir : inherited.asked()) {
            inherit(heir);
        }
        while (inherited.hasGrown()) {
            for (InheritedLabels.Heir heir : inherited.heirs(List.copyOf(pending.values()))) {
                inherit(heir);
            }
            memberHomes.assign(pending.values());
        }
        inherited.requireStillAbsent();
        List<PendingRow> added = new ArrayList<>();
        List<PendingRow> changed = new ArrayList<>();
        for (PendingRow row : pending.values()) {
            (row.isNew() ? added : changed).add(row);
            present.put(row.key, new Present(row.key, row.self, row.rid, row.member, row.version, row.updated, row.deleted(), row.content, EnumSet.allOf(Interaction.class)));
        }
        pending.clear();
        pendingBytes = 0;
        if (grant.members() instanceof Grant.Members.Only) {
            predicate = null; // a member may have got its key only now
        }
        if (!added.isEmpty()) {
            writer.insert(added);
        }
        if (!changed.isEmpty()) {
            writer.update(changed);
        }
    }

    /** What is about a labelled resource takes the labels on, whatever the caller's grant says of it. */
    private void inherit(InheritedLabels.Heir heir) throws SQLException {
        ResourceKey key = heir.key();
        PendingRow waiting = pending.get(key);
        if (waiting == null && !present.containsKey(key)) {
            lockRows(List.of(key));
        }
        Present before = present.get(key);
        byte[] content = waiting == null ? before.content() : waiting.content;
        if (content == null) {
            return;
        }
        JsonDocument body = JsonDocument.parse(context.codec().decode(content));
        JsonDocument labelled = SecurityLabels.add(body, heir.labels());
        if (labelled == body) {
            return;
        }
        IndexRow index = context.index().build(labelled);
        long updated = waiting == null ? Math.max(now, before.updated()) : waiting.updated;
        byte[] json = waiting == null ? Stamps.stamp(labelled, key.id(), before.version() + 1, Stamps.instant(updated)) : labelled.bytes();
        byte[] stored = context.codec().encode(context.names().type(key.type()), json);
        inherited.written(key, self(key), SecurityLabels.inheritable(body), SecurityLabels.inheritable(labelled));
        if (waiting == null) {
            pending.put(key, new PendingRow(key, context.names().type(key.type()), before.self(), before.rid(), before.version(), updated, index, stored, memberHomes.patientId(key, labelled, index), before.member()));
        } else {
            waiting.index = index;
            waiting.content = stored;
            waiting.labelled = json;
        }
    }

    private GrantPredicate predicate() throws SQLException {
        if (predicate == null) {
            predicate = GrantPredicate.of(grant, context, connection);
        }
        return predicate;
    }

    private interface Work<T> {
        T run() throws SQLException;
    }

    /** After a failed statement the transaction is lost, whatever the caller makes of the exception. */
    private <T> T attempt(Work<T> work) {
        try {
            return work.run();
        } catch (SQLException e) {
            failure = new StoreFailureException("The database refused a statement of a write.", e);
            throw failure;
        }
    }
}
