package dev.portolan.benchmarks.differential;

import java.util.function.Predicate;

/**
 * A way in which the peer answers differently although the specification makes us right.
 *
 * @param name short, for the report's counts
 * @param specification the sentence of FHIR R4 that says so, with its section
 * @param applies whether the peer is known to judge this one resource wrongly by this one parameter, seen from the resource's own values
 */
record AcceptedDifference(String name, String specification, Predicate<Judgement> applies) {}
