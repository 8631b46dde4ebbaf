package dev.portolan.store;

import java.time.Duration;
import java.util.Set;

/**
 * @param ownBases absolute URLs of this server's FHIR bases, without a slash at the end: references below them are local
 * @param searchTimeout longest time of one search's statement
 * @param backgroundWork whether this node trains dictionaries, recompresses and reindexes
 */
public record StoreSettings(Set<String> ownBases, Duration searchTimeout, boolean backgroundWork) {

    public static final StoreSettings DEFAULT = new StoreSettings(Set.of(), Duration.ofSeconds(30), true);
}
