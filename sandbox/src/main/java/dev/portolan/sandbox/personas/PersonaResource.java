package dev.portolan.sandbox.personas;

/**
 * One resource of the personas.
 *
 * @param type resource type
 * @param json FHIR JSON as text
 */
public record PersonaResource(String type, String id, String json) {

    /** {@code type/id}. */
    public String reference() {
        return type + "/" + id;
    }
}
