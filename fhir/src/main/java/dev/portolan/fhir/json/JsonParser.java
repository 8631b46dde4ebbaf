package dev.portolan.fhir.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** One pass over a JSON text: checks it, drops the white space between tokens and notes where each value stands. */
final class JsonParser {

    private static final int STRIDE = JsonDocument.STRIDE;
    /** Up to here duplicate names are looked for pair by pair, from here on with a set. */
    private static final int FEW_FIELDS = 24;

    private final byte[] in;
    private final JsonLimits limits;
    /** The text itself until white space is dropped from within it: most texts have none. */
    private byte[] out;
    private int at;
    private int length;
    private int[] tape;
    private int nodes;
    private int depth;

    JsonParser(byte[] text, JsonLimits limits) {
        this.in = text;
        this.limits = limits;
        if (text.length > limits.maxBytes()) {
            throw new JsonSyntaxException("the text is longer than " + limits.maxBytes() + " bytes", limits.maxBytes(), true);
        }
        this.out = text;
        this.tape = new int[STRIDE * Math.max(16, text.length / 20)];
    }

    JsonDocument parse() {
        skipByteOrderMark();
        skipSpace();
        if (at == in.length) {
            throw error("the text is empty");
        }
        value(-1, -1, 0);
        at = afterSpace();
        if (at < in.length) {
            throw error("there is text after the end of the JSON value");
        }
        byte[] bytes = length == out.length ? out : Arrays.copyOf(out, length);
        int used = nodes * STRIDE;
        return new JsonDocument(bytes, used < tape.length / 2 ? Arrays.copyOf(tape, used) : tape, nodes);
    }

    private void skipByteOrderMark() {
        if (in.length >= 3 && in[0] == (byte) 0xEF && in[1] == (byte) 0xBB && in[2] == (byte) 0xBF) {
            drop(3);
        }
    }

    /** Goes on at a place of the text without taking over what is before it. */
    private void drop(int next) {
        if (out == in) {
            out = new byte[in.length];
            System.arraycopy(in, 0, out, 0, length);
        }
        at = next;
    }

    private void take(int count) {
        if (out != in) {
            System.arraycopy(in, at, out, length, count);
        }
        at += count;
        length += count;
    }

    private void takeOne() {
        if (out != in) {
            out[length] = in[at];
        }
        at++;
        length++;
    }

    private int value(int keyStart, int keyEnd, int nameHash) {
        if (at >= in.length) {
            throw error("the text ends where a value should stand");
        }
        int node = newNode(keyStart, keyEnd, nameHash);
        switch (in[at]) {
            case '{' -> object(node);
            case '[' -> array(node);
            case '"' -> {
                set(node, JsonKind.STRING);
                tape[node * STRIDE] |= string() ? JsonDocument.PLAIN : 0;
            }
            case 't' -> literal(node, JsonKind.TRUE, "true");
            case 'f' -> literal(node, JsonKind.FALSE, "false");
            case 'n' -> literal(node, JsonKind.NULL, "null");
            default -> {
                set(node, JsonKind.NUMBER);
                number();
            }
        }
        tape[node * STRIDE + 2] = length;
        return node;
    }

    private int newNode(int keyStart, int keyEnd, int nameHash) {
        if (nodes == limits.maxValues()) {
            throw new JsonSyntaxException("the text has more than " + limits.maxValues() + " values", at, true);
        }
        int base = nodes * STRIDE;
        if (base + STRIDE > tape.length) {
            tape = Arrays.copyOf(tape, tape.length * 2);
        }
        tape[base] = nameHash << JsonName.SHIFT;
        tape[base + 1] = length;
        tape[base + 3] = keyStart;
        tape[base + 4] = keyEnd;
        tape[base + 5] = -1;
        return nodes++;
    }

    private void set(int node, JsonKind kind) {
        tape[node * STRIDE] |= kind.ordinal();
    }

    private void object(int node) {
        set(node, JsonKind.OBJECT);
        enter();
        int previous = -1;
        int fields = 0;
        Set<String> names = null;
        skipSpace();
        while (peek() != '}') {
            if (previous >= 0) {
                expect(',', "a comma or a closing brace");
                skipSpace();
            }
            if (peek() != '"') {
                throw error("a field's name in double quotes should stand here");
            }
            int keyStart = length + 1;
            string();
            int keyEnd = length - 1;
            int nameHash = JsonName.hash(out, keyStart, keyEnd);
            fields++;
            if (fields > FEW_FIELDS) {
                names = names == null ? namesOf(node, previous) : names;
                if (!names.add(name(keyStart, keyEnd))) {
                    throw error("a field stands twice in one object");
                }
            } else {
                refuseDuplicate(node, keyStart, keyEnd, nameHash);
            }
            skipSpace();
            expect(':', "a colon");
            skipSpace();
            previous = link(previous, value(keyStart, keyEnd, nameHash));
            skipSpace();
        }
        leave();
    }

    private void array(int node) {
        set(node, JsonKind.ARRAY);
        enter();
        int previous = -1;
        skipSpace();
        while (peek() != ']') {
            if (previous >= 0) {
                expect(',', "a comma or a closing bracket");
                skipSpace();
            }
            previous = link(previous, value(-1, -1, 0));
            skipSpace();
        }
        leave();
    }

    private int link(int previous, int node) {
        if (previous >= 0) {
            tape[previous * STRIDE + 5] = node;
        }
        return node;
    }

