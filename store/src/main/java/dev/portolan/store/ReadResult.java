package dev.portolan.store;

import java.time.Instant;

/** What a read finds. Outside of the grant there is nothing: {@link Absent}. */
public sealed interface ReadResult {

    record Found(StoredResource resource) implements ReadResult {}

    /** Deleted (410). */
    record Gone(ResourceKey key, long version, Instant deletedAt) implements ReadResult {}

    /** Never there, or not for this grant (404). */
    record Absent(ResourceKey key) implements ReadResult {}
}
