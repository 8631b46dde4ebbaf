package dev.portolan.fhir.json;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * One value of a {@link JsonDocument}: a cursor, cheap to make and to drop. Two cursors are equal if they stand on the same value of the same
 * document.
 */
public final class JsonValue {

    private final JsonDocument document;
    private final int node;

    JsonValue(JsonDocument document, int node) {
        this.document = document;
        this.node = node;
    }

    public JsonDocument document() {
        return document;
    }

    public JsonKind kind() {
        return document.kind(node);
    }

    public boolean isObject() {
        return kind() == JsonKind.OBJECT;
    }

    public boolean isArray() {
        return kind() == JsonKind.ARRAY;
    }

    public boolean isString() {
        return kind() == JsonKind.STRING;
    }

    /** First byte of the value in {@link JsonDocument#bytes()}. */
    public int start() {
        return document.start(node);
    }

    /** Byte after the value. */
    public int end() {
        return document.end(node);
    }

    /** First byte of the field's name (its opening quote) if this value is an object's field, or -1. */
    public int nameStart() {
        int keyStart = document.keyStart(node);
        return keyStart < 0 ? -1 : keyStart - 1;
    }

    /** The field's name if this value is an object's field, or null. */
    public @Nullable String name() {
        return document.keyStart(node) < 0 ? null : document.keyText(node);
    }

    public boolean nameEquals(String name) {
        return document.keyEquals(node, name);
    }

    public boolean nameEquals(JsonName name) {
        return document.keyEquals(node, name);
    }

    /** {@link JsonName#hash()} of the field's name; 0 if this is no field. */
    public int nameHash() {
        return document.nameHash(node);
    }

    /** The field of an object, or null if this is no object or has no such field. */
    public @Nullable JsonValue field(String name) {
        int found = document.findField(node, name);
        return found < 0 ? null : new JsonValue(document, found);
    }

    /** The field of an object, or null if this is no object or has no such field. */
    public @Nullable JsonValue field(JsonName name) {
        int found = document.findField(node, name);
        return found < 0 ? null : new JsonValue(document, found);
    }

    /** The string (unescaped) of an object's field, or null if there is none or it is no string. */
    public @Nullable String fieldText(String name) {
        int found = document.findField(node, name);
        return found < 0 || document.kind(found) != JsonKind.STRING ? null : document.text(found);
    }

    /** The string (unescaped) of an object's field, or null if there is none or it is no string. */
    public @Nullable String fieldText(JsonName name) {
        int found = document.findField(node, name);
        return found < 0 || document.kind(found) != JsonKind.STRING ? null : document.text(found);
    }

    /** The string without its escapes, the number as it was written, {@code true}, {@code false} or {@code null}. */
    public String text() {
        return document.text(node);
    }

    /** True if this is a string of ASCII without escapes. */
    public boolean isPlain() {
        return document.isPlain(node);
    }

    /** True if this is a string that equals the given one. */
    public boolean textEquals(String expected) {
        return document.kind(node) == JsonKind.STRING && document.textEquals(node, expected);
    }

    /** Whether this is a number that can be worked with. */
    public boolean isBoundedNumber() {
        return kind() == JsonKind.NUMBER && NumberBounds.holds(document.bytes(), start(), end());
    }

    /** The number with the precision that it was written with. Of a text from outside ask first whether it {@linkplain #isBoundedNumber has bounds}. */
    public BigDecimal number() {
        if (kind() != JsonKind.NUMBER) {
            throw new IllegalStateException("not a number");
        }
        return new BigDecimal(document.text(node));
    }

    /** The value's own bytes, a copy. */
    public byte[] toBytes() {
        return document.copy(start(), end());
    }

    /** The value's JSON text. */
    public String toJson() {
        return new String(document.bytes(), start(), end() - start(), StandardCharsets.UTF_8);
    }

    /** Number of an object's fields or an array's elements; 0 for other values. */
    public int size() {
        int count = 0;
        for (int child = document.firstChild(node); child >= 0; child = document.nextSibling(child)) {
            count++;
        }
        return count;
    }

    /** First field or element, or null. */
    public @Nullable JsonValue firstChild() {
        int child = document.firstChild(node);
        return child < 0 ? null : new JsonValue(document, child);
    }

    /** Next field or element of the same parent, or null. */
    public @Nullable JsonValue nextSibling() {
        int next = document.nextSibling(node);
        return next < 0 ? null : new JsonValue(document, next);
    }

    /** An object's fields or an array's elements in their order; empty for other values. */
    public Iterable<JsonValue> children() {
        return () -> new ChildIterator(document, document.firstChild(node));
    }

    /** An array's elements, or this value itself if it is no array: FHIR's elements repeat or do not, and a reader need not care. */
    public Iterable<JsonValue> each() {
        return isArray() ? children() : List.of(this);
    }

    /** The elements of an object's field, or the one value that it has; none if there is no such field. */
    public Iterable<JsonValue> each(String field) {
        JsonValue values = field(field);
        return values == null ? List.of() : values.each();
    }

    /** Every field of this name in this value, however deep, in the order of the text. */
    public List<JsonValue> descendants(JsonName name) {
        return document.descendants(node, name);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonValue that && that.document == document && that.node == node;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(document) * 31 + node;
    }

    /** The kind and place only: values may be health data and do not belong into a log. */
    @Override
    public String toString() {
        return kind() + "@" + start() + ".." + end();
    }

    private static final class ChildIterator implements Iterator<JsonValue> {
        private final JsonDocument document;
        private int next;

        private ChildIterator(JsonDocument document, int first) {
            this.document = document;
            this.next = first;
        }

        @Override
        public boolean hasNext() {
            return next >= 0;
        }

        @Override
        public JsonValue next() {
            if (next < 0) {
                throw new NoSuchElementException();
            }
            JsonValue value = new JsonValue(document, next);
            next = document.nextSibling(next);
            return value;
        }
    }
}
