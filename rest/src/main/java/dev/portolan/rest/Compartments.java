package dev.portolan.rest;

import dev.portolan.fhir.search.CompartmentParameters;
import dev.portolan.fhir.search.Criterion;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Searches of R4's compartments, as criteria (R4 compartmentdefinition). */
final class Compartments {

    private static final Set<String> OWNERS = Set.of("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device");

    private final CompartmentParameters parameters;
    private final Collection<String> allTypes;

    Compartments(CompartmentParameters parameters, Set<String> allTypes) {
        this.parameters = parameters;
        this.allTypes = new TreeSet<>(allTypes);
    }

    /** Canonical URLs of the definitions, of the owners that are offered. */
    static List<String> definitions(Predicate<String> offered) {
        return OWNERS.stream().filter(offered).sorted().map(owner -> "http://hl7.org/fhir/CompartmentDefinition/" + Character.toLowerCase(owner.charAt(0)) + owner.substring(1)).toList();
    }

    /** The types that may be asked of an owner's compartment, in order; the owner's own among them: it is in its compartment ({@code {def}} in the definitions). */
    List<String> types(String owner) {
        checkOwner(owner);
        return allTypes.stream().filter(type -> isIn(owner, type)).toList();
    }

    private boolean isIn(String owner, String type) {
        return type.equals(owner) || !parameters.of(owner, type).isEmpty();
    }

    Criterion.InCompartment criterion(String owner, String ownerId, String type) {
        checkOwner(owner);
        if (!isIn(owner, type)) {
            throw new FhirException(Problem.UNKNOWN_TYPE, type + " is not in the compartment of " + owner + ": search it as [base]/" + type);
        }
        return new Criterion.InCompartment(owner, ownerId, parameters.of(owner, List.of(type)));
    }

    /** For all types together. */
    Criterion.InCompartment criterion(String owner, String ownerId) {
        return new Criterion.InCompartment(owner, ownerId, parameters.of(owner, types(owner)));
    }

    private static void checkOwner(String owner) {
        if (!OWNERS.contains(owner)) {
            throw new FhirException(Problem.NOT_FOUND, owner + " has no compartment: those of " + String.join(", ", new TreeSet<>(OWNERS)) + " can be searched");
        }
    }
}
