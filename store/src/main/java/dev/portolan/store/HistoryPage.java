package dev.portolan.store;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * @param versions newest first; deletions included
 * @param total for one resource's history; empty for a type or everything
 */
public record HistoryPage(List<StoredResource> versions, @Nullable String next, OptionalLong total) {

    /** How much JSON it holds at most. */
    public long bytes() {
        return versions.stream().mapToLong(version -> version.content().size()).sum();
    }
}
