package dev.portolan.fhir.search;

/** Takes the values that an extractor finds. */
@FunctionalInterface
public interface SearchValueSink {

    void accept(SearchParameter parameter, SearchValue value);
}
