package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;

/**
 * Decides a criterion on one resource, without a database. The store uses it for what its rows cannot decide (composites, text, quantities); tests use it to
 * check the SQL.
 */
public interface CriterionMatcher {

    /**
     * @param criterion a {@link Criterion.Parameter} or {@link Criterion.FullText}; others need other resources and are refused
     * @throws IllegalArgumentException for the other criteria
     */
    boolean matches(JsonDocument resource, Criterion criterion);
}
