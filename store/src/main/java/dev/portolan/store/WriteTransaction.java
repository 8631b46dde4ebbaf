package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/**
 * Reads and writes that happen together. Writes are gathered and sent to the database in few statements; a read or search in between sees them.
 *
 * <p>Not safe for use by many threads.
 */
public interface WriteTransaction extends RecordReader {

    /**
     * Locks resources until the end of the transaction and tells their present state; an id that was never used is locked too. Call it once with everything that will be
     * written by id: one statement, in an order that cannot deadlock.
     *
     * @return for every key a {@link ReadResult}; what the grant does not reach is {@link ReadResult.Absent} here, and writing to it is refused
     */
    Map<ResourceKey, ReadResult> lock(Collection<ResourceKey> keys);

    /**
     * Takes resources for new without asking, which a caller does who writes many and has reason to think so. If one of them was ever there, or comes meanwhile, nothing of the transaction stands and its work runs again; it has to
     * {@link #lock} then.
     */
    void expectNew(Collection<ResourceKey> keys);

    /** Waits until no other transaction holds the same key: two conditional creates with one condition do not both find nothing. */
    void serialize(Collection<String> conditionKeys);

    /**
     * Writes a new resource, or a new version of one. {@code id}, {@code meta.versionId} and {@code meta.lastUpdated} of the body are replaced by the stamps. If the current version has
     * the same content nothing is written and the current version is returned.
     *
     * @throws GrantRefusedException if the grant does not allow creating, respectively updating, or the resource belongs to a member that the grant does not reach
     */
    Written put(ResourceKey key, JsonDocument body);

    /** Deletes; a resource that is not there stays so, and that is no error. */
    Written delete(ResourceKey key);

    /** Whose records resources stand in, those among them that only this transaction knows: as {@link RecordView#patientIds}, and on no other connection. */
    Set<String> patientIds(Collection<StoredResource.Home> homes);

    /** A new id for a resource that the server names. */
    String newId();

    /**
     * @param resource the version that stands now
     * @param outcome whether it is new, changed or as it was
     */
    record Written(StoredResource resource, Outcome outcome) {

        public enum Outcome {
            CREATED,
            UPDATED,
            UNCHANGED,
            DELETED,
            NOT_THERE
        }
    }
}
