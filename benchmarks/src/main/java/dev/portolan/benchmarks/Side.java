package dev.portolan.benchmarks;

/** Who is measured. */
enum Side {
    OURS,
    PEER,
    LIMIT
}
