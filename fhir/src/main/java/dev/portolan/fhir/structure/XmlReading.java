package dev.portolan.fhir.structure;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.xml.stream.XMLEventReader;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.events.Attribute;
import javax.xml.stream.events.StartElement;
import javax.xml.stream.events.XMLEvent;
import org.jspecify.annotations.Nullable;

/** One resource on its way from XML to JSON. */
final class XmlReading {

    private static final Pattern NUMBER = Pattern.compile("-?(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?(?:[eE][+-]?[0-9]++)?");

    private final Map<String, TypeRule> types;
    private final TypeRule element;
    private final XMLEventReader events;

    XmlReading(Map<String, TypeRule> types, XMLEventReader events) {
        this.types = types;
        this.element = Objects.requireNonNull(types.get("Element"));
        this.events = events;
    }

    /** An element under way, with all its repetitions. Of primitives JSON has two lists, so they are kept until the last. */
    private static final class Property {
        final ElementRule rule;
        final List<@Nullable String> values = new ArrayList<>(1);
        final List<@Nullable String> companions = new ArrayList<>(1);
        boolean begun;

        Property(ElementRule rule) {
            this.rule = rule;
        }
    }

    String document() throws XMLStreamException {
        StringBuilder out = new StringBuilder(4096);
        resource(Objects.requireNonNull(nextStart()), out);
        return out.toString();
    }

    /** The next start tag; null if an end tag is next. */
    private @Nullable StartElement nextStart() throws XMLStreamException {
        XMLEvent event = events.nextEvent();
        while (!event.isStartElement() && !event.isEndElement()) {
            event = events.nextEvent();
        }
        return event.isStartElement() ? event.asStartElement() : null;
    }

    private void resource(StartElement start, StringBuilder out) throws XMLStreamException {
        TypeRule type = types.get(start.getName().getLocalPart());
        if (type == null || !type.resource) {
            throw new XmlFormException("an element that should be a resource is called by no resource type of FHIR R4: mind upper and lower case");
        }
        if (start.getAttributes().hasNext()) {
            throw new XmlFormException("the element " + type.name + " has an attribute: resources have none");
        }
        out.append("{\"resourceType\":\"").append(type.name).append('"');
        content(type, out);
        out.append('}');
    }

    /** All up to the end tag. "Elements must always appear in the order" of their definitions (R4 xml, section 2.6.1): what stands elsewhere was meant otherwise perhaps. */
    private void content(TypeRule type, StringBuilder out) throws XMLStreamException {
        Property property = null;
        for (StartElement start = nextStart(); start != null; start = nextStart()) {
            ElementRule rule = rule(type, start);
            if (property == null || property.rule != rule) {
                if (property != null && rule.place < property.rule.place) {
                    throw new XmlFormException("in " + type.name + " the element " + rule.name + " stands behind " + property.rule.name + ": write elements in the order in which FHIR R4 defines them, those of one name together");
                }
                end(property, out);
                property = new Property(rule);
            } else if (!rule.repeats) {
                throw new XmlFormException("in " + type.name + " the element " + rule.name + " stands twice, and it does not repeat");
            }
            value(property, start, out);
        }
        end(property, out);
    }

    private static ElementRule rule(TypeRule type, StartElement start) {
        String name = start.getName().getLocalPart();
        ElementRule rule = type.find(name);
        if (rule == null || rule.companion || type.isAttribute(rule)) {
            throw new XmlFormException("FHIR R4's " + type.name + " has no element " + (StructureWalk.isElementName(name) ? name : "of one of the names in the XML") + ": check the spelling, or leave it out");
        }
        return rule;
    }

    private void value(Property property, StartElement start, StringBuilder out) throws XMLStreamException {
        ElementRule rule = property.rule;
        if (rule.primitive == PrimitiveType.XHTML) {
            property.values.add(quoted(narrative(start)));
            property.companions.add(null);
        } else if (rule.content == ElementRule.Content.PRIMITIVE) {
            primitive(property, start);
        } else if (rule.content == ElementRule.Content.RESOURCE) {
            begin(property, out);
            attributes(start, null, out);
            StartElement resource = nextStart();
            if (resource == null) {
                throw new XmlFormException("the element " + rule.name + " holds no resource");
            }
            resource(resource, out);
            if (nextStart() != null) {
                throw new XmlFormException("an element " + rule.name + " holds two resources: write it once for each");
            }
        } else {
            begin(property, out);
            TypeRule type = Objects.requireNonNull(rule.type);
            out.append('{');
            attributes(start, type, out);
            content(type, out);
            out.append('}');
        }
    }

    private static void begin(Property property, StringBuilder out) {
        if (property.begun) {
            out.append(',');
        } else {
            name(property.rule.name, out).append(property.rule.repeats ? "[" : "");
        }
        property.begun = true;
    }

