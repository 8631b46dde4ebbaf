package dev.portolan.intake.mapping;

import org.jspecify.annotations.Nullable;

/**
 * Something about a record that a person should know.
 *
 * @param reject true if the record cannot become its resources; false if it did, but not as it should
 * @param code stable name of the kind of problem, for grouping
 * @param column the column that it is about, or an empty string
 * @param line the row's line in the source
 * @param message what is wrong and what to change; never the value itself
 * @param unmapped the code that no table has, for the report on data quality; null for other problems
 */
public record Problem(boolean reject, String code, String column, long line, String message, @Nullable UnmappedCode unmapped) {

    /** A code says nothing about a member by itself, so it may be shown. */
    public record UnmappedCode(String table, String code) {}

    public Problem(boolean reject, String code, String column, long line, String message) {
        this(reject, code, column, line, message, null);
    }
}
