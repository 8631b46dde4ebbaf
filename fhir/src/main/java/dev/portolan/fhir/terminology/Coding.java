package dev.portolan.fhir.terminology;

/**
 * A code with its system.
 *
 * @param system the code system's address
 * @param code the code
 */
public record Coding(String system, String code) {}
