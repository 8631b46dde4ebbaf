package dev.portolan.fhir.search;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/** The search parameters that are defined, by resource type: base R4 and those of every loaded guide. */
public interface SearchParameters {

    /** The parameter of that name, those of {@code Resource} and {@code DomainResource} included. */
    Optional<SearchParameter> find(String resourceType, String code);

    /** Every parameter of a type, those of {@code Resource} and {@code DomainResource} included. */
    Collection<SearchParameter> of(String resourceType);

    /** Every R4 resource type (no abstract ones). */
    Set<String> resourceTypes();

    /**
     * A digest of all definitions: it changes if and only if values that were extracted before may no longer be right, and a reindex is due.
     */
    String fingerprint();
}
