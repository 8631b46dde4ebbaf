package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** The value rows of some resources, column by column, as {@code unnest} takes them. */
record ValueColumns(
    long[] hashes, long[] tokenMembers, long[] tokenRids, short[] types, short[] parameters, String[] texts, long[] textMembers, long[] textRids) {

    static ValueColumns of(List<PendingRow> rows) {
        int tokens = 0;
        int texts = 0;
        for (PendingRow row : rows) {
            tokens += row.index.valueHashes().length;
            texts += row.index.valueTexts().length;
        }
        ValueColumns columns = new ValueColumns(
            new long[tokens], new long[tokens], new long[tokens], new short[texts], new short[texts], new String[texts], new long[texts], new long[texts]);
        int token = 0;
        int text = 0;
        for (PendingRow row : rows) {
            for (long hash : row.index.valueHashes()) {
                columns.hashes[token] = hash;
                columns.tokenMembers[token] = row.member;
                columns.tokenRids[token++] = row.rid;
            }
            for (int i = 0; i < row.index.valueTexts().length; i++) {
                columns.types[text] = row.type;
                columns.parameters[text] = row.index.valueTextParameters()[i];
                columns.texts[text] = row.index.valueTexts()[i];
                columns.textMembers[text] = row.member;
                columns.textRids[text++] = row.rid;
            }
        }
        return columns;
    }

    int tokenCount() {
        return hashes.length;
    }

    int textCount() {
        return texts.length;
    }

    int bindTokens(PreparedStatement statement, int first) throws SQLException {
        statement.setObject(first, hashes);
        statement.setObject(first + 1, tokenMembers);
        statement.setObject(first + 2, tokenRids);
        return first + 3;
    }

    int bindTexts(PreparedStatement statement, int first, Connection connection) throws SQLException {
        statement.setObject(first, types);
        statement.setObject(first + 1, parameters);
        statement.setArray(first + 2, connection.createArrayOf("text", texts));
        statement.setObject(first + 3, textMembers);
        statement.setObject(first + 4, textRids);
        return first + 5;
    }
}
