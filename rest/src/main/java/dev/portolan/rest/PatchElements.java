package dev.portolan.rest;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementCompositeDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementDefinition;
import ca.uhn.fhir.context.FhirContext;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.PatchedJson.Item;
import dev.portolan.rest.PatchedJson.Property;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.DecimalType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;

/** Elements of HAPI's model, as a FHIRPath Patch names them and makes their values. */
final class PatchElements {

    private final FhirContext fhir;
    /** Of any element: primitives have it, too, but HAPI defines it for complex types alone. */
    private final BaseRuntimeChildDefinition extension;

    PatchElements(FhirContext fhir) {
        this.fhir = fhir;
        this.extension = ((BaseRuntimeElementCompositeDefinition<?>) fhir.getElementDefinition("HumanName")).getChildrenAndExtension().stream()
            .filter(child -> child.getElementName().equals("extension")).findFirst().orElseThrow();
    }

    private @Nullable BaseRuntimeElementCompositeDefinition<?> composite(IBase element) {
        BaseRuntimeElementDefinition<?> definition = element instanceof Resource resource ? fhir.getResourceDefinition(resource) : fhir.getElementDefinition(element.getClass());
        return definition instanceof BaseRuntimeElementCompositeDefinition<?> composite ? composite : null;
    }

    /** All that an element may have. */
    List<BaseRuntimeChildDefinition> children(IBase element) {
        if (element instanceof PrimitiveType<?>) {
            return List.of(extension);
        }
        BaseRuntimeElementCompositeDefinition<?> composite = composite(element);
        return composite == null ? List.of() : composite.getChildrenAndExtension();
    }

    BaseRuntimeChildDefinition child(IBase element, String name) {
        if (element instanceof PrimitiveType<?> && name.equals("extension")) {
            return extension;
        }
        BaseRuntimeElementCompositeDefinition<?> composite = composite(element);
        if (composite == null) {
            throw FhirPathPatch.bad("path names a value that has no elements but extension");
        }
        BaseRuntimeChildDefinition child = composite.getChildByName(name);
        child = child == null ? composite.getChildByName(name + "[x]") : child;
        if (child == null) {
            throw FhirPathPatch.bad("name names no element of what path selects");
        }
        return child;
    }

    void add(IBase element, BaseRuntimeChildDefinition child, IBase value) {
        if (child.getMax() == 1 && !child.getAccessor().getValues(element).isEmpty()) {
            throw FhirPathPatch.bad("an element that does not repeat is there already: use replace, or name it once");
        }
        child.getMutator().addValue(element, value);
    }

    /** R4 fhirpatch: a value of a type that has a name, or parts that are the elements of one that has none. */
    IBase value(ParametersParameterComponent part, BaseRuntimeChildDefinition child, @Nullable String name) {
        String elementName = name == null || !child.getValidChildNames().contains(name) ? child.getValidChildNames().iterator().next() : name;
        if (part.getValue() != null) {
            // A copy: later operations may change what was put in, and the patch is applied again where its transaction runs again.
            return converted(part.getValue().copy(), child, elementName);
        }
        if (part.getPart().isEmpty()) {
            throw FhirPathPatch.bad("the part value has neither a value nor parts: give a value[x] of the element's type, or parts (contained resources are patched by a JSON Patch)");
        }
        if (isChoice(child) && !elementName.equals(name)) {
            throw FhirPathPatch.bad("the element has a choice of types: give a value[x]");
        }
        IBase made = child.getChildByName(elementName).newInstance(child.getInstanceConstructorArguments());
        for (ParametersParameterComponent nested : part.getPart()) {
            BaseRuntimeChildDefinition nestedChild = child(made, nested.getName());
            add(made, nestedChild, value(nested, nestedChild, nested.getName()));
        }
        return made;
    }

    /** The name in JSON of what has a value: of a choice that with its type. */
    static String property(BaseRuntimeChildDefinition child, IBase value) {
        return isChoice(child) ? child.getChildNameByDatatype(value.getClass()) : child.getElementName();
    }

    /**
     * The JSON of a value.
     *
     * @param part that it was made of, as HAPI read it
     * @param sent the same as it was sent
     */
    Item item(ParametersParameterComponent part, JsonValue sent, IBase value) {
        if (part.getValue() != null) {
            return simple(part.getValue(), sent, value);
        }
        Map<String, Object> made = new LinkedHashMap<>();
        Map<String, Integer> places = new HashMap<>();
        JsonValue nestedSent = Objects.requireNonNull(sent.field("part")).firstChild();
        for (ParametersParameterComponent nested : part.getPart()) {
            BaseRuntimeChildDefinition child = child(value, nested.getName());
            int place = places.merge(child.getElementName(), 1, Integer::sum) - 1;
            IBase inner = child.getAccessor().getValues(value).get(place);
            Property property = new Property(made, property(child, inner), child.getMax() != 1);
            property.items().add(item(nested, Objects.requireNonNull(nestedSent), inner));
            property.store();
            nestedSent = nestedSent.nextSibling();
        }
        return new Item(made, null);
    }

    /** As it was sent, where it stays of its type. */
    private static Item simple(IBase read, JsonValue sent, IBase value) {
        JsonValue plain = null;
        JsonValue companion = null;
        for (JsonValue field : sent.children()) {
            plain = String.valueOf(field.name()).startsWith("value") ? field : plain;
            companion = String.valueOf(field.name()).startsWith("_value") ? field : companion;
        }
        Object literal = plain == null ? null : PatchedJson.of(plain);
        if (literal != null && value instanceof PrimitiveType<?> primitive && read.getClass() != value.getClass()) {
            String text = primitive.getValueAsString();
            boolean quoted = !(value instanceof BooleanType || value instanceof IntegerType || value instanceof DecimalType);
            literal = quoted ? new ByteBuilder(64).string(text).toBytes() : text.getBytes(StandardCharsets.UTF_8);
        }
        return new Item(literal, companion == null ? null : PatchedJson.of(companion));
    }

    private static boolean isChoice(BaseRuntimeChildDefinition child) {
        return child.getValidChildNames().size() > 1;
    }

    /** A code sent as valueString, for instance, becomes a code. */
    private static IBase converted(IBase value, BaseRuntimeChildDefinition child, String elementName) {
        if (isChoice(child)) {
            if (child.getChildNameByDatatype(value.getClass()) == null) {
                throw FhirPathPatch.bad("the value is of none of the types that the element may have");
            }
            return value;
        }
        BaseRuntimeElementDefinition<?> wanted = child.getChildByName(elementName);
        // Age, Duration and their kin are quantities (R4 datatypes, section 2.24.0.12).
        boolean fits = wanted.getImplementingClass().isInstance(value) || value instanceof Quantity && Quantity.class.isAssignableFrom(wanted.getImplementingClass());
        if (fits) {
            return value;
        }
        if (!(value instanceof PrimitiveType<?> primitive) || !(wanted.newInstance(child.getInstanceConstructorArguments()) instanceof PrimitiveType<?> target)) {
            throw FhirPathPatch.bad("the value is not of the element's type");
        }
        target.setValueAsString(primitive.getValueAsString());
        target.setExtension(primitive.getExtension());
        target.setId(primitive.getId());
        return target;
    }
}
