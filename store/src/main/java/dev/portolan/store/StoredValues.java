package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The value rows of some resources as they are, to tell whether they are as they should be: which values have rows can change without a change of the resource's own row. */
final class StoredValues {

    private final Map<Long, Set<Value>> byResource = new HashMap<>();

    private sealed interface Value {}

    private record Token(long hash, long member) implements Value {}

    private record Text(short parameter, String value, long member) implements Value {}

    private StoredValues() {}

    static StoredValues of(Connection connection, List<PendingRow> rows) throws SQLException {
        StoredValues stored = new StoredValues();
        long[] rids = rows.stream().mapToLong(row -> row.rid).toArray();
        try (PreparedStatement tokens = connection.prepareStatement("SELECT rid, hash, member FROM store.value_token WHERE rid = ANY(?)")) {
            tokens.setObject(1, rids);
            try (ResultSet found = tokens.executeQuery()) {
                while (found.next()) {
                    stored.add(found.getLong(1), new Token(found.getLong(2), found.getLong(3)));
                }
            }
        }
        try (PreparedStatement texts = connection.prepareStatement("SELECT rid, parameter, value, member FROM store.value_text WHERE rid = ANY(?)")) {
            texts.setObject(1, rids);
            try (ResultSet found = texts.executeQuery()) {
                while (found.next()) {
                    stored.add(found.getLong(1), new Text(found.getShort(2), found.getString(3), found.getLong(4)));
                }
            }
        }
        return stored;
    }

    private void add(long rid, Value value) {
        byResource.computeIfAbsent(rid, each -> new HashSet<>()).add(value);
    }

    boolean areThoseOf(PendingRow row) {
        Set<Value> wanted = new HashSet<>();
        for (long hash : row.index.valueHashes()) {
            wanted.add(new Token(hash, row.member));
        }
        for (int i = 0; i < row.index.valueTexts().length; i++) {
            wanted.add(new Text(row.index.valueTextParameters()[i], row.index.valueTexts()[i], row.member));
        }
        return wanted.equals(byResource.getOrDefault(row.rid, Set.of()));
    }
}
