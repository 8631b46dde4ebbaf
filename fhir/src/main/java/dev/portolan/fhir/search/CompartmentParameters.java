package dev.portolan.fhir.search;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Which parameters put a resource into a compartment, by the R4 CompartmentDefinitions. */
@FunctionalInterface
public interface CompartmentParameters {

    /** In the definition's order; empty if the type is not in the compartment. */
    List<SearchParameter> of(String ownerType, String resourceType);

    /** The same for several types. */
    default Map<String, List<SearchParameter>> of(String ownerType, Collection<String> resourceTypes) {
        return resourceTypes.stream().collect(Collectors.toMap(type -> type, type -> of(ownerType, type)));
    }
}
