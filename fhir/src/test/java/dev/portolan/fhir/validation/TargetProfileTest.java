package dev.portolan.fhir.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.TestPackages;
import dev.portolan.fhir.terminology.PackageTerminology;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What a profile says about the targets of a reference ({@code ElementDefinition.type.targetProfile}): US Core's Condition has a US Core Patient as its subject. A target is looked at where it is contained; of one
 * elsewhere the type that the reference names: the validator knows no store.
 */
class TargetProfileTest {

    private static final String CONDITION = """
        {"resourceType":"Condition","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition-problems-health-concerns"]},%s
         "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
         "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"problem-list-item"}]}],
         "code":{"coding":[{"system":"http://snomed.info/sct","code":"73211009"}]},"subject":{"reference":"%s"}}
        """;

    private static ProfileValidator validator;

    @BeforeAll
    static void makeValidator() {
        validator = new ProfileValidator(TestPackages.guides(), new PackageTerminology(TestPackages.guides()), 1);
    }

    private static ValidationReport validate(String contained, String subject) {
        return validator.validate(JsonDocument.parse(CONDITION.formatted(contained, subject)), List.of());
    }

    @Test
    void a_reference_to_a_resource_of_the_type_that_the_profile_names_is_valid() {
        assertThat(validate("", "Patient/1").valid()).isTrue();
    }

    @Test
    void a_reference_to_another_type_is_an_error_where_it_stands() {
        for (String wrong : List.of("Group/1", "Group/1/_history/2", "https://other.example/fhir/Group/1")) {
            ValidationReport report = validate("", wrong);
            assertThat(report.valid()).as(wrong).isFalse();
            assertThat(report.issues()).filteredOn(issue -> issue.severity().invalid()).extracting(Issue::expression).containsExactly("Condition.subject");
            assertThat(report.issues().get(0).message()).contains("'Group'", "Patient");
        }
    }

