package dev.portolan.benchmarks.differential;

/**
 * A way in which the peer answers differently and the specification makes us right.
 *
 * @param name short, for the report's counts
 * @param specification the sentence of FHIR R4 that says so, with its section
 * @param applies holds only where this sentence, and nothing else, explains the difference
 */
record AcceptedDifference(String name, String specification, Explanation applies) {

    /** Says whether a difference is wholly explained. */
    interface Explanation {
        boolean holds(SearchQuestion question, SearchAnswer ours, SearchAnswer peers, SampleData data);
    }
}
