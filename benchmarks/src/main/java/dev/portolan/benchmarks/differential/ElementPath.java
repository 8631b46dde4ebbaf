package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Follows the element names of a FHIRPath expression through JSON, leaving its conditions out. It only has to find
 * values that are worth asking for; whether a resource matches is for the servers to say.
 */
final class ElementPath {

    private static final Pattern CONDITION = Pattern.compile("\\s+as\\s+\\w+|\\.(where|as|ofType|exists|resolve|first)\\([^()]*(\\([^()]*\\))?[^()]*\\)|[()]");

    private ElementPath() {}

    static List<JsonNode> values(JsonNode resource, String expression) {
        String[] names = CONDITION.matcher(expression).replaceAll("").strip().split("\\.");
        List<JsonNode> current = List.of(resource);
        for (int i = 1; i < names.length; i++) {
            List<JsonNode> next = new ArrayList<>();
            for (JsonNode node : current) {
                addChildren(node, names[i].strip(), next);
            }
            current = next;
        }
        return current;
    }

    private static void addChildren(JsonNode node, String name, List<JsonNode> into) {
        if (node.has(name)) {
            addFlat(node.get(name), into);
            return;
        }
        // A choice element: value[x] is valueQuantity, valueString, ...
        for (Iterator<Map.Entry<String, JsonNode>> fields = node.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            if (field.getKey().matches(Pattern.quote(name) + "[A-Z]\\w*") && isChoice(field.getKey(), name)) {
                addFlat(field.getValue(), into);
            }
        }
    }

    private static boolean isChoice(String field, String name) {
        return List.of("Quantity", "String", "CodeableConcept", "Boolean", "Integer", "Range", "Ratio", "DateTime", "Period",
                        "Instant", "Reference", "Age", "Date", "Timing", "Coding", "Time")
                .contains(field.substring(name.length()));
    }

    private static void addFlat(JsonNode value, List<JsonNode> into) {
        if (value.isArray()) {
            value.forEach(into::add);
        } else {
            into.add(value);
        }
    }
}
