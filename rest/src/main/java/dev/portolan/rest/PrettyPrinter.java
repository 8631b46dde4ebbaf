package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.JsonValue;

/** JSON for people: {@code _pretty=true}. */
final class PrettyPrinter {

    /** What is printed is an answer of ours: a Bundle is larger than the resources in it, and deeper. */
    private static final JsonLimits OWN = new JsonLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);

    private PrettyPrinter() {}

    static byte[] print(byte[] compact) {
        JsonDocument document = JsonDocument.parse(compact, OWN);
        ByteBuilder out = new ByteBuilder(compact.length * 2);
        print(document.root(), out, 0);
        return out.append((byte) '\n').toBytes();
    }

    private static void print(JsonValue value, ByteBuilder out, int depth) {
        byte[] bytes = value.document().bytes();
        JsonValue child = value.firstChild();
        if (child == null) {
            out.append(bytes, value.start(), value.end());
            return;
        }
        boolean object = value.isObject();
        out.ascii(object ? "{" : "[");
        for (String comma = ""; child != null; child = child.nextSibling(), comma = ",") {
            out.ascii(comma);
            newLine(out, depth + 1);
            if (object) {
                // The name with its quotes; the byte before the value is the colon.
                out.append(bytes, child.nameStart(), child.start()).ascii(" ");
            }
            print(child, out, depth + 1);
        }
        newLine(out, depth);
        out.ascii(object ? "}" : "]");
    }

    private static void newLine(ByteBuilder out, int depth) {
        out.append((byte) '\n');
        for (int i = 0; i < depth; i++) {
            out.ascii("  ");
        }
    }
}
