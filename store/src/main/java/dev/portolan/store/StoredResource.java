package dev.portolan.store;

import java.time.Instant;

/**
 * One version of a resource.
 *
 * @param version counts from 1; {@code meta.versionId}
 * @param lastUpdated {@code meta.lastUpdated}, milliseconds
 * @param change how this version came to be
 * @param home whose record it stands in
 * @param content the stored bytes; for a deletion there are none
 */
public record StoredResource(ResourceKey key, long version, Instant lastUpdated, Change change, Home home, Content content) {

    public enum Change {
        CREATED,
        UPDATED,
        DELETED
    }

    public boolean deleted() {
        return change == Change.DELETED;
    }

    /** Whose record a resource stands in. Of a resource that a transaction writes it is known once the transaction is done. */
    @FunctionalInterface
    public interface Home {

        /** Key of the member, 0 for nobody; {@link RecordView#patientIds} tells which Patient it is. */
        long member();
    }

    /** Stored bytes, decompressed when asked for. */
    public interface Content {

        /** The resource as compact JSON, exactly what a client gets. Throws IllegalStateException for a deletion. */
        byte[] json();

        /** How many bytes of JSON there will be at most, without making them; 0 for a deletion. */
        default int size() {
            return json().length;
        }
    }
}
