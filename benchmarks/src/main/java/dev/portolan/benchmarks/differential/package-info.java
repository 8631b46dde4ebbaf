/** Asks two servers the same questions and says where, and with what right, they answer differently. */
package dev.portolan.benchmarks.differential;
