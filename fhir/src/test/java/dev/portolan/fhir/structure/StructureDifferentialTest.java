package dev.portolan.fhir.structure;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonSyntaxException;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.packages.TestPackages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The guides' examples with one thing broken: what HAPI's strict parser refuses, we refuse. We refuse more, since the parser neither asks for
 * required elements nor looks at the formats of ids, addresses and narratives.
 */
class StructureDifferentialTest {

    private static final int MUTATIONS_EACH = 4;

    private enum Mutation {
        UNKNOWN_ELEMENT,
        WRAPPED_IN_ARRAY,
        TAKEN_OUT_OF_ARRAY,
        OBJECT_FOR_PRIMITIVE,
        PRIMITIVE_FOR_OBJECT,
        BAD_DATE,
        BOOLEAN_AS_TEXT,
        UNKNOWN_RESOURCE_TYPE,
        UNKNOWN_STATUS
    }

    private final StructureChecker checker = StructureChecker.compile(TestPackages.base());
    private final IParser parser = FhirContext.forR4Cached().newJsonParser().setParserErrorHandler(new StrictErrorHandler());

    @Test
    void whatTheStrictParserRefusesWeRefuse() {
        long seed = Long.getLong("portolan.seed", 42);
        Random random = new Random(seed);
        List<String> missed = new ArrayList<>();
        Map<Mutation, int[]> counts = new EnumMap<>(Mutation.class);
        for (PackageResource example : TestPackages.guides().packages().stream().flatMap(guide -> guide.examples().stream()).toList()) {
            JsonDocument sound = example.document();
            if (random.nextInt(3) != 0 || sound.bytes().length > 20_000 || !checker.check(sound).isEmpty() || refusedByParser(sound)) {
                continue;
            }
            for (int i = 0; i < MUTATIONS_EACH; i++) {
                Mutation mutation = Mutation.values()[random.nextInt(Mutation.values().length)];
                JsonDocument broken = mutate(sound, mutation, random);
                if (broken == null) {
                    continue;
                }
                boolean theirs = refusedByParser(broken);
                boolean ours = !checker.check(broken).isEmpty();
                int[] count = counts.computeIfAbsent(mutation, key -> new int[3]);
                count[0]++;
                count[1] += theirs ? 1 : 0;
                count[2] += ours ? 1 : 0;
                if (theirs && !ours) {
                    missed.add(mutation + " " + example);
                }
            }
        }
        assertThat(missed).as("seed %d", seed).isEmpty();
        assertThat(counts.values().stream().mapToInt(count -> count[0]).sum()).isGreaterThan(300);
        // A broken example is refused by us, whatever the parser says of it; but not every status has codes that are fixed.
        counts.remove(Mutation.UNKNOWN_STATUS);
        counts.forEach((mutation, count) -> assertThat(count[2]).as("%s, seed %d", mutation, seed).isEqualTo(count[0]));
    }

    private boolean refusedByParser(JsonDocument document) {
        try {
            parser.parseResource(new String(document.bytes(), StandardCharsets.UTF_8));
            return false;
        } catch (DataFormatException | IllegalArgumentException | ClassCastException | NullPointerException e) {
            return true;
        }
    }

    private static JsonDocument mutate(JsonDocument document, Mutation mutation, Random random) {
        List<JsonValue> fields = new ArrayList<>();
        collect(document.root(), fields);
        List<JsonValue> fitting = fields.stream().filter(field -> fits(mutation, field)).toList();
        if (fitting.isEmpty()) {
            return null;
        }
        JsonValue field = fitting.get(random.nextInt(fitting.size()));
        String json = field.toJson();
        JsonEdit edit = switch (mutation) {
            case UNKNOWN_ELEMENT -> new JsonEdit(field.nameStart(), field.nameStart(), bytes("\"bogus\":1,"));
            case WRAPPED_IN_ARRAY -> replace(field, "[" + json + "]");
            case TAKEN_OUT_OF_ARRAY -> replace(field, field.firstChild().toJson());
            case OBJECT_FOR_PRIMITIVE -> replace(field, "{\"text\":\"x\"}");
            case PRIMITIVE_FOR_OBJECT -> replace(field, "\"x\"");
            case BAD_DATE -> replace(field, "\"2020-13-45\"");
            case BOOLEAN_AS_TEXT -> replace(field, "\"perhaps\"");
            case UNKNOWN_STATUS -> replace(field, "\"bogus\"");
            case UNKNOWN_RESOURCE_TYPE -> replace(field, "\"Bogus\"");
        };
        try {
            return document.with(List.of(edit));
        } catch (JsonSyntaxException e) {
            throw new AssertionError("a mutation must stay JSON", e);
        }
    }

    private static boolean fits(Mutation mutation, JsonValue field) {
        String name = field.name();
        return switch (mutation) {
            case UNKNOWN_ELEMENT -> true;
            case WRAPPED_IN_ARRAY -> !field.isArray() && !name.equals("resourceType");
            case TAKEN_OUT_OF_ARRAY -> field.isArray();
            case OBJECT_FOR_PRIMITIVE -> field.isString() && !name.equals("resourceType");
            case PRIMITIVE_FOR_OBJECT -> field.isObject();
            case BAD_DATE -> name.equals("birthDate") || name.endsWith("DateTime") || name.equals("lastUpdated") || name.equals("start");
            case BOOLEAN_AS_TEXT -> field.kind() == JsonKind.TRUE || field.kind() == JsonKind.FALSE;
            case UNKNOWN_STATUS -> field.isString() && (name.equals("status") || name.equals("gender") || name.equals("intent"));
            case UNKNOWN_RESOURCE_TYPE -> name.equals("resourceType");
        };
    }

    private static void collect(JsonValue value, List<JsonValue> fields) {
        for (JsonValue child : value.children()) {
            if (value.isObject()) {
                fields.add(child);
            }
            collect(child, fields);
        }
    }

    private static JsonEdit replace(JsonValue field, String json) {
        return new JsonEdit(field.start(), field.end(), bytes(json));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
