package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Two Patients of one person become one record, and two again. Both happen wholly in the caller's transaction, so that whatever follows from them happens with them; while it runs nobody else writes, and
 * what is written later, on any node, knows of it. Who decides it, and that it is told, is the caller's to see to.
 *
 * <p>The survivor's record takes the merged member's resources over: each becomes a new version that names the survivor, and grants for the survivor reach it. The merged Patient stays alone in its own
 * record, inactive. The undoing writes what was given before and since under the merged one's name as a further version; the versions of the time between are the plan's own to read.
 */
public final class MemberMerges {

    private static final String PATIENT = "Patient";
    private static final int AT_ONCE = 500;
    /** Everybody who writes waits behind this, on every node. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String WAITED_TOO_LONG = "55P03";

    private final Grant grant;
    private final StoreContext context;
    private final StoreParts parts;
    private final Duration patience;

    MemberMerges(Grant grant, StoreContext context, StoreParts parts) {
        this(grant, context, parts, PATIENCE);
    }

    /** @param patience how long writes under way are waited for */
    MemberMerges(Grant grant, StoreContext context, StoreParts parts, Duration patience) {
        this.grant = grant;
        this.context = context;
        this.parts = parts;
        this.patience = patience;
    }

    /** Who cannot be merged, or of whom no merge stands, and why. */
    public static class RefusedException extends RuntimeException {

        RefusedException(String message) {
            super(message);
        }
    }

    /** A write that was under way did not end. The transaction is lost; the caller may run it again from its start, after others had their turn. */
    public static final class BusyException extends RefusedException {

        BusyException() {
            super("A large write is under way, and nothing was changed: try again in a minute.");
        }
    }

    /**
     * @return how many resources were moved
     * @throws RefusedException if one is no Patient here, or already part of a merge that would become a chain; a {@link BusyException} if others would wait for it too long
     */
    public int merge(Connection connection, String survivor, String merged) throws SQLException {
        lockWriters(connection);
        MergedMembers before = MergedMembers.read(connection);
        requireMergeable(before, survivor, merged);
        // The writes' time is known only with the transaction, and that needs the merges: the row gets it right after.
        execute(connection, "INSERT INTO store.merged_member (merged, survivor, since) VALUES (?, ?, 0)", merged, survivor);
        GrantedWriteTransaction transaction = transaction(connection);
        execute(connection, "UPDATE store.merged_member SET since = ? WHERE merged = ?", transaction.time(), merged);
        ResourceKey into = new ResourceKey(PATIENT, survivor);
        ResourceKey from = new ResourceKey(PATIENT, merged);
        Map<ResourceKey, JsonDocument> both = bodies(transaction, List.of(into, from));
        if (both.size() < 2) {
            throw new RefusedException("Patient/" + (both.containsKey(into) ? merged : survivor) + " is not here.");
        }
        int moved = 0;
        List<ResourceKey> through = new ArrayList<>();
        List<ResourceKey> keys = keysOf(connection, key(connection, merged));
        for (int at = 0; at < keys.size(); at += AT_ONCE) {
            for (Map.Entry<ResourceKey, JsonDocument> each : bodies(transaction, keys.subList(at, Math.min(keys.size(), at + AT_ONCE))).entrySet()) {
                if (each.getKey().equals(from)) {
                    continue;
                }
                if (transaction.move(each.getKey(), each.getValue(), null, false)) {
                    moved++;
                } else {
                    through.add(each.getKey());
                }
            }
        }
        transaction.finish();
        for (Map.Entry<ResourceKey, JsonDocument> each : bodies(transaction, through).entrySet()) {
            transaction.move(each.getKey(), each.getValue(), merged, true);
            moved++;
        }
        both.forEach((key, body) -> transaction.move(key, body, null, true));
        transaction.finish();
        return moved;
    }

