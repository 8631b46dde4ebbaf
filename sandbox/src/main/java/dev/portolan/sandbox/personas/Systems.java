package dev.portolan.sandbox.personas;

import java.util.Map;
import java.util.Set;

/** Short names of code systems and of the places where definitions stand. */
final class Systems {

    private static final String THO = "http://terminology.hl7.org/CodeSystem/";
    private static final String CARIN = "http://hl7.org/fhir/us/carin-bb/CodeSystem/";
    private static final String CORE = "http://hl7.org/fhir/us/core/CodeSystem/";
    private static final String NUBC = "https://www.nubc.org/CodeSystem/";

    private static final Map<String, String> SYSTEMS = Map.ofEntries(
        Map.entry("loinc", "http://loinc.org"),
        Map.entry("sct", "http://snomed.info/sct"),
        Map.entry("rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm"),
        Map.entry("ndc", "http://hl7.org/fhir/sid/ndc"),
        Map.entry("cvx", "http://hl7.org/fhir/sid/cvx"),
        Map.entry("icd10cm", "http://hl7.org/fhir/sid/icd-10-cm"),
        Map.entry("icd10pcs", "http://www.cms.gov/Medicare/Coding/ICD10"),
        Map.entry("cpt", "http://www.ama-assn.org/go/cpt"),
        Map.entry("hcpcs", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
        Map.entry("cdt", "http://www.ada.org/cdt"),
        Map.entry("nucc", "http://nucc.org/provider-taxonomy"),
        Map.entry("bcp47", "urn:ietf:bcp:47"),
        Map.entry("cdcrec", "urn:oid:2.16.840.1.113883.6.238"),
        Map.entry("sopt", "https://nahdo.org/sopt"),
        Map.entry("format", "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"),
        Map.entry("tribal", THO + "v3-TribalEntityUS"),
        Map.entry("nullflavor", THO + "v3-NullFlavor"),
        Map.entry("data-absent", THO + "data-absent-reason"),
        Map.entry("allergy-clinical", THO + "allergyintolerance-clinical"),
        Map.entry("allergy-verification", THO + "allergyintolerance-verification"),
        Map.entry("condition-clinical", THO + "condition-clinical"),
        Map.entry("condition-ver", THO + "condition-ver-status"),
        Map.entry("core-condition-category", CORE + "condition-category"),
        Map.entry("careplan-category", CORE + "careplan-category"),
        Map.entry("us-core-category", CORE + "us-core-category"),
        Map.entry("documentreference-category", CORE + "us-core-documentreference-category"),
        Map.entry("core-provenance-participant", CORE + "us-core-provenance-participant-type"),
        Map.entry("medicationrequest-category", THO + "medicationrequest-category"),
        Map.entry("c4bb-identifier", CARIN + "C4BBIdentifierType"),
        Map.entry("c4bb-subtype", CARIN + "C4BBInstitutionalClaimSubType"),
        Map.entry("c4bb-role", CARIN + "C4BBClaimCareTeamRole"),
        Map.entry("c4bb-procedure", CARIN + "C4BBClaimProcedureType"),
        Map.entry("c4bb-related", CARIN + "C4BBRelatedClaimRelationshipCodes"),
        Map.entry("c4bb-compound", CARIN + "C4BBCompoundLiteral"),
        Map.entry("info", CARIN + "C4BBSupportingInfoType"),
        Map.entry("discriminator", CARIN + "C4BBAdjudicationDiscriminator"),
        Map.entry("status", CARIN + "C4BBPayerAdjudicationStatus"),
        Map.entry("related-claim", THO + "ex-relatedclaimrelationship"),
        Map.entry("payee", THO + "payeetype"),
        Map.entry("diagnosis-type", THO + "ex-diagnosistype"),
        Map.entry("tob", NUBC + "TypeOfBill"),
        Map.entry("origin", NUBC + "PointOfOrigin"),
        Map.entry("admtype", NUBC + "PriorityTypeOfAdmitOrVisit"),
        Map.entry("discharge", NUBC + "PatDischargeStatus"),
        Map.entry("poa", NUBC + "PresentOnAdmissionIndicator"),
        Map.entry("cms-poa", "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/HospitalAcqCond/Coding"),
        Map.entry("revenue", NUBC + "RevenueCodes"),
        Map.entry("msdrg", "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/AcuteInpatientPPS/MS-DRG-Classifications-and-Software"),
        Map.entry("pos", "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"),
        Map.entry("carc", "https://x12.org/codes/claim-adjustment-reason-codes"),
        Map.entry("ambulance", "https://x12.org/codesystem.x12.org/ambulance-transport-reason-codes"),
        Map.entry("daw", THO + "NCPDPDispensedAsWrittenOrProductSelectionCode"),
        Map.entry("brand", THO + "NCPDPBrandGenericIndicator"),
        Map.entry("rxorigin", THO + "NCPDPPrescriptionOriginCode"),
        Map.entry("compound", THO + "NCPDPCompoundCode"),
        Map.entry("reject", THO + "NCPDPRejectCode"),
        Map.entry("tooth", THO + "ADAUniversalToothDesignationSystem"),
        Map.entry("pdex-discriminator", "http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PDexAdjudicationDiscriminator"),
        Map.entry("pdex-source", "http://hl7.org/fhir/us/davinci-pdex/CodeSystem/ProvenancePayerDataSource"),
        Map.entry("pa-value", "http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PriorAuthorizationValueCodes"),
        Map.entry("x12-306", "https://codesystem.x12.org/005010/306"),
        Map.entry("x12-1338", "https://codesystem.x12.org/005010/1338"),
        Map.entry("x12-service-type", "https://x12.org/codes/service-type-codes"));

    private static final Set<String> OF_HL7_ADJUDICATION = Set.of("submitted", "copay", "eligible", "deductible", "benefit");

    private static final Map<String, String> PLACES = Map.of(
        "core:", "http://hl7.org/fhir/us/core/StructureDefinition/",
        "c4bb:", "http://hl7.org/fhir/us/carin-bb/StructureDefinition/",
        "c4bb21:", "http://hl7.org/fhir/us/carin-bb/StructureDefinition/",
        "pdex:", "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/",
        "hrex:", "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition/",
        "pas:", "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/",
        "fhir:", "http://hl7.org/fhir/StructureDefinition/");

    private Systems() {}

    /** What is no short name is one of HL7 terminology. */
    static String of(String name) {
        return SYSTEMS.getOrDefault(name, THO + name);
    }

    /** The code system of an adjudication's category. */
    static String ofAdjudication(String code) {
        return OF_HL7_ADJUDICATION.contains(code) ? THO + "adjudication" : CARIN + "C4BBAdjudication";
    }

    /** {@code core:us-core-race} is its canonical address; anything else is an address already. */
    static String url(String text) {
        int colon = text.indexOf(':');
        String place = colon < 0 ? null : PLACES.get(text.substring(0, colon + 1));
        return place == null ? text : place + text.substring(colon + 1);
    }

    /** A profile's canonical; CARIN Blue Button asks for its version in meta.profile. */
    static String profile(String text) {
        return url(text) + (text.startsWith("c4bb:") ? "|2.0.0" : text.startsWith("c4bb21:") ? "|2.1.0" : "");
    }
}
