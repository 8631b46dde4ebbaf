package dev.portolan.fhir.validation;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.hapi.converters.canonical.VersionCanonicalizer;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.packages.TestPackages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.hl7.fhir.r5.formats.JsonParser;
import org.hl7.fhir.r5.model.ElementDefinition;
import org.hl7.fhir.r5.model.IntegerType;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.junit.jupiter.api.Test;

/** Every definition of the packages, beside what HAPI's R4 parser and its converter make of it. */
class StructureDefinitionReaderTest {

    /** Where the converter keeps R4's {@code constraint.xpath}, which R5 has not. */
    private static final String XPATH = "http://hl7.org/fhir/4.0/StructureDefinition/extension-ElementDefinition.constraint.xpath";

    private final VersionCanonicalizer canonicalizer = new VersionCanonicalizer(FhirContext.forR4Cached());
    private final StructureDefinitionReader reader = new StructureDefinitionReader();

    @Test
    void readsTheBaseDefinitionsAsHapiDoes() throws IOException {
        assertThat(readAlike(TestPackages.base())).isGreaterThan(600);
    }

    @Test
    void readsTheGuidesDefinitionsAsHapiDoes() throws IOException {
        assertThat(readAlike(TestPackages.guides())).isGreaterThan(1000);
    }

    private int readAlike(FhirPackages packages) throws IOException {
        List<PackageResource> definitions = packages.packages().stream()
                .flatMap(each -> each.resources().stream())
                .filter(resource -> resource.resourceType().equals("StructureDefinition"))
                .toList();
        for (PackageResource resource : definitions) {
            readAlike(resource.toString(), resource.bytes());
        }
        return definitions.size();
    }

    /** @return what both make of it, as JSON */
    private String readAlike(String what, byte[] json) throws IOException {
        StructureDefinition read = reader.read(JsonDocument.parse(json));
        StructureDefinition expected = byHapi(json);
        assertThat(text(read)).as(what).isEqualTo(text(expected));
        assertThat(read.equalsDeep(expected)).as("%s, types of values", what).isTrue();
        return text(read);
    }

    @Test
    void readsIdsAndExtensionsOfPrimitivesAndListsWithGaps() throws IOException {
        String json = """
                {"resourceType":"StructureDefinition","id":"odd","meta":{"profile":["http://example.org/p"]},"url":"http://example.org/odd","_url":{"id":"u","extension":[{"url":"http://example.org/e","valueDecimal":1.50}]},
                 "status":"draft","_status":{"extension":[{"url":"http://example.org/s","valueCode":"x"}]},"kind":"resource","abstract":false,"type":"Patient","unheardOf":{"a":[1]},
                 "_version":{"extension":[{"url":"http://example.org/none","valueBoolean":true}]},"snapshot":{"element":[{"id":"Patient","path":"Patient","representation":["xmlAttr"],
                 "type":[{"code":"Reference","targetProfile":["http://example.org/a","http://example.org/b"],"_targetProfile":[null,{"extension":[{"url":"http://example.org/t","valueBoolean":true}]}],"aggregation":["contained"]}],
                 "fixedQuantity":{"value":10.00,"_value":{"id":"v"},"unit":"mg"},"minValueDate":"2020-01","_minValueDate":{"id":"m"},"defaultValueTiming":{"event":["2020-01-01"],"repeat":{"boundsPeriod":{"start":"2020"},"dayOfWeek":["mon"],"timeOfDay":["10:00:00"]}},
                 "patternCodeableConcept":{"coding":[{"system":"http://example.org","code":"c"},{"code":"d","userSelected":true}]}}]}}
                """;
        assertThat(readAlike("by hand", json.getBytes(StandardCharsets.UTF_8))).contains("1.50", "10.00", "http://example.org/t", "http://example.org/none");
    }

