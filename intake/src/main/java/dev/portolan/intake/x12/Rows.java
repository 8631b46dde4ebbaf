package dev.portolan.intake.x12;

import dev.portolan.intake.mapping.Columns;
import dev.portolan.intake.mapping.SourceRecord;
import dev.portolan.intake.mapping.SourceRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rows with named columns, which a mapping reads. All rows of a record share the values that are set for all. */
final class Rows {

    private final Map<String, String> shared = new LinkedHashMap<>();
    private final List<Row> rows = new ArrayList<>();

    /** One row; a line of the file that its problems are told with. */
    static final class Row {
        private final Map<String, String> own = new LinkedHashMap<>();
        private final long line;

        private Row(long line) {
            this.line = line;
        }

        Row set(String column, String value) {
            own.put(column, value);
            return this;
        }

        String get(String column) {
            return own.getOrDefault(column, "");
        }
    }

    Rows all(String column, String value) {
        shared.put(column, value);
        return this;
    }

    String all(String column) {
        return shared.getOrDefault(column, "");
    }

    Row row(long line) {
        Row row = new Row(line);
        rows.add(row);
        return row;
    }

    int size() {
        return rows.size();
    }

    Row at(int place) {
        return rows.get(place);
    }

    /**
     * @param line of a row that stands for the record if it has none
     * @param headers which of a mapping's records share their columns
     */
    SourceRecord record(long line, Headers headers) {
        Map<String, Integer> places = new LinkedHashMap<>();
        shared.keySet().forEach(name -> places.putIfAbsent(name, places.size()));
        rows.forEach(row -> row.own.keySet().forEach(name -> places.putIfAbsent(name, places.size())));
        Columns columns = headers.of(List.copyOf(places.keySet()));
        List<SourceRow> made = new ArrayList<>();
        for (Row row : rows.isEmpty() ? List.of(new Row(line)) : rows) {
            String[] values = new String[places.size()];
            java.util.Arrays.fill(values, "");
            shared.forEach((name, value) -> values[places.get(name)] = value);
            row.own.forEach((name, value) -> values[places.get(name)] = value);
            made.add(new SourceRow(columns, values, row.line));
        }
        return new SourceRecord(made);
    }
}