    /**
     * @return how many resources went back
     * @throws RefusedException if the Patient is not merged; a {@link BusyException} if others would wait for it too long
     */
    public int unmerge(Connection connection, String merged) throws SQLException {
        lockWriters(connection);
        String survivor = MergedMembers.read(connection).survivors().get(merged);
        if (survivor == null) {
            throw new RefusedException("Patient/" + merged + " is not merged.");
        }
        long since = since(connection, merged);
        execute(connection, "DELETE FROM store.merged_member WHERE merged = ?", merged);
        GrantedWriteTransaction transaction = transaction(connection);
        MemberHomes homes = new MemberHomes(connection, context, MergedMembers.read(connection));
        Map<ResourceKey, JsonDocument> given = given(connection, merged, survivor);
        execute(connection, "DELETE FROM store.merged_resource WHERE merged = ? OR self = ?", merged, self(new ResourceKey(PATIENT, survivor)));
        int moved = giveBack(connection, transaction, homes, given, survivor, merged);
        moved += follow(connection, transaction, homes, key(connection, survivor));
        transaction.finish();
        hide(connection, since, List.of(new ResourceKey(PATIENT, survivor), new ResourceKey(PATIENT, merged)));
        return moved - 2;
    }

    /** Everything that came under the merged member's name, as it was given. */
    private int giveBack(Connection connection, GrantedWriteTransaction transaction, MemberHomes homes, Map<ResourceKey, JsonDocument> given, String survivor, String merged) throws SQLException {
        int moved = 0;
        List<ResourceKey> deleted = new ArrayList<>();
        List<ResourceKey> through = new ArrayList<>();
        List<ResourceKey> keys = List.copyOf(given.keySet());
        for (int at = 0; at < keys.size(); at += AT_ONCE) {
            for (Map.Entry<ResourceKey, ReadResult> each : transaction.lock(keys.subList(at, Math.min(keys.size(), at + AT_ONCE))).entrySet()) {
                ResourceKey key = each.getKey();
                if (!(each.getValue() instanceof ReadResult.Found)) {
                    Stream.of(key).filter(gone -> !gone.equals(new ResourceKey(PATIENT, survivor))).forEach(deleted::add);
                } else if (saysWhose(homes, key, given.get(key))) {
                    transaction.move(key, given.get(key), null, true);
                    moved++;
                } else {
                    through.add(key);
                }
            }
        }
        transaction.finish();
        giveBackDeleted(connection, key(connection, survivor), key(connection, merged), deleted); // before what is about them asks where they are
        for (ResourceKey key : through) {
            transaction.move(key, given.get(key), null, true);
            moved++;
        }
        transaction.finish();
        return moved;
    }

    /** What came meanwhile and names nobody goes where what it is about went. */
    private int follow(Connection connection, GrantedWriteTransaction transaction, MemberHomes homes, long survivor) throws SQLException {
        List<ResourceKey> candidates = keysOf(connection, survivor).stream().filter(key -> !context.homes().through(key.type()).isEmpty()).toList();
        int moved = 0;
        for (int at = 0; at < candidates.size(); at += AT_ONCE) {
            for (Map.Entry<ResourceKey, JsonDocument> each : bodies(transaction, candidates.subList(at, Math.min(candidates.size(), at + AT_ONCE))).entrySet()) {
                IndexRow index = context.index().build(each.getValue());
                if (homes.patientId(each.getKey(), each.getValue(), index) == null && homes.through(index) != survivor) {
                    transaction.move(each.getKey(), each.getValue(), null, true);
                    moved++;
                }
            }
        }
        return moved;
    }

    private boolean saysWhose(MemberHomes homes, ResourceKey key, JsonDocument body) {
        return homes.patientId(key, body, context.index().build(body)) != null;
    }

