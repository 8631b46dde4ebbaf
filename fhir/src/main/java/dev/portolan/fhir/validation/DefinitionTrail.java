package dev.portolan.fhir.validation;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** In which order one validation asked for definitions, as far as that says whose profile is missing. */
final class DefinitionTrail {

    private final Map<String, Integer> found = new HashMap<>();
    private final Map<String, Integer> missed = new LinkedHashMap<>();
    private int steps;

    /** A type's definition was asked for and found. */
    void found(String canonical) {
        found.put(canonical, ++steps);
    }

    /** No package has the profile that was asked for. */
    void missed(String canonical) {
        missed.put(canonical, ++steps);
    }

    /** The profiles that were asked for in vain since a type's definition was last asked for. */
    Set<String> missedSince(String canonical) {
        int since = found.getOrDefault(canonical, Integer.MAX_VALUE);
        Set<String> later = new LinkedHashSet<>();
        missed.forEach((profile, step) -> {
            if (step > since) {
                later.add(profile);
            }
        });
        return later;
    }
}
