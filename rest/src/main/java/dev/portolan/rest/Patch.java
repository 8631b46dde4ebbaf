package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;

/** A change to a resource, read but not yet applied. */
@FunctionalInterface
interface Patch {

    /** @throws FhirException if it does not fit the resource, or costs too much */
    JsonDocument applyTo(JsonDocument resource, PatchBudget budget);
}
