package dev.portolan.fhir.search;

/**
 * How much one search may ask.
 *
 * @param values alternatives of one parameter
 * @param criteria parameters that narrow the search
 * @param chainDepth hops of a chain or of nested {@code _has}
 * @param inclusions {@code _include} and {@code _revinclude} together
 * @param sortKeys keys of {@code _sort}
 * @param valueLength characters of one parameter's value
 */
public record SearchBounds(int values, int criteria, int chainDepth, int inclusions, int sortKeys, int valueLength) {

    public static final SearchBounds DEFAULT = new SearchBounds(1_000, 50, 4, 30, 8, 64_000);
}
