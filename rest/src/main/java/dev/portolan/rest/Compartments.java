package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchParameters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** R4's compartments: which parameters put a resource into one (R4 compartmentdefinition). */
final class Compartments {

    private static final List<String> OWNERS = List.of("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device");

    private final Map<String, Map<String, List<SearchParameter>>> byOwner = new HashMap<>();

    Compartments(FhirPackages packages, SearchParameters parameters) {
        for (String owner : OWNERS) {
            packages.compartmentDefinition(owner).ifPresent(bytes -> byOwner.put(owner, read(JsonDocument.parse(bytes), parameters)));
        }
    }

    private static Map<String, List<SearchParameter>> read(JsonDocument definition, SearchParameters parameters) {
        Map<String, List<SearchParameter>> byType = new TreeMap<>();
        JsonValue resources = definition.root().field("resource");
        for (JsonValue resource : resources == null ? List.<JsonValue>of() : resources.children()) {
            String type = String.valueOf(resource.fieldText("code"));
            List<SearchParameter> by = new ArrayList<>();
            JsonValue params = resource.field("param");
            for (JsonValue param : params == null ? List.<JsonValue>of() : params.children()) {
                parameters.find(type, param.text()).ifPresent(by::add);
            }
            if (!by.isEmpty()) {
                byType.put(type, List.copyOf(by));
            }
        }
        return byType;
    }

    /** The types that may be asked of an owner's compartment, in order. */
    List<String> types(String owner) {
        return List.copyOf(of(owner).keySet());
    }

    Criterion.InCompartment criterion(String owner, String ownerId, String type) {
        List<SearchParameter> by = of(owner).get(type);
        if (by == null) {
            throw new FhirException(Problem.UNKNOWN_TYPE, type + " is not in the compartment of " + owner + ": search it as [base]/" + type);
        }
        return new Criterion.InCompartment(owner, ownerId, by);
    }

    /** For all types together. */
    Criterion.InCompartment criterion(String owner, String ownerId) {
        Map<String, SearchParameter> byCode = new TreeMap<>();
        of(owner).values().forEach(list -> list.forEach(parameter -> byCode.putIfAbsent(parameter.code(), parameter)));
        return new Criterion.InCompartment(owner, ownerId, List.copyOf(byCode.values()));
    }

    private Map<String, List<SearchParameter>> of(String owner) {
        Map<String, List<SearchParameter>> byType = byOwner.get(owner);
        if (byType == null) {
            throw new FhirException(Problem.NOT_FOUND, owner + " has no compartment: those of " + String.join(", ", OWNERS) + " can be searched");
        }
        return byType;
    }
}
