package dev.portolan.benchmarks.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Reads from a resource whose it is and when it was. */
public final class Members {

    private Members() {}

    /** The id of the member that the resource belongs to, or empty for a shared resource. */
    public static String of(JsonNode resource) {
        if (resource.path("resourceType").asText().equals("Patient")) {
            return resource.path("id").asText();
        }
        for (String element : List.of("subject", "patient", "beneficiary")) {
            String reference = resource.path(element).path("reference").asText();
            if (reference.startsWith("Patient/")) {
                return reference.substring("Patient/".length());
            }
        }
        return "";
    }

    /** The date that searches of this type usually ask for, or empty. */
    public static String date(JsonNode resource) {
        for (String element : List.of("effectiveDateTime", "recordedDate", "issued", "created", "authoredOn")) {
            if (resource.path(element).isTextual()) {
                return resource.path(element).asText();
            }
        }
        return resource.path("billablePeriod").path("start").asText(resource.path("period").path("start").asText());
    }
}
