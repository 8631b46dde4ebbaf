package dev.portolan.fhir.json;

/**
 * Bounds on a JSON text from outside.
 *
 * @param maxBytes longest text, in bytes
 * @param maxDepth deepest nesting of objects and arrays
 * @param maxValues largest number of values of any kind
 */
public record JsonLimits(int maxBytes, int maxDepth, int maxValues) {

    /** For one resource or one Bundle from a caller: 64 MiB, 64 levels, four million values. */
    public static final JsonLimits DEFAULT = new JsonLimits(64 << 20, 64, 4_000_000);

    /** For what we wrote ourselves, or read within bounds before. */
    public static final JsonLimits OWN = new JsonLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);
}
