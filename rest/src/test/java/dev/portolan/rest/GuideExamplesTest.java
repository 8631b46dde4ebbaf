package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.rest.RunningServer.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Issue A, acceptance 6: every example of the guides goes in, comes out as it was but for the stamps, and is found. */
class GuideExamplesTest {

    private final RunningServer server = RunningServer.get();

    @ParameterizedTest
    @CsvSource({"hl7.fhir.us.core,6.1.0", "hl7.fhir.us.carin-bb,2.0.0"})
    void everyExampleIsWrittenReadBackAndFound(String id, String version) { // RST-02 to RST-19, RST-33
        List<FhirPackage> guides = server.packages.packages().stream().filter(each -> each.ref().id().equals(id)).toList();
        assumeTrue(!guides.isEmpty(), "needs the package " + id + "#" + version);
        List<String> wrong = new ArrayList<>();
        int checked = 0;
        Set<String> definitions = definitions();
        for (PackageResource example : guides.get(0).examples()) {
            JsonDocument resource = JsonDocument.parse(example.bytes());
            String type = resource.root().fieldText("resourceType");
            String name = resource.root().fieldText("id");
            if (type == null || name == null || definitions.contains(type)) {
                continue;
            }
            checked++;
            Reply written = server.put(type + "/" + name, new String(example.bytes(), StandardCharsets.UTF_8));
            if (written.status() != 201 && written.status() != 200) {
                wrong.add(type + "/" + name + " not written: " + written.status() + " " + written.text());
                continue;
            }
            String read = withoutStamps(server.get(type + "/" + name).json());
            if (!read.equals(withoutStamps(resource))) {
                wrong.add(type + "/" + name + " differs");
            }
            find(type, name, resource, wrong);
        }
        System.out.println(id + ": " + checked + " examples");
        assertThat(checked).isGreaterThan(10);
        assertThat(wrong).isEmpty();
    }

    private static Set<String> definitions() {
        return Set.of("StructureDefinition", "ImplementationGuide", "SearchParameter", "CapabilityStatement", "OperationDefinition");
    }

    /** Every field's own bytes, but for the stamps. */
    private static String withoutStamps(JsonDocument resource) {
        Map<String, String> fields = new TreeMap<>();
        for (JsonValue field : resource.root().children()) {
            if (String.valueOf(field.name()).equals("meta")) {
                field.children().forEach(part -> {
                    if (!part.nameEquals("versionId") && !part.nameEquals("lastUpdated")) {
                        fields.put("meta." + part.name(), part.toJson());
                    }
                });
            } else {
                fields.put(String.valueOf(field.name()), field.toJson());
            }
        }
        return fields.toString();
    }

    /** By the parameters that US Core's and CARIN's capability statements name and whose values are easily told from the JSON. */
    private void find(String type, String name, JsonDocument resource, List<String> wrong) {
        JsonValue root = resource.root();
        Set<String> queries = new TreeSet<>();
        queries.add("_id=" + name);
        for (String element : List.of("subject", "patient", "beneficiary")) {
            JsonValue reference = root.field(element);
            String target = reference == null ? null : reference.fieldText("reference");
            if (target != null && target.startsWith("Patient/")) {
                queries.add("patient=" + target);
                queries.add("patient=" + target.substring(8));
                add(queries, "category", coding(root, "category"), target);
                add(queries, "code", coding(root, "code"), target);
                add(queries, "type", coding(root, "type"), target);
                String status = root.fieldText("status");
                if (status != null && !type.equals("Coverage")) {
                    queries.add("patient=" + target + "&status=" + status);
                }
            }
        }
        JsonValue identifier = root.field("identifier");
        JsonValue first = identifier == null ? null : identifier.isArray() ? identifier.firstChild() : identifier;
        if (first != null && first.fieldText("value") != null && first.fieldText("system") != null) {
            queries.add("identifier=" + UrlParameters.encoded(first.fieldText("system") + "|" + first.fieldText("value")));
        }
        for (String query : queries) {
            boolean known = List.of(query.split("&")).stream().allMatch(part -> server.definitions.parameters().find(type, part.substring(0, part.indexOf('='))).isPresent());
            Reply found = known ? server.get(type + "?" + query + "&_count=500") : null;
            if (found != null && (found.status() != 200 || !ids(found).contains(name))) {
                wrong.add(type + "/" + name + " not found by " + query + ": " + found.status());
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

    private static void add(Set<String> queries, String parameter, String token, String patient) {
        if (token != null) {
            queries.add("patient=" + patient + "&" + parameter + "=" + UrlParameters.encoded(token));
        }
    }

    private static String coding(JsonValue root, String element) {
        JsonValue concept = root.field(element);
        concept = concept != null && concept.isArray() ? concept.firstChild() : concept;
        JsonValue codings = concept == null ? null : concept.field("coding");
        JsonValue coding = codings == null ? null : codings.firstChild();
        return coding == null || coding.fieldText("code") == null || coding.fieldText("system") == null ? null : coding.fieldText("system") + "|" + coding.fieldText("code");
    }
}
