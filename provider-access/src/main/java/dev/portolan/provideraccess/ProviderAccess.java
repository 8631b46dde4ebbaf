package dev.portolan.provideraccess;

import dev.portolan.rest.FhirBase;
import dev.portolan.rest.FhirBase.ValidationPolicy;
import dev.portolan.rest.RequestLimits;
import java.util.List;
import java.util.Set;

/** The base of the Provider Access API. */
public final class ProviderAccess {

    /** The base's name: in the audit trail and in metrics. */
    public static final String NAME = "provider-access";

    private static final String CARIN = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-";
    private static final String PDEX = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/";

    /** The guides' statements that it fulfils. */
    static final List<String> FULFILS = List.of("http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server", "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data");

    /** Claims without money (CARIN Blue Button 2.1, Basis), and what PDex adds. */
    static final List<String> PROFILES = List.of(
        CARIN + "Inpatient-Institutional-Basis", CARIN + "Outpatient-Institutional-Basis", CARIN + "Professional-NonClinician-Basis", CARIN + "Pharmacy-Basis", CARIN + "Oral-Basis",
        PDEX + "pdex-provider-group", PDEX + "pdex-priorauthorization", PDEX + "pdex-device", PDEX + "pdex-medicationdispense", PDEX + "pdex-provenance");

    /**
     * What a provider gets, and what that refers to. Nothing whose sense is money (Claim, ClaimResponse, Invoice, ChargeItem, Account, PaymentNotice, eligibility responses, ...): the claims are here as
     * ExplanationOfBenefits, without it (42 CFR 422.121(a)(2)).
     */
    static final Set<String> TYPES = Set.of(
        "AdverseEvent", "AllergyIntolerance", "Appointment", "Basic", "Binary", "BodyStructure", "CarePlan", "CareTeam", "ClinicalImpression", "CodeSystem", "Communication", "CommunicationRequest", "Composition",
        "Condition", "Coverage", "DetectedIssue", "Device", "DeviceRequest", "DeviceUseStatement", "DiagnosticReport", "DocumentReference", "Encounter", "Endpoint", "EpisodeOfCare", "ExplanationOfBenefit",
        "FamilyMemberHistory", "Flag", "Goal", "Group", "HealthcareService", "ImagingStudy", "Immunization", "ImmunizationEvaluation", "ImmunizationRecommendation", "List", "Location", "Media", "Medication",
        "MedicationAdministration", "MedicationDispense", "MedicationKnowledge", "MedicationRequest", "MedicationStatement", "MolecularSequence", "NutritionOrder", "Observation", "Organization",
        "OrganizationAffiliation", "Patient", "Practitioner", "PractitionerRole", "Procedure", "Provenance", "Questionnaire", "QuestionnaireResponse", "RelatedPerson", "RequestGroup", "RiskAssessment",
        "ServiceRequest", "Specimen", "Substance", "SupplyDelivery", "SupplyRequest", "ValueSet", "VisionPrescription");

    private ProviderAccess() {}

    /**
     * @param prefix what stands before the base's own path, for instance nothing
     * @param origin scheme, host and port as clients see them; null to take them from each request
     */
    public static FhirBase base(String prefix, @org.jspecify.annotations.Nullable String origin) {
        return new FhirBase(NAME, "Provider Access API", prefix + "/provider-access/fhir", origin, TYPES, FhirBase.READING, ValidationPolicy.OFF, RequestLimits.PUBLIC, FULFILS, PROFILES);
    }
}
