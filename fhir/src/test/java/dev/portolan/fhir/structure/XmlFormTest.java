package dev.portolan.fhir.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.util.XmlUtil;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.packages.TestPackages;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.xml.stream.XMLStreamException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From JSON to XML and back nothing is lost, and what comes out is what HAPI's parsers read and write. */
class XmlFormTest {

    private static final String COMPANION = "{\"id\":\"i\",\"extension\":[{\"url\":\"urn:e\",\"valueString\":\"\\u00e9 <&>\\\"' \\n\\t\\r x\",\"_valueString\":{\"id\":\"j\"}}]}";
    private static final StructureChecker CHECKER = StructureChecker.compile(TestPackages.base());
    private static final ObjectMapper JSON = new ObjectMapper();

    private static String xml(String json) {
        return new String(CHECKER.xml().fromJson(JsonDocument.parse(json), false), StandardCharsets.UTF_8);
    }

    private static String json(String xml) {
        try {
            return new String(CHECKER.xml().toJson(XmlUtil.createXmlReader(new StringReader(xml))), StandardCharsets.UTF_8);
        } catch (XMLStreamException e) {
            throw new AssertionError(xml, e);
        }
    }

    /** Every element of every type once, each primitive with an id and an extension, and each choice in each of its types; elements of type id among them, which HAPI's parsers drop the ids of. */
    @Test
    void everyElementOfEveryTypeIsKept() throws Exception {
        Map<String, TypeRule> types = CHECKER.types();
        int elements = 0;
        for (TypeRule type : types.values().stream().filter(each -> each.resource).toList()) {
            // Parameters have all types; the others take turns with what their choices are.
            boolean all = type.name.equals("Parameters");
            for (int turn = all ? 0 : elements % 4; turn < (all ? 52 : 4); turn += all ? 1 : 4) {
                String json = "{\"resourceType\":\"" + type.name + "\"" + fields(type, turn, 0);
                elements += json.split("\":").length;
                String there = xml(json);
                assertThat(JSON.readTree(json(there))).as(there).isEqualTo(JSON.readTree(json));
            }
        }
        assertThat(elements).isGreaterThan(10_000);
    }

    /** All fields of an object but the first brace. */
    private static String fields(TypeRule type, int turn, int depth) {
        StringBuilder out = new StringBuilder();
        long choices = 0;
        int skipped = turn;
        for (ElementRule rule : type.rules()) {
            boolean deeper = rule.content != ElementRule.Content.PRIMITIVE && depth == 2 || rule.content == ElementRule.Content.RESOURCE && depth > 0 || rule.name.equals("extension") && depth > 1;
            boolean left = rule.companion || deeper || type.extension && rule.name.equals("extension") || (choices & rule.choiceBit) != 0 || rule.choiceBit != 0 && skipped-- > 0;
            if (left) {
                continue;
            }
            choices |= rule.choiceBit;
            String value = value(rule, turn, depth);
            boolean companion = rule.primitive != null && !type.isAttribute(rule) && rule.primitive != PrimitiveType.XHTML;
            out.append(out.isEmpty() && !type.resource ? "" : ",").append('"').append(rule.name).append("\":").append(!rule.repeats ? value : companion ? "[" + value + ",null," + value + "]" : "[" + value + "," + value + "]");
            if (companion) {
                out.append(",\"_").append(rule.name).append("\":").append(rule.repeats ? "[null," + COMPANION + "," + COMPANION + "]" : COMPANION);
            }
        }
        return out.append('}').toString();
    }

    private static String value(ElementRule rule, int turn, int depth) {
        return switch (rule.content) {
            case RESOURCE -> "{\"resourceType\":\"Basic\",\"id\":\"b\",\"_id\":{\"id\":\"k\"},\"code\":{\"text\":\"t\"}}";
            case COMPLEX -> {
                String fields = fields(rule.type, turn, depth + 1);
                yield "{" + fields;
            }
            case PRIMITIVE -> switch (rule.primitive) {
                case BOOLEAN -> "true";
                case INTEGER, POSITIVE_INT, UNSIGNED_INT -> "7";
                case DECIMAL -> "-1.50e-2";
                case XHTML -> "\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">a &amp; <b title=\\\"&gt;&quot;\\\">\\u00e9</b><br/></div>\"";
                default -> "\" \\u00e9\\ud83d\\ude00 <&>\\\"' \\\\ \\n\\t x\"";
            };
        };
    }

