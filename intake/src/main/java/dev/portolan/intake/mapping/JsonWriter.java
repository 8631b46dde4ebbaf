package dev.portolan.intake.mapping;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** JSON as it is made: what comes to nothing is taken back. Compact, in UTF-8. */
final class JsonWriter {

    private byte[] bytes;
    private int length;

    JsonWriter() {
        this(128);
    }

    JsonWriter(int size) {
        bytes = new byte[size];
    }

    int length() {
        return length;
    }

    /** Forgets what was written behind a place. */
    void back(int place) {
        length = place;
    }

    byte[] written() {
        return Arrays.copyOf(bytes, length);
    }

    void raw(char ascii) {
        room(1);
        bytes[length++] = (byte) ascii;
    }

    /** Names of fields and punctuation. */
    JsonWriter raw(String ascii) {
        raw(ascii.getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    void raw(byte[] json) {
        room(json.length);
        System.arraycopy(json, 0, bytes, length, json.length);
        length += json.length;
    }

    JsonWriter value(Value value) {
        if (value instanceof Value.Text text) {
            string(text.text());
        } else if (value instanceof Value.Json json) {
            raw(json.bytes());
        } else {
            raw(value.inText());
        }
        return this;
    }

    /** Nearly all text is ASCII that needs no escape; it is copied as it is looked at. */
    void string(String text) {
        int size = text.length();
        room(size + 2);
        int to = length;
        bytes[to++] = '"';
        for (int i = 0; i < size; i++) {
            char c = text.charAt(i);
            if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') {
                raw(escaped(text).getBytes(StandardCharsets.UTF_8));
                return;
            }
            bytes[to++] = (byte) c;
        }
        bytes[to++] = '"';
        length = to;
    }

    /** RFC 8259, section 7. */
    private static String escaped(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(c < 0x20 ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        return out.append('"').toString();
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
