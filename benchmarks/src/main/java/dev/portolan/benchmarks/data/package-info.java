/** The synthetic members that both sides of a comparison are given. */
package dev.portolan.benchmarks.data;
