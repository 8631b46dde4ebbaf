package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How a resource of each type says that it ended or was an error. Types that FHIR gives no word for that (Basic, Binary, Provenance, ...) have none. */
final class ClosingRules {

    private static final String ERROR = "\"entered-in-error\"";
    private static final List<String> INACTIVE = List.of("Patient", "Practitioner", "PractitionerRole", "Organization", "RelatedPerson", "Person", "HealthcareService", "BodyStructure", "Group", "Schedule");
    /** Those whose {@code status} has the code in R4. */
    private static final List<String> WITH_ERROR = List.of("Account", "Appointment", "CarePlan", "CareTeam", "ChargeItem", "Claim", "ClaimResponse", "ClinicalImpression", "Communication", "CommunicationRequest", "Composition", "Consent",
        "CoverageEligibilityRequest", "CoverageEligibilityResponse", "DetectedIssue", "Device", "DeviceRequest", "DeviceUseStatement", "DiagnosticReport", "DocumentManifest", "DocumentReference", "Encounter", "Endpoint", "EnrollmentRequest",
        "EnrollmentResponse", "EpisodeOfCare", "ExplanationOfBenefit", "FamilyMemberHistory", "Flag", "GuidanceResponse", "ImagingStudy", "Immunization", "ImmunizationEvaluation", "Invoice", "List", "Media", "Medication",
        "MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement", "NutritionOrder", "Observation", "PaymentNotice", "PaymentReconciliation", "Procedure", "QuestionnaireResponse", "RequestGroup",
        "RiskAssessment", "ServiceRequest", "Slot", "Specimen", "Substance", "SupplyDelivery", "SupplyRequest", "Task", "VisionPrescription");
    private static final Map<String, Rule> RULES = rules();

    /** @param without an element that may not stand beside the value */
    private record Rule(String field, String value, String without) {}

    private ClosingRules() {}

    private static Map<String, Rule> rules() {
        Map<String, Rule> rules = new HashMap<>();
        INACTIVE.forEach(type -> rules.put(type, new Rule("active", "false", "")));
        WITH_ERROR.forEach(type -> rules.put(type, new Rule("status", ERROR, "")));
        rules.put("Coverage", new Rule("status", "\"cancelled\"", ""));
        rules.put("Location", new Rule("status", "\"inactive\"", ""));
        rules.put("InsurancePlan", new Rule("status", "\"retired\"", ""));
        rules.put("Goal", new Rule("lifecycleStatus", ERROR, ""));
        rules.put("Condition", new Rule("verificationStatus", verification("condition-ver-status"), "clinicalStatus")); // con-5
        rules.put("AllergyIntolerance", new Rule("verificationStatus", verification("allergyintolerance-verification"), "clinicalStatus")); // ait-2
        return Map.copyOf(rules);
    }

    private static String verification(String system) {
        return "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/" + system + "\",\"code\":\"entered-in-error\"}]}";
    }

    static boolean has(String type) {
        return RULES.containsKey(type);
    }

    /** @param type one that has a rule */
    static JsonDocument closed(String type, JsonDocument body) {
        Rule rule = RULES.get(type);
        JsonValue contrary = body.root().field(rule.without());
        JsonDocument rest = contrary == null ? body : body.with(List.of(without(contrary)));
        JsonValue field = rest.root().field(rule.field());
        if (field != null) {
            return rest.with(List.of(new JsonEdit(field.start(), field.end(), rule.value().getBytes(StandardCharsets.UTF_8))));
        }
        int at = rest.root().end() - 1;
        return rest.with(List.of(new JsonEdit(at, at, (",\"" + rule.field() + "\":" + rule.value()).getBytes(StandardCharsets.UTF_8))));
    }

    /** A stored resource has other fields before and behind: with the comma that parts it from the next, or from the one before. */
    private static JsonEdit without(JsonValue field) {
        JsonValue next = field.nextSibling();
        return next != null ? new JsonEdit(field.nameStart(), next.nameStart(), new byte[0]) : new JsonEdit(field.nameStart() - 1, field.end(), new byte[0]);
    }
}
