package dev.portolan.rest;

import java.util.Set;

/** An operation (R4 operations): one class each, with everything that belongs to it. */
interface FhirOperation {

    /** Where it is invoked. */
    enum Level {
        SYSTEM,
        TYPE,
        INSTANCE
    }

    /** With its dollar sign. */
    String name();

    /** Canonical URL of the OperationDefinition. */
    String definition();

    Set<Level> levels();

    /** The types that have it; empty for all. */
    Set<String> types();

    /** True if it may not be invoked by GET. */
    boolean affectsState();

    Answer invoke(Call call, FhirRequest request);
}
