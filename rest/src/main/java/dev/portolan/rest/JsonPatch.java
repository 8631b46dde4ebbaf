package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON Patch (RFC 6902). Works on the bytes: what a patch does not touch stays as it was written. */
final class JsonPatch implements Patch {

    private static final int MOST = 1_000;

    private final List<Operation> operations;

    private JsonPatch(List<Operation> operations) {
        this.operations = operations;
    }

    private record Operation(String op, String path, @Nullable String from, @Nullable JsonValue value) {}

    static JsonPatch read(JsonDocument document) {
        JsonValue root = document.root();
        if (!root.isArray()) {
            throw bad("a JSON Patch is an array of operations");
        }
        if (root.size() > MOST) {
            throw bad("a JSON Patch may hold " + MOST + " operations: send the resource as an update");
        }
        List<Operation> operations = new ArrayList<>();
        for (JsonValue each : root.children()) {
            String op = each.fieldText("op");
            String path = each.fieldText("path");
            String from = each.fieldText("from");
            JsonValue value = each.field("value");
            if (op == null || path == null) {
                throw bad("each operation of a JSON Patch needs op and path");
            }
            boolean needsValue = op.equals("add") || op.equals("replace") || op.equals("test");
            boolean needsFrom = op.equals("move") || op.equals("copy");
            if (!needsValue && !needsFrom && !op.equals("remove")) {
                throw bad("op is one of add, remove, replace, move, copy, test");
            }
            if (needsValue && value == null || needsFrom && from == null) {
                throw bad("op " + op + " needs " + (needsValue ? "value" : "from"));
            }
            operations.add(new Operation(op, path, from, value));
        }
        return new JsonPatch(operations);
    }

    @Override
    public JsonDocument applyTo(JsonDocument resource) {
        JsonDocument now = resource;
        for (Operation operation : operations) {
            now = apply(now, operation);
        }
        return now;
    }

    private static JsonDocument apply(JsonDocument document, Operation operation) {
        JsonValue value = operation.value();
        return switch (operation.op()) {
            case "add" -> add(document, operation.path(), bytes(value));
            case "remove" -> remove(document, operation.path());
            case "replace" -> replace(document, operation.path(), bytes(value));
            case "copy" -> add(document, operation.path(), resolve(document, String.valueOf(operation.from())).toBytes());
            case "move" -> move(document, String.valueOf(operation.from()), operation.path());
            default -> test(document, operation.path(), value);
        };
    }

    private static byte[] bytes(@Nullable JsonValue value) {
        return value == null ? new byte[0] : value.toBytes();
    }

    private static JsonDocument move(JsonDocument document, String from, String path) {
        if (path.startsWith(from + "/")) {
            throw bad("a value cannot be moved into itself");
        }
        byte[] moved = resolve(document, from).toBytes();
        return add(remove(document, from), path, moved);
    }

    private static JsonDocument test(JsonDocument document, String path, @Nullable JsonValue expected) {
        if (expected == null || !same(resolve(document, path), expected)) {
            // RFC 5789, section 2.2: the resource is not in the state that the patch is for.
            throw new FhirException(Problem.UNPROCESSABLE, "a test of the patch does not hold: read the resource again and make the patch for its present state");
        }
        return document;
    }

    private static JsonDocument replace(JsonDocument document, String path, byte[] value) {
        JsonValue old = resolve(document, path);
        return document.with(List.of(new JsonEdit(old.start(), old.end(), value)));
    }

    private static JsonDocument remove(JsonDocument document, String path) {
        JsonValue old = resolve(document, path);
        if (path.isEmpty()) {
            throw bad("the whole resource cannot be removed by a patch: use DELETE");
        }
        int from = old.nameStart() >= 0 ? old.nameStart() : old.start();
        int to = old.end();
        byte[] bytes = document.bytes();
        if (bytes[to] == ',') {
            to++;
        } else if (bytes[from - 1] == ',') {
            from--;
        } else {
            // FHIR has no empty objects and arrays: what the removal empties goes, too.
            int slash = path.lastIndexOf('/');
            if (slash > 0) {
                return remove(document, path.substring(0, slash));
            }
        }
        return document.with(List.of(new JsonEdit(from, to, new byte[0])));
    }

