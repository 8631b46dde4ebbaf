package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Panels: named sets of members, as large as a plan, that a {@link Grant.Members.Panel} reaches. A provider's attributed patients are one; so are those whom an export is for.
 *
 * <p>Everything happens on the caller's connection, so that a panel changes in the same transaction as whatever its members follow from. A change counts from the next statement on that
 * begins after its commit, for every grant and every node.
 */
public final class Panels {

    private static final String HOLDS = "EXISTS (SELECT FROM store.panel_member p WHERE p.panel = ";

    private final MemberKeys members;

    Panels(MemberKeys members) {
        this.members = members;
    }

    /**
     * Members that are in it already stay as they are. A Patient id that nothing refers to yet may be added.
     *
     * @return how many came
     */
    public int add(Connection connection, String panel, Collection<String> patientIds) throws SQLException {
        if (patientIds.isEmpty()) {
            return 0;
        }
        long[] keys = sorted(members.findOrAdd(connection, patientIds));
        try (PreparedStatement insert = connection.prepareStatement(
            "INSERT INTO store.panel_member (panel, member) SELECT ?, key FROM unnest(?::bigint[]) AS key ORDER BY key ON CONFLICT DO NOTHING")) {
            insert.setString(1, panel);
            insert.setObject(2, keys);
            return insert.executeUpdate();
        }
    }

    /**
     * Those that are not in it stay out.
     *
     * @return how many went
     */
    public int remove(Connection connection, String panel, Collection<String> patientIds) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM store.panel_member WHERE panel = ? AND member = ANY(?)")) {
            delete.setString(1, panel);
            delete.setObject(2, sorted(members.find(connection, patientIds)));
            return delete.executeUpdate();
        }
    }

    /**
     * From now on exactly these; none for an end of the panel.
     *
     * @return how many came and went
     */
    public int replace(Connection connection, String panel, Collection<String> patientIds) throws SQLException {
        long[] keys = sorted(members.findOrAdd(connection, patientIds));
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM store.panel_member p WHERE p.panel = ? AND NOT EXISTS (SELECT FROM unnest(?::bigint[]) AS k WHERE k = p.member)")) {
            delete.setString(1, panel);
            delete.setObject(2, keys);
            int gone = delete.executeUpdate();
            return gone + add(connection, panel, patientIds);
        }
    }

    /**
     * What of these members' records may not leave with the panel, beside what a grant withholds from everybody.
     *
     * @param patientIds whose labels are set anew; null for those of everybody in the panel
     * @param labels security labels ({@code system|code}) by Patient id; who is not named has none
     */
    public void withhold(Connection connection, String panel, @Nullable Collection<String> patientIds, Map<String, ? extends Collection<String>> labels) throws SQLException {
        Sql old = Sql.of("DELETE FROM store.panel_withheld WHERE panel = ").bind(panel);
        if (patientIds != null) {
            old.add(" AND member = ANY(").bind(sorted(members.find(connection, patientIds))).add(")");
        }
        try (PreparedStatement delete = old.prepare(connection, 0)) {
            delete.executeUpdate();
        }
        Map<String, Long> keys = members.findOrAdd(connection, labels.keySet());
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO store.panel_withheld (panel, label, member) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")) {
            for (Map.Entry<String, ? extends Collection<String>> entry : labels.entrySet()) {
                for (String label : entry.getValue()) {
                    insert.setString(1, panel);
                    insert.setString(2, label);
                    insert.setLong(3, keys.get(entry.getKey()));
                    insert.addBatch();
                }
            }
            insert.executeBatch();
        }
    }

    /** The labels that are withheld of any of the panel's members. */
    static List<String> withheld(Connection connection, String panel) throws SQLException {
        List<String> labels = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT DISTINCT label FROM store.panel_withheld WHERE panel = ? ORDER BY label")) {
            select.setString(1, panel);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    labels.add(rows.getString(1));
                }
            }
        }
        return labels;
    }

    /** The labels that are withheld of one member. */
    static List<String> withheld(Connection connection, String panel, long member) throws SQLException {
        List<String> labels = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT label FROM store.panel_withheld WHERE panel = ? AND member = ?")) {
            select.setString(1, panel);
            select.setLong(2, member);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    labels.add(rows.getString(1));
                }
            }
        }
        return labels;
    }

    public boolean contains(Connection connection, String panel, String patientId) throws SQLException {
        Long member = members.find(connection, List.of(patientId)).get(patientId);
        return member != null && contains(connection, panel, member);
    }

    /**
     * The Patient ids of a panel's members, in pages.
     *
     * @param after the last id of the page before, or null
     */
    public List<String> page(Connection connection, String panel, @Nullable String after, int size) throws SQLException {
        List<String> ids = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("""
            SELECT m.patient_id FROM store.panel_member p JOIN store.member m ON m.key = p.member WHERE p.panel = ? AND m.patient_id > ? ORDER BY m.patient_id LIMIT ?""")) {
            select.setString(1, panel);
            select.setString(2, after == null ? "" : after);
            select.setInt(3, size);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
        }
        return ids;
    }

    public long size(Connection connection, String panel) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT count(*) FROM store.panel_member WHERE panel = ?")) {
            select.setString(1, panel);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    static boolean contains(Connection connection, String panel, long member) throws SQLException {
        Sql sql = Sql.of("SELECT FROM store.panel_member WHERE panel = ").bind(panel).add(" AND member = ").bind(member);
        try (PreparedStatement select = sql.prepare(connection, 0);
            ResultSet row = select.executeQuery()) {
            return row.next();
        }
    }

    /** @param column a constant: a column that holds a member's key */
    static Sql holds(String panel, String column) {
        return Sql.of(HOLDS).bind(panel).add(" AND p.member = ").add(column).add(")");
    }

    private static long[] sorted(Map<String, Long> keys) {
        return keys.values().stream().mapToLong(Long::longValue).sorted().toArray();
    }
}
