package dev.portolan.fhir.structure;

import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One resource on its way from JSON to XML. Elements stand in the order of their definitions, whatever theirs was in JSON (R4 xml, section 2.6.1). */
final class XmlWriting {

    private static final String FHIR = "http://hl7.org/fhir";
    private static final int MOST_CHARACTERS = 4_096;

    private final Map<String, TypeRule> types;
    private final TypeRule element;
    private final boolean pretty;
    /** What is written next; as characters all of it would be twice as large, and a page of a record is large. */
    private final StringBuilder out = new StringBuilder(2 * MOST_CHARACTERS);
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(2 * MOST_CHARACTERS);
    private int depth;

    XmlWriting(Map<String, TypeRule> types, boolean pretty) {
        this.types = types;
        this.element = Objects.requireNonNull(types.get("Element"));
        this.pretty = pretty;
    }

    byte[] document(JsonValue resource) {
        resource(resource);
        flush();
        return bytes.toByteArray();
    }

    private void flush() {
        bytes.writeBytes(out.toString().getBytes(StandardCharsets.UTF_8));
        out.setLength(0);
    }

    private void resource(JsonValue resource) {
        String name = resource.fieldText("resourceType");
        TypeRule type = name == null ? null : types.get(name);
        if (type == null || !type.resource) {
            throw unwritable();
        }
        boolean outermost = depth == 0;
        startTag(type.name);
        if (outermost) {
            attribute("xmlns", FHIR);
        }
        content(resource, type, type.name);
    }

    /** Attributes and elements of an object whose start tag is open, and its end. */
    private void content(JsonValue object, TypeRule type, String tag) {
        List<ElementRule> rules = type.rules();
        JsonValue[] fields = fields(object, type);
        boolean filled = false;
        for (int i = 0; i < fields.length; i++) {
            ElementRule rule = rules.get(i);
            if (fields[i] != null && type.isAttribute(rule)) {
                attribute(rule.name, text(fields[i]));
            }
        }
        for (int i = 0; i < fields.length; i++) {
            ElementRule rule = rules.get(i);
            JsonValue companion = i + 1 < fields.length && rules.get(i + 1).companion ? fields[i + 1] : null;
            if ((fields[i] != null || companion != null) && !rule.companion && !type.isAttribute(rule)) {
                filled = openContent(filled);
                property(rule, fields[i], companion);
            }
        }
        close(tag, filled);
    }

    private @Nullable JsonValue[] fields(JsonValue object, TypeRule type) {
        if (!object.isObject()) {
            throw unwritable();
        }
        @Nullable JsonValue[] fields = new JsonValue[type.rules().size()];
        for (JsonValue field = object.firstChild(); field != null; field = field.nextSibling()) {
            ElementRule rule = type.find(field);
            if (rule != null) {
                fields[rule.place] = field;
            } else if (!type.resource || !field.nameEquals("resourceType")) {
                throw unwritable();
            }
        }
        return fields;
    }

    /** @param companion of a primitive: its ids and extensions */
    private void property(ElementRule rule, @Nullable JsonValue value, @Nullable JsonValue companion) {
        if (!rule.repeats) {
            single(rule, value, companion);
            return;
        }
        JsonValue one = value == null ? null : value.isArray() ? value.firstChild() : value;
        JsonValue beside = companion == null ? null : companion.isArray() ? companion.firstChild() : companion;
        while (one != null || beside != null) {
            single(rule, one, beside);
            one = one == null ? null : one.nextSibling();
            beside = beside == null ? null : beside.nextSibling();
        }
    }

    private void single(ElementRule rule, @Nullable JsonValue given, @Nullable JsonValue beside) {
        JsonValue value = given == null || given.kind() == JsonKind.NULL ? null : given;
        JsonValue companion = beside == null || beside.kind() == JsonKind.NULL ? null : beside;
        if (rule.content == ElementRule.Content.PRIMITIVE) {
            primitive(rule, value, companion);
        } else if (value == null) {
            throw unwritable();
        } else if (rule.content == ElementRule.Content.RESOURCE) {
            startTag(rule.name);
            openContent(false);
            resource(value);
            close(rule.name, true);
        } else {
            startTag(rule.name);
            content(value, Objects.requireNonNull(rule.type), rule.name);
        }
    }

    private void primitive(ElementRule rule, @Nullable JsonValue value, @Nullable JsonValue companion) {
        if (rule.primitive == PrimitiveType.XHTML) {
            narrative(value, companion);
            return;
        }
        startTag(rule.name);
        JsonValue[] fields = companion == null ? new JsonValue[0] : fields(companion, element);
        boolean filled = false;
        for (int i = 0; i < fields.length; i++) {
            if (fields[i] != null && element.isAttribute(element.rules().get(i))) {
                attribute("id", text(fields[i]));
            }
        }
        if (value != null) {
            attribute("value", text(value));
        }
        for (int i = 0; i < fields.length; i++) {
            if (fields[i] != null && !element.isAttribute(element.rules().get(i))) {
                filled = openContent(filled);
                property(element.rules().get(i), fields[i], null);
            }
        }
        close(rule.name, filled);
    }

    /** A part of the document as it is: it was checked to be XML, but for the names of HTML's characters. XHTML's elements have no extensions to write (R4 narrative). */
    private void narrative(@Nullable JsonValue value, @Nullable JsonValue companion) {
        String div = value == null || !value.isString() || companion != null ? null : value.text().strip();
        if (div == null || Narrative.fault(div) != null) {
            throw unwritable();
        }
        indent();
        out.append(isNamed(div) ? "" : "<div xmlns=\"http://www.w3.org/1999/xhtml\"").append(HtmlEntities.resolved(isNamed(div) ? div : div.substring("<div".length())));
    }

    /** Whether the tag that a narrative begins with says what its namespace is. */
    private static boolean isNamed(String div) {
        StringBuilder names = new StringBuilder();
        for (int at = "<div".length(); div.charAt(at) != '>'; at++) {
            char c = div.charAt(at);
            if (c == '"' || c == '\'') {
                at = div.indexOf(c, at + 1);
            } else {
                names.append(Character.isWhitespace(c) ? ' ' : c);
            }
        }
        return names.toString().replaceAll(" +=", "=").contains(" xmlns=");
    }

    private static String text(JsonValue value) {
        if (value.isObject() || value.isArray() || value.kind() == JsonKind.NULL) {
            throw unwritable();
        }
        return value.text();
    }

    private void startTag(String name) {
        if (out.length() > MOST_CHARACTERS) {
            flush();
        }
        indent();
        out.append('<').append(name);
        depth++;
    }

    private boolean openContent(boolean open) {
        if (!open) {
            out.append('>');
        }
        return true;
    }

    private void close(String name, boolean filled) {
        depth--;
        if (filled) {
            indent();
            out.append("</").append(name).append('>');
        } else {
            out.append("/>");
        }
    }

    private void indent() {
        if (pretty && (!out.isEmpty() || bytes.size() > 0)) {
            out.append('\n').append("  ".repeat(depth));
        }
    }

    private void attribute(String name, String value) {
        out.append(' ').append(name).append("=\"");
        XmlEscapes.append(value, true, out);
        out.append('"');
    }

    private static XmlFormException unwritable() {
        return new XmlFormException("the resource holds what is no element of its type, or a narrative that is no XML");
    }
}
