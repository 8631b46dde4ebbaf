package dev.portolan.store;

import java.io.IOException;

/** Takes what a scan reads, one after the other, in the order of members. */
public interface ScanSink {

    /**
     * Called once before the first resource of each member that has any.
     *
     * @return false if this member is to be passed over
     */
    boolean member(String patientId) throws IOException;

    /** @param content the resource's stored bytes: one line of compact JSON. Decompressed when asked for, which may be later and by another thread */
    void resource(String type, StoredResource.Content content) throws IOException;

    /** Deleted within the time asked for. Told only if the grant's rule for the type has no conditions: whether what is gone fulfilled them is not known. */
    void deleted(ResourceKey key) throws IOException;
}
