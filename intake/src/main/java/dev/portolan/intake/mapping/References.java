package dev.portolan.intake.mapping;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a mapping may ask beyond its record: what was loaded before, and the plan's own concept maps. Asked by several threads. */
public interface References {

    /** Knows nothing: for trying a mapping out. */
    References NONE = new References() {
        @Override
        public Optional<String> stored(String type, String id, String path) {
            return Optional.empty();
        }

        @Override
        public @Nullable Target translate(String map, String code) {
            return null;
        }
    };

    /**
     * A value of a resource that is loaded already.
     *
     * @param path names of elements with dots between them; of a list, the first element: {@code payor.reference}
     * @return empty if there is no such resource, or it has no such value
     */
    Optional<String> stored(String type, String id, String path);

    /**
     * A code by a ConceptMap.
     *
     * @param map its canonical address
     * @return null if the map is not there or does not have the code
     */
    @Nullable Target translate(String map, String code);

    /** What {@code meta.source} of the resources says unless the mapping has a source of its own; empty if nothing. */
    default String feed() {
        return "";
    }

    /** @param display null if the map has none */
    record Target(String system, String code, @Nullable String display) {}
}