    /** Nobody writes until the end of this transaction, on no node. Whoever comes meanwhile waits behind this one for writes that were there before: if one of those hangs, as on a node that stands still, nobody would write any more. */
    private void lockWriters(Connection connection) throws SQLException {
        if (connection.getAutoCommit()) {
            throw new IllegalStateException("a merge needs a transaction");
        }
        try (Statement statement = connection.createStatement(); PreparedStatement lock = connection.prepareStatement("SELECT pg_advisory_xact_lock(?)")) {
            statement.execute("SET LOCAL lock_timeout = " + patience.toMillis());
            lock.setLong(1, Horizon.WRITERS);
            lock.execute();
            statement.execute("SET LOCAL lock_timeout TO DEFAULT");
        } catch (SQLException e) {
            if (WAITED_TOO_LONG.equals(e.getSQLState())) {
                throw new BusyException();
            }
            throw e;
        }
        execute(connection, "UPDATE store.horizon SET merges = merges + 1");
    }

    private GrantedWriteTransaction transaction(Connection connection) throws SQLException {
        return new GrantedWriteTransaction(connection, grant, context, parts, Horizon.earliest(connection), MergedMembers.read(connection));
    }

    private static void requireMergeable(MergedMembers members, String survivor, String merged) {
        if (survivor.equals(merged)) {
            throw new RefusedException("Two different Patients are merged.");
        }
        for (String patient : List.of(survivor, merged)) {
            if (members.survivors().containsKey(patient)) {
                throw new RefusedException("Patient/" + patient + " is merged into Patient/" + members.survivors().get(patient) + " already.");
            }
        }
        if (!members.mergedInto(merged).isEmpty()) {
            throw new RefusedException("Patient/" + merged + " is the survivor of a merge: undo that first, or let it survive this one too.");
        }
    }

    private static Map<ResourceKey, JsonDocument> bodies(GrantedWriteTransaction transaction, List<ResourceKey> keys) {
        Map<ResourceKey, JsonDocument> bodies = new LinkedHashMap<>();
        transaction.lock(keys).forEach((key, result) -> {
            if (result instanceof ReadResult.Found found) {
                bodies.put(key, JsonDocument.parse(found.resource().content().json()));
            }
        });
        return bodies;
    }

    private List<ResourceKey> keysOf(Connection connection, long member) throws SQLException {
        List<ResourceKey> keys = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT type, id FROM store.resource WHERE member = ? AND NOT deleted ORDER BY type, rid")) {
            select.setLong(1, member);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    keys.add(new ResourceKey(context.names().typeName(rows.getShort(1)), rows.getString(2)));
                }
            }
        }
        return keys;
    }

    private Map<ResourceKey, JsonDocument> given(Connection connection, String merged, String survivor) throws SQLException {
        Map<ResourceKey, JsonDocument> given = new LinkedHashMap<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT type, id, given FROM store.merged_resource WHERE merged = ? OR self = ? ORDER BY type, id")) {
            select.setString(1, merged);
            select.setLong(2, self(new ResourceKey(PATIENT, survivor)));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    given.put(new ResourceKey(context.names().typeName(rows.getShort(1)), rows.getString(2)), JsonDocument.parse(context.codec().decode(rows.getBytes(3))));
                }
            }
        }
        return given;
    }

    /** What was deleted meanwhile was the merged member's. */
    private void giveBackDeleted(Connection connection, long survivor, long merged, List<ResourceKey> deleted) throws SQLException {
        execute(connection, "UPDATE store.resource SET member = ? WHERE self = ANY(?) AND member = ? AND deleted", merged, selves(deleted), survivor);
    }

    /** The Patients' versions of the time of the merge name each other. */
    private void hide(Connection connection, long since, List<ResourceKey> patients) throws SQLException {
        execute(connection, "UPDATE store.history SET member = ? WHERE self = ANY(?) AND updated >= ?", MemberKeys.NOBODY, selves(patients), since);
    }

    private long[] selves(List<ResourceKey> keys) {
        return keys.stream().mapToLong(this::self).toArray();
    }

    private long self(ResourceKey key) {
        return context.hash().self(context.names().type(key.type()), key.id());
    }

    private long key(Connection connection, String patient) throws SQLException {
        return context.members().findOrAdd(connection, new TreeSet<>(List.of(patient))).get(patient);
    }

    private static long since(Connection connection, String merged) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT since FROM store.merged_member WHERE merged = ?")) {
            select.setString(1, merged);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static void execute(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }
}
