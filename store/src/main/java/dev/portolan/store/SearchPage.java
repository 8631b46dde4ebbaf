package dev.portolan.store;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * @param entries matches in order, then includes
 * @param next opaque and signed, bound to the grant and the query; null on the last page
 * @param total of the matches, accurate, if it was asked for or came for free
 * @param withheld what {@link Withheld} says of the search or of the record, if it came for free
 */
public record SearchPage(List<Entry> entries, @Nullable String next, OptionalLong total, OptionalLong withheld) {

    /** How much JSON it holds at most. */
    public long bytes() {
        return entries.stream().mapToLong(entry -> entry.resource().content().size()).sum();
    }

    public record Entry(StoredResource resource, Mode mode) {}

    public enum Mode {
        MATCH,
        INCLUDE
    }
}
