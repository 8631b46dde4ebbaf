/** Starts, watches and stops the processes that a comparison needs: PostgreSQL, the peer, Portolan. */
package dev.portolan.benchmarks.servers;
