package dev.portolan.rest;

import dev.portolan.fhir.search.CompartmentParameters;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.SearchParameter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Searches of R4's compartments, as criteria (R4 compartmentdefinition). */
final class Compartments {

    private static final Set<String> OWNERS = Set.of("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device");

    private final CompartmentParameters parameters;
    private final Collection<String> allTypes;

    Compartments(CompartmentParameters parameters, Set<String> allTypes) {
        this.parameters = parameters;
        this.allTypes = new TreeSet<>(allTypes);
    }

    /** The types that may be asked of an owner's compartment, in order. */
    List<String> types(String owner) {
        checkOwner(owner);
        return allTypes.stream().filter(type -> !parameters.of(owner, type).isEmpty()).toList();
    }

    Criterion.InCompartment criterion(String owner, String ownerId, String type) {
        checkOwner(owner);
        List<SearchParameter> by = parameters.of(owner, type);
        if (by.isEmpty()) {
            throw new FhirException(Problem.UNKNOWN_TYPE, type + " is not in the compartment of " + owner + ": search it as [base]/" + type);
        }
        return new Criterion.InCompartment(owner, ownerId, by);
    }

    /** For all types together. */
    Criterion.InCompartment criterion(String owner, String ownerId) {
        Map<String, SearchParameter> byCode = new TreeMap<>();
        types(owner).forEach(type -> parameters.of(owner, type).forEach(parameter -> byCode.putIfAbsent(parameter.code(), parameter)));
        return new Criterion.InCompartment(owner, ownerId, List.copyOf(byCode.values()));
    }

    private static void checkOwner(String owner) {
        if (!OWNERS.contains(owner)) {
            throw new FhirException(Problem.NOT_FOUND, owner + " has no compartment: those of " + String.join(", ", new TreeSet<>(OWNERS)) + " can be searched");
        }
    }
}
