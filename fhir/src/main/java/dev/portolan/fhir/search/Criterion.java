package dev.portolan.fhir.search;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** One condition of a query. All conditions of a query must hold; the values of one condition are alternatives. */
public sealed interface Criterion {

    /**
     * @param anyOf at least one
     */
    record Parameter(SearchParameter parameter, Modifier modifier, List<CriterionValue> anyOf) implements Criterion {}

    /**
     * {@code subject:Patient.name=x}: the resource refers by {@code reference} to a resource that fulfils the rest.
     *
     * @param targets the types that it may refer to, each with the rest as it is for that type; types for which the rest has no meaning are left out
     */
    record Chain(SearchParameter reference, List<Target> targets) implements Criterion {}

    record Target(String type, Criterion criterion) {}

    /** {@code _has:Observation:patient:code=x}: a resource of {@code sourceType} that fulfils the criterion refers to this one by {@code reference}. */
    record Has(String sourceType, SearchParameter reference, Criterion criterion) implements Criterion {}

    /** {@code _id}. */
    record Ids(Set<String> anyOf) implements Criterion {}

    /** {@code _lastUpdated}: alternatives. */
    record LastUpdated(List<CriterionValue.Date> anyOf) implements Criterion {}

    /** {@code _list}: ids of List resources whose current entries hold the resource. */
    record InList(List<String> listIds) implements Criterion {}

    /**
     * Compartment search: the resource is in the compartment of that Patient (or other compartment owner) by the R4 CompartmentDefinition. The owner itself is.
     *
     * @param byType the parameters that put a resource into the compartment, by its type: the same code can do so for one type and not for another
     */
    record InCompartment(String ownerType, String ownerId, Map<String, List<SearchParameter>> byType) implements Criterion {

        /** @return empty if resources of the type are not in the compartment */
        public List<SearchParameter> by(String type) {
            return byType.getOrDefault(type, List.of());
        }
    }

    /** {@code _text} (narrative only) and {@code _content} (all text): every word stands somewhere in it. */
    record FullText(boolean narrativeOnly, List<String> anyOf) implements Criterion {}
}
