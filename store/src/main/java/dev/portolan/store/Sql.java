package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A statement under construction: constant text, and values that are always bound. The same shape of question gives the same text, so that the driver and the server
 * prepare it once.
 */
final class Sql {

    private final StringBuilder text = new StringBuilder(256);
    private final List<Object> values = new ArrayList<>();

    /** @param constant text from this program, never from a caller */
    static Sql of(String constant) {
        return new Sql().add(constant);
    }

    Sql add(String constant) {
        text.append(constant);
        return this;
    }

    Sql add(Sql other) {
        text.append(other.text);
        values.addAll(other.values);
        return this;
    }

    Sql bind(long value) {
        return bindObject(value);
    }

    Sql bind(short value) {
        return bindObject(value);
    }

    Sql bind(int value) {
        return bindObject(value);
    }

    Sql bind(String value) {
        return bindObject(value);
    }

    Sql bind(long[] value) {
        return bindObject(value);
    }

    Sql bind(short[] value) {
        return bindObject(value);
    }

    Sql bind(String[] value) {
        return bindObject(value);
    }

    private Sql bindObject(Object value) {
        text.append('?');
        values.add(value);
        return this;
    }

    String text() {
        return text.toString();
    }

    boolean sameText(Sql other) {
        return text.compareTo(other.text) == 0;
    }

    /** The text with something else in the place of each value. No constant in it may hold a question mark. */
    String text(IntFunction<String> place) {
        StringBuilder other = new StringBuilder(text.length() + values.size() * 8);
        int index = 0;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '?') {
                other.append(place.apply(index++));
            } else {
                other.append(text.charAt(i));
            }
        }
        return other.toString();
    }

    /** In the order of their places. */
    List<Object> values() {
        return values;
    }

    /** The caller closes the statement. */
    PreparedStatement prepare(Connection connection, int timeoutSeconds) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(text.toString());
        try {
            if (timeoutSeconds > 0) {
                statement.setQueryTimeout(timeoutSeconds);
            }
            bind(statement, 1);
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    /**
     * Sets the values into a statement that has this text from the given parameter on.
     *
     * @return the first parameter after them
     */
    int bind(PreparedStatement statement, int first) throws SQLException {
        int index = first;
        for (Object value : values) {
            set(statement, index++, value);
        }
        return index;
    }

    /** The driver sends primitive arrays in binary when they are given as they are, without {@code createArrayOf}. */
    private static void set(PreparedStatement statement, int index, Object value) throws SQLException {
        if (value instanceof Long number) {
            statement.setLong(index, number);
        } else if (value instanceof Short number) {
            statement.setShort(index, number);
        } else if (value instanceof Integer number) {
            statement.setInt(index, number);
        } else if (value instanceof String string) {
            statement.setString(index, string);
        } else {
            statement.setObject(index, value);
        }
    }
}
