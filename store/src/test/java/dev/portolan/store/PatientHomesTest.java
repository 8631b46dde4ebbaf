package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.search.SearchParameter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PatientHomesTest {

    private static final SearchDefinitions BASE = SearchDefinitions.compile(
        FhirPackages.load(new PackageSources(null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of()));
    /** Types that the definition holds but whose home is decided otherwise: a Group has many members, a Patient is its own home. */
    private static final Set<String> DECIDED_OTHERWISE = Set.of("Group", "Patient");

    private final PatientHomes homes = new PatientHomes();

    @Test
    void the_homes_are_the_parameters_of_the_r4_compartment_definition() {
        Set<String> expected = new TreeSet<>();
        Set<String> ours = new TreeSet<>();
        for (String type : BASE.parameters().resourceTypes()) {
            List<SearchParameter> defined = BASE.compartments().of("Patient", type);
            if (!defined.isEmpty()) {
                defined.stream().filter(parameter -> !DECIDED_OTHERWISE.contains(type)).forEach(parameter -> expected.add(type + "." + parameter.code()));
                assertThat(homes.compartmentTypes()).contains(type);
            }
        }
        homes.compartmentTypes().forEach(type -> homes.parameters(type).forEach(code -> ours.add(type + "." + code)));
        assertThat(ours).containsAll(expected);
        assertThat(ours).allMatch(name -> BASE.parameters().find(name.substring(0, name.indexOf('.')), name.substring(name.indexOf('.') + 1)).isPresent());
    }

    @Test
    void no_type_that_may_refer_to_a_patient_by_name_is_shared() {
        for (String type : BASE.parameters().resourceTypes()) {
            for (SearchParameter parameter : BASE.parameters().of(type)) {
                boolean personal = Set.of("patient", "subject", "beneficiary").contains(parameter.code()) && parameter.targets().contains("Patient");
                if (personal) {
                    assertThat(homes.isShared(type)).as(type + "." + parameter.code()).isFalse();
                }
            }
        }
        assertThat(List.of("Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "InsurancePlan", "Medication", "Endpoint", "OrganizationAffiliation"))
            .allMatch(homes::isShared);
        assertThat(List.of("Bundle", "Binary", "Parameters", "Device", "Task")).noneMatch(homes::isShared);
    }

    @Test
    void every_main_date_is_a_date_parameter_of_its_type() {
        for (String type : BASE.parameters().resourceTypes()) {
            long main = BASE.parameters().of(type).stream().filter(parameter -> MainDates.isMainDate(type, parameter.code(), BASE.parameters())).count();
            assertThat(main).as(type).isLessThanOrEqualTo(1);
        }
        assertThat(List.of("Observation", "Encounter", "Condition", "Patient", "ExplanationOfBenefit", "Claim", "Procedure", "Immunization", "MedicationRequest", "DiagnosticReport"))
            .allMatch(type -> BASE.parameters().of(type).stream().anyMatch(parameter -> MainDates.isMainDate(type, parameter.code(), BASE.parameters())));
        assertThat(MainDates.types()).allMatch(type -> BASE.parameters().of(type).stream().anyMatch(parameter -> MainDates.isMainDate(type, parameter.code(), BASE.parameters())));
    }
}
