package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;

/** FHIRPath Patch (R4 fhirpatch). */
final class FhirPathPatch {

    private FhirPathPatch() {}

    static Patch read(JsonDocument parameters, XmlFormat model) {
        throw new FhirException(Problem.NOT_IMPLEMENTED, "FHIRPath Patch is not here yet: send a JSON Patch");
    }
}