    @Test
    void a_reference_that_does_not_say_its_type_is_passed_over() {
        for (String untold : List.of("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "https://other.example/patients?number=1", "Patient?identifier=http://plan.example/members|1")) {
            assertThat(validate("", untold).valid()).as(untold).isTrue();
        }
    }

    @Test
    void a_claim_names_an_organization_of_its_insurer_and_a_coverage_as_its_insurance() {
        String claim = """
            {"resourceType":"ExplanationOfBenefit","meta":{"profile":["http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-Pharmacy"]},
             "insurer":{"reference":"%s"},"patient":{"reference":"%s"},"provider":{"reference":"%s"},"insurance":[{"focal":true,"coverage":{"reference":"%s"}}]}
            """;
        assertThat(wrongTargets(claim.formatted("Organization/1", "Patient/1", "Practitioner/1", "Coverage/1"))).isEmpty();
        assertThat(wrongTargets(claim.formatted("Practitioner/1", "Group/1", "PractitionerRole/1", "Patient/1")))
            .containsExactlyInAnyOrder("ExplanationOfBenefit.insurer", "ExplanationOfBenefit.patient", "ExplanationOfBenefit.provider", "ExplanationOfBenefit.insurance[0].coverage");
    }

    private static List<String> wrongTargets(String resource) {
        return validator.validate(JsonDocument.parse(resource), List.of()).issues().stream().filter(issue -> issue.message().contains("implied by the reference")).map(Issue::expression).toList();
    }

    /** Who holds the policy is a US Core Patient, an HRex Organization or a RelatedPerson: without US Core nobody can say that a Patient is wrong. */
    @Test
    void a_target_whose_profile_may_be_one_that_is_not_loaded_is_not_checked() {
        FhirPackages withoutUsCore = TestPackages.only(new GuideRef("hl7.fhir.us.davinci-hrex", "1.0.0"));
        String coverage = """
            {"resourceType":"Coverage","meta":{"profile":["http://hl7.org/fhir/us/davinci-hrex/StructureDefinition/hrex-coverage"]},"status":"active","policyHolder":{"reference":"Patient/1"},
             "beneficiary":{"reference":"Patient/1"},"relationship":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/subscriber-relationship","code":"self"}]},"payor":[{"reference":"Organization/1"}]}
            """;
        try (ProfileValidator alone = new ProfileValidator(withoutUsCore, new PackageTerminology(withoutUsCore), 1)) {
            ValidationReport report = alone.validate(JsonDocument.parse(coverage), List.of());
            assertThat(report.issues()).extracting(Issue::message).noneMatch(message -> message.contains("implied by the reference"));
            assertThat(report.notChecked()).filteredOn(unchecked -> unchecked.expression().equals("Coverage.policyHolder")).extracting(NotChecked::canonical)
                .contains("http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient");
        }
    }

    /** Else whoever writes could get rid of an error by adding an extension of his own. */
    @Test
    void what_is_unknown_elsewhere_in_the_resource_excuses_no_wrong_target() {
        String extension = "\"extension\":[{\"url\":\"http://example.org/ext\",\"valueString\":\"x\"}],";
        String profile = "\"meta\":{\"profile\":[\"http://example.org/none\"]},";
        for (String unknown : List.of("", extension, profile, profile + extension)) {
            String observation = "{\"resourceType\":\"Observation\"," + unknown + "\"status\":\"final\",\"code\":{\"text\":\"c\"},\"subject\":{\"reference\":\"Medication/1\"},\"performer\":[{\"reference\":\"Patient/1\"}]}";
            ValidationReport report = validator.validate(JsonDocument.parse(observation), List.of());
            assertThat(report.issues()).as(unknown).filteredOn(issue -> issue.severity().invalid()).extracting(Issue::expression).contains("Observation.subject");
            assertThat(report.notChecked()).as(unknown).extracting(NotChecked::expression).doesNotContain("Observation.subject");
        }
        assertThat(validate(extension, "Group/1").valid()).isFalse();
    }

    /** An extension's url and a profile of targets are asked for in the same way: each element has its own. */
    @Test
    void a_target_that_is_missing_at_one_element_excuses_no_other() {
        FhirPackages withoutUsCore = TestPackages.only(new GuideRef("hl7.fhir.us.davinci-hrex", "1.0.0"));
        String coverage = """
            {"resourceType":"Coverage","meta":{"profile":["http://hl7.org/fhir/us/davinci-hrex/StructureDefinition/hrex-coverage"]},"status":"active","policyHolder":{"reference":"Patient/1"},
             "beneficiary":{"reference":"Patient/1"},"relationship":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/subscriber-relationship","code":"self"}]},"payor":[{"reference":"Organization/1"}],
             "contract":[{"reference":"Medication/1"}]}
            """;
        try (ProfileValidator alone = new ProfileValidator(withoutUsCore, new PackageTerminology(withoutUsCore), 1)) {
            ValidationReport report = alone.validate(JsonDocument.parse(coverage), List.of());
            assertThat(report.issues()).filteredOn(issue -> issue.message().contains("implied by the reference")).extracting(Issue::expression).contains("Coverage.contract[0]").doesNotContain("Coverage.policyHolder");
        }
    }

    @Test
    void a_contained_target_has_to_keep_the_profile_of_targets() {
        String bare = "\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"p\"%s}],";
        assertThat(validate(bare.formatted(",\"identifier\":[{\"system\":\"http://plan.example/members\",\"value\":\"1\"}],\"name\":[{\"family\":\"Amara\"}],\"gender\":\"female\""), "#p").valid()).isTrue();
        ValidationReport report = validate(bare.formatted(""), "#p");
        assertThat(report.valid()).isFalse();
        assertThat(report.issues()).filteredOn(issue -> issue.severity().invalid()).extracting(Issue::expression).containsOnly("Condition.subject");
        assertThat(report.issues().get(0).message()).contains("us-core-patient");
    }
}
