package dev.portolan.fhir.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A JSON text as compact UTF-8 bytes with an index of its values. Immutable; the bytes are what a client gets.
 *
 * <p>Parsing is strict (RFC 8259, valid UTF-8, no duplicate names, one value) and only drops white space between tokens: every string, escape
 * and number stays as it was written.
 */
public final class JsonDocument {

    /** Integers per value in the tape: the name's hash, whether it is plain, and the kind; start, end, name start, name end, next sibling. */
    static final int STRIDE = 6;
    /** Of a string: all of it is ASCII and nothing is escaped. */
    static final int PLAIN = 8;
    private static final int KIND_MASK = 7;

    private final byte[] bytes;
    private final int[] tape;
    private final int nodes;

    /** @param tape of at least so many nodes, in the order of the text */
    JsonDocument(byte[] bytes, int[] tape, int nodes) {
        this.bytes = bytes;
        this.tape = tape;
        this.nodes = nodes;
    }

    /**
     * Reads a JSON text. A compact one is taken over as it is: do not write to it afterwards.
     *
     * @throws JsonSyntaxException if the text is not JSON or is over a limit
     */
    public static JsonDocument parse(byte[] text, JsonLimits limits) {
        return new JsonParser(text, limits).parse();
    }

    /** Reads a JSON text with the {@linkplain JsonLimits#DEFAULT default limits}; do not write to it afterwards. */
    public static JsonDocument parse(byte[] text) {
        return parse(text, JsonLimits.DEFAULT);
    }

    public static JsonDocument parse(String text) {
        return parse(text.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT);
    }

    /** How many values it holds: the root, and each within another. */
    public int values() {
        return nodes;
    }

    /** The compact bytes themselves, not a copy: do not write to them. */
    public byte[] bytes() {
        return bytes;
    }

    public JsonValue root() {
        return new JsonValue(this, 0);
    }

    /** This document with some stretches replaced. Edits must not overlap; insertions at the same place keep their order. */
    public JsonDocument with(List<JsonEdit> edits) {
        return parse(splice(edits), new JsonLimits(Integer.MAX_VALUE, JsonLimits.DEFAULT.maxDepth(), Integer.MAX_VALUE));
    }

    /**
     * As {@link #with(List)}, for edits that a caller has a say in.
     *
     * @throws JsonSyntaxException if the result is over a limit
     */
    public JsonDocument with(List<JsonEdit> edits, JsonLimits limits) {
        return parse(splice(edits), limits);
    }

    /** The bytes of this document with some stretches replaced, see {@link #with(List)}. */
    public byte[] splice(List<JsonEdit> edits) {
        if (edits.isEmpty()) {
            return bytes.clone();
        }
        List<JsonEdit> ordered = new ArrayList<>(edits);
        ordered.sort(Comparator.comparingInt(JsonEdit::start));
        int length = bytes.length;
        int last = 0;
        for (JsonEdit edit : ordered) {
            if (edit.start() < last) {
                throw new IllegalArgumentException("edits overlap");
            }
            last = edit.end();
            length += edit.replacement().length - (edit.end() - edit.start());
        }
        byte[] out = new byte[length];
        int to = 0;
        int at = 0;
        for (JsonEdit edit : ordered) {
            System.arraycopy(bytes, at, out, to, edit.start() - at);
            to += edit.start() - at;
            System.arraycopy(edit.replacement(), 0, out, to, edit.replacement().length);
            to += edit.replacement().length;
            at = edit.end();
        }
        System.arraycopy(bytes, at, out, to, bytes.length - at);
        return out;
    }

    byte[] copy(int from, int to) {
        return Arrays.copyOfRange(bytes, from, to);
    }

    JsonKind kind(int node) {
        return KINDS[tape[node * STRIDE] & KIND_MASK];
    }

    int start(int node) {
        return tape[node * STRIDE + 1];
    }

    int end(int node) {
        return tape[node * STRIDE + 2];
    }

    int keyStart(int node) {
        return tape[node * STRIDE + 3];
    }

    private int keyEnd(int node) {
        return tape[node * STRIDE + 4];
    }

