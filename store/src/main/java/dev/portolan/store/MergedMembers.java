package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Whose records are kept in another member's, as it stood at one generation.
 *
 * @param generation which writes tell the database ({@link Horizon#GUARD}), so that none is made that knows of fewer merges or of more
 * @param survivors by the id of the merged Patient
 * @param survivorKeys the same by the members' keys
 */
record MergedMembers(long generation, Map<String, String> survivors, Map<Long, Long> survivorKeys) {

    /** What one node knows. It may be late: the guard of the next write says so, and the write that is tried again has asked anew. */
    static final class Known {

        private volatile MergedMembers known;

        Known(MergedMembers first) {
            known = first;
        }

        MergedMembers get() {
            return known;
        }

        void ask(Connection connection) throws SQLException {
            known = read(connection);
        }
    }

    /** In one statement: the generation and the merges belong together. */
    static MergedMembers read(Connection connection) throws SQLException {
        long generation = 0;
        Map<String, String> survivors = new HashMap<>();
        Map<Long, Long> keys = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement("""
            SELECT h.merges, m.merged, m.survivor, f.key, s.key FROM store.horizon h LEFT JOIN store.merged_member m ON true
            LEFT JOIN store.member f ON f.patient_id = m.merged LEFT JOIN store.member s ON s.patient_id = m.survivor""");
            ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                generation = rows.getLong(1);
                if (rows.getString(2) != null) {
                    survivors.put(rows.getString(2), rows.getString(3));
                    keys.put(rows.getLong(4), rows.getLong(5));
                }
            }
        }
        return new MergedMembers(generation, Map.copyOf(survivors), Map.copyOf(keys));
    }

    boolean none() {
        return survivors.isEmpty();
    }

    /** Where what is at home with a member is kept. */
    long home(long member) {
        return survivorKeys.getOrDefault(member, member);
    }

    /** The merged Patients of a survivor, in order. */
    List<String> mergedInto(String survivor) {
        TreeSet<String> merged = new TreeSet<>();
        survivors.forEach((from, into) -> {
            if (into.equals(survivor)) {
                merged.add(from);
            }
        });
        return List.copyOf(merged);
    }
}
