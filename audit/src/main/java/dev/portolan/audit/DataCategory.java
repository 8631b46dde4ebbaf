package dev.portolan.audit;

import dev.portolan.fhir.json.PlainText;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Kinds of data that an access is recorded by (AUD-02), coarse enough to say to a member and fine enough to account for. Told from a resource's type, and from its bytes where a type holds several
 * kinds.
 */
public enum DataCategory {
    DEMOGRAPHICS("demographics", "personal details"),
    COVERAGE("coverage", "coverage"),
    CLAIMS("claims", "claims and payments"),
    PRIOR_AUTHORIZATION("prior-authorization", "prior authorizations"),
    PHARMACY("pharmacy", "medicines"),
    LABORATORY("laboratory", "laboratory results"),
    MEASUREMENTS("measurements", "measurements and other findings"),
    CONDITIONS("conditions", "health conditions and allergies"),
    IMMUNIZATIONS("immunizations", "vaccinations"),
    CARE("care", "visits, procedures and care plans"),
    NOTES("notes", "notes and documents"),
    RECORDS("records", "consents and origins of the data"),
    DIRECTORY("directory", "doctors, hospitals and plans"),
    OTHER("other", "other data"),
    /** Beside the kind itself: the resource bears a label of restricted or sensitive data (HL7 v3 Confidentiality R and V, ActCode sensitivity). */
    SENSITIVE("sensitive", "specially protected data");

    private static final Set<DataCategory> OF_CLAIMS = EnumSet.of(CLAIMS, PHARMACY, PRIOR_AUTHORIZATION);
    private static final Map<String, DataCategory> BY_TYPE = new HashMap<>();
    private static final Map<String, DataCategory> BY_CODE = new HashMap<>();
    private static final BytePattern CATEGORY = BytePattern.of("\"category\":");
    private static final BytePattern LABORATORY_CODE = BytePattern.of("\"code\":\"laboratory\"");
    private static final BytePattern LAB_CODE = BytePattern.of("\"code\":\"LAB\"");
    private static final BytePattern PHARMACY_CODE = BytePattern.of("\"code\":\"pharmacy\"");
    private static final BytePattern USE = BytePattern.of("\"use\":\"");
    private static final BytePattern CLAIM_USE = BytePattern.of("claim\"");
    private static final BytePattern AUTHORIZATION_USE = BytePattern.of("pre");
    private static final BytePattern META = BytePattern.of("\"meta\":{");
    private static final BytePattern SECURITY = BytePattern.of("\"security\":[");
    private static final List<BytePattern> SENSITIVE_CODES = List.of(BytePattern.of("\"code\":\"R\""), BytePattern.of("\"code\":\"V\""), BytePattern.of("v3-ActCode\""));

    static {
        put(DEMOGRAPHICS, "Patient", "RelatedPerson", "Person");
        put(COVERAGE, "Coverage", "CoverageEligibilityRequest", "CoverageEligibilityResponse", "EnrollmentRequest", "EnrollmentResponse");
        put(CLAIMS, "ExplanationOfBenefit", "Claim", "ClaimResponse", "Account", "Invoice", "ChargeItem", "PaymentNotice", "PaymentReconciliation");
        put(PHARMACY, "MedicationRequest", "MedicationDispense", "MedicationStatement", "MedicationAdministration");
        put(MEASUREMENTS, "Observation", "DiagnosticReport", "Specimen", "ImagingStudy", "Media", "MolecularSequence", "BodyStructure");
        put(CONDITIONS, "Condition", "AllergyIntolerance", "FamilyMemberHistory", "ClinicalImpression", "DetectedIssue", "RiskAssessment", "AdverseEvent", "Flag");
        put(IMMUNIZATIONS, "Immunization", "ImmunizationRecommendation", "ImmunizationEvaluation");
        put(CARE, "Encounter", "Procedure", "CarePlan", "CareTeam", "Goal", "ServiceRequest", "Appointment", "AppointmentResponse", "Device", "DeviceRequest", "DeviceUseStatement", "EpisodeOfCare",
            "NutritionOrder", "VisionPrescription", "Task", "RequestGroup", "Schedule", "Slot", "SupplyRequest", "SupplyDelivery");
        put(NOTES, "DocumentReference", "DocumentManifest", "Composition", "Binary", "QuestionnaireResponse", "Communication", "CommunicationRequest", "List", "Bundle");
        put(RECORDS, "Provenance", "Consent", "AuditEvent", "Group", "Contract", "MeasureReport");
        put(DIRECTORY, "Practitioner", "PractitionerRole", "Organization", "OrganizationAffiliation", "Location", "HealthcareService", "Endpoint", "InsurancePlan", "Medication", "MedicationKnowledge",
            "Basic", "Questionnaire", "ValueSet", "CodeSystem", "ConceptMap", "StructureDefinition", "SearchParameter", "OperationDefinition", "CapabilityStatement", "Library", "PlanDefinition",
            "ActivityDefinition", "Measure", "NamingSystem", "Substance");
        for (DataCategory category : values()) {
            BY_CODE.put(category.code, category);
        }
    }

