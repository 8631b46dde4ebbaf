package dev.portolan.intake.mapping;

/**
 * One row of a source.
 *
 * @param columns the source's columns
 * @param values as many as there are columns; an empty string is no value
 * @param line where the row begins in its source, counted from 1
 */
public record SourceRow(Columns columns, String[] values, long line) {

    /** The value of a column by its place, empty if the row has none. */
    String value(int column) {
        return column < 0 || column >= values.length ? "" : values[column];
    }
}
