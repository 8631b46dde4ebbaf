package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import java.util.Set;

/** Finds security labels for what is about to be written, so that grants can withhold it: they are added to {@code meta.security}, and what the writer put there stays. */
@FunctionalInterface
public interface Labelling {

    Labelling NONE = (type, resource) -> Set.of();

    /** @return labels as {@code system|code} */
    Set<String> of(String type, JsonDocument resource);
}
