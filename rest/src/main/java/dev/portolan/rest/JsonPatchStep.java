package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One operation's way from one state of a resource to the next. */
record JsonPatchStep(JsonDocument document, PatchBudget budget) {

    /** FHIR's decimals have 18 digits, and the time to compare numbers grows with the square of theirs. */
    private static final int LONGEST_NUMBER = 1_000;

    JsonDocument add(String path, byte[] value) {
        if (path.isEmpty()) {
            return replace(path, value);
        }
        int slash = path.lastIndexOf('/');
        if (slash < 0) {
            throw JsonPatch.bad("a path starts with a slash");
        }
        JsonValue parent = resolve(path.substring(0, slash));
        String name = unescaped(path.substring(slash + 1));
        if (parent.isArray()) {
            return insert(parent, name, value);
        }
        if (!parent.isObject()) {
            throw JsonPatch.bad("a path goes through a value that has no parts");
        }
        JsonValue old = parent.field(name);
        if (old != null) {
            return with(old.start(), old.end(), value);
        }
        budget.requireRoom((long) document.bytes().length + value.length);
        ByteBuilder field = new ByteBuilder(value.length + 64);
        field.ascii(parent.size() == 0 ? "" : ",").string(name).ascii(":").append(value);
        return with(parent.end() - 1, parent.end() - 1, field.toBytes());
    }

    private JsonDocument insert(JsonValue array, String index, byte[] value) {
        int size = array.size();
        int at = index.equals("-") ? size : index(index);
        if (at > size) {
            throw JsonPatch.bad("a path names a place behind the end of an array: use - to append");
        }
        budget.requireRoom((long) document.bytes().length + value.length);
        ByteBuilder element = new ByteBuilder(value.length + 1);
        if (at == size) {
            element.ascii(size == 0 ? "" : ",").append(value);
            return with(array.end() - 1, array.end() - 1, element.toBytes());
        }
        int start = element(array, at).start();
        return with(start, start, element.append(value).ascii(",").toBytes());
    }

    /** RFC 6902, section 4.2: the value alone. What stands around it may be empty then, as the place of what the next operation adds. */
    JsonDocument remove(String path) {
        JsonValue old = resolve(path);
        if (path.isEmpty()) {
            throw JsonPatch.bad("the whole resource cannot be removed by a patch: use DELETE");
        }
        int from = old.nameStart() >= 0 ? old.nameStart() : old.start();
        int to = old.end();
        byte[] bytes = document.bytes();
        if (bytes[to] == ',') {
            to++;
        } else if (bytes[from - 1] == ',') {
            from--;
        }
        return with(from, to, new byte[0]);
    }

    JsonDocument replace(String path, byte[] value) {
        JsonValue old = resolve(path);
        return with(old.start(), old.end(), value);
    }

    JsonDocument copy(String from, String path) {
        return add(path, resolve(from).toBytes());
    }

    JsonDocument move(String from, String path) {
        if (path.startsWith(from + "/")) {
            throw JsonPatch.bad("a value cannot be moved into itself");
        }
        byte[] moved = resolve(from).toBytes();
        return new JsonPatchStep(remove(from), budget).add(path, moved);
    }

    JsonDocument test(String path, @Nullable JsonValue expected) {
        if (expected == null || !same(resolve(path), expected)) {
            // RFC 5789, section 2.2: the resource is not in the state that the patch is for.
            throw new FhirException(Problem.UNPROCESSABLE, "a test of the patch does not hold: read the resource again and make the patch for its present state");
        }
        return document;
    }

    private JsonDocument with(int from, int to, byte[] value) {
        budget.requireRoom((long) document.bytes().length - (to - from) + value.length);
        return document.with(List.of(new JsonEdit(from, to, value)), budget.limits());
    }

    /** RFC 6901. */
    private JsonValue resolve(String pointer) {
        JsonValue at = document.root();
        if (pointer.isEmpty()) {
            return at;
        }
        if (pointer.charAt(0) != '/') {
            throw JsonPatch.bad("a path starts with a slash");
        }
        for (String token : pointer.substring(1).split("/", -1)) {
            JsonValue next = at.isArray() ? element(at, index(token)) : at.field(unescaped(token));
            if (next == null) {
                throw JsonPatch.bad("a path of the patch names nothing in the resource");
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
        throw JsonPatch.bad("a path names an element that the array does not have");
    }

    private static int index(String token) {
        if (!token.matches("0|[1-9][0-9]{0,8}")) {
            throw JsonPatch.bad("a path needs a number where the resource has an array");
        }
        return Integer.parseInt(token);
    }

    private static String unescaped(String token) {
        return token.replace("~1", "/").replace("~0", "~");
    }

    /** Equality by RFC 6902, section 4.6: objects without regard to order, numbers by value. */
    private static boolean same(JsonValue one, JsonValue other) {
        if (one.kind() != other.kind()) {
            return false;
        }
        if (one.kind() == JsonKind.NUMBER) {
            return sameNumber(one, other);
        }
        if (one.isObject()) {
            return sameFields(one, other);
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

    /** By a map: to look each field up in turn takes time that grows with the square of their number, and a patch may make up objects of any size. */
    private static boolean sameFields(JsonValue one, JsonValue other) {
        Map<String, JsonValue> others = new HashMap<>();
        other.children().forEach(field -> others.put(String.valueOf(field.name()), field));
        for (JsonValue field : one.children()) {
            JsonValue counterpart = others.remove(String.valueOf(field.name()));
            if (counterpart == null || !same(field, counterpart)) {
                return false;
            }
        }
        return others.isEmpty();
    }

    private static boolean sameNumber(JsonValue one, JsonValue other) {
        if (one.text().equals(other.text())) {
            return true;
        }
        if (Math.max(one.end() - one.start(), other.end() - other.start()) > LONGEST_NUMBER) {
            throw JsonPatch.bad("a test of the patch compares a number of more than " + LONGEST_NUMBER + " digits");
        }
        try {
            return one.number().compareTo(other.number()) == 0;
        } catch (NumberFormatException e) {
            throw JsonPatch.bad("a test of the patch compares a number whose exponent is too large");
        }
    }
}
