/** HTTP as a client of FHIR servers: a convenient client for comparing, a cheap one for measuring. */
package dev.portolan.benchmarks.http;
