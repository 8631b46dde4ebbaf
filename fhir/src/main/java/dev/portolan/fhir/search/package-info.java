/**
 * What a FHIR search means: the parameters that are defined, the values that a resource has for them, and the query that a caller asks.
 *
 * <p>Knows no SQL and no HTTP. A query is parsed once, at the edge, into {@link dev.portolan.fhir.search.SearchQuery}; the store turns it into SQL, and
 * {@link dev.portolan.fhir.search.CriterionMatcher} decides it on the values of one resource where SQL cannot.
 */
@NullMarked
package dev.portolan.fhir.search;

import org.jspecify.annotations.NullMarked;
