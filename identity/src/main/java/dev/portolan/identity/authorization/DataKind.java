package dev.portolan.identity.authorization;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** Kinds of data in the words of a member, each with the FHIR types that it is made of: every type of R4 is in one. The consent page offers these. */
public enum DataKind {
    DETAILS("Personal details", "Name, date of birth, address, contacts", "Patient", "RelatedPerson", "Person"),
    COVERAGE("Coverage", "Plan, member number and benefits", "Coverage", "InsurancePlan", "CoverageEligibilityRequest",
            "CoverageEligibilityResponse", "EnrollmentRequest", "EnrollmentResponse"),
    CLAIMS("Claims, payments and prior authorizations", "What was billed, what the plan paid, what it approved or denied",
            "ExplanationOfBenefit", "Claim", "ClaimResponse", "Account", "ChargeItem", "Invoice", "PaymentNotice", "PaymentReconciliation"),
    CONDITIONS("Health conditions and allergies", "Diagnoses, health concerns, allergies, family history", "Condition", "AllergyIntolerance",
            "FamilyMemberHistory", "ClinicalImpression", "DetectedIssue", "RiskAssessment", "AdverseEvent", "Flag"),
    MEDICINES("Medicines", "Prescriptions, what was dispensed, what is taken", "Medication", "MedicationRequest", "MedicationDispense",
            "MedicationStatement", "MedicationAdministration", "MedicationKnowledge"),
    IMMUNIZATIONS("Vaccinations", "Shots given and shots due", "Immunization", "ImmunizationRecommendation", "ImmunizationEvaluation"),
    RESULTS("Test results and measurements", "Laboratory results, vital signs, images, social history", "Observation", "DiagnosticReport",
            "Specimen", "ImagingStudy", "Media", "MolecularSequence", "BodyStructure"),
    CARE("Visits, procedures and care plans", "Appointments, hospital stays, procedures, devices, goals, care teams", "Encounter", "Procedure",
            "CarePlan", "CareTeam", "Goal", "ServiceRequest", "Appointment", "AppointmentResponse", "Device", "DeviceRequest",
            "DeviceUseStatement", "EpisodeOfCare", "NutritionOrder", "VisionPrescription", "ReferralRequest", "Task", "RequestGroup", "Schedule",
            "Slot", "SupplyRequest", "SupplyDelivery", "DeviceMetric", "DeviceDefinition", "BiologicallyDerivedProduct", "GuidanceResponse"),
    DOCUMENTS("Notes and documents", "Doctors' notes, discharge letters, questionnaires, messages", "DocumentReference", "DocumentManifest",
            "Composition", "Binary", "QuestionnaireResponse", "Questionnaire", "Communication", "CommunicationRequest", "List", "Bundle"),
    PROVIDERS("Doctors, hospitals and organizations", "Who gave care, and where", "Practitioner", "PractitionerRole", "Organization",
            "OrganizationAffiliation", "Location", "HealthcareService", "Endpoint"),
    RECORDS("Where the data came from and who saw it", "Source of each entry, permissions, access log", "Provenance", "Consent", "AuditEvent",
            "Group", "Contract", "VerificationResult"),
    /** The rest of R4: what stands in no kind could not be shown to a member, and so is given to no app. */
    OTHER("Other records", "Everything else: research studies, quality measures, entries of a kind of their own, and technical definitions", "Basic", "ResearchStudy",
            "ResearchSubject", "Measure", "MeasureReport", "Linkage", "MessageHeader", "Substance", "ActivityDefinition", "CapabilityStatement", "CatalogEntry",
            "ChargeItemDefinition", "CodeSystem", "CompartmentDefinition", "ConceptMap", "EffectEvidenceSynthesis", "EventDefinition", "Evidence", "EvidenceVariable",
            "ExampleScenario", "GraphDefinition", "ImplementationGuide", "Library", "MedicinalProduct", "MedicinalProductAuthorization",
            "MedicinalProductContraindication", "MedicinalProductIndication", "MedicinalProductIngredient", "MedicinalProductInteraction",
            "MedicinalProductManufactured", "MedicinalProductPackaged", "MedicinalProductPharmaceutical", "MedicinalProductUndesirableEffect", "MessageDefinition",
            "NamingSystem", "ObservationDefinition", "OperationDefinition", "OperationOutcome", "Parameters", "PlanDefinition", "ResearchDefinition",
            "ResearchElementDefinition", "RiskEvidenceSynthesis", "SearchParameter", "SpecimenDefinition", "StructureDefinition", "StructureMap", "Subscription",
            "SubstanceNucleicAcid", "SubstancePolymer", "SubstanceProtein", "SubstanceReferenceInformation", "SubstanceSourceMaterial", "SubstanceSpecification",
            "TerminologyCapabilities", "TestReport", "TestScript", "ValueSet");

    private final String label;
    private final String description;
    private final Set<String> types;

    DataKind(String label, String description, String... types) {
        this.label = label;
        this.description = description;
        this.types = Set.copyOf(Arrays.asList(types));
    }

    public String label() {
        return label;
    }

    public String description() {
        return description;
    }

    Set<String> types() {
        return types;
    }

    static Optional<DataKind> of(String resourceType) {
        return Arrays.stream(values()).filter(kind -> kind.types.contains(resourceType)).findFirst();
    }
}
