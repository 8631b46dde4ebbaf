package dev.portolan.identity.authorization;

import dev.portolan.identity.scope.ResourceScope;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Parts of a kind of data, by the categories of US Core. Where an app asks for all Conditions or Observations a member may share some of these instead, as ONC's certification companion guide to
 * 45 CFR 170.315(g)(10) asks of the capability {@code permission-v2}. An entry that is in none of the parts goes with the whole type only, and what tells the same in another form (a specimen, a report of
 * laboratory results) goes with the part: whoever holds one back does not want to see it told there.
 */
enum DataPart {
    DIAGNOSES("Condition", "Diagnoses of visits", Systems.CONDITION + "encounter-diagnosis"),
    PROBLEMS("Condition", "Problem list", Systems.CONDITION + "problem-list-item"),
    CONCERNS("Condition", "Health concerns", Systems.CORE_CONDITION + "health-concern"),
    LABORATORY("Observation", "Laboratory results", Systems.OBSERVATION + "laboratory"),
    VITAL_SIGNS("Observation", "Vital signs", Systems.OBSERVATION + "vital-signs"),
    CLINICAL_TESTS("Observation", "Clinical tests, images and examinations", Systems.OBSERVATION + "procedure", Systems.OBSERVATION + "imaging", Systems.OBSERVATION + "exam",
            Systems.OBSERVATION + "therapy", Systems.OBSERVATION + "activity"),
    SOCIAL_HISTORY("Observation", "Social history, such as smoking", Systems.OBSERVATION + "social-history"),
    SOCIAL_NEEDS("Observation", "Social needs, such as housing and food", Systems.CORE_CATEGORY + "sdoh"),
    SURVEYS("Observation", "Surveys and questionnaires", Systems.OBSERVATION + "survey");

    /** Code systems of {@code category}, as they stand in a granular scope. */
    private static final class Systems {
        static final String CONDITION = "http://terminology.hl7.org/CodeSystem/condition-category|";
        static final String CORE_CONDITION = "http://hl7.org/fhir/us/core/CodeSystem/condition-category|";
        static final String OBSERVATION = "http://terminology.hl7.org/CodeSystem/observation-category|";
        static final String SERVICE = "http://terminology.hl7.org/CodeSystem/v2-0074|";
        static final String LOINC = "http://loinc.org|";
        static final String CORE_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category|";
    }

    private final String type;
    private final String label;
    private final List<String> categories;

    DataPart(String type, String label, String... categories) {
        this.type = type;
        this.label = label;
        this.categories = List.of(categories);
    }

    public String label() {
        return label;
    }

    DataKind kind() {
        return DataKind.of(type).orElseThrow();
    }

    /** Whether a type tells what this part holds, and nothing else. */
    boolean isToldBy(String resourceType) {
        return switch (this) {
            case LABORATORY -> Set.of("Specimen", "MolecularSequence").contains(resourceType);
            case CLINICAL_TESTS -> Set.of("ImagingStudy", "Media").contains(resourceType);
            case SURVEYS -> resourceType.equals("QuestionnaireResponse");
            default -> false;
        };
    }

    /** The conditions of granular scopes that together stand for this part. */
    Stream<ResourceScope.Condition> conditions() {
        return categories.stream().map(category -> new ResourceScope.Condition("category", category, "category=" + category));
    }

    /**
     * What stays of reports, which tell of several parts, when some of them are held back: the reports of a part that stays, and of those none that is one of what is held back, too. A report whose category is none of
     * these, or that has none, is not told.
     *
     * @param heldBack empty if reports stay as they are
     */
    static List<List<ResourceScope.Condition>> reports(Set<DataPart> heldBack) {
        List<String> not = Arrays.stream(values()).filter(heldBack::contains).flatMap(part -> part.reportCodes().stream()).toList();
        if (not.isEmpty()) {
            return List.of(List.of());
        }
        String codes = String.join(",", not);
        ResourceScope.Condition none = new ResourceScope.Condition("category:not", codes, "category:not=" + codes);
        return Arrays.stream(values()).filter(part -> !heldBack.contains(part)).flatMap(part -> part.reportCategories().stream())
            .map(category -> List.of(new ResourceScope.Condition("category", category, "category=" + category), none)).toList();
    }

    /** By which reports of this part are known for sure (US Core's categories of DiagnosticReport). */
    private List<String> reportCategories() {
        return switch (this) {
            case LABORATORY -> List.of(Systems.SERVICE + "LAB");
            case CLINICAL_TESTS -> List.of(Systems.LOINC + "LP29684-5", Systems.LOINC + "LP29708-2");
            default -> List.of();
        };
    }

    /** By which a report may be one of this part, whoever's system the code is of: sections of the diagnostic service (HL7 v2, table 0074), and pathology, whose reports tell of the laboratory. */
    private List<String> reportCodes() {
        return switch (this) {
            case LABORATORY -> List.of("LAB", "LP7839-6", "BG", "BLB", "CG", "CH", "CP", "GE", "HM", "ICU", "IMM", "MB", "MCB", "MYC", "PAR", "PAT", "PHR", "SP", "SR", "TX", "URN", "VR", "laboratory");
            case CLINICAL_TESTS -> List.of("LP29684-5", "LP29708-2", "AU", "CT", "CTH", "CUS", "EC", "EN", "NMR", "NMS", "NRS", "OUS", "OTH", "PF", "PHY", "RAD", "RC", "RT", "RUS", "RX", "VUS", "XRC", "imaging", "procedure");
            default -> List.of();
        };
    }

    /** The parts that a type has; empty for most types. */
    static List<DataPart> of(String resourceType) {
        return Arrays.stream(values()).filter(part -> part.type.equals(resourceType)).toList();
    }
}
