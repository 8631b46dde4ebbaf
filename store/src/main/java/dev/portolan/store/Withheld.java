package dev.portolan.store;

/**
 * How many resources a grant's labels hold back (CON-06). Numbers for the audit trail only: nothing of what is held back is given, and nothing of this belongs into an answer.
 */
public interface Withheld {

    /** Resources that the grant's rules let this search match and its labels hold back. */
    long ofSearch(SearchRequest request);

    /** True if only a label hides the resource. */
    boolean holds(ResourceKey key);

    /** Resources of a member's record that only a label hides. */
    long ofRecord(String patientId);
}