    private void enter() {
        if (++depth > limits.maxDepth()) {
            throw new JsonSyntaxException("the text is nested deeper than " + limits.maxDepth() + " levels", at, true);
        }
        takeOne();
    }

    private void leave() {
        depth--;
        takeOne();
    }

    private void refuseDuplicate(int object, int keyStart, int keyEnd, int nameHash) {
        int child = object + 1 < nodes ? object + 1 : -1;
        while (child >= 0) {
            int base = child * STRIDE;
            if (tape[base] >>> JsonName.SHIFT == nameHash && Arrays.equals(out, tape[base + 3], tape[base + 4], out, keyStart, keyEnd)) {
                throw error("a field stands twice in one object");
            }
            child = tape[base + 5];
        }
    }

    private Set<String> namesOf(int object, int lastChild) {
        Set<String> names = new HashSet<>();
        for (int child = object + 1; child >= 0; child = child == lastChild ? -1 : tape[child * STRIDE + 5]) {
            names.add(name(tape[child * STRIDE + 3], tape[child * STRIDE + 4]));
        }
        return names;
    }

    private String name(int from, int to) {
        return new String(out, from, to - from, StandardCharsets.UTF_8);
    }

    /** Takes a string as it stands, checking escapes and UTF-8. Plain characters, which nearly all are, are taken in runs: true if there are no others. */
    private boolean string() {
        boolean plain = true;
        takeOne();
        while (true) {
            takePlain();
            if (at >= in.length) {
                throw error("a string is not closed");
            }
            byte b = in[at];
            if (b == '"') {
                takeOne();
                return plain;
            }
            plain = false;
            if (b == '\\') {
                escape();
            } else if (b < 0) {
                utf8();
            } else {
                throw error("a control character stands unescaped in a string");
            }
        }
    }

    private void takePlain() {
        take(PlainText.end(in, at) - at);
    }

    private void escape() {
        if (at + 1 >= in.length) {
            throw error("a string is not closed");
        }
        int extra = 0;
        switch (in[at + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> extra = 0;
            case 'u' -> extra = unicodeEscape();
            default -> throw error("a backslash stands before a character that cannot be escaped");
        }
        take(2 + extra);
    }

    /** Length after {@code \}{@code u}; a surrogate must come as a pair, since half a character cannot be written back as UTF-8. */
    private int unicodeEscape() {
        int first = hex4(at + 2);
        if (Character.isLowSurrogate((char) first)) {
            throw error("an escaped surrogate has no partner");
        }
        if (!Character.isHighSurrogate((char) first)) {
            return 4;
        }
        boolean pair = at + 11 < in.length && in[at + 6] == '\\' && in[at + 7] == 'u' && Character.isLowSurrogate((char) hex4(at + 8));
        if (!pair) {
            throw error("an escaped surrogate has no partner");
        }
        return 10;
    }

    private int hex4(int from) {
        int code = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = i < in.length ? Character.digit(in[i], 16) : -1;
            if (digit < 0) {
                throw error("a unicode escape needs four hexadecimal digits");
            }
            code = code << 4 | digit;
        }
        return code;
    }

    private void utf8() {
        int lead = in[at] & 0xFF;
        int count = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
        if (count == 0 || at + count > in.length) {
            throw error("the text is not valid UTF-8");
        }
        int second = in[at + 1] & 0xFF;
        boolean wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
        for (int i = 1; i < count; i++) {
            wrong |= (in[at + i] & 0xC0) != 0x80;
        }
        if (wrong) {
            throw error("the text is not valid UTF-8");
        }
        take(count);
    }

    private void literal(int node, JsonKind kind, String word) {
        set(node, kind);
        for (int i = 0; i < word.length(); i++) {
            if (at >= in.length || in[at] != word.charAt(i)) {
                throw error("a value should stand here");
            }
            takeOne();
        }
    }

    private void number() {
        if (peek() == '-') {
            takeOne();
        }
        if (peek() == '0') {
            takeOne();
        } else {
            digits("a value should stand here");
        }
        if (peek() == '.') {
            takeOne();
            digits("a digit should follow the decimal point");
        }
        if (peek() == 'e' || peek() == 'E') {
            takeOne();
            if (peek() == '+' || peek() == '-') {
                takeOne();
            }
            digits("a digit should follow the exponent");
        }
    }

    private void digits(String otherwise) {
        int end = at;
        while (end < in.length && in[end] >= '0' && in[end] <= '9') {
            end++;
        }
        if (end == at) {
            throw error(otherwise);
        }
        take(end - at);
    }

    private int peek() {
        return at < in.length ? in[at] : -1;
    }

    private void expect(char wanted, String what) {
        if (peek() != wanted) {
            throw error(what + " should stand here");
        }
        takeOne();
    }

    private void skipSpace() {
        if (at < in.length && in[at] <= ' ') {
            int next = afterSpace();
            if (next > at) {
                drop(next);
            }
        }
    }

    /** Where the white space that begins here ends. */
    private int afterSpace() {
        int end = at;
        while (end < in.length && (in[end] == ' ' || in[end] == '\n' || in[end] == '\r' || in[end] == '\t')) {
            end++;
        }
        return end;
    }

    private JsonSyntaxException error(String message) {
        return new JsonSyntaxException(message, at, false);
    }
}
