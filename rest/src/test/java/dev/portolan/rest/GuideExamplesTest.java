package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.rest.GuideSearches.Parameter;
import dev.portolan.rest.RunningServer.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Issue A, acceptance 6: every example of the guides goes in, comes out byte for byte but for the stamps, and is found by every parameter that the guide names and for which it has a value. */
class GuideExamplesTest {

    private final RunningServer server = RunningServer.get();
    private final SearchTexts texts = new SearchTexts(server.fhir);
    private int searches;

    @ParameterizedTest
    @CsvSource({"hl7.fhir.us.core,6.1.0,170", "hl7.fhir.us.carin-bb,1.1.0,15", "hl7.fhir.us.carin-bb,2.0.0,30", "hl7.fhir.us.carin-bb,2.1.0,40", "hl7.fhir.us.carin-bb,2.2.0,40"})
    void everyExampleIsWrittenReadBackAndFound(String id, String version, int atLeast) { // RST-02 to RST-19
        Optional<FhirPackage> guide = server.packages.guide(id, version);
        assumeTrue(guide.isPresent(), "needs the package " + id + "#" + version);
        GuideSearches asked = GuideSearches.of(guide.get(), server.packages.guide(GuideRef.BASE.id(), GuideRef.BASE.version()).orElseThrow());
        List<String> wrong = new ArrayList<>();
        List<PackageResource> examples = guide.get().examples().stream()
            .filter(example -> example.id() != null && server.definitions.parameters().resourceTypes().contains(example.resourceType())).toList();
        for (PackageResource example : examples) {
            String name = example.resourceType() + "/" + example.id();
            Reply written = server.put(name, new String(example.bytes(), StandardCharsets.UTF_8));
            if (written.status() != 201 && written.status() != 200) {
                wrong.add(name + " not written: " + written.status() + " " + written.text());
                continue;
            }
            String read = server.get(name).text();
            if (!withoutStamps(read).equals(withoutStamps(withoutSpace(new String(example.bytes(), StandardCharsets.UTF_8))))) {
                wrong.add(name + " differs: " + read);
            }
            find(example, asked, JsonDocument.parse(read).root().field("meta").fieldText("lastUpdated"), wrong);
        }
        System.out.println(id + "#" + version + ": " + examples.size() + " examples, " + searches + " searches");
        assertThat(wrong).isEmpty();
        assertThat(examples).hasSizeGreaterThanOrEqualTo(atLeast);
        assertThat(searches).isGreaterThan(examples.size());
    }

    private void find(PackageResource example, GuideSearches asked, String lastUpdated, List<String> wrong) {
        IParser parser = server.fhir.newJsonParser();
        parser.setParserErrorHandler(new LenientErrorHandler(false));
        IBaseResource model = parser.parseResource(new String(example.bytes(), StandardCharsets.UTF_8));
        for (Parameter parameter : asked.parameters(example.resourceType()).values()) {
            Set<String> values = parameter.code().equals("_lastUpdated") ? Set.of(lastUpdated, "ge" + lastUpdated) : texts.of(model, parameter);
            for (String value : values) {
                String query = example.resourceType() + "?" + parameter.code() + "=" + UrlParameters.encoded(value) + "&_count=500";
                Reply found = server.get(query, "Prefer", "handling=strict");
                searches++;
                if (found.status() != 200 || !ids(found).contains(example.id())) {
                    wrong.add(example.resourceType() + "/" + example.id() + " not found by " + query + ": " + found.status());
                }
            }
        }
    }

    private static Set<String> ids(Reply reply) {
        Set<String> ids = new TreeSet<>();
        JsonValue entries = reply.json().root().field("entry");
        if (entries != null) {
            entries.children().forEach(entry -> ids.add(String.valueOf(entry.field("resource").fieldText("id"))));
        }
        return ids;
    }

    /** White space between tokens is no content (RFC 8259, section 2), and an NDJSON line must be one line. */
    private static String withoutSpace(String json) {
        StringBuilder out = new StringBuilder(json.length());
        boolean inString = false;
        for (int i = json.startsWith("\uFEFF") ? 1 : 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (inString && c == '\\') {
                out.append(c).append(json.charAt(++i));
                continue;
            }
            inString ^= c == '"';
            if (inString || " \t\r\n".indexOf(c) < 0) {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** The text without meta.versionId and meta.lastUpdated, and without a meta that had nothing else. */
    private static String withoutStamps(String json) {
        int start = json.indexOf("\"meta\":{");
        if (start < 0 || depth(json, start) != 1) {
            return json;
        }
        int end = start + 8;
        while (depth(json, end) > 1) {
            end++;
        }
        String meta = json.substring(start + 8, end - 1).replaceAll("\"(versionId|lastUpdated)\":\"[^\"]*\",?", "").replaceAll(",$", "");
        String rest = json.substring(end);
        if (meta.isEmpty()) {
            return json.substring(0, start) + (rest.startsWith(",") ? rest.substring(1) : rest);
        }
        return json.substring(0, start) + "\"meta\":{" + meta + "}" + rest;
    }

    /** Objects and arrays that are open before this place. */
    private static int depth(String json, int place) {
        int depth = 0;
        boolean inString = false;
        for (int i = 0; i < place; i++) {
            char c = json.charAt(i);
            if (inString && c == '\\') {
                i++;
            } else if (c == '"') {
                inString = !inString;
            } else if (!inString) {
                depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            }
        }
        return depth;
    }
}
