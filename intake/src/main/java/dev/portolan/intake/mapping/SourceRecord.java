package dev.portolan.intake.mapping;

import java.util.List;

/**
 * What becomes resources together: one row, or the rows that share a key (the lines of a claim).
 *
 * @param rows at least one, in the source's order
 */
public record SourceRecord(List<SourceRow> rows) {}
