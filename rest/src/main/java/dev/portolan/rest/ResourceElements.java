package dev.portolan.rest;

import ca.uhn.fhir.context.FhirContext;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.SearchQuery.Summary;
import java.util.Set;

/** Parts of resources, as {@code _elements} of a search gives them: mandatory elements stay, and a tag says that it is not the whole. */
public final class ResourceElements {

    private final Subsetter subsetter;

    public ResourceElements(FhirContext fhir) {
        this.subsetter = new Subsetter(fhir);
    }

    /** @param elements names at the root of the resource; not empty */
    public byte[] only(String type, byte[] json, Set<String> elements) {
        return subsetter.apply(JsonDocument.parse(json), type, Summary.FALSE, elements);
    }
}
