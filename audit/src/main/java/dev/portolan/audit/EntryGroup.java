package dev.portolan.audit;

import java.time.YearMonth;
import java.util.UUID;

/**
 * Entries of a chain that become durable together.
 *
 * @param first number of the first entry in the chain
 * @param last number of the last one
 * @param month that all of them were recorded in, UTC
 * @param rows as {@link EntryRows} writes them
 */
record EntryGroup(UUID chain, long first, long last, YearMonth month, byte[] rows) {}
