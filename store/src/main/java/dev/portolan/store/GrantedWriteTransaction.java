package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.store.PresentRows.Present;
import dev.portolan.store.WriteTransaction.Written.Outcome;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One database transaction. Rows are gathered and sent when something has to be read, when there are many, and at the end. What was there is known to {@link PresentRows}, what is allowed to
 * {@link WriteChecks}.
 */
final class GrantedWriteTransaction implements WriteTransaction {

    /** Rows and bytes gathered before they are sent, to bound memory. */
    private static final int MOST_ROWS = 20_000;
    private static final int MOST_BYTES = 32 << 20;
    /** Conditions are locked by stripe, so that a large bundle cannot exhaust the server's lock table. */
    private static final int STRIPES = 4096;
    private static final int LOCK_SPACE = 0x504f5254;

    private final Connection connection;
    private final Grant grant;
    private final StoreContext context;
    private final StoreParts parts;
    private final MemberHomes memberHomes;
    private final InheritedLabels inherited;
    private final AttachedLabels attached;
    private final RowWriter writer;
    private final Redirection redirection;
    private final WriteChecks checks;
    private final PresentRows present;
    private final Map<ResourceKey, PendingRow> pending = new LinkedHashMap<>();
    private final List<PendingRow> withoutDictionary = new ArrayList<>();
    private int pendingBytes;
    private final long now;
    private final String nowText;
    private @Nullable RuntimeException failure;

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
        this.checks = new WriteChecks(connection, grant, context, memberHomes);
        this.present = new PresentRows(connection, context, checks);
        LabelPlaces places = new LabelPlaces(connection);
        this.inherited = new InheritedLabels(connection, context, places);
        this.attached = new AttachedLabels(connection, context, places);
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
            present.lock(keys);
            Map<ResourceKey, ReadResult> results = new LinkedHashMap<>();
            for (ResourceKey key : keys) {
                results.put(key, present.result(present.of(key)));
            }
            return results;
        });
    }

    @Override
    public void expectNew(Collection<ResourceKey> keys) {
        present.expectNew(keys);
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
        Interaction interaction = before.lives() ? Interaction.UPDATE : Interaction.CREATE;
        checks.requireNameable(before, present.isOwn(key));
        checks.predicate().require(key.type(), interaction);
        WriteChecks.requireReached(before, interaction);
        IndexRow index = null;
        if (context.index().isAboutOthers(key.type(), body)) {
            index = context.index().build(body);
            JsonDocument labelled = SecurityLabels.add(body, asksLater(before, interaction) ? inherited.ofKnown(key, body, index) : inherited.of(key.type(), body, index));
            index = labelled == body ? index : null;
            body = labelled;
        }
        if (before.lives()) {
            body = SecurityLabels.add(body, attached.of(key, before.self(), before.member()));
        }
        Written unchanged = moving ? null : unchanged(before, body);
        if (unchanged != null) {
            redirection.keep(key, before.self(), before.member(), taken);
            inherited.stands(before.self(), SecurityLabels.inheritable(body));
            return unchanged;
        }
        index = index == null ? context.index().build(body) : index;
        checks.requireReachable(key, body, index, interaction, this::flush);
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
        return !before.key().type().equals("Bundle") && checks.predicate().isEverything(Set.of(before.key().type()), interaction)
            && (before.content() == null || !new String(before.content().json(), StandardCharsets.ISO_8859_1).contains("\"security\""));
    }

    private void noteLabels(Present before, JsonDocument body) {
        Set<String> labels = SecurityLabels.inheritable(body);
        Set<String> earlier = labels.isEmpty() || before.content() == null ? Set.of() : SecurityLabels.inheritable(JsonDocument.parse(before.content().json()));
        inherited.written(before.key(), before.self(), earlier, labels);
        attached.written(before.key(), body, labels);
    }

    @Override
    public Written delete(ResourceKey key) {
        return attempt(() -> {
            checks.predicate().require(key.type(), Interaction.DELETE);
            Present before = presentState(key);
            checks.requireOwnType(key.type());
            checks.predicate().requirePatient(key.type(), key.id());
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
        return present.newId();
    }

    @Override
    public ReadResult read(ResourceKey key) {
        return attempt(() -> {
            flush();
            return parts.reads().read(connection, checks.predicate(), key);
        });
    }

    @Override
    public ReadResult readVersion(ResourceKey key, long version) {
        return attempt(() -> {
            flush();
            return parts.reads().readVersion(connection, checks.predicate(), key, version);
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
        return present.of(key);
    }

    /** The write would change nothing but the stamps: what stands there, or null if it would. */
    private @Nullable Written unchanged(Present before, JsonDocument body) {
        if (!before.lives()) {
            return null;
        }
        byte[] stamped = Stamps.stamp(body, before.key().id(), before.version(), Stamps.instant(before.updated()));
        boolean same = Arrays.equals(stamped, before.content().json());
        return same ? new Written(present.stored(before), Outcome.UNCHANGED) : null;
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
        attached.want(pending.values());
        inherited.hold(pending.values());
        passLabelsOn();
        inherited.requireStillAbsent(pending.values());
        List<PendingRow> added = new ArrayList<>();
        List<PendingRow> changed = new ArrayList<>();
        for (PendingRow row : pending.values()) {
            (row.isNew() ? added : changed).add(row);
            present.written(row);
        }
        pending.clear();
        pendingBytes = 0;
        checks.membersChanged();
        if (!added.isEmpty()) {
            writer.insert(added);
        }
        if (!changed.isEmpty()) {
            writer.update(changed);
        }
    }

    private void passLabelsOn() throws SQLException {
        do {
            while (inherited.hasGrown()) {
                for (InheritedLabels.Heir heir : inherited.heirs(List.copyOf(pending.values()))) {
                    inherit(heir);
                }
                memberHomes.assign(pending.values());
            }
            List<InheritedLabels.Heir> documents = attached.heirs(pending.values());
            for (InheritedLabels.Heir document : documents) {
                inherit(document);
            }
            if (!documents.isEmpty()) {
                memberHomes.assign(pending.values());
            }
        } while (inherited.hasGrown());
    }

    /** What is about a labelled resource takes the labels on, and so do its documents, whatever the caller's grant says of them. */
    private void inherit(InheritedLabels.Heir heir) throws SQLException {
        ResourceKey key = heir.key();
        PendingRow waiting = pending.get(key);
        Present before = present.found(key);
        StoredContent content = waiting == null ? before.content() : context.codec().content(waiting.content);
        if (content == null || waiting != null && waiting.deleted()) {
            return;
        }
        JsonDocument body = JsonDocument.parse(content.json());
        JsonDocument labelled = SecurityLabels.add(body, heir.labels());
        if (labelled == body) {
            return;
        }
        IndexRow index = context.index().build(labelled);
        long updated = waiting == null ? Math.max(now, before.updated()) : waiting.updated;
        byte[] json = waiting == null ? Stamps.stamp(labelled, key.id(), before.version() + 1, Stamps.instant(updated)) : labelled.bytes();
        byte[] stored = context.codec().encode(context.names().type(key.type()), json);
        Set<String> labels = SecurityLabels.inheritable(labelled);
        inherited.written(key, present.self(key), SecurityLabels.inheritable(body), labels);
        attached.written(key, labelled, labels);
        if (waiting == null) {
            pending.put(key, new PendingRow(key, context.names().type(key.type()), before.self(), before.rid(), before.version(), updated, index, stored, memberHomes.patientId(key, labelled, index), before.member()));
        } else {
            waiting.index = index;
            waiting.content = stored;
            waiting.labelled = json;
        }
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
