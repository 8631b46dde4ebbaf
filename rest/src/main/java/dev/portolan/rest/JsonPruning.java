package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;

/** Takes empty objects and arrays out of a resource: FHIR has none (R4 json, section 2.6.2), and a patch that removes the last of something leaves one behind. */
final class JsonPruning {

    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    private final byte[] bytes;
    private final ByteBuilder out;

    private JsonPruning(byte[] bytes) {
        this.bytes = bytes;
        this.out = new ByteBuilder(bytes.length);
    }

    static JsonDocument pruned(JsonDocument document) {
        if (!mayHoldEmpty(document.bytes())) {
            return document;
        }
        JsonPruning pruning = new JsonPruning(document.bytes());
        return pruning.write(document.root()) ? JsonDocument.parse(pruning.out.toBytes()) : document;
    }

    /** The bytes are compact. Two brackets within a text are found, too, and then nothing is pruned. */
    private static boolean mayHoldEmpty(byte[] bytes) {
        for (int i = 1; i < bytes.length; i++) {
            if (bytes[i] == '}' && bytes[i - 1] == '{' || bytes[i] == ']' && bytes[i - 1] == '[') {
                return true;
            }
        }
        return false;
    }

    /** False if nothing is left of the value; nothing is written then. */
    private boolean write(JsonValue value) {
        if (!value.isObject() && !value.isArray()) {
            out.append(bytes, value.start(), value.end());
            return true;
        }
        int before = out.length();
        out.append(bytes[value.start()]);
        boolean kept = value.isObject() ? fields(value) : isParallel(value) ? parallel(value) : elements(value);
        if (!kept) {
            out.truncate(before);
            return false;
        }
        out.append(bytes[value.end() - 1]);
        return true;
    }

    private boolean fields(JsonValue object) {
        boolean any = false;
        for (JsonValue field : object.children()) {
            int before = out.length();
            out.ascii(any ? "," : "").append(bytes, field.nameStart(), field.start());
            boolean kept = write(field);
            any |= kept;
            if (!kept) {
                out.truncate(before);
            }
        }
        return any;
    }

    private boolean elements(JsonValue array) {
        boolean any = false;
        for (JsonValue element : array.children()) {
            int before = out.length();
            out.ascii(any ? "," : "");
            boolean kept = write(element);
            any |= kept;
            if (!kept) {
                out.truncate(before);
            }
        }
        return any;
    }

    /** The ids and extensions of a repeating primitive, each at the place of its value (R4 json, section 2.6.2.1). */
    private static boolean isParallel(JsonValue array) {
        return array.nameStart() >= 0 && String.valueOf(array.name()).startsWith("_");
    }

    /** Places must stay: what is left empty becomes null. */
    private boolean parallel(JsonValue array) {
        boolean any = false;
        boolean first = true;
        for (JsonValue element : array.children()) {
            out.ascii(first ? "" : ",");
            first = false;
            if (!write(element)) {
                out.append(NULL);
            } else if (element.kind() != JsonKind.NULL) {
                any = true;
            }
        }
        return any;
    }
}