    private final String code;
    private final String words;

    DataCategory(String code, String words) {
        this.code = code;
        this.words = words;
    }

    private static void put(DataCategory category, String... types) {
        for (String type : types) {
            BY_TYPE.put(type, category);
        }
    }

    /** As it stands in the trail. */
    public String code() {
        return code;
    }

    /** In a member's words. */
    public String words() {
        return words;
    }

    /** What a trail's code stands for. */
    public static Optional<DataCategory> ofCode(String code) {
        return Optional.ofNullable(BY_CODE.get(code));
    }

    /**
     * Adds the kinds of a resource's data.
     *
     * @param json compact, as it is given out
     */
    public static void collect(String type, byte[] json, Set<DataCategory> to) {
        DataCategory plain = BY_TYPE.getOrDefault(type, OTHER);
        switch (type) {
            // The bytes are looked through only while they can tell something new: a page holds hundreds of one type.
            case "Observation", "DiagnosticReport" -> {
                if (!to.contains(plain) || !to.contains(LABORATORY)) {
                    to.add(isLaboratory(json) ? LABORATORY : plain);
                }
            }
            case "ExplanationOfBenefit", "Claim", "ClaimResponse" -> {
                if (!to.containsAll(OF_CLAIMS)) {
                    to.add(claim(json));
                }
            }
            default -> to.add(plain);
        }
        if (!to.contains(SENSITIVE) && isSensitive(json)) {
            to.add(SENSITIVE);
        }
    }

    private static boolean isLaboratory(byte[] json) {
        int category = CATEGORY.indexIn(json, 0, json.length);
        if (category < 0) {
            return false;
        }
        int end = endOfArray(json, category);
        return LABORATORY_CODE.indexIn(json, category, end) >= 0 || LAB_CODE.indexIn(json, category, end) >= 0;
    }

    /** {@code use} tells prior authorizations and predeterminations from claims; identifiers and names have a {@code use} of other codes. The type stands before it. */
    private static DataCategory claim(byte[] json) {
        for (int at = USE.indexIn(json, 0, json.length); at >= 0; at = USE.indexIn(json, at + 1, json.length)) {
            int code = at + USE.length();
            if (AUTHORIZATION_USE.isAt(json, code)) {
                return PRIOR_AUTHORIZATION;
            }
            if (CLAIM_USE.isAt(json, code)) {
                return PHARMACY_CODE.indexIn(json, 0, at) >= 0 ? PHARMACY : CLAIMS;
            }
        }
        return CLAIMS;
    }

    private static boolean isSensitive(byte[] json) {
        int meta = META.indexIn(json, 0, json.length);
        if (meta < 0) {
            return false;
        }
        int security = SECURITY.indexIn(json, meta, endOfObject(json, meta + META.length() - 1));
        if (security < 0) {
            return false;
        }
        int end = endOfArray(json, security);
        for (BytePattern code : SENSITIVE_CODES) {
            if (code.indexIn(json, security, end) >= 0) {
                return true;
            }
        }
        return false;
    }

    /** Where the value that opens at {@code open} closes; strings may hold brackets. */
    private static int endOfObject(byte[] json, int open) {
        int depth = 0;
        for (int i = open; i < json.length; i++) {
            byte b = json[i];
            if (b == '"') {
                // Most of it is strings, so these are gone through by themselves.
                i = endOfString(json, i + 1);
            } else if (b == '{' || b == '[') {
                depth++;
            } else if ((b == '}' || b == ']') && --depth == 0) {
                return i;
            }
        }
        return json.length;
    }

    private static int endOfString(byte[] json, int from) {
        int at = PlainText.end(json, from);
        while (at < json.length && json[at] != '"') {
            at = PlainText.end(json, at + (json[at] == '\\' ? 2 : 1));
        }
        return at;
    }

    private static int endOfArray(byte[] json, int field) {
        int open = field;
        while (open < json.length && json[open] != '[' && json[open] != '{') {
            open++;
        }
        return endOfObject(json, open);
    }
}
