package dev.portolan.rest;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An operation (R4 operations): one class each, with everything that belongs to it. Several may share a name if they are invoked at different places, as Bulk Data's {@code $export} is.
 *
 * <p>Rooms above this one hand theirs to the {@link FhirServlet} of a base.
 */
public interface FhirOperation {

    /** Where it is invoked. */
    enum Level {
        SYSTEM,
        TYPE,
        INSTANCE
    }

    /** With its dollar sign. */
    String name();

    /** Canonical URL of the OperationDefinition; null if no guide defines it, and then the capability statement does not name it. */
    @Nullable String definition();

    Set<Level> levels();

    /** The types that have it; empty for all. */
    Set<String> types();

    /** True if it may not be invoked by GET (R4 operations, section 3.2.0.2). */
    boolean affectsState();

    /** How it is invoked. */
    default Set<String> methods() {
        return affectsState() ? Set.of("POST") : Set.of("GET", "POST");
    }

    /** @throws FhirException if it is refused */
    OperationAnswer invoke(OperationRequest request);
}
