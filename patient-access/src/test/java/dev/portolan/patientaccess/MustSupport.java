package dev.portolan.patientaccess;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.terminology.Membership;
import dev.portolan.fhir.terminology.Terminology;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The must-support elements of one profile, from its snapshot, and whether a resource has them; slices are told by their discriminators (R4 profiling, section 5.1.0.12). */
final class MustSupport {

    private static final String OF_A_TYPE = "http://hl7.org/fhir/StructureDefinition/elementdefinition-type-must-support";

    private final Map<String, JsonValue> elements = new LinkedHashMap<>();
    private final Terminology terminology;

    MustSupport(JsonValue profile, Terminology terminology) {
        this.terminology = terminology;
        profile.field("snapshot").field("element").children().forEach(element -> elements.put(element.fieldText("id"), element));
    }

    /** Ids of the elements, as {@code Observation.component:systolic.code}; of a choice also each type that must be supported by itself, as {@code Observation.value[x]:valueString}. */
    List<String> elementIds() {
        List<String> ids = new ArrayList<>();
        elements.forEach((id, element) -> {
            JsonValue flag = element.field("mustSupport");
            if (flag != null && flag.text().equals("true")) {
                ids.add(id);
                if (id.endsWith("[x]")) {
                    element.field("type").children().forEach(type -> addType(id, type, ids));
                }
            }
        });
        return ids;
    }

    private static void addType(String id, JsonValue type, List<String> ids) {
        if (type.toJson().contains(OF_A_TYPE)) {
            String code = type.fieldText("code");
            ids.add(id + ":" + id.substring(id.lastIndexOf('.') + 1, id.length() - 3) + Character.toUpperCase(code.charAt(0)) + code.substring(1));
        }
    }

    boolean present(JsonValue resource, String elementId) {
        String[] steps = elementId.split("\\.");
        List<JsonValue> at = List.of(resource);
        StringBuilder id = new StringBuilder(steps[0]);
        for (int i = 1; i < steps.length; i++) {
            id.append('.').append(steps[i]);
            List<JsonValue> next = new ArrayList<>();
            for (JsonValue value : at) {
                step(value, steps[i], id.toString(), next);
            }
            at = next;
        }
        return !at.isEmpty();
    }

    private void step(JsonValue owner, String step, String id, List<JsonValue> found) {
        int colon = step.indexOf(':');
        String name = colon < 0 ? step : step.substring(0, colon);
        for (JsonValue value : children(owner, name)) {
            if (colon < 0 || inSlice(value, id, name, step.substring(colon + 1))) {
                found.add(value);
            }
        }
    }

    /** An element's values: of {@code value[x]} those of all types, of a primitive also those that are extensions alone. */
    private static List<JsonValue> children(JsonValue owner, String name) {
        List<JsonValue> values = new ArrayList<>();
        boolean choice = name.endsWith("[x]");
        String stem = choice ? name.substring(0, name.length() - 3) : name;
        for (JsonValue field : owner.children()) {
            String own = String.valueOf(field.name());
            boolean matches = choice ? own.startsWith(stem) && own.length() > stem.length() && Character.isUpperCase(own.charAt(stem.length())) : own.equals(name) || own.equals("_" + name);
            if (matches && field.isArray()) {
                field.children().forEach(values::add);
            } else if (matches) {
                values.add(field);
            }
        }
        return values;
    }

    private boolean inSlice(JsonValue value, String id, String name, String slice) {
        if (name.endsWith("[x]")) {
            return String.valueOf(value.name()).equalsIgnoreCase(slice);
        }
        JsonValue definition = elements.get(id);
        if (name.equals("extension")) {
            return profileOf(definition).equals(value.fieldText("url"));
        }
        JsonValue slicing = elements.get(id.substring(0, id.lastIndexOf(':'))).field("slicing");
        for (JsonValue discriminator : slicing.field("discriminator").children()) {
            String path = discriminator.fieldText("path");
            String constrained = path.equals("$this") ? id : id + "." + path;
            boolean fits = along(value, path).stream().anyMatch(each -> fits(each, constrained));
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static String profileOf(JsonValue definition) {
        return definition.field("type").firstChild().field("profile").firstChild().text();
    }

    private static List<JsonValue> along(JsonValue value, String path) {
        List<JsonValue> at = List.of(value);
        if (path.equals("$this")) {
            return at;
        }
        for (String step : path.split("\\.")) {
            List<JsonValue> next = new ArrayList<>();
            at.forEach(each -> next.addAll(children(each, step)));
            at = next;
        }
        return at;
    }

    private boolean fits(JsonValue value, String elementId) {
        JsonValue definition = elements.get(elementId);
        for (JsonValue field : definition.children()) {
            String name = String.valueOf(field.name());
            if (name.startsWith("pattern") || name.startsWith("fixed")) {
                return contains(value, field);
            }
        }
        JsonValue binding = definition.field("binding");
        if (binding == null || !"required".equals(binding.fieldText("strength"))) {
            throw new IllegalStateException("nothing tells the slice of " + elementId);
        }
        return codings(value).stream().anyMatch(coding -> terminology.contains(binding.fieldText("valueSet"), coding.fieldText("system"), coding.fieldText("code")) == Membership.IN);
    }

    private static List<JsonValue> codings(JsonValue value) {
        return value.field("coding") == null ? List.of(value) : children(value, "coding");
    }

    /** Pattern semantics (R4 ElementDefinition.pattern[x]): everything of the pattern is there, each item of an array in some item. */
    private static boolean contains(JsonValue value, JsonValue pattern) {
        if (pattern.isObject()) {
            for (JsonValue field : pattern.children()) {
                JsonValue own = value.isObject() ? value.field(field.name()) : null;
                if (own == null || !contains(own, field)) {
                    return false;
                }
            }
            return true;
        }
        if (pattern.isArray()) {
            for (JsonValue item : pattern.children()) {
                boolean some = false;
                for (JsonValue own : value.isArray() ? value.children() : List.of(value)) {
                    some |= contains(own, item);
                }
                if (!some) {
                    return false;
                }
            }
            return true;
        }
        return value.text().equals(pattern.text());
    }
}
