package dev.portolan.store;

import dev.portolan.fhir.search.CriterionMatcher;
import dev.portolan.fhir.search.SearchParameters;
import dev.portolan.fhir.search.SearchValueExtractor;

/** What the store has to know of FHIR: which parameters there are, how their values are found in a resource, and how a criterion is decided on one. */
public record SearchDefinitions(SearchParameters parameters, SearchValueExtractor extractor, CriterionMatcher matcher) {}
