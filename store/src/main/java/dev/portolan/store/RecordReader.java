package dev.portolan.store;

/** What can be asked of the records, under a grant. */
public interface RecordReader {

    /** @throws GrantRefusedException if the grant does not allow reading the type */
    ReadResult read(ResourceKey key);

    /** The given version, current or past; {@link ReadResult.Gone} if that version is the deletion. */
    ReadResult readVersion(ResourceKey key, long version);

    /**
     * @throws dev.portolan.fhir.search.InvalidSearchException if the cursor is not valid, or the query cannot be answered
     * @throws SearchTooCostlyException if it takes longer than allowed
     */
    SearchPage search(SearchRequest request);
}
