package dev.portolan.fhir.validation;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonValue;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.exceptions.FHIRException;
import org.hl7.fhir.r5.model.Base;
import org.hl7.fhir.r5.model.Base64BinaryType;
import org.hl7.fhir.r5.model.BooleanType;
import org.hl7.fhir.r5.model.CanonicalType;
import org.hl7.fhir.r5.model.CodeType;
import org.hl7.fhir.r5.model.DateTimeType;
import org.hl7.fhir.r5.model.DateType;
import org.hl7.fhir.r5.model.DecimalType;
import org.hl7.fhir.r5.model.ElementDefinition;
import org.hl7.fhir.r5.model.ElementDefinition.ElementDefinitionBindingComponent;
import org.hl7.fhir.r5.model.ElementDefinition.ElementDefinitionConstraintComponent;
import org.hl7.fhir.r5.model.IdType;
import org.hl7.fhir.r5.model.InstantType;
import org.hl7.fhir.r5.model.Integer64Type;
import org.hl7.fhir.r5.model.IntegerType;
import org.hl7.fhir.r5.model.MarkdownType;
import org.hl7.fhir.r5.model.PositiveIntType;
import org.hl7.fhir.r5.model.PrimitiveType;
import org.hl7.fhir.r5.model.Property;
import org.hl7.fhir.r5.model.StringType;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.r5.model.TimeType;
import org.hl7.fhir.r5.model.UnsignedIntType;
import org.hl7.fhir.r5.model.UriType;
import org.hl7.fhir.r5.model.UrlType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads an R4 StructureDefinition into the form that the validator works on, which is R5's: the elements have the same names and meaning in both. HAPI's own way, R4's parser and then its converter, makes Java load
 * the classes of every resource of R4 and of R5, a third of all class data that a server holds.
 *
 * <p>What only people read is left out: it is most of a definition's size, and the validator keeps hundreds of definitions. Texts that repeat are shared: a snapshot has the constraints of every element's type
 * written out, which are a few hundred and stand there tens of thousands of times. Used by one thread at a time.
 */
final class StructureDefinitionReader {

    private static final Logger LOG = LoggerFactory.getLogger(StructureDefinitionReader.class);

    /** With it go what every definition says of itself (its type) and what it contains: the validator takes value sets from the terminology only. */
    private static final Set<String> PROSE_OF_STRUCTURE =
            Set.of("resourceType", "text", "contained", "description", "purpose", "copyright", "contact", "useContext", "jurisdiction", "mapping");
    private static final Set<String> BESIDE_SNAPSHOT =
            Stream.concat(PROSE_OF_STRUCTURE.stream(), Stream.of("differential")).collect(Collectors.toUnmodifiableSet());
    private static final Set<String> PROSE_OF_ELEMENT = Set.of(
            "short", "definition", "comment", "requirements", "meaningWhenMissing", "orderMeaning", "isModifierReason", "alias", "mapping", "example", "condition");
    private static final Set<String> PROSE_OF_CONSTRAINT = Set.of("xpath");
    private static final Set<String> PROSE_OF_BINDING = Set.of("description");

    private final Map<String, String> texts = new HashMap<>();

    StructureDefinition read(JsonDocument json) {
        StructureDefinition definition = new StructureDefinition();
        read(json.root(), definition);
        return definition;
    }

    private void read(JsonValue object, Base target) {
        Set<String> prose = prose(target, object);
        for (JsonValue field : object.children()) {
            String name = field.name();
            if (name.startsWith("_")) {
                String plain = name.substring(1);
                if (!prose.contains(plain) && object.field(plain) == null) {
                    addAll(target, plain, null, field);
                }
            } else if (!prose.contains(name)) {
                addAll(target, name, field, object.field("_" + name));
            }
        }
        if (target instanceof ElementDefinitionBindingComponent binding) {
            LaterElements.take(binding);
        } else if (target instanceof ElementDefinition element) {
            LaterElements.take(element);
        }
    }

    private static Set<String> prose(Base target, JsonValue object) {
        if (target instanceof ElementDefinition) {
            return PROSE_OF_ELEMENT;
        } else if (target instanceof ElementDefinitionConstraintComponent) {
            return PROSE_OF_CONSTRAINT;
        } else if (target instanceof ElementDefinitionBindingComponent) {
            return PROSE_OF_BINDING;
        } else if (target instanceof StructureDefinition) {
            return object.field("snapshot") == null ? PROSE_OF_STRUCTURE : BESIDE_SNAPSHOT;
        }
        return Set.of();
    }

    /** @param extra ids and extensions of primitive values, which stand beside them (R4 section 2.6.2): an object, or an array with nulls */
    private void addAll(Base target, String name, @Nullable JsonValue value, @Nullable JsonValue extra) {
        Property property = target.getNamedProperty(name.hashCode(), name, false);
        if (property == null) {
            LOG.warn("{} has no element {}: passed over", target.fhirType(), name);
            return;
        }
        Iterator<JsonValue> values = each(value);
        Iterator<JsonValue> extras = each(extra);
        while (values.hasNext() || extras.hasNext()) {
            add(target, name, property, next(values), next(extras));
        }
    }

    private static Iterator<JsonValue> each(@Nullable JsonValue value) {
        return value == null ? Collections.emptyIterator() : value.each().iterator();
    }

    private static @Nullable JsonValue next(Iterator<JsonValue> values) {
        return values.hasNext() ? values.next() : null;
    }

    private void add(Base target, String name, Property property, @Nullable JsonValue value, @Nullable JsonValue extra) {
        if (value != null && value.isObject()) {
            read(value, target.addChild(name));
        } else if (name.equals("id") && value != null) {
            target.setIdBase(value.text());
        } else if (property.getName().endsWith("[x]")) {
            // What may have several types makes the right one itself.
            fill((PrimitiveType<?>) target.addChild(name), value, extra);
        } else {
            PrimitiveType<?> primitive = primitive(property.getTypeCode());
            fill(primitive, value, extra);
            target.setProperty(name, primitive);
        }
    }

    private void fill(PrimitiveType<?> primitive, @Nullable JsonValue value, @Nullable JsonValue extra) {
        if (value != null && value.kind() != JsonKind.NULL) {
            primitive.setValueAsString(texts.computeIfAbsent(value.text(), first -> first));
        }
        if (extra != null) {
            read(extra, primitive);
        }
    }

    /** @param type as R5's model tells it, such as {@code canonical(StructureDefinition)} */
    private static PrimitiveType<?> primitive(String type) {
        int targets = type.indexOf('(');
        return switch (targets < 0 ? type : type.substring(0, targets)) {
            case "base64Binary" -> new Base64BinaryType();
            case "boolean" -> new BooleanType();
            case "canonical" -> new CanonicalType();
            case "code" -> new CodeType();
            case "date" -> new DateType();
            case "dateTime" -> new DateTimeType();
            case "decimal" -> new DecimalType();
            case "id" -> new IdType();
            case "instant" -> new InstantType();
            case "integer" -> new IntegerType();
            case "integer64" -> new Integer64Type();
            case "markdown" -> new MarkdownType();
            case "positiveInt" -> new PositiveIntType();
            case "string" -> new StringType();
            case "time" -> new TimeType();
            case "unsignedInt" -> new UnsignedIntType();
            case "uri" -> new UriType();
            case "url" -> new UrlType();
            default -> throw new FHIRException(type + " is no primitive type");
        };
    }
}
