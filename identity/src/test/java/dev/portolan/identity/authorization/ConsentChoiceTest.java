package dev.portolan.identity.authorization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.scope.ResourceScope;
import dev.portolan.identity.scope.SmartScopes;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.ResourceType;
import org.junit.jupiter.api.Test;

class ConsentChoiceTest {

    private static final String OBSERVATION = "http://terminology.hl7.org/CodeSystem/observation-category|";
    private static final List<String> REQUESTS = List.of("patient/*.rs", "patient/*.read offline_access", "user/*.cruds patient/Observation.rs", "patient/Condition.rs patient/Observation.rs patient/Patient.rs",
            "patient/Observation.rs patient/Observation.rs?category=" + OBSERVATION + "laboratory", "patient/*.rs patient/Observation.rs?code=http://loinc.org|4548-4", "patient/Condition.read");

    private static Set<String> kept(String request, Set<DataPart> parts) {
        return new ConsentChoice(EnumSet.allOf(DataKind.class), parts, true).applyTo(SmartScopes.parse(request)).texts();
    }

    /** All 512 choices of parts for each request. */
    @Test
    void smt25_whatever_parts_are_chosen_nothing_is_added_and_nothing_that_was_held_back_stays() {
        DataPart[] all = DataPart.values();
        for (String request : REQUESTS) {
            SmartScopes requested = SmartScopes.parse(request);
            for (int choice = 0; choice < 1 << all.length; choice++) {
                EnumSet<DataPart> parts = EnumSet.noneOf(DataPart.class);
                for (DataPart part : all) {
                    if ((choice >> part.ordinal() & 1) == 1) {
                        parts.add(part);
                    }
                }
                SmartScopes left = new ConsentChoice(EnumSet.allOf(DataKind.class), parts, true).applyTo(requested);
                assertThat(left.values()).as("%s with %s", request, parts).allMatch(requested::covers).allMatch(scope -> !(scope instanceof ResourceScope resource) || keepsTo(resource, parts));
            }
        }
    }

    /** A scope on a type with parts, of which some were held back, is bound to a category of one that was not. */
    private static boolean keepsTo(ResourceScope scope, Set<DataPart> parts) {
        List<DataPart> ofType = scope.resourceType().equals("*") ? List.of(DataPart.values()) : DataPart.of(scope.resourceType());
        return parts.containsAll(ofType) || parts.stream().filter(ofType::contains).flatMap(DataPart::conditions).anyMatch(scope.conditions()::contains);
    }

    @Test
    void smt25_a_granular_scope_beside_one_on_the_whole_type_is_held_back_with_its_part() {
        String laboratory = "patient/Observation.rs?category=" + OBSERVATION + "laboratory";
        assertThat(kept("patient/Observation.rs " + laboratory, EnumSet.of(DataPart.LABORATORY))).containsExactly(laboratory);
        assertThat(kept("patient/Observation.rs " + laboratory, EnumSet.of(DataPart.VITAL_SIGNS))).containsExactly("patient/Observation.rs?category=" + OBSERVATION + "vital-signs", laboratory + "&category=" + OBSERVATION + "vital-signs");
        assertThat(kept("patient/Observation.rs " + laboratory, EnumSet.noneOf(DataPart.class))).isEmpty();
    }

    @Test
    void smt25_what_tells_a_part_in_another_form_is_held_back_with_it() {
        String asked = "patient/Observation.rs patient/DiagnosticReport.rs patient/Specimen.rs patient/ImagingStudy.rs patient/QuestionnaireResponse.rs patient/Procedure.rs";
        assertThat(kept(asked, EnumSet.complementOf(EnumSet.of(DataPart.LABORATORY)))).contains("patient/ImagingStudy.rs", "patient/QuestionnaireResponse.rs", "patient/Procedure.rs")
                .doesNotContain("patient/Observation.rs", "patient/DiagnosticReport.rs", "patient/Specimen.rs");
        assertThat(kept(asked, EnumSet.complementOf(EnumSet.of(DataPart.LABORATORY)))).as("reports of images and hearts stay, unless they are the laboratory's, too").filteredOn(scope -> scope.contains("DiagnosticReport"))
                .hasSize(2).allMatch(scope -> scope.matches("patient/DiagnosticReport\\.rs\\?category=http://loinc\\.org\\|LP29(684-5|708-2)&category:not=LAB,LP7839-6,.*"));
        assertThat(kept(asked, EnumSet.complementOf(EnumSet.of(DataPart.CLINICAL_TESTS)))).filteredOn(scope -> scope.contains("DiagnosticReport"))
                .singleElement().asString().matches("patient/DiagnosticReport\\.rs\\?category=http://terminology\\.hl7\\.org/CodeSystem/v2-0074\\|LAB&category:not=LP29684-5,LP29708-2,.*");
        assertThat(kept(asked, EnumSet.complementOf(EnumSet.of(DataPart.CLINICAL_TESTS, DataPart.LABORATORY)))).noneMatch(scope -> scope.contains("DiagnosticReport"));
        assertThat(kept(asked, EnumSet.complementOf(EnumSet.of(DataPart.SURVEYS)))).contains("patient/DiagnosticReport.rs", "patient/Specimen.rs").doesNotContain("patient/QuestionnaireResponse.rs");
        assertThat(kept("patient/*.rs", EnumSet.complementOf(EnumSet.of(DataPart.CLINICAL_TESTS)))).contains("patient/Specimen.rs", "patient/Procedure.rs").doesNotContain("patient/*.rs", "patient/DiagnosticReport.rs", "patient/ImagingStudy.rs");
        assertThat(kept("patient/DiagnosticReport.rs", EnumSet.noneOf(DataPart.class))).as("no parts are offered where Observations are not asked for").containsExactly("patient/DiagnosticReport.rs");
    }

    @Test
    void smt21_a_scope_of_version_1_that_is_cut_down_is_said_in_version_2() {
        assertThat(kept("patient/Condition.read", EnumSet.of(DataPart.PROBLEMS))).containsExactly("patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item");
        assertThat(kept("patient/Condition.read", EnumSet.allOf(DataPart.class))).containsExactly("patient/Condition.read");
    }

    @Test
    void smt25_every_type_of_R4_is_in_one_kind_that_the_page_shows() {
        for (ResourceType type : ResourceType.values()) {
            SmartScopes requested = SmartScopes.parse("patient/" + type + ".cruds");
            assertThat(DataKind.values()).as("kinds of " + type).filteredOn(kind -> kind.types().contains(type.name())).hasSize(1);
            assertThat(ConsentChoice.asked(requested)).as("shown for " + type).hasSize(1);
            assertThat(new ConsentChoice(ConsentChoice.asked(requested), EnumSet.allOf(DataPart.class), true).applyTo(requested)).as("shared").isEqualTo(requested);
            assertThat(new ConsentChoice(Set.of(), EnumSet.allOf(DataPart.class), true).applyTo(requested).values()).as("not shared").isEmpty();
        }
    }

    @Test
    void smt25_what_is_in_no_kind_is_shared_by_no_choice() {
        for (String request : List.of("patient/Banana.rs", "patient/Banana.rs patient/Coverage.rs", "launch/patient patient/Banana.cruds?code=x")) {
            assertThat(kept(request, EnumSet.allOf(DataPart.class))).noneMatch(scope -> scope.contains("Banana"));
        }
        assertThat(kept("patient/Banana.rs patient/Coverage.rs", EnumSet.allOf(DataPart.class))).containsExactly("patient/Coverage.rs");
    }
}
