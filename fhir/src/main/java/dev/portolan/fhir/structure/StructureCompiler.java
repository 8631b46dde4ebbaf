package dev.portolan.fhir.structure;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.terminology.Terminology;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Turns the base StructureDefinitions of resources and data types into rules. */
final class StructureCompiler {

    private static final String SYSTEM_TYPES = "http://hl7.org/fhirpath/System.";

    private final Map<String, TypeRule> types = new HashMap<>();
    /** Rules whose type is not known before all types are compiled, with the name of it. */
    private final Map<ElementRule, String> open = new HashMap<>();

    private final Map<String, CodeBinding> bindings = new HashMap<>();
    private final Terminology terminology;

    private StructureCompiler(Terminology terminology) {
        this.terminology = terminology;
    }

    static Map<String, TypeRule> compile(FhirPackages packages, Terminology terminology) {
        StructureCompiler compiler = new StructureCompiler(terminology);
        for (PackageResource resource : packages.guide(GuideRef.BASE.id(), GuideRef.BASE.version()).orElseThrow().resources()) {
            if (resource.resourceType().equals("StructureDefinition") && namesType(resource.id())) {
                compiler.definition(resource.document().root());
            }
        }
        compiler.link();
        return compiler.types;
    }

    /** Types begin with a capital letter; the base extensions and profiles, of which there are far more, do not. */
    private static boolean namesType(@Nullable String id) {
        return id != null && Character.isUpperCase(id.charAt(0)) && id.indexOf('-') < 0;
    }

    private void definition(JsonValue definition) {
        String kind = definition.fieldText("kind");
        boolean resource = "resource".equals(kind);
        boolean type = resource || "complex-type".equals(kind);
        if (!type || "constraint".equals(definition.fieldText("derivation"))) {
            return;
        }
        boolean concreteResource = resource && !isTrue(definition, "abstract");
        List<JsonValue> elements = new ArrayList<>();
        Objects.requireNonNull(Objects.requireNonNull(definition.field("snapshot")).field("element")).children().forEach(elements::add);
        for (int i = 0; i < elements.size(); i++) {
            String path = path(elements.get(i));
            boolean parent = i == 0 || i + 1 < elements.size() && path(elements.get(i + 1)).startsWith(path + ".");
            if (parent) {
                types.put(path, new TypeRule(path, concreteResource && i == 0));
            }
        }
        Map<TypeRule, Integer> bits = new HashMap<>();
        for (JsonValue element : elements.subList(1, elements.size())) {
            element(element, bits);
        }
    }

    private static boolean isTrue(JsonValue object, String field) {
        JsonValue value = object.field(field);
        return value != null && value.text().equals("true");
    }

    private static String path(JsonValue element) {
        return Objects.requireNonNull(element.fieldText("path"));
    }

    private void element(JsonValue element, Map<TypeRule, Integer> bits) {
        String path = path(element);
        TypeRule owner = Objects.requireNonNull(types.get(path.substring(0, path.lastIndexOf('.'))), path);
        String name = path.substring(path.lastIndexOf('.') + 1);
        boolean choice = name.endsWith("[x]");
        boolean required = !"0".equals(number(element, "min"));
        boolean repeats = !"1".equals(element.fieldText("max"));
        long bit = required || choice ? 1L << bits.merge(owner, 1, Integer::sum) - 1 : 0;
        String reference = element.fieldText("contentReference");
        if (reference != null) {
            add(owner, new ElementRule(name, ElementRule.Content.COMPLEX, repeats, null, bit, 0, name), reference.substring(1));
            return;
        }
        for (JsonValue type : Objects.requireNonNull(element.field("type"), path).children()) {
            String code = typeCode(type, path, owner.resource);
            String property = choice ? name.substring(0, name.length() - 3) + Character.toUpperCase(code.charAt(0)) + code.substring(1) : name;
            property(owner, element, property, code, repeats, required ? bit : 0, choice ? bit : 0);
        }
    }

    private void property(TypeRule owner, JsonValue definition, String name, String code, boolean repeats, long requiredBit, long choiceBit) {
        String path = path(definition);
        String element = path.substring(path.lastIndexOf('.') + 1);
        PrimitiveType primitive = PrimitiveType.of(code);
        if (primitive != null) {
            ElementRule rule = new ElementRule(name, ElementRule.Content.PRIMITIVE, repeats, primitive, requiredBit, choiceBit, element);
            rule.binding = primitive == PrimitiveType.CODE ? binding(definition) : null;
            rule.valueNeeded = rule.binding != null && requiredBit != 0 && isTrue(definition, "isModifier");
            add(owner, rule, null);
            // What is an attribute in XML, or a part of XHTML, has neither an id nor extensions of its own (R4 json, section 2.6.2.2).
            if (!owner.isAttribute(rule) && primitive != PrimitiveType.XHTML) {
                add(owner, rule.companion(), "Element");
            }
        } else if (code.equals("Resource")) {
            add(owner, new ElementRule(name, ElementRule.Content.RESOURCE, repeats, null, requiredBit, choiceBit, element), null);
        } else {
            boolean inline = types.containsKey(path) && (code.equals("BackboneElement") || code.equals("Element"));
            add(owner, new ElementRule(name, ElementRule.Content.COMPLEX, repeats, null, requiredBit, choiceBit, element), inline ? path : code);
        }
    }

    private @Nullable CodeBinding binding(JsonValue definition) {
        JsonValue binding = definition.field("binding");
        String valueSet = binding == null || !"required".equals(binding.fieldText("strength")) ? null : binding.fieldText("valueSet");
        return valueSet == null ? null : bindings.computeIfAbsent(valueSet, canonical -> new CodeBinding(terminology, canonical));
    }

    private void add(TypeRule owner, ElementRule rule, @Nullable String type) {
        owner.add(rule);
        if (type != null) {
            open.put(rule, type);
        }
    }

    /** R4 writes the types of ids and urls as FHIRPath's, and the FHIR type beside it; that of a resource's id it gets wrong. */
    private static String typeCode(JsonValue type, String path, boolean inResource) {
        String code = Objects.requireNonNull(type.fieldText("code"));
        if (!code.startsWith(SYSTEM_TYPES)) {
            return code;
        }
        if (path.equals("Extension.url")) {
            return "uri";
        }
        return inResource && path.endsWith(".id") ? "id" : "string";
    }

    private static String number(JsonValue element, String field) {
        JsonValue value = element.field(field);
        return value == null ? "0" : value.text();
    }

    private void link() {
        open.forEach((rule, type) -> rule.type = Objects.requireNonNull(types.get(type), type));
        types.values().forEach(TypeRule::seal);
    }
}
