package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.PackageResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The guides' examples with one element taken out, or put in another's place: both patches leave the same. */
class FhirPathPatchAgainstJsonPatchTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST = 20_000;
    private static final Pattern CHOICE = Pattern.compile("[a-z][A-Za-z]*(Quantity|CodeableConcept|String|Boolean|Integer|Range|Ratio|SampledData|Time|Period|Timing|Age|Date|Reference|Money|PositiveInt|UnsignedInt|Decimal|Code|Coding|Identifier|Uri|"
        + "Canonical|Url|Markdown|Id|Duration|Attachment|Address|HumanName|Instant|Signature)");

    private final RunningServer server = RunningServer.get();
    private final XmlFormat model = new XmlFormat(server.fhir, server.structure());
    private final List<String> different = new ArrayList<>();
    private int compared;

    /** An element by both ways of naming it. */
    private record Place(String path, String pointer, JsonValue value) {}

    @Test
    void bothTakeOutAndPutInTheSame() throws Exception {
        assumeTrue(server.packages.guide("hl7.fhir.us.core", "6.1.0").isPresent(), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        Random random = new Random(42);
        for (PackageResource example : server.packages.packages().stream().flatMap(guide -> guide.examples().stream()).toList()) {
            JsonDocument document = example.document();
            boolean sound = random.nextInt(8) == 0 && document.bytes().length < MOST && document.root().field("contained") == null && server.structure().check(document).isEmpty();
            if (!sound || example.resourceType().equals("Bundle")) {
                continue;
            }
            List<Place> places = new ArrayList<>();
            collect(document.root(), example.resourceType(), "", places);
            for (int i = 0; i < 4; i++) {
                compare(document, places.get(random.nextInt(places.size())), places.get(random.nextInt(places.size())), example.toString());
            }
        }
        assertThat(different).isEmpty();
        assertThat(compared).isGreaterThan(100);
    }

    private void compare(JsonDocument document, Place taken, Place replaced, String name) throws Exception {
        compare(document, "{\"name\":\"type\",\"valueCode\":\"delete\"},{\"name\":\"path\",\"valueString\":\"" + taken.path() + "\"}", "{\"op\":\"remove\",\"path\":\"" + taken.pointer() + "\"}", name);
        if (replaced.value().isString() && !replaced.path().contains("extension")) {
            compare(document, "{\"name\":\"type\",\"valueCode\":\"replace\"},{\"name\":\"path\",\"valueString\":\"" + replaced.path() + "\"},{\"name\":\"value\",\"valueString\":" + replaced.value().toJson() + "}",
                "{\"op\":\"replace\",\"path\":\"" + replaced.pointer() + "\",\"value\":" + replaced.value().toJson() + "}", name);
        }
    }

    private void compare(JsonDocument document, String byPath, String byPointer, String name) throws Exception {
        Patch one = FhirPathPatch.read(JsonDocument.parse("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"operation\",\"part\":[" + byPath + "]}]}"), model);
        Patch other = JsonPatch.read(JsonDocument.parse("[" + byPointer + "]"));
        try {
            String ours = one.applyTo(document, new PatchBudget(1 << 20)).root().toJson();
            String expected = other.applyTo(document, new PatchBudget(1 << 20)).root().toJson();
            if (!JSON.readTree(ours).equals(JSON.readTree(expected))) {
                different.add(name + " " + byPath);
            }
        } catch (FhirException refusal) {
            different.add(name + " " + byPath + " " + refusal.getMessage());
        }
        compared++;
    }

    /** Primitives that have an id or extensions beside are left out: a JSON Patch needs two operations for them; and what may be a choice, which has another name in a path. */
    private static void collect(JsonValue object, String path, String pointer, List<Place> places) {
        for (JsonValue field : object.children()) {
            String name = String.valueOf(field.name());
            boolean left = name.startsWith("_") || name.equals("resourceType") || name.equals("div") || path.indexOf('.') < 0 && (name.equals("id") || name.equals("meta")) || object.field("_" + name) != null
                || name.equals("url") && path.contains("xtension[") || name.equals("id") || CHOICE.matcher(name).matches();
            if (left) {
                continue;
            }
            String element = path + "." + name;
            if (field.isArray()) {
                int i = 0;
                for (JsonValue item : field.children()) {
                    add(item, element + "[" + i + "]", pointer + "/" + name + "/" + i, places);
                    i++;
                }
            } else {
                add(field, element, pointer + "/" + name, places);
            }
        }
    }

    private static void add(JsonValue value, String path, String pointer, List<Place> places) {
        places.add(new Place(path, pointer, value));
        if (value.isObject() && value.field("resourceType") == null) {
            collect(value, path, pointer, places);
        }
    }
}
