package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Follows one term of a search parameter's FHIRPath expression through JSON: element names, {@code as} and {@code ofType}, conditions on the type of a
 * reference's target and on one field's value. That is all that the base definitions use, but for {@code Patient.deceased}.
 */
final class ElementPath {

    private static final Pattern AS = Pattern.compile("\\(?([\\w.]+)\\s+as\\s+(\\w+)\\)?");
    private static final Pattern RESOLVES_TO = Pattern.compile("where\\(resolve\\(\\) is (\\w+)\\)");
    private static final Pattern FIELD_IS = Pattern.compile("where\\((\\w+)\\s*=\\s*'([^']*)'\\)");
    private static final Pattern CAST = Pattern.compile("(?:as|ofType)\\((\\w+)\\)");
    private static final Set<String> CHOICES = Set.of("Quantity", "String", "CodeableConcept", "Boolean", "Integer", "Range", "Ratio", "DateTime", "Period",
            "Instant", "Reference", "Age", "Date", "Timing", "Coding", "Time", "SampledData", "Identifier", "Uri", "Canonical", "Money", "Duration");

    private ElementPath() {}

    static List<JsonNode> values(JsonNode resource, String term) {
        if (term.contains("deceased.exists()")) {
            return deceased(resource);
        }
        String path = AS.matcher(term.strip()).replaceAll("$1.as($2)");
        List<JsonNode> current = List.of(resource);
        List<String> steps = steps(path);
        for (int i = 1; i < steps.size(); i++) {
            String next = i + 1 < steps.size() ? steps.get(i + 1) : "";
            Matcher cast = CAST.matcher(next);
            if (cast.matches()) {
                current = children(current, steps.get(i) + capitalized(cast.group(1)), steps.get(i));
                i++;
            } else {
                current = step(current, steps.get(i));
            }
        }
        return current;
    }

    private static List<JsonNode> step(List<JsonNode> nodes, String step) {
        Matcher target = RESOLVES_TO.matcher(step);
        if (target.matches()) {
            String type = target.group(1);
            return nodes.stream().filter(node -> type.equals(targetType(node))).toList();
        }
        Matcher field = FIELD_IS.matcher(step);
        if (field.matches()) {
            return nodes.stream().filter(node -> node.path(field.group(1)).asText().equals(field.group(2))).toList();
        }
        return children(nodes, step, step);
    }

    private static String targetType(JsonNode reference) {
        Matcher literal = Pattern.compile("(?:.*/)?([A-Z]\\w+)/[^/]+(?:/_history/.*)?").matcher(reference.path("reference").asText());
        return literal.matches() ? literal.group(1) : reference.path("type").asText();
    }

    /** The names between the dots that stand outside of parentheses; parentheses around the whole are left out. */
    private static List<String> steps(String path) {
        List<String> steps = new ArrayList<>();
        StringBuilder step = new StringBuilder();
        int depth = 0;
        for (char c : path.replaceFirst("^\\(+(?=[A-Z])", "").toCharArray()) {
            depth += c == '(' ? 1 : c == ')' && depth > 0 ? -1 : 0;
            if (c == '.' && depth == 0) {
                steps.add(step.toString().strip());
                step.setLength(0);
            } else if (c != ')' || step.indexOf("(") >= 0) {
                step.append(c);
            }
        }
        steps.add(step.toString().strip());
        return steps;
    }

    /** @param plain the name of an element that is no choice, which a cast leaves as it is */
    private static List<JsonNode> children(List<JsonNode> nodes, String name, String plain) {
        List<JsonNode> children = new ArrayList<>();
        for (JsonNode node : nodes) {
            if (node.has(name)) {
                addFlat(node.get(name), children);
            } else if (node.has(plain)) {
                addFlat(node.get(plain), children);
            } else if (name.equals(plain)) {
                addChoice(node, name, children);
            }
        }
        return children;
    }

    /** A choice element: value[x] is valueQuantity, valueString, ... */
    private static void addChoice(JsonNode node, String name, List<JsonNode> into) {
        for (Iterator<Map.Entry<String, JsonNode>> fields = node.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            if (field.getKey().startsWith(name) && CHOICES.contains(field.getKey().substring(name.length()))) {
                addFlat(field.getValue(), into);
            }
        }
    }

    /** {@code Patient.deceased.exists() and Patient.deceased != false}: true or false, and never missing. */
    private static List<JsonNode> deceased(JsonNode patient) {
        boolean dead = patient.path("deceasedBoolean").asBoolean(patient.has("deceasedDateTime"));
        return List.of(com.fasterxml.jackson.databind.node.BooleanNode.valueOf(dead));
    }

    private static String capitalized(String type) {
        return Character.toUpperCase(type.charAt(0)) + type.substring(1);
    }

    private static void addFlat(JsonNode value, List<JsonNode> into) {
        if (value.isArray()) {
            value.forEach(into::add);
        } else {
            into.add(value);
        }
    }
}