    @Test
    void takesWhatLaterVersionsHaveAsElements() throws IOException {
        String json = """
                {"resourceType":"StructureDefinition","url":"http://example.org/later","status":"draft","kind":"resource","abstract":false,"type":"Patient","snapshot":{"element":[{"id":"Patient.gender","path":"Patient.gender",
                 "extension":[{"url":"http://example.org/e","valueCode":"x"},{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.mustHaveValue","valueBoolean":true},
                 {"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.valueAlternatives","valueCanonical":"http://example.org/a"},
                 {"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.valueAlternatives","valueCanonical":"http://example.org/b"}],
                 "binding":{"extension":[{"url":"http://hl7.org/fhir/tools/StructureDefinition/additional-binding","extension":[{"url":"key","valueId":"k"},{"url":"purpose","valueCode":"maximum"},
                 {"url":"valueSet","valueCanonical":"http://example.org/set"},{"url":"usage","valueUsageContext":{"code":{"code":"age"},"valueCodeableConcept":{"text":"old"}}},{"url":"any","valueBoolean":true},
                 {"url":"shortDoco","valueString":"s"},{"url":"documentation","valueMarkdown":"d"}]}],"strength":"required"}}]}}
                """;
        assertThat(readAlike("by hand", json.getBytes(StandardCharsets.UTF_8))).contains("mustHaveValue", "http://example.org/b", "maximum", "\"any\":true");
    }

    @Test
    void keepsTheDifferentialWhereThereIsNoSnapshot() throws IOException {
        String json = """
                {"resourceType":"StructureDefinition","url":"http://example.org/d","kind":"resource","abstract":false,"type":"Patient","differential":{"element":[{"path":"Patient","short":"prose","min":1}]}}
                """;
        StructureDefinition read = reader.read(JsonDocument.parse(json));
        assertThat(read.getDifferential().getElementFirstRep().getMin()).isEqualTo(1);
        assertThat(read.getDifferential().getElementFirstRep().hasShort()).isFalse();
    }

    @Test
    void sharesTextsThatRepeat() {
        String json = """
                {"resourceType":"StructureDefinition","snapshot":{"element":[{"path":"Patient","minValueInteger":1},{"path":"Patient","minValueInteger":2}]}}
                """;
        List<ElementDefinition> elements = reader.read(JsonDocument.parse(json)).getSnapshot().getElement();
        assertThat(elements.get(0).getPath()).isSameAs(elements.get(1).getPath());
        assertThat(elements).extracting(element -> ((IntegerType) element.getMinValue()).getValue()).containsExactly(1, 2);
    }

    private StructureDefinition byHapi(byte[] json) throws IOException {
        StructureDefinition definition = canonicalizer.structureDefinitionToCanonical(
                (org.hl7.fhir.r4.model.StructureDefinition) new org.hl7.fhir.r4.formats.JsonParser().parse(json));
        definition.setText(null);
        definition.setContained(null);
        definition.setDescription(null);
        definition.setPurpose(null);
        definition.setCopyright(null);
        definition.setContact(null);
        definition.setUseContext(null);
        definition.setJurisdiction(null);
        definition.setMapping(null);
        if (definition.hasSnapshot()) {
            definition.setDifferential(null);
        }
        definition.getSnapshot().getElement().forEach(StructureDefinitionReaderTest::withoutProse);
        definition.getDifferential().getElement().forEach(StructureDefinitionReaderTest::withoutProse);
        return definition;
    }

    private static void withoutProse(ElementDefinition element) {
        element.setShort(null);
        element.setDefinition(null);
        element.setComment(null);
        element.setRequirements(null);
        element.setMeaningWhenMissing(null);
        element.setOrderMeaning(null);
        element.setIsModifierReason(null);
        element.setAlias(null);
        element.setMapping(null);
        element.setExample(null);
        element.setCondition(null);
        element.getBinding().setDescription(null);
        element.getBinding().getAdditional().forEach(additional -> additional.setDocumentation(null).setShortDoco(null));
        element.getConstraint().forEach(constraint -> constraint.removeExtension(XPATH));
    }

    private static String text(StructureDefinition definition) throws IOException {
        return new JsonParser().composeString(definition);
    }
}