    /** Examples of each guide: by us to XML and by HAPI back, and the other way round. */
    @Test
    void examplesAreWhatHapiReadsAndWrites() throws Exception {
        FhirContext context = FhirContext.forR4Cached();
        IParser json = context.newJsonParser().setOverrideResourceIdWithBundleEntryFullUrl(false).setStripVersionsFromReferences(false);
        IParser xml = context.newXmlParser().setOverrideResourceIdWithBundleEntryFullUrl(false).setStripVersionsFromReferences(false);
        int compared = 0;
        int number = 0;
        Set<String> seen = new HashSet<>();
        List<String> other = new ArrayList<>();
        for (FhirPackage guide : TestPackages.guides().packages()) {
            for (PackageResource example : guide.examples()) {
                String text = example.document().root().toJson();
                // HAPI's parsers lose the entries of a contained Bundle.
                if (number++ % 11 != 0 || text.contains("\"contained\":[{\"resourceType\":\"Bundle\"") || !CHECKER.check(example.document()).isEmpty() || !seen.add(example.resourceType() + example.id()) || text.length() > 20_000) {
                    continue;
                }
                compared++;
                String expected = json.encodeResourceToString(json.parseResource(text));
                String ours = json.encodeResourceToString(xml.parseResource(xml(text)));
                String theirs = json.encodeResourceToString(json.parseResource(json(xml.encodeResourceToString(json.parseResource(text)))));
                if (!withoutNarratives(ours).equals(withoutNarratives(expected)) || !withoutNarratives(theirs).equals(withoutNarratives(expected))) {
                    other.add(example + " is another resource for HAPI");
                }
                if (!withoutNarratives(text).equals(withoutNarratives(json(indented(text))))) {
                    other.add(example + " is not itself");
                }
            }
        }
        assertThat(compared).isGreaterThan(30);
        assertThat(other).isEmpty();
    }

    private static String indented(String json) {
        return new String(CHECKER.xml().fromJson(JsonDocument.parse(json), true), StandardCharsets.UTF_8);
    }

    /** What is said of space and quotes in their markup differs. */
    private static JsonNode withoutNarratives(String json) throws Exception {
        JsonNode tree = JSON.readTree(json);
        tree.findParents("div").forEach(parent -> ((ObjectNode) parent).remove("div"));
        return tree;
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "<gender value='male'/><active value='true'/>; active stands behind gender", "<name><family value='a'/></name><gender value='male'/><name><family value='b'/></name>; name stands behind gender",
        "<active value='true'/><active value='false'/>; stands twice", "<nam><family value='a'/></nam>; no element nam", "<name><family valu='a'/></name>; attribute", "<name value='a'><family value='a'/></name>; attribute",
        "<name url='a'><family value='a'/></name>; attribute", "<_active value='true'/>; no element _active", "<name><family value='a'><given value='b'/></family></name>; no element given", "<extension><url value='a'/></extension>; no element url",
        "<contained><Patient/><Patient/></contained>; two resources", "<contained/>; holds no resource", "<contained><Human/></contained>; no resource type", "<name><id value='a'/></name>; no element id"})
    void whatIsNoResourceIsRefusedWithAWord(String content, String told) {
        assertThatThrownBy(() -> json("<Patient xmlns=\"http://hl7.org/fhir\">" + content + "</Patient>")).isInstanceOf(XmlFormException.class).hasMessageContaining(told);
    }

    /** A value that is not of its type is for the check of the structure to find, as in JSON. */
    @ParameterizedTest
    @ValueSource(strings = {"yes", "TRUE", "1", ""})
    void aValueOfAnotherTypeBecomesAText(String value) {
        String json = json("<Patient xmlns=\"http://hl7.org/fhir\"><active value=\"" + value + "\"/></Patient>");
        assertThat(json).isEqualTo("{\"resourceType\":\"Patient\",\"active\":\"" + value + "\"}");
        assertThat(CHECKER.check(JsonDocument.parse(json))).hasSize(1);
    }

    /** What is an attribute in XML has no id or extensions, and a narrative none but in its text. */
    @ParameterizedTest
    @ValueSource(strings = {"\"name\":[{\"id\":\"a\",\"_id\":{\"id\":\"b\"}}]", "\"extension\":[{\"url\":\"a\",\"_url\":{\"id\":\"b\"},\"valueCode\":\"c\"}]",
        "\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">a</div>\",\"_div\":{\"id\":\"b\"}}"})
    void whatXmlCannotSayIsRefusedInJson(String field) {
        assertThat(CHECKER.check(JsonDocument.parse("{\"resourceType\":\"Patient\"," + field + "}"))).hasSize(1);
        assertThatThrownBy(() -> xml("{\"resourceType\":\"Patient\"," + field + "}")).isInstanceOf(XmlFormException.class);
    }

    @Test
    void namesOfCharactersAreThoseOfHtml() {
        String div = "<div title='a>b' xmlns = 'http://www.w3.org/1999/xhtml'>&nbsp;&yuml;&OElig;&thetasym;&zwj;&euro;&harr;&ge;&diams;&amp;nbsp;&lt;</div>";
        assertThat(xml("{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"" + div + "\"}}"))
            .contains("'http://www.w3.org/1999/xhtml'>\u00a0\u00ff\u0152\u03d1\u200d\u20ac\u2194\u2265\u2666&amp;nbsp;&lt;</div>").doesNotContain("xmlns=\"http://www.w3.org");
        assertThat(xml("{\"resourceType\":\"Patient\",\"text\":{\"div\":\"<div title='x xmlns=y'>a</div>\"}}")).contains("<div xmlns=\"http://www.w3.org/1999/xhtml\" title='x xmlns=y'>a</div>");
    }
}
