package dev.portolan.fhir.terminology;

/**
 * One target that a concept map gives for a code.
 *
 * @param equivalence ConceptMap.group.element.target.equivalence
 * @param target the concept it maps to
 * @param map the concept map's canonical address
 */
public record Translation(String equivalence, Concept target, String map) {}