    private static JsonDocument add(JsonDocument document, String path, byte[] value) {
        if (path.isEmpty()) {
            return replace(document, path, value);
        }
        int slash = path.lastIndexOf('/');
        if (slash < 0) {
            throw bad("a path starts with a slash");
        }
        JsonValue parent = resolve(document, path.substring(0, slash));
        String name = unescaped(path.substring(slash + 1));
        if (parent.isArray()) {
            return insert(document, parent, name, value);
        }
        if (!parent.isObject()) {
            throw bad("a path goes through a value that has no parts");
        }
        JsonValue old = parent.field(name);
        if (old != null) {
            return document.with(List.of(new JsonEdit(old.start(), old.end(), value)));
        }
        ByteBuilder field = new ByteBuilder(value.length + 64);
        field.ascii(parent.size() == 0 ? "" : ",").string(name).ascii(":").append(value);
        return document.with(List.of(new JsonEdit(parent.end() - 1, parent.end() - 1, field.toBytes())));
    }

    private static JsonDocument insert(JsonDocument document, JsonValue array, String index, byte[] value) {
        int size = array.size();
        int at = index.equals("-") ? size : index(index);
        if (at > size) {
            throw bad("a path names a place behind the end of an array: use - to append");
        }
        ByteBuilder element = new ByteBuilder(value.length + 1);
        if (at == size) {
            element.ascii(size == 0 ? "" : ",").append(value);
            return document.with(List.of(new JsonEdit(array.end() - 1, array.end() - 1, element.toBytes())));
        }
        int start = element(array, at).start();
        return document.with(List.of(new JsonEdit(start, start, element.append(value).ascii(",").toBytes())));
    }

    /** RFC 6901. */
    private static JsonValue resolve(JsonDocument document, String pointer) {
        JsonValue at = document.root();
        if (pointer.isEmpty()) {
            return at;
        }
        if (pointer.charAt(0) != '/') {
            throw bad("a path starts with a slash");
        }
        for (String token : pointer.substring(1).split("/", -1)) {
            JsonValue next = at.isArray() ? element(at, index(token)) : at.field(unescaped(token));
            if (next == null) {
                throw bad("a path of the patch names nothing in the resource");
            }
            at = next;
        }
        return at;
    }

    private static JsonValue element(JsonValue array, int index) {
        int i = 0;
        for (JsonValue each : array.children()) {
            if (i++ == index) {
                return each;
            }
        }
        throw bad("a path names an element that the array does not have");
    }

    private static int index(String token) {
        if (!token.matches("0|[1-9][0-9]{0,8}")) {
            throw bad("a path needs a number where the resource has an array");
        }
        return Integer.parseInt(token);
    }

    private static String unescaped(String token) {
        return token.replace("~1", "/").replace("~0", "~");
    }

    /** Equality by RFC 6902, section 4.6: objects without regard to order, numbers by value. */
    static boolean same(JsonValue one, JsonValue other) {
        if (one.kind() != other.kind()) {
            return false;
        }
        if (one.kind() == JsonKind.NUMBER) {
            return one.number().compareTo(other.number()) == 0;
        }
        if (one.isObject()) {
            boolean same = one.size() == other.size();
            for (JsonValue field : one.children()) {
                JsonValue counterpart = other.field(String.valueOf(field.name()));
                same = same && counterpart != null && same(field, counterpart);
            }
            return same;
        }
        if (one.isArray()) {
            JsonValue a = one.firstChild();
            JsonValue b = other.firstChild();
            while (a != null && b != null && same(a, b)) {
                a = a.nextSibling();
                b = b.nextSibling();
            }
            return a == null && b == null;
        }
        return one.text().equals(other.text());
    }

    private static FhirException bad(String message) {
        return new FhirException(Problem.BAD_PATCH, message);
    }
}
