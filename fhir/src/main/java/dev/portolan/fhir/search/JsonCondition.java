package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;

/** A FHIRPath condition, as in {@code where(...)}, compiled. */
interface JsonCondition {

    boolean test(JsonValue value, Extraction extraction);
}
