package dev.portolan.fhir.search;

/**
 * @param parameter what to sort by; {@code _id} and {@code _lastUpdated} are parameters too
 * @param descending true for {@code -name}
 */
public record SortKey(SearchParameter parameter, boolean descending) {}
