package dev.portolan.fhir.search;

/** The R4 search parameter types (R4 search, section 3.1.1.4). */
public enum ParameterType {
    NUMBER,
    DATE,
    STRING,
    TOKEN,
    REFERENCE,
    COMPOSITE,
    QUANTITY,
    URI,
    SPECIAL
}
