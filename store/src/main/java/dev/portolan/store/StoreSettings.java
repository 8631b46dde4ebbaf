package dev.portolan.store;

import java.time.Duration;
import java.util.Set;

/**
 * @param ownBases absolute URLs of this server's FHIR bases, without a slash at the end: references below them are local
 * @param searchTimeout longest time of one search's statement
 * @param backgroundWork whether this node trains dictionaries, recompresses, reindexes and labels the documents of an earlier version
 */
public record StoreSettings(Set<String> ownBases, Duration searchTimeout, boolean backgroundWork) {

    public static final StoreSettings DEFAULT = new StoreSettings(Set.of(), Duration.ofSeconds(30), true);

    /** A reference as it stands below its base if that is one of ours; else as it is. */
    String local(String reference) {
        for (String base : ownBases) {
            if (reference.startsWith(base + "/")) {
                return reference.substring(base.length() + 1);
            }
        }
        return reference;
    }
}
