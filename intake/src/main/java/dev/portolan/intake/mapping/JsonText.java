package dev.portolan.intake.mapping;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes what templates made as JSON. */
final class JsonText {

    private JsonText() {}

    static byte[] bytes(Value value) {
        StringBuilder out = new StringBuilder(2_048);
        write(value, out);
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(Value value, StringBuilder out) {
        if (value instanceof Value.Text text) {
            quote(text.text(), out);
        } else if (value instanceof Value.Node node) {
            object(node, out);
        } else if (value instanceof Value.Elements list) {
            char before = '[';
            for (Value element : list.elements()) {
                out.append(before);
                write(element, out);
                before = ',';
            }
            out.append(']');
        } else {
            out.append(value.inText());
        }
    }

    private static void object(Value.Node node, StringBuilder out) {
        char before = '{';
        for (Map.Entry<String, Value> field : node.fields().entrySet()) {
            out.append(before);
            quote(field.getKey(), out);
            out.append(':');
            write(field.getValue(), out);
            before = ',';
        }
        out.append('}');
    }

    /** What needs no escape is appended in runs: nearly all text is one. */
    private static void quote(String text, StringBuilder out) {
        out.append('"');
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x20 && c != '"' && c != '\\') {
                continue;
            }
            out.append(text, from, i);
            from = i + 1;
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(String.format("\\u%04x", (int) c));
            }
        }
        out.append(text, from, text.length()).append('"');
    }
}
