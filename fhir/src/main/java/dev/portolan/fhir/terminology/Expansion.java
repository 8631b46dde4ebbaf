package dev.portolan.fhir.terminology;

import java.util.List;

/**
 * A page of a value set's expansion.
 *
 * @param url the value set's canonical address
 * @param version its version, empty if it has none
 * @param total how many codes match in all
 * @param offset how many were skipped
 * @param concepts the codes of this page
 */
public record Expansion(String url, String version, int total, int offset, List<Concept> concepts) {}
