/** The command line of {@code ./portolan bench}: Portolan and its peer side by side, and the machine's own limit. */
package dev.portolan.benchmarks;
