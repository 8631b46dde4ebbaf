package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;

/**
 * Finds the search values of a resource. Runs on every write: expressions are compiled once to walks over the JSON; one that cannot be compiled is
 * evaluated with HAPI's FHIRPath engine, and is named at start-up.
 *
 * <p>Safe for use by many threads.
 */
public interface SearchValueExtractor {

    /**
     * Hands every value of every parameter of the resource's type to the sink, in the order of the parameters. {@code _id} and {@code _lastUpdated} are not
     * handed over: they are columns. A value that cannot be read (a malformed date, for instance) is left out.
     */
    void extract(JsonDocument resource, SearchValueSink sink);

    /** Whether a parameter looks at texts whose case does not count for it: their values have it folded, and so must what is looked for. */
    default boolean foldsCase(SearchParameter parameter) {
        return false;
    }

    /** The values of one parameter only, for verifying a search on the resource itself. */
    void extract(JsonDocument resource, SearchParameter parameter, SearchValueSink sink);
}
