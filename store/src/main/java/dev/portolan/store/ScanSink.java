package dev.portolan.store;

import java.io.IOException;
import java.util.Collection;

/** Takes what a scan reads, one after the other, in the order of members. */
public interface ScanSink {

    /** Called before those of some dozens of members who come next, who are then told of one by one: whoever has to look something up for each does it for all of these at once. */
    default void expect(Collection<String> patientIds) throws IOException {}

    /**
     * Called before the first resource of each member that has any, and again where more of a member comes after another's: what was moved to other records since.
     *
     * @return false if this member is to be passed over
     */
    boolean member(String patientId) throws IOException;

    /** @param content the resource's stored bytes: one line of compact JSON. Decompressed when asked for, which may be later and by another thread */
    void resource(String type, StoredResource.Content content) throws IOException;

    /** Called after what is large: returns once it is no longer needed, so that no more of such is in memory than one. */
    default void settle() throws IOException {}

    /** Deleted within the time asked for. Told only if the grant's rule for the type has no conditions: whether what is gone fulfilled them is not known. */
    void deleted(ResourceKey key) throws IOException;
}
