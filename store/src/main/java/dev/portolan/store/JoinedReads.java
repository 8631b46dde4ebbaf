package dev.portolan.store;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * Many reads of one text as one statement. Their values come as columns of a table, which the read is joined to, so that the database prepares for one read and not for each, and the statement is the same
 * however many there are; values that are arrays cannot be columns so, and then the reads are put side by side.
 *
 * <p>Each row begins with the number of the read that it belongs to, from 0.
 */
final class JoinedReads {

    private static final Map<Class<?>, String> TYPES = Map.of(Long.class, "bigint", Integer.class, "integer", Short.class, "smallint", String.class, "text");

    private final List<Sql> reads;
    private final boolean asTable;

    /** @param reads of the same text, of at most one row each */
    JoinedReads(List<Sql> reads) {
        this.reads = reads;
        this.asTable = reads.size() > 1 && haveColumns(reads);
    }

    /** How many of so many reads like this one should go together. Side by side a power of two: each number is a statement of its own to prepare. */
    static int worthwhile(Sql read, int count) {
        return haveColumns(List.of(read)) ? count : Integer.highestOneBit(count);
    }

    private static boolean haveColumns(List<Sql> reads) {
        List<Object> first = reads.get(0).values();
        for (Sql read : reads) {
            for (int i = 0; i < first.size(); i++) {
                Class<?> type = read.values().get(i).getClass();
                if (type != first.get(i).getClass() || !TYPES.containsKey(type)) {
                    return false;
                }
            }
        }
        return true;
    }

    String text() {
        return asTable ? joined(reads.get(0)) : sideBySide(reads.get(0).text(), reads.size());
    }

    /** At most one row: else the database could turn the join around, and look through all resources for a few. */
    private static String joined(Sql read) {
        StringBuilder arrays = new StringBuilder();
        StringBuilder columns = new StringBuilder();
        for (int i = 0; i < read.values().size(); i++) {
            arrays.append(i == 0 ? "?::" : ", ?::").append(TYPES.get(read.values().get(i).getClass())).append("[]");
            columns.append('v').append(i).append(", ");
        }
        return "SELECT (joined.number - 1)::integer, r.* FROM unnest(" + arrays + ") WITH ORDINALITY AS joined (" + columns + "number) CROSS JOIN LATERAL (" + read.text(i -> "joined.v" + i) + " LIMIT 1) r";
    }

    private static String sideBySide(String own, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "SELECT " : " UNION ALL SELECT ").append(i).append(", r.* FROM (").append(own).append(") r");
        }
        return text.toString();
    }

    /** Sets the values into a statement of {@link #text}. */
    void bind(PreparedStatement statement) throws SQLException {
        if (!asTable) {
            int parameter = 1;
            for (Sql read : reads) {
                parameter = read.bind(statement, parameter);
            }
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
        return reads.stream().map(read -> (String) read.values().get(index)).toArray(String[]::new);
    }
}
