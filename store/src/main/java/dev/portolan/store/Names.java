package dev.portolan.store;

import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchParameters;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The small numbers that stand for resource types and parameter codes in the rows. All names that the definitions know have theirs before the store opens, so a lookup
 * never needs the database.
 */
final class Names {

    private final Map<String, Short> types;
    private final String[] typeNames;
    private final Map<String, Short> parameters;

    private Names(Map<String, Short> types, Map<String, Short> parameters) {
        this.types = types;
        this.parameters = parameters;
        this.typeNames = new String[types.values().stream().mapToInt(Short::intValue).max().orElse(0) + 1];
        types.forEach((name, number) -> typeNames[number] = name);
    }

    /** Reads the numbers and gives one to every name that has none yet. Runs in the caller's transaction. */
    static Names load(Connection connection, SearchParameters definitions) throws SQLException {
        Set<String> types = new TreeSet<>(definitions.resourceTypes());
        Set<String> codes = new TreeSet<>();
        for (String type : types) {
            definitions.of(type).stream().map(SearchParameter::code).forEach(codes::add);
        }
        return new Names(numbered(connection, "store.resource_type", "name", types), numbered(connection, "store.parameter", "code", codes));
    }

    short type(String name) {
        Short number = types.get(name);
        if (number == null) {
            throw new IllegalArgumentException("no resource type is called " + name);
        }
        return number;
    }

    boolean isType(String name) {
        return types.containsKey(name);
    }

    Set<String> typeNames() {
        return types.keySet();
    }

    String typeName(int number) {
        return typeNames[number];
    }

    short parameter(String code) {
        Short number = parameters.get(code);
        if (number == null) {
            throw new IllegalArgumentException("no search parameter is called " + code);
        }
        return number;
    }

    @Nullable Short findParameter(String code) {
        return parameters.get(code);
    }

    /** @param table and column are constants of this class, never input */
    private static Map<String, Short> numbered(Connection connection, String table, String column, Collection<String> names) throws SQLException {
        Map<String, Short> known = read(connection, table, column);
        if (known.keySet().containsAll(names)) {
            return known;
        }
        try (Statement lock = connection.createStatement()) {
            lock.execute("LOCK TABLE " + table + " IN SHARE ROW EXCLUSIVE MODE");
        }
        known = read(connection, table, column);
        short next = (short) (known.values().stream().mapToInt(Short::intValue).max().orElse(0) + 1);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " (number, " + column + ") VALUES (?, ?)")) {
            for (String name : names) {
                if (known.putIfAbsent(name, next) == null) {
                    insert.setShort(1, next++);
                    insert.setString(2, name);
                    insert.addBatch();
                }
            }
            insert.executeBatch();
        }
        return known;
    }

    private static Map<String, Short> read(Connection connection, String table, String column) throws SQLException {
        Map<String, Short> numbers = new HashMap<>();
        try (Statement select = connection.createStatement();
            ResultSet rows = select.executeQuery("SELECT number, " + column + " FROM " + table)) {
            while (rows.next()) {
                numbers.put(rows.getString(2), rows.getShort(1));
            }
        }
        return numbers;
    }
}
