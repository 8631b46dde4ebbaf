package dev.portolan.benchmarks;

import java.util.List;

/**
 * One kind of call to measure.
 *
 * @param concurrency connections that call at the same time
 * @param fhirPaths the calls, below a FHIR base
 * @param limitPaths what the bare server is asked instead, call for call
 */
record Workload(String name, int concurrency, List<String> fhirPaths, List<String> limitPaths) {}