    private static StringBuilder name(String name, StringBuilder out) {
        return out.append(out.charAt(out.length() - 1) == '{' ? "\"" : ",\"").append(name).append("\":");
    }

    private static void end(@Nullable Property property, StringBuilder out) {
        if (property == null) {
            return;
        }
        if (property.rule.content != ElementRule.Content.PRIMITIVE) {
            out.append(property.rule.repeats ? "]" : "");
            return;
        }
        boolean repeats = property.rule.repeats;
        boolean valued = property.values.stream().anyMatch(Objects::nonNull);
        boolean accompanied = property.companions.stream().anyMatch(Objects::nonNull);
        if (valued || repeats) {
            list(property.rule.name, property.values, repeats, out);
        }
        if (accompanied) {
            list("_" + property.rule.name, property.companions, repeats, out);
        }
    }

    private static void list(String name, List<@Nullable String> values, boolean repeats, StringBuilder out) {
        name(name, out);
        out.append(repeats ? "[" : "").append(values.get(0));
        for (String value : values.subList(1, values.size())) {
            out.append(',').append(value);
        }
        out.append(repeats ? "]" : "");
    }

    /** @param type null of an element that has none */
    private void attributes(StartElement start, @Nullable TypeRule type, StringBuilder out) {
        for (Iterator<Attribute> attributes = start.getAttributes(); attributes.hasNext();) {
            Attribute attribute = attributes.next();
            String name = attribute.getName().getLocalPart();
            ElementRule rule = type == null ? null : type.find(name);
            if (rule == null || !type.isAttribute(rule)) {
                throw wrongAttribute(start);
            }
            name(name, out).append(quoted(attribute.getValue()));
        }
    }

    private static XmlFormException wrongAttribute(StartElement start) {
        return new XmlFormException("the element " + start.getName().getLocalPart() + " has an attribute that FHIR R4 does not have there: attributes are value of primitives, id of elements, and url of extensions");
    }

    private void primitive(Property property, StartElement start) throws XMLStreamException {
        StringBuilder companion = new StringBuilder("{");
        String value = null;
        for (Iterator<Attribute> attributes = start.getAttributes(); attributes.hasNext();) {
            Attribute attribute = attributes.next();
            switch (attribute.getName().getLocalPart()) {
                case "value" -> value = literal(Objects.requireNonNull(property.rule.primitive), attribute.getValue());
                case "id" -> name("id", companion).append(quoted(attribute.getValue()));
                default -> throw wrongAttribute(start);
            }
        }
        content(element, companion);
        property.values.add(value);
        property.companions.add(companion.length() == 1 ? null : companion.append('}').toString());
    }

    /** What does not look like its type becomes a text, which the check of the structure finds. */
    private static String literal(PrimitiveType type, String value) {
        String bare = value.strip();
        boolean plain = switch (type) {
            case BOOLEAN -> bare.equals("true") || bare.equals("false");
            case INTEGER, POSITIVE_INT, UNSIGNED_INT, DECIMAL -> NUMBER.matcher(bare).matches();
            default -> false;
        };
        return plain ? bare : quoted(value);
    }

    /** The div and all in it, without comments, and with no prefix for its namespace. */
    private String narrative(StartElement div) throws XMLStreamException {
        StringBuilder out = new StringBuilder(256).append("<div xmlns=\"http://www.w3.org/1999/xhtml\"");
        tagAttributes(div, out);
        boolean open = true;
        List<String> names = new ArrayList<>(List.of("div"));
        while (!names.isEmpty()) {
            XMLEvent event = events.nextEvent();
            if (event.isEndElement()) {
                String name = names.remove(names.size() - 1);
                out.append(open ? "/>" : "</" + name + ">");
                open = false;
            } else if (event.isStartElement() || event.isCharacters()) {
                out.append(open ? ">" : "");
                open = event.isStartElement();
                if (open) {
                    String name = event.asStartElement().getName().getLocalPart();
                    names.add(name);
                    tagAttributes(event.asStartElement(), out.append('<').append(name));
                } else {
                    XmlEscapes.append(event.asCharacters().getData(), false, out);
                }
            }
        }
        return out.toString();
    }

    private static void tagAttributes(StartElement start, StringBuilder out) {
        for (Iterator<Attribute> attributes = start.getAttributes(); attributes.hasNext();) {
            Attribute attribute = attributes.next();
            String prefix = attribute.getName().getPrefix();
            out.append(' ').append(prefix.isEmpty() ? "" : prefix + ":").append(attribute.getName().getLocalPart()).append("=\"");
            XmlEscapes.append(attribute.getValue(), true, out);
            out.append('"');
        }
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
