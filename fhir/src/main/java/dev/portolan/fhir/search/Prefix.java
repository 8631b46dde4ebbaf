package dev.portolan.fhir.search;

/** The R4 comparison prefixes (R4 search, section 3.1.1.4.5). */
public enum Prefix {
    EQ,
    NE,
    GT,
    LT,
    GE,
    LE,
    SA,
    EB,
    AP
}
