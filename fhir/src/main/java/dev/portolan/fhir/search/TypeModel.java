package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which elements a type has, of which types they are and how JSON names them: JSON itself says a value's type only for choice elements. Taken from
 * the base structure definitions, a type when it is first asked for.
 */
final class TypeModel {

    private static final String DEFINITIONS = "http://hl7.org/fhir/StructureDefinition/";
    private static final String FHIRPATH_TYPES = "http://hl7.org/fhirpath/";

    /**
     * A field as it stands in JSON.
     *
     * @param type name of a data type, or the path of an element that has its children in its own definition, as {@code Patient.contact}
     * @param valueSet canonical of a required binding's value set, without version; null if there is none
     */
    record Field(String name, String type, @Nullable String valueSet) {}

    /** @param name as FHIRPath has it, without {@code [x]} */
    private record Element(String name, List<Field> fields) {}

    private final Function<String, Optional<byte[]>> structureDefinition;
    private final Map<String, Map<String, Map<String, Element>>> loaded = new ConcurrentHashMap<>();

    TypeModel(Function<String, Optional<byte[]>> structureDefinition) {
        this.structureDefinition = structureDefinition;
    }

    static boolean isPrimitive(String type) {
        return Character.isLowerCase(type.charAt(0));
    }

    /** The fields that a name in FHIRPath selects: one, or one for each type of a choice. A choice may also be named as JSON does, {@code valueDateTime}. */
    List<Field> fields(String type, String name) {
        Map<String, Element> elements = elements(type);
        Element element = elements.get(name);
        if (element != null) {
            return element.fields();
        }
        for (Element choice : elements.values()) {
            for (Field field : choice.fields()) {
                if (field.name().equals(name)) {
                    return List.of(field);
                }
            }
        }
        return List.of();
    }

    private Map<String, Element> elements(String type) {
        int dot = type.indexOf('.');
        String owner = dot < 0 ? type : type.substring(0, dot);
        Map<String, Map<String, Element>> paths = loaded.get(owner);
        if (paths == null) {
            paths = structureDefinition.apply(DEFINITIONS + owner).map(TypeModel::read).orElse(Map.of());
            loaded.put(owner, paths);
        }
        return paths.getOrDefault(type, Map.of());
    }

    private static Map<String, Map<String, Element>> read(byte[] definition) {
        Map<String, Map<String, Element>> paths = new HashMap<>();
        JsonValue snapshot = JsonDocument.parse(definition).root().field("snapshot");
        if (snapshot == null) {
            return paths;
        }
        for (JsonValue element : Objects.requireNonNull(snapshot.field("element")).children()) {
            String path = Objects.requireNonNull(element.fieldText("path"));
            int dot = path.lastIndexOf('.');
            if (dot > 0) {
                Element read = element(path, path.substring(dot + 1), element);
                paths.computeIfAbsent(path.substring(0, dot), parent -> new HashMap<>()).put(read.name(), read);
            }
        }
        return paths;
    }

    private static Element element(String path, String last, JsonValue element) {
        String content = element.fieldText("contentReference");
        if (content != null) {
            return new Element(last, List.of(new Field(last, content.substring(content.indexOf('#') + 1), null)));
        }
        boolean choice = last.endsWith("[x]");
        String name = choice ? last.substring(0, last.length() - 3) : last;
        String valueSet = requiredValueSet(element);
        List<Field> fields = new ArrayList<>();
        JsonValue types = element.field("type");
        for (JsonValue type : types == null ? List.<JsonValue>of() : types.children()) {
            String code = Objects.requireNonNull(type.fieldText("code"));
            String json = choice ? name + Character.toUpperCase(code.charAt(0)) + code.substring(1) : name;
            boolean inline = code.equals("BackboneElement") || code.equals("Element");
            boolean system = code.startsWith(FHIRPATH_TYPES);
            fields.add(new Field(json, inline ? path : system ? last.equals("id") ? "id" : "string" : code, code.equals("code") ? valueSet : null));
        }
        return new Element(name, List.copyOf(fields));
    }

    private static @Nullable String requiredValueSet(JsonValue element) {
        JsonValue binding = element.field("binding");
        if (binding == null || !"required".equals(binding.fieldText("strength"))) {
            return null;
        }
        String valueSet = binding.fieldText("valueSet");
        int bar = valueSet == null ? -1 : valueSet.indexOf('|');
        return bar < 0 ? valueSet : valueSet.substring(0, bar);
    }
}