    /** {@link JsonName#hash} of the field's name; 0 if the value is no field. */
    int nameHash(int node) {
        return tape[node * STRIDE] >>> JsonName.SHIFT;
    }

    int nextSibling(int node) {
        return tape[node * STRIDE + 5];
    }

    int firstChild(int node) {
        JsonKind kind = kind(node);
        boolean container = kind == JsonKind.OBJECT || kind == JsonKind.ARRAY;
        return container && end(node) - start(node) > 2 ? node + 1 : -1;
    }

    int findField(int node, String name) {
        return find(node, child -> keyEquals(child, name));
    }

    int findField(int node, JsonName name) {
        return find(node, child -> keyEquals(child, name));
    }

    private int find(int node, IntPredicate isWanted) {
        if (kind(node) != JsonKind.OBJECT) {
            return -1;
        }
        for (int child = firstChild(node); child >= 0; child = nextSibling(child)) {
            if (isWanted.test(child)) {
                return child;
            }
        }
        return -1;
    }

    List<JsonValue> descendants(int node, JsonName name) {
        List<JsonValue> found = new ArrayList<>(0);
        int end = end(node);
        for (int below = node + 1; below < nodes && start(below) < end; below++) {
            if (keyEquals(below, name)) {
                found.add(new JsonValue(this, below));
            }
        }
        return found;
    }

    boolean keyEquals(int node, JsonName name) {
        return nameHash(node) == name.hash() && keyStart(node) >= 0 && name.stands(bytes, keyStart(node), keyEnd(node));
    }

    /** Compares a field's name with an ASCII name; FHIR's element names are all ASCII. */
    boolean keyEquals(int node, String name) {
        int from = keyStart(node);
        return from >= 0 && asciiEquals(from, keyEnd(node), name);
    }

    String keyText(int node) {
        return unescape(keyStart(node), keyEnd(node));
    }

    String text(int node) {
        if (isPlain(node)) {
            return new String(bytes, start(node) + 1, end(node) - start(node) - 2, StandardCharsets.ISO_8859_1); // as ASCII is in it: no other is made without a look at each byte
        }
        if (kind(node) == JsonKind.STRING) {
            return unescape(start(node) + 1, end(node) - 1);
        }
        return new String(bytes, start(node), end(node) - start(node), StandardCharsets.UTF_8);
    }

    boolean isPlain(int node) {
        return (tape[node * STRIDE] & PLAIN) != 0;
    }

    boolean textEquals(int node, String expected) {
        int from = start(node) + 1;
        int to = end(node) - 1;
        return isPlain(node) ? asciiEquals(from, to, expected) : unescape(from, to).equals(expected);
    }

    private boolean asciiEquals(int from, int to, String expected) {
        if (to - from != expected.length()) {
            return false;
        }
        for (int i = 0; i < expected.length(); i++) {
            byte b = bytes[from + i];
            if (b < 0 || b == '\\' || b != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private String unescape(int from, int to) {
        int backslash = from;
        while (backslash < to && bytes[backslash] != '\\') {
            backslash++;
        }
        String head = new String(bytes, from, backslash - from, StandardCharsets.UTF_8);
        if (backslash == to) {
            return head;
        }
        StringBuilder out = new StringBuilder(to - from).append(head);
        int i = backslash;
        while (i < to) {
            if (bytes[i] == '\\') {
                i = appendEscape(out, i + 1);
            } else {
                int run = i;
                while (i < to && bytes[i] != '\\') {
                    i++;
                }
                out.append(new String(bytes, run, i - run, StandardCharsets.UTF_8));
            }
        }
        return out.toString();
    }

    private int appendEscape(StringBuilder out, int at) {
        switch (bytes[at]) {
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'u' -> {
                out.append((char) Integer.parseInt(new String(bytes, at + 1, 4, StandardCharsets.US_ASCII), 16));
                return at + 5;
            }
            default -> out.append((char) bytes[at]);
        }
        return at + 1;
    }

    private static final JsonKind[] KINDS = JsonKind.values();

    /** The kind and size only: the text may be health data and does not belong into a log. */
    @Override
    public String toString() {
        return "JsonDocument[" + bytes.length + " bytes]";
    }
}
