package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;

/** Makes search values of a value that an expression selects, and hands them to the extraction. */
interface Emission {

    void emit(JsonValue value, Extraction extraction);
}
