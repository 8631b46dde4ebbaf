package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.rest.Answer.Access;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The definitions of the operations that a base offers, as the packages have them: {@code OperationDefinition/[id]} reads them although nobody stored them. */
final class DefinedOperations {

    private final Map<String, byte[]> byId = new TreeMap<>();

    DefinedOperations(FhirPackages packages, Operations operations) {
        for (FhirOperation operation : operations.all().stream().filter(each -> each.definition() != null).toList()) {
            packages.find("OperationDefinition", String.valueOf(operation.definition())).filter(found -> found.id() != null)
                .ifPresent(found -> byId.put(String.valueOf(found.id()), JsonDocument.parse(found.bytes()).bytes()));
        }
    }

    Optional<Answer> read(Route route) {
        byte[] definition = route.type().equals("OperationDefinition") ? byId.get(route.id()) : null;
        return Optional.ofNullable(definition).map(json -> Answer.json(200, json, Access.ofOne("read", route.type(), route.id(), new Disclosed())));
    }
}
