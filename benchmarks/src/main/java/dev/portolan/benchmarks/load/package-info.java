/** A load generator that leaves the processor to the servers it measures. */
package dev.portolan.benchmarks.load;
