package dev.portolan.intake.source;

import dev.portolan.intake.mapping.Problem;
import dev.portolan.intake.mapping.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * One record of a source, or lines that are none.
 *
 * @param line where it begins, counted from 1
 * @param lines how many lines of the source it has; the sum over all items is what the source holds
 * @param raw the record as a source of its own, with its header or envelope: the same format reads it again
 * @param rows the record's rows, or null if the mapper works on {@code raw} itself
 * @param unreadable why these lines are no record, or null
 */
public record SourceItem(long line, int lines, byte[] raw, @Nullable SourceRecord rows, @Nullable Problem unreadable) {}
