package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The keys of members, by the logical ids of their Patients. A key never changes, so what is committed is remembered. */
final class MemberKeys {

    /** Belongs to no member. */
    static final long NOBODY = 0;
    private static final int REMEMBERED = 1_000_000;

    private final ConcurrentHashMap<String, Long> known = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, String> patients = new ConcurrentHashMap<>();

    /** The keys of all, sorted; null if one of them is not remembered. */
    long @Nullable [] known(Collection<String> patientIds) {
        long[] keys = new long[patientIds.size()];
        int i = 0;
        for (String id : patientIds) {
            Long key = known.get(id);
            if (key == null) {
                return null;
            }
            keys[i++] = key;
        }
        Arrays.sort(keys);
        return keys;
    }

    /** The keys of those that have one. What another transaction's end would take back is not remembered. */
    Map<String, Long> find(Connection connection, Collection<String> patientIds) throws SQLException {
        Map<String, Long> found = new HashMap<>(patientIds.size() * 2);
        List<String> missing = new ArrayList<>();
        for (String id : patientIds) {
            Long key = known.get(id);
            if (key == null) {
                missing.add(id);
            } else {
                found.put(id, key);
            }
        }
        if (!missing.isEmpty()) {
            Map<String, Long> read = read(connection, missing);
            found.putAll(read);
            if (connection.getAutoCommit()) {
                remember(read);
            }
        }
        return found;
    }

    /**
     * The keys of all, given in the caller's transaction to those that have none yet. The caller says {@link #remember} when it has committed.
     */
    Map<String, Long> findOrAdd(Connection connection, Collection<String> patientIds) throws SQLException {
        Map<String, Long> found = find(connection, patientIds);
        TreeSet<String> missing = new TreeSet<>(patientIds);
        missing.removeAll(found.keySet());
        if (missing.isEmpty()) {
            return found;
        }
        // In the order of the ids, so that two transactions that add the same members wait for each other and do not deadlock.
        try (PreparedStatement insert = connection.prepareStatement(
            "INSERT INTO store.member (patient_id) SELECT id FROM unnest(?) AS id ORDER BY id ON CONFLICT DO NOTHING")) {
            insert.setArray(1, connection.createArrayOf("text", missing.toArray()));
            insert.executeUpdate();
        }
        found.putAll(read(connection, missing));
        return found;
    }

    void remember(Map<String, Long> committed) {
        if (known.size() > REMEMBERED) {
            known.clear();
        }
        known.putAll(committed);
        if (patients.size() > REMEMBERED) {
            patients.clear();
        }
        committed.forEach((id, key) -> patients.put(key, id));
    }

    /** The logical ids of the Patients of these members, in order; nobody is left out. */
    Set<String> patientIds(DataSource database, Collection<Long> keys) throws SQLException {
        Set<String> ids = new TreeSet<>();
        List<Long> missing = known(keys, ids);
        if (!missing.isEmpty()) {
            try (Connection connection = database.getConnection()) {
                Map<Long, String> read = readPatients(connection, missing);
                if (patients.size() > REMEMBERED) {
                    patients.clear();
                }
                patients.putAll(read);
                ids.addAll(read.values());
            }
        }
        return ids;
    }

    /** The same within a transaction. Its own members may be gone with it, so they are not remembered. */
    Set<String> patientIds(Connection transaction, Collection<Long> keys) throws SQLException {
        Set<String> ids = new TreeSet<>();
        List<Long> missing = known(keys, ids);
        if (!missing.isEmpty()) {
            ids.addAll(readPatients(transaction, missing).values());
        }
        return ids;
    }

    private List<Long> known(Collection<Long> keys, Set<String> ids) {
        List<Long> missing = new ArrayList<>();
        for (Long key : keys) {
            String id = key == NOBODY ? null : patients.get(key);
            if (id != null) {
                ids.add(id);
            } else if (key != NOBODY) {
                missing.add(key);
            }
        }
        return missing;
    }

    private static Map<Long, String> readPatients(Connection connection, List<Long> keys) throws SQLException {
        Map<Long, String> read = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT key, patient_id FROM store.member WHERE key = ANY(?)")) {
            select.setObject(1, keys.stream().mapToLong(Long::longValue).toArray());
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    read.put(rows.getLong(1), rows.getString(2));
                }
            }
        }
        return read;
    }

    private Map<String, Long> read(Connection connection, Collection<String> patientIds) throws SQLException {
        Map<String, Long> keys = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT patient_id, key FROM store.member WHERE patient_id = ANY(?)")) {
            select.setArray(1, connection.createArrayOf("text", patientIds.toArray()));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    keys.put(rows.getString(1), rows.getLong(2));
                }
            }
        }
        return keys;
    }
}
