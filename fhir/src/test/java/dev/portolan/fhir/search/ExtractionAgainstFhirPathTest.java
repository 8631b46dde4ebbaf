package dev.portolan.fhir.search;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.parser.DataFormatException;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.packages.TestPackages;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The compiled walks select in the guides' examples what HAPI's FHIRPath engine selects with the same expressions. */
class ExtractionAgainstFhirPathTest {

    /** JSON's names for choices, and extensions where their value is meant: FHIRPath selects nothing or the wrong thing, the guides mean what we read. */
    private static final Set<String> READ_AS_MEANT = Set.of(
        "Condition.asserted-date", "Patient.birthOrderBoolean", "PractitionerRole.network", "Organization.coverage-area", "HealthcareService.delivery-method", "ExplanationOfBenefit.service-start-date",
        "Questionnaire.assemble-expectation", "Questionnaire.assembled-from", "Patient.language");

    @Test
    void examplesGiveWhatTheExpressionsSelect() {
        SearchDefinitions definitions = SearchDefinitions.compile(TestPackages.guides());
        FhirPathFallback engine = new FhirPathFallback();
        List<String> differences = new ArrayList<>();
        int compared = 0;
        for (FhirPackage guide : TestPackages.guides().packages()) {
            for (PackageResource example : guide.examples()) {
                compared += compare(definitions, engine, example, differences);
            }
        }
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(10_000);
    }

    private static int compare(SearchDefinitions definitions, FhirPathFallback engine, PackageResource example, List<String> differences) {
        JsonDocument document = example.document();
        FhirPathFallback.Model model;
        try {
            model = engine.model(document);
        } catch (DataFormatException e) {
            // An example that HAPI's parser does not read cannot be compared; the validator's tests name it.
            return 0;
        }
        int compared = 0;
        for (SearchParameter parameter : definitions.parameters().of(example.resourceType())) {
            String name = parameter.resourceType() + "." + parameter.code();
            boolean comparable = parameter.type() != ParameterType.COMPOSITE && !parameter.expression().isEmpty() && !READ_AS_MEANT.contains(name);
            if (!comparable) {
                continue;
            }
            Set<SearchValue> ours = new HashSet<>();
            definitions.extractor().extract(document, parameter, (same, value) -> ours.add(withoutSystemOfCode(value)));
            Set<SearchValue> theirs = new HashSet<>();
            for (FhirPathFallback.Selected selected : model.evaluate(parameter.expression())) {
                ValueReader reader = ValueReader.of(parameter.type(), selected.type(), ImpliedSystems.Systems.NONE);
                if (reader != null) {
                    reader.read(selected.value(), value -> theirs.add(withoutSystemOfCode(value)));
                }
            }
            compared++;
            if (!ours.equals(theirs)) {
                differences.add(example + " " + name + ": " + ours + " instead of " + theirs);
            }
        }
        return compared;
    }

    /** The engine's elements do not say which binding they have; a code's system is tested elsewhere. */
    private static SearchValue withoutSystemOfCode(SearchValue value) {
        return value instanceof SearchValue.Token token && token.text() == null && token.typeCode() == null ? SearchValue.Token.of(null, token.code()) : value;
    }
}
