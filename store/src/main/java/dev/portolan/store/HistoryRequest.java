package dev.portolan.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * @param type null for everything
 * @param id null for a whole type
 * @param since only versions at or after this instant, or null
 * @param at only versions that were current at some time in this period, or null ({@code _at})
 * @param cursor from {@link HistoryPage#next}, or null
 */
public record HistoryRequest(@Nullable String type, @Nullable String id, @Nullable Instant since, @Nullable Period at, @Nullable String cursor, int pageSize) {

    /** @param last its last millisecond */
    public record Period(Instant first, Instant last) {}
}
