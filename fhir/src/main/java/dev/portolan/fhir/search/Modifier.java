package dev.portolan.fhir.search;

/** The R4 search modifiers (R4 search, section 3.1.1.4.4); {@code [type]} is part of the reference value and {@code :iterate} of the inclusion. */
public enum Modifier {
    NONE,
    MISSING,
    EXACT,
    CONTAINS,
    TEXT,
    NOT,
    IN,
    NOT_IN,
    ABOVE,
    BELOW,
    IDENTIFIER,
    OF_TYPE
}
