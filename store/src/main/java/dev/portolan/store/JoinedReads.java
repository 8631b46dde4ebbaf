package dev.portolan.store;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Many reads of one text as one statement. Their values come as columns of a table, which the read is joined to, so that the database prepares for one read and not for each, and the statement is the same
 * however many there are.
 *
 * <p>With more than one read, each row begins with the number of the read that it belongs to, from 0.
 */
final class JoinedReads {

    /** Arrays cannot be columns of a table that is made of arrays: they come as text, which is read once for each read. */
    private static final Map<Class<?>, String> TYPES =
        Map.of(Long.class, "bigint", Integer.class, "integer", Short.class, "smallint", String.class, "text", long[].class, "bigint[]", short[].class, "smallint[]");

    private final List<Sql> reads;

    /** @param reads that {@link #goTogether go together}, each with a LIMIT at its end: else the database could turn the join around, and look through all resources for a few */
    JoinedReads(List<Sql> reads) {
        this.reads = reads;
    }

    static boolean goTogether(Sql one, Sql other) {
        if (!one.sameText(other)) {
            return false;
        }
        for (int i = 0; i < one.values().size(); i++) {
            Class<?> type = one.values().get(i).getClass();
            if (type != other.values().get(i).getClass() || !TYPES.containsKey(type)) {
                return false;
            }
        }
        return true;
    }

    String text() {
        return reads.size() == 1 ? reads.get(0).text() : joined(reads.get(0));
    }

    private static String joined(Sql read) {
        StringBuilder arrays = new StringBuilder();
        StringBuilder columns = new StringBuilder();
        StringBuilder values = new StringBuilder();
        for (int i = 0; i < read.values().size(); i++) {
            String type = TYPES.get(read.values().get(i).getClass());
            boolean isArray = type.endsWith("[]");
            arrays.append(i == 0 ? "?::" : ", ?::").append(isArray ? "text" : type).append("[]");
            columns.append('v').append(i).append(", ");
            values.append('v').append(i).append(isArray ? "::" + type + " AS v" + i : "").append(", ");
        }
        String given = "unnest(" + arrays + ") WITH ORDINALITY AS joined (" + columns + "number)";
        // The offset keeps the inner part to itself: what is text there is read once for each read, and not for each row that is looked at.
        String table = values.indexOf("::") < 0 ? given : "(SELECT " + values + "number FROM " + given + " OFFSET 0) joined";
        return "SELECT (joined.number - 1)::integer, r.* FROM " + table + " CROSS JOIN LATERAL (" + read.text(i -> "joined.v" + i) + ") r";
    }

    /** Sets the values into a statement of {@link #text}. */
    void bind(PreparedStatement statement) throws SQLException {
        if (reads.size() == 1) {
            reads.get(0).bind(statement, 1);
            return;
        }
        for (int i = 0; i < reads.get(0).values().size(); i++) {
            statement.setObject(i + 1, column(i));
        }
    }

    private Object column(int index) {
        Object first = reads.get(0).values().get(index);
        if (first instanceof Long) {
            return reads.stream().mapToLong(read -> (Long) read.values().get(index)).toArray();
        } else if (first instanceof Integer) {
            return reads.stream().mapToInt(read -> (Integer) read.values().get(index)).toArray();
        } else if (first instanceof Short) {
            short[] column = new short[reads.size()];
            for (int i = 0; i < column.length; i++) {
                column[i] = (Short) reads.get(i).values().get(index);
            }
            return column;
        }
        return reads.stream().map(read -> text(read.values().get(index))).toArray(String[]::new);
    }

    private static String text(Object value) {
        String elements = value instanceof long[] longs ? Arrays.toString(longs) : value instanceof short[] shorts ? Arrays.toString(shorts) : null;
        return elements == null ? (String) value : "{" + elements.substring(1, elements.length() - 1) + "}";
    }
}
