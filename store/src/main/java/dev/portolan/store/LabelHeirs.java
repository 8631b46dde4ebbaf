package dev.portolan.store;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is about other resources and would tell of them: it carries their security labels too, so that whoever must not know of a resource does not learn of it here. A container is labelled at least as
 * its contents are (HL7 Healthcare Privacy and Security Classification System, high-water mark). What only mentions another resource (the reason of an Encounter, an earlier claim) is not meant.
 */
final class LabelHeirs {

    /** By type, the reference parameters that lead to what the resource is about. */
    static final Map<String, List<String>> ABOUT = Map.ofEntries(
        Map.entry("AuditEvent", List.of("entity")),
        Map.entry("Basic", List.of("subject")),
        Map.entry("ClaimResponse", List.of("request")),
        Map.entry("Communication", List.of("based-on", "part-of")),
        Map.entry("CommunicationRequest", List.of("based-on")),
        Map.entry("Composition", List.of("entry")),
        Map.entry("Consent", List.of("data")),
        Map.entry("Contract", List.of("subject")),
        Map.entry("CoverageEligibilityResponse", List.of("request")),
        Map.entry("DetectedIssue", List.of("implicated")),
        Map.entry("DiagnosticReport", List.of("result")),
        Map.entry("DocumentManifest", List.of("item", "related-ref")),
        Map.entry("DocumentReference", List.of("related", "relatesto")),
        Map.entry("EnrollmentResponse", List.of("request")),
        Map.entry("ExplanationOfBenefit", List.of("claim")),
        Map.entry("ImmunizationEvaluation", List.of("immunization-event")),
        Map.entry("Linkage", List.of("item", "source")),
        Map.entry("List", List.of("item")),
        Map.entry("MeasureReport", List.of("evaluated-resource")),
        Map.entry("MedicationAdministration", List.of("medication")),
        Map.entry("MedicationDispense", List.of("medication")),
        Map.entry("MedicationRequest", List.of("medication")),
        Map.entry("MedicationStatement", List.of("medication")),
        Map.entry("MessageHeader", List.of("focus")),
        Map.entry("Observation", List.of("has-member", "derived-from")),
        Map.entry("PaymentNotice", List.of("request", "response")),
        Map.entry("PaymentReconciliation", List.of("request")),
        Map.entry("Provenance", List.of("target", "entity")),
        Map.entry("Task", List.of("focus", "based-on")),
        Map.entry("VerificationResult", List.of("target")));

    /** {@code about} is no search parameter of theirs. */
    static final Set<String> WITH_ABOUT = Set.of("Communication", "CommunicationRequest");

    private LabelHeirs() {}

    static boolean is(String type) {
        return ABOUT.containsKey(type);
    }

    static boolean isAbout(String type, String parameter) {
        List<String> parameters = ABOUT.get(type);
        return parameters != null && parameters.contains(parameter);
    }
}
