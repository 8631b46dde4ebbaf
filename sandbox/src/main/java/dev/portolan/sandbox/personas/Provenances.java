package dev.portolan.sandbox.personas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Set;

/** Where a record came from: a Provenance for everything clinical and for every claim, with its author, the plan that passed it on, and the format that it came in (PDex, Provenance). */
final class Provenances {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Set<String> WITHOUT = Set.of("Organization", "Practitioner", "PractitionerRole", "Location", "Endpoint", "Medication", "Questionnaire", "Binary", "Media");

    private Provenances() {}

    static boolean belongsTo(ObjectNode resource) {
        return !WITHOUT.contains(resource.path("resourceType").asText());
    }

    static ObjectNode of(ObjectNode resource) {
        String type = resource.path("resourceType").asText();
        String id = resource.path("id").asText();
        ObjectNode provenance = JSON.objectNode().put("resourceType", "Provenance").put("id", "pv-" + shortened(type) + "-" + id);
        provenance.putArray("profile").add("core:us-core-provenance").add("pdex:pdex-provenance");
        if (resource.has("label")) {
            provenance.set("label", resource.get("label")); // what withholds the record withholds that there is one
        }
        provenance.putArray("target").add(">" + type + "/" + id);
        provenance.put("recorded", "2024-12-01T08:00:00-05:00");
        boolean ofPlan = Set.of("ExplanationOfBenefit", "Coverage", "Patient", "RelatedPerson").contains(type);
        provenance.putArray("agent")
            .add(agent("provenance-participant-type author|Author", ofPlan ? "Organization/harborline" : "Practitioner/ines-castellano", ofPlan ? "Organization/harborline" : "Organization/pelican-hospital"))
            .add(agent("core-provenance-participant transmitter|Transmitter", "Organization/harborline", "Organization/harborline"));
        ObjectNode entity = provenance.putArray("entity").addObject().put("role", "source");
        entity.putArray("extension").addObject().put("url", "pdex:ProvenanceSourceFrom").put("valueCodeableConcept", "@pdex-source " + format(resource, type));
        entity.putObject("what").put("display", "the record as it came in");
        return provenance;
    }

    private static JsonNode agent(String type, String who, String onBehalfOf) {
        return JSON.objectNode().put("type", "@" + type).put("who", ">" + who).put("onBehalfOf", ">" + onBehalfOf);
    }

    private static String format(ObjectNode resource, String type) {
        return switch (type) {
            case "ExplanationOfBenefit" -> resource.path("use").asText().equals("preauthorization") ? "x12278" : resource.path("type").asText().contains("pharmacy") ? "ncpdp" : "x12837";
            case "Patient", "Coverage", "RelatedPerson" -> "x12other";
            case "Immunization" -> "hl7v2vxu";
            case "DocumentReference", "CarePlan", "CareTeam", "Goal" -> "hl7ccda";
            case "MedicationDispense" -> "ncpdp";
            default -> "hl7fhirr4";
        };
    }

    /** Ids have 64 characters at most: the capitals of the type tell enough. */
    private static String shortened(String type) {
        return type.replaceAll("[a-z]", "").toLowerCase(Locale.ROOT);
    }
}
