package dev.portolan.store;

/**
 * A stretch of the members, in the order of their keys. What it holds depends on the grant and the panel at the moment of reading.
 *
 * @param after the key before the first, not in it
 * @param upTo the last key in it
 * @param members how many there were when the range was made
 */
public record ScanRange(long after, long upTo, int members) {}
