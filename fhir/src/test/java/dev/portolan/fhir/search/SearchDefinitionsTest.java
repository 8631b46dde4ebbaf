package dev.portolan.fhir.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.packages.TestPackages;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SearchDefinitionsTest {

    @Test
    void everyBaseExpressionIsCompiled() {
        assertThat(Searches.BASE.notCompiled()).isEmpty();
        assertThat(Searches.BASE.rejected()).isEmpty();
        assertThat(Searches.BASE.parameters().resourceTypes()).hasSize(146).contains("Patient", "Parameters").doesNotContain("Resource");
    }

    @Test
    void everyExpressionOfTheGuidesIsCompiledAndTheBaseDefinitionStands() {
        SearchDefinitions guides = SearchDefinitions.compile(TestPackages.guides());
        assertThat(guides.notCompiled()).isEmpty();
        assertThat(guides.rejected()).isEmpty();
        assertThat(guides.parameters().find("Patient", "race")).isPresent();
        assertThat(guides.parameters().find("Patient", "birthdate")).hasValueSatisfying(found -> assertThat(found.url()).startsWith("http://hl7.org/fhir/SearchParameter/"));
        assertThat(guides.parameters().find("Specimen", "_id")).hasValueSatisfying(found -> assertThat(found.url()).endsWith("Resource-id"));
        assertThat(guides.parameters().fingerprint()).isNotEqualTo(Searches.BASE.parameters().fingerprint());
    }

    @Test
    void theSameDefinitionsHaveTheSameFingerprint() {
        assertThat(SearchDefinitions.compile(TestPackages.base()).parameters().fingerprint()).isEqualTo(Searches.BASE.parameters().fingerprint());
    }

    @Test
    void anExpressionIsThatOfItsType() {
        assertThat(Searches.BASE.parameters().find("Condition", "code").orElseThrow().expression()).isEqualTo("Condition.code");
        assertThat(Searches.BASE.parameters().find("DeviceRequest", "code").orElseThrow().expression()).isEqualTo("(DeviceRequest.code as CodeableConcept)");
        assertThat(DefinitionReader.expressionFor("name | alias | Other.name", "InsurancePlan")).isEqualTo("name | alias");
    }

    @Test
    void thePatientCompartmentIsThatOfR4() {
        assertThat(Searches.BASE.compartments().of("Patient", "Observation")).extracting(SearchParameter::code).containsExactly("subject", "performer");
        assertThat(Searches.BASE.compartments().of("Patient", "Practitioner")).isEmpty();
        assertThat(Searches.BASE.compartments().of("Encounter", "Observation")).extracting(SearchParameter::code).containsExactly("encounter");
    }

    @Test
    void aNarrowedReferenceLooksAtTheTypeThatItNames() {
        String observation = "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"%s\"%s}}";
        assertThat(Searches.values(Searches.BASE, observation.formatted("Group/1", ""), "patient")).isEmpty();
        assertThat(Searches.values(Searches.BASE, observation.formatted("Patient/1", ""), "patient")).hasSize(1);
        assertThat(Searches.values(Searches.BASE, observation.formatted("urn:uuid:1", ",\"type\":\"Patient\""), "patient")).hasSize(1);
        assertThat(Searches.values(Searches.BASE, observation.formatted("#p", ""), "subject")).isEmpty();
        assertThat(Searches.values(Searches.BASE, observation.formatted("Patient?identifier=1", ""), "subject")).isEmpty();
    }

    @Test
    void containedResourcesAreNotIndexedUnderTheirContainer() {
        String request = "{\"resourceType\":\"MedicationRequest\",\"contained\":[{\"resourceType\":\"Medication\",\"id\":\"m\",\"status\":\"active\",\"code\":{\"coding\":[{\"code\":\"1\"}]}}],\"status\":\"draft\"}";
        assertThat(Searches.values(Searches.BASE, request, "status")).containsExactly(SearchValue.Token.of("http://hl7.org/fhir/CodeSystem/medicationrequest-status", "draft"));
        assertThat(Searches.values(Searches.BASE, request, "code")).isEmpty();
    }

    @Test
    void valuesThatCannotBeReadAreLeftOut() {
        String bad = "{\"resourceType\":\"Observation\",\"effectiveDateTime\":\"yesterday\",\"status\":5,\"subject\":\"Patient/1\",\"code\":[],\"valueQuantity\":{\"value\":%s}}";
        for (String number : List.of("1e999999999", "1e99999999999999", "\"5\"", "0." + "1".repeat(500))) {
            for (String code : List.of("date", "status", "subject", "code", "value-quantity")) {
                assertThat(Searches.values(Searches.BASE, bad.formatted(number), code)).as(code + " " + number).isEmpty();
            }
        }
        assertThat(Searches.values(Searches.BASE, "{\"resourceType\":\"Dragon\"}", "name")).isEmpty();
        assertThat(Searches.values(Searches.BASE, "[]", "name")).isEmpty();
    }

    @Test
    void dateRangesAreTheirOuterLimits() {
        String timing = "{\"resourceType\":\"ServiceRequest\",\"occurrenceTiming\":{\"event\":[\"2020-03-05\",\"2020-01-02\"],\"repeat\":{\"boundsPeriod\":{\"start\":\"2020-02\",\"end\":\"2020-06\"}}}}";
        assertThat(Searches.values(Searches.BASE, timing, "occurrence")).containsExactly(new SearchValue.Date(DateText.parse("2020-01-02").low(), DateText.parse("2020-06").high()));
    }

    @Test
    void moneyHasItsCurrencyAndARangeItsEnds() {
        String invoice = "{\"resourceType\":\"Invoice\",\"totalNet\":{\"value\":10.50,\"currency\":\"USD\"}}";
        assertThat(Searches.values(Searches.BASE, invoice, "totalnet")).hasSize(1).first().isInstanceOfSatisfying(SearchValue.Quantity.class, money -> {
            assertThat(money.system()).isEqualTo("urn:iso:std:iso:4217");
            assertThat(money.code()).isEqualTo("USD");
            assertThat(money.value()).isEqualByComparingTo("10.5");
        });
        String condition = "{\"resourceType\":\"Condition\",\"onsetRange\":{\"low\":{\"value\":1,\"code\":\"a\"},\"high\":{\"value\":3}}}";
        assertThat(Searches.values(Searches.BASE, condition, "onset-age")).hasSize(1);
    }

    @Test
    void parametersOfAllResourcesAreFoundOnEachAndThoseThatAreColumnsAreNotHandedOver() {
        String patient = "{\"resourceType\":\"Patient\",\"id\":\"1\",\"meta\":{\"lastUpdated\":\"2020-01-01T00:00:00Z\",\"source\":\"urn:x\",\"profile\":[\"http://p|1\"],\"tag\":[{\"code\":\"t\"}],\"security\":[{\"code\":\"s\"}]}}";
        assertThat(Searches.values(Searches.BASE, patient, "_id")).isEmpty();
        assertThat(Searches.values(Searches.BASE, patient, "_lastUpdated")).isEmpty();
        assertThat(Set.copyOf(Searches.values(Searches.BASE, patient, "_profile"))).containsExactlyInAnyOrder(new SearchValue.Uri("http://p|1"), new SearchValue.Uri("http://p"));
        assertThat(Searches.values(Searches.BASE, patient, "_tag")).hasSize(1);
        assertThat(Searches.values(Searches.BASE, patient, "_security")).hasSize(1);
        assertThat(Searches.values(Searches.BASE, patient, "_source")).hasSize(1);
    }
}
