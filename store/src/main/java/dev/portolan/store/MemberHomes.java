package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the member of what one transaction writes. */
final class MemberHomes {

    /** A Provenance may name thousands of targets; the first that are known decide. */
    private static final int MOST_LOOKED_UP = 16;
    private static final String PATIENT = "Patient";

    private final Connection connection;
    private final StoreContext context;
    private final MergedMembers merged;
    private final Map<String, Long> used = new HashMap<>();

    /** @param merged whose records are kept in another's */
    MemberHomes(Connection connection, StoreContext context, MergedMembers merged) {
        this.connection = connection;
        this.context = context;
        this.merged = merged;
    }

    /** The Patient whose record the resource belongs to, by what it says itself; null if it names none. */
    @Nullable String patientId(ResourceKey key, JsonDocument body, IndexRow index) {
        if (key.type().equals(PATIENT)) {
            return key.id();
        }
        return key.type().equals("Binary") ? securityContext(body) : index.patientId();
    }

    /** {@code Binary.securityContext} is no search parameter: read as those are, below our own bases and with a version, too. */
    private @Nullable String securityContext(JsonDocument body) {
        JsonValue reference = body.root().field("securityContext");
        String text = reference == null ? null : reference.fieldText("reference");
        String[] parts = text == null ? new String[0] : context.settings().local(text).split("/", -1);
        boolean patient = parts.length >= 2 && parts[0].equals(PATIENT) && (parts.length == 2 || parts.length == 4 && parts[2].equals("_history"));
        return patient ? parts[1] : null;
    }

    /** Sets the member of each row that is not a deletion. */
    void assign(Collection<PendingRow> rows) throws SQLException {
        Set<String> patientIds = new HashSet<>();
        boolean any = false;
        for (PendingRow row : rows) {
            if (row.patientId != null && !used.containsKey(row.patientId)) {
                patientIds.add(row.patientId);
            }
            any |= row.patientId == null && row.index.through().length > 0;
        }
        if (!patientIds.isEmpty()) {
            used.putAll(context.members().findOrAdd(connection, patientIds));
        }
        for (PendingRow row : rows) {
            if (!row.deleted()) {
                row.member = row.patientId == null ? MemberKeys.NOBODY : row.key.type().equals(PATIENT) ? used.get(row.patientId) : merged.home(used.get(row.patientId));
            }
        }
        if (any) {
            assignThrough(rows);
        }
    }

    private void assignThrough(Collection<PendingRow> rows) throws SQLException {
        Map<Long, Long> homes = new HashMap<>();
        rows.stream().filter(row -> row.member != MemberKeys.NOBODY).forEach(row -> homes.put(row.self, row.member));
        Set<Long> unknown = new HashSet<>();
        for (PendingRow row : rows) {
            if (row.patientId == null && first(row.index, homes) == MemberKeys.NOBODY) {
                Arrays.stream(row.index.through()).limit(MOST_LOOKED_UP).forEach(unknown::add);
            }
        }
        if (!unknown.isEmpty()) {
            homes.putAll(stored(unknown.stream().mapToLong(Long::longValue).toArray()));
        }
        for (PendingRow row : rows) {
            if (row.patientId == null && !row.deleted()) {
                row.member = first(row.index, homes);
            }
        }
    }

    /** The home that a resource shares with a stored one that it names, or nobody. */
    long through(IndexRow index) throws SQLException {
        return index.through().length == 0 ? MemberKeys.NOBODY : first(index, stored(Arrays.copyOf(index.through(), Math.min(index.through().length, MOST_LOOKED_UP))));
    }

    private static long first(IndexRow index, Map<Long, Long> homes) {
        for (long self : index.through()) {
            Long member = homes.get(self);
            if (member != null) {
                return member;
            }
        }
        return MemberKeys.NOBODY;
    }

    private Map<Long, Long> stored(long[] selves) throws SQLException {
        Map<Long, Long> homes = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT self, member FROM store.resource WHERE self = ANY(?) AND member <> 0")) {
            select.setObject(1, selves);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    homes.put(rows.getLong(1), merged.home(rows.getLong(2)));
                }
            }
        }
        return homes;
    }

    void committed() {
        context.members().remember(used);
    }
}
