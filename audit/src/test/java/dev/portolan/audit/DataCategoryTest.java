package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Kinds that are told from a resource's bytes are those that stand in its fields, whatever its texts say. */
class DataCategoryTest {

    private static final int RESOURCES = 20_000;
    private static final List<String> CODES = List.of("laboratory", "LAB", "vital-signs", "R", "V", "N", "survey");
    private static final List<String> SYSTEMS = List.of("http://terminology.hl7.org/CodeSystem/v3-ActCode", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "urn:example");
    private static final List<String> PIECES = List.of("]", "}", "[", "{", "\\\"", "\\\\", "\\u005d", "é", "€", "😀", "laboratory", "security", "a longer piece of plain text", " ", ",", ":", "x");

    private final Random random = new Random(8);

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(6); n > 0; n--) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return text.toString();
    }

    private <T> T any(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String coding() {
        List<String> fields = new ArrayList<>();
        fields.add("\"system\":\"" + any(SYSTEMS) + "\"");
        fields.add("\"code\":\"" + any(CODES) + "\"");
        if (random.nextBoolean()) {
            fields.add(random.nextInt(fields.size() + 1), "\"display\":\"" + text() + "\"");
        }
        return "{" + String.join(",", fields) + "}";
    }

    private String codings() {
        List<String> all = new ArrayList<>();
        for (int n = random.nextInt(3); n >= 0; n--) {
            all.add(coding());
        }
        return "[" + String.join(",", all) + "]";
    }

    private String observation() {
        StringBuilder json = new StringBuilder("{\"resourceType\":\"Observation\"");
        if (random.nextInt(4) > 0) {
            json.append(",\"meta\":{\"source\":\"").append(text()).append('"').append(random.nextBoolean() ? ",\"security\":" + codings() : "").append(random.nextBoolean() ? ",\"tag\":" + codings() : "").append('}');
        }
        if (random.nextInt(4) > 0) {
            json.append(",\"category\":[{\"coding\":").append(codings()).append(",\"text\":\"").append(text()).append("\"}]");
        }
        // What comes behind bears the same codes, and is neither category nor label.
        return json.append(",\"code\":{\"coding\":").append(codings()).append("},\"extension\":[{\"url\":\"urn:x\",\"valueCoding\":").append(coding()).append("}],\"valueString\":\"").append(text()).append("\"}").toString();
    }

    private static List<JsonValue> codings(@Nullable JsonValue array) {
        List<JsonValue> codings = new ArrayList<>();
        if (array != null) {
            array.children().forEach(codings::add);
        }
        return codings;
    }

    private static boolean has(List<JsonValue> codings, Set<String> codes) {
        return codings.stream().anyMatch(coding -> codes.contains(coding.fieldText("code")));
    }

    private static Set<DataCategory> expected(JsonValue observation) {
        List<JsonValue> categories = new ArrayList<>();
        codings(observation.field("category")).forEach(category -> categories.addAll(codings(category.field("coding"))));
        Set<DataCategory> expected = EnumSet.of(has(categories, Set.of("laboratory", "LAB")) ? DataCategory.LABORATORY : DataCategory.MEASUREMENTS);
        JsonValue meta = observation.field("meta");
        List<JsonValue> labels = codings(meta == null ? null : meta.field("security"));
        if (has(labels, Set.of("R", "V")) || labels.stream().anyMatch(label -> SYSTEMS.get(0).equals(label.fieldText("system")))) {
            expected.add(DataCategory.SENSITIVE);
        }
        return expected;
    }

    @Test
    void kindsOfObservationsAreThoseOfTheirFields() {
        for (int i = 0; i < RESOURCES; i++) {
            String json = observation();
            Set<DataCategory> told = EnumSet.noneOf(DataCategory.class);
            DataCategory.collect("Observation", json.getBytes(StandardCharsets.UTF_8), told);
            assertThat(told).as(json).isEqualTo(expected(JsonDocument.parse(json).root()));
        }
    }
}
