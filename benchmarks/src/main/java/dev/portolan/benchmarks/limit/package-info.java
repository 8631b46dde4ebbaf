/** The machine's own limit: the same bytes into a plain PostgreSQL table, and out of it behind a bare HTTP server. */
package dev.portolan.benchmarks.limit;
