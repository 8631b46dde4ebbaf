package dev.portolan.patientaccess;

import dev.portolan.rest.FhirBase;
import dev.portolan.rest.FhirBase.ValidationPolicy;
import dev.portolan.rest.RequestLimits;
import java.util.List;
import java.util.Set;

/** The base of the Patient Access API. */
public final class PatientAccess {

    /** The guides' statements that it fulfils. */
    static final List<String> FULFILS = List.of("http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server", "http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb");

    /** What PDex adds for a member's own access: prior authorizations, devices, dispensed drugs, where a record came from, and what is decided about providers. */
    static final List<String> PDEX_PROFILES = List.of(
        "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-priorauthorization",
        "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-device",
        "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-medicationdispense",
        "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-provenance",
        "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-provider-consent");

    /** What can be a member's, and what a member's record refers to; nothing of the plan's own work (AuditEvent, Group, Subscription, ...). */
    static final Set<String> TYPES = Set.of(
        "Account", "AdverseEvent", "AllergyIntolerance", "Appointment", "Basic", "Binary", "BodyStructure", "CarePlan", "CareTeam", "ChargeItem", "Claim", "ClaimResponse", "ClinicalImpression", "CodeSystem", "Communication",
        "CommunicationRequest", "Composition", "Condition", "Consent", "Coverage", "CoverageEligibilityRequest", "CoverageEligibilityResponse", "DetectedIssue", "Device", "DeviceRequest", "DeviceUseStatement", "DiagnosticReport",
        "DocumentManifest", "DocumentReference", "Encounter", "Endpoint", "EpisodeOfCare", "ExplanationOfBenefit", "FamilyMemberHistory", "Flag", "Goal", "HealthcareService", "ImagingStudy", "Immunization", "ImmunizationEvaluation",
        "ImmunizationRecommendation", "InsurancePlan", "Invoice", "List", "Location", "Media", "Medication", "MedicationAdministration", "MedicationDispense", "MedicationKnowledge", "MedicationRequest", "MedicationStatement",
        "MolecularSequence", "NutritionOrder", "Observation", "Organization", "OrganizationAffiliation", "Patient", "Practitioner", "PractitionerRole", "Procedure", "Provenance", "Questionnaire", "QuestionnaireResponse", "RelatedPerson",
        "RequestGroup", "RiskAssessment", "ServiceRequest", "Specimen", "Substance", "SupplyDelivery", "SupplyRequest", "ValueSet", "VisionPrescription");

    private PatientAccess() {}

    /**
     * @param prefix what stands before the base's own path, for instance nothing
     * @param origin scheme, host and port as clients see them
     */
    public static FhirBase base(String prefix, String origin) {
        return new FhirBase("patient-access", "Patient Access API", prefix + "/patient-access/fhir", origin, TYPES, FhirBase.READING, ValidationPolicy.OFF, RequestLimits.PUBLIC, FULFILS, PDEX_PROFILES);
    }
}
