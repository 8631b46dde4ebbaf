package dev.portolan.benchmarks.load;

/**
 * A prepared request and what makes its answer right.
 *
 * @param bytes the whole request
 * @param units what it counts for: 1, or the number of resources it carries
 * @param shortest fewest bytes that a right answer has
 */
public record Request(byte[] bytes, int units, int shortest) {}
