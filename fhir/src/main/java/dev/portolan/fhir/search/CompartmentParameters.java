package dev.portolan.fhir.search;

import java.util.List;

/** Which parameters put a resource into a compartment, by the R4 CompartmentDefinitions. */
@FunctionalInterface
public interface CompartmentParameters {

    /** In the definition's order; empty if the type is not in the compartment. */
    List<SearchParameter> of(String ownerType, String resourceType);
}
