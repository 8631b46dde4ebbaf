package dev.portolan.store;

import dev.portolan.fhir.search.SearchParameters;
import java.util.Map;
import java.util.Set;

/**
 * The parameter of each type whose value stands in {@code date_low} and {@code date_high}, where the index orders a member's resources by it: the one that callers filter and
 * sort by. A type that is not here has none; its dates are all in {@code dates}.
 */
final class MainDates {

    private static final Map<String, String> BY_TYPE = Map.ofEntries(
        Map.entry("Account", "period"),
        Map.entry("AdverseEvent", "date"),
        Map.entry("AllergyIntolerance", "date"),
        Map.entry("Appointment", "date"),
        Map.entry("AuditEvent", "date"),
        Map.entry("CarePlan", "date"),
        Map.entry("CareTeam", "date"),
        Map.entry("ChargeItem", "occurrence"),
        Map.entry("Claim", "created"),
        Map.entry("ClaimResponse", "created"),
        Map.entry("ClinicalImpression", "date"),
        Map.entry("Communication", "sent"),
        Map.entry("CommunicationRequest", "authored"),
        Map.entry("Composition", "date"),
        Map.entry("Condition", "recorded-date"),
        Map.entry("Consent", "date"),
        Map.entry("CoverageEligibilityRequest", "created"),
        Map.entry("CoverageEligibilityResponse", "created"),
        Map.entry("DetectedIssue", "identified"),
        Map.entry("DeviceRequest", "event-date"),
        Map.entry("DiagnosticReport", "date"),
        Map.entry("DocumentManifest", "created"),
        Map.entry("DocumentReference", "date"),
        Map.entry("Encounter", "date"),
        Map.entry("EpisodeOfCare", "date"),
        Map.entry("ExplanationOfBenefit", "service-date"),
        Map.entry("FamilyMemberHistory", "date"),
        Map.entry("Flag", "date"),
        Map.entry("Goal", "start-date"),
        Map.entry("ImagingStudy", "started"),
        Map.entry("Immunization", "date"),
        Map.entry("ImmunizationEvaluation", "date"),
        Map.entry("ImmunizationRecommendation", "date"),
        Map.entry("Invoice", "date"),
        Map.entry("List", "date"),
        Map.entry("MeasureReport", "date"),
        Map.entry("Media", "created"),
        Map.entry("MedicationAdministration", "effective-time"),
        Map.entry("MedicationDispense", "whenhandedover"),
        Map.entry("MedicationRequest", "authoredon"),
        Map.entry("MedicationStatement", "effective"),
        Map.entry("NutritionOrder", "datetime"),
        Map.entry("Observation", "date"),
        Map.entry("Patient", "birthdate"),
        Map.entry("PractitionerRole", "date"),
        Map.entry("Procedure", "date"),
        Map.entry("Provenance", "recorded"),
        Map.entry("QuestionnaireResponse", "authored"),
        Map.entry("RequestGroup", "authored"),
        Map.entry("RiskAssessment", "date"),
        Map.entry("Schedule", "date"),
        Map.entry("ServiceRequest", "authored"),
        Map.entry("Specimen", "collected"),
        Map.entry("SupplyRequest", "date"),
        Map.entry("Task", "authored-on"),
        Map.entry("VisionPrescription", "datewritten"));

    /** {@code service-date} is CARIN Blue Button's; without that guide the claim's creation takes its place. */
    private static final Map<String, String> OTHERWISE = Map.of("ExplanationOfBenefit", "created");

    /** Those that may have several values in one resource: a claim's services have their own dates. Of every other the elements do not repeat. */
    private static final Map<String, String> MAY_REPEAT = Map.of("ExplanationOfBenefit", "service-date");

    private MainDates() {}

    static Set<String> types() {
        return BY_TYPE.keySet();
    }

    static boolean isMainDate(String type, String code, SearchParameters definitions) {
        String preferred = BY_TYPE.get(type);
        if (preferred == null) {
            return false;
        }
        String chosen = definitions.find(type, preferred).isPresent() ? preferred : OTHERWISE.get(type);
        return code.equals(chosen);
    }

    static boolean mayRepeat(String type, String code) {
        return code.equals(MAY_REPEAT.get(type));
    }
}
