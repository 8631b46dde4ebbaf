package dev.portolan.store;

import dev.portolan.fhir.search.Criterion;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What of many members' records is to be read, as it stood at one instant.
 *
 * @param types the types to give; those that the grant does not let read are left out
 * @param filters by type: a resource is given if it fulfils all criteria of at least one of these; types that are not named are not filtered. What a resource says of itself is judged as it stood at
 *     the instant; criteria that look at other resources (chains, {@code _has}, {@code _list}) judge the present
 * @param asOf a settled instant (see {@link RecordDatabase#settle}): what was written later is not seen, and what was changed or deleted later is given as it was
 * @param since only what changed after it, and what was deleted after it; null for all
 * @param until only what changed before it; null for all
 * @param panel if not null, only members that are in this panel too, beside being reached by the grant
 * @param shared which resources that are nobody's are given
 */
public record ScanRequest(
    Set<String> types, Map<String, List<List<Criterion>>> filters, Instant asOf, @Nullable Instant since, @Nullable Instant until, @Nullable String panel, Shared shared) {

    /** Resources that are nobody's: practitioners, organizations, locations, drugs, ... */
    public enum Shared {
        /** Those that the members' resources refer to, and those that these refer to. */
        REFERENCED,
        /** All that the grant reaches. */
        ALL
    }
}
