package dev.portolan.fhir.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.packages.TestPackages;
import dev.portolan.fhir.terminology.PackageTerminology;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What a profile says about the targets of a reference ({@code ElementDefinition.type.targetProfile}): US Core's Condition has a US Core Patient as its subject. A target is looked at where it is contained, and nowhere else: the validator
 * knows no store and passes over references that lead out of the resource, their types included.
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

    /** If this fails the validator has learnt to tell: say so in docs/conformance.md, and turn it around. */
    @Test
    void a_reference_to_another_type_is_not_told() {
        assertThat(validate("", "Group/1").valid()).isTrue();
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
