package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonName;

/** Elements that are read of nearly every resource. */
final class ElementNames {

    static final JsonName SYSTEM = JsonName.of("system");
    static final JsonName CODE = JsonName.of("code");
    static final JsonName DISPLAY = JsonName.of("display");
    static final JsonName TEXT = JsonName.of("text");
    static final JsonName VALUE = JsonName.of("value");
    static final JsonName REFERENCE = JsonName.of("reference");

    private ElementNames() {}
}
