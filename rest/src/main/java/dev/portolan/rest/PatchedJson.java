package dev.portolan.rest;

import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The JSON that a FHIRPath Patch changes, beside HAPI's model in which its paths are looked up: objects are maps, arrays are lists, and all else is the bytes that were sent. So what a patch does not touch stays as it was written, down to
 * ids and extensions of primitives, for which that model has no place everywhere.
 */
final class PatchedJson {

    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    private PatchedJson() {}

    /** A copy of a value, to be changed. */
    static Object of(JsonValue value) {
        if (value.isObject()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            value.children().forEach(field -> fields.put(Objects.requireNonNull(field.name()), of(field)));
            return fields;
        }
        if (value.isArray()) {
            List<Object> elements = new ArrayList<>();
            value.children().forEach(element -> elements.add(of(element)));
            return elements;
        }
        return value.toBytes();
    }

    static byte[] bytes(Object value) {
        ByteBuilder out = new ByteBuilder(4096);
        write(value, out);
        return out.toBytes();
    }

    private static void write(Object value, ByteBuilder out) {
        if (value instanceof Map<?, ?> fields) {
            out.ascii("{");
            String comma = "";
            for (Map.Entry<?, ?> field : fields.entrySet()) {
                out.ascii(comma).string((String) field.getKey()).ascii(":");
                write(field.getValue(), out);
                comma = ",";
            }
            out.ascii("}");
        } else if (value instanceof List<?> elements) {
            out.ascii("[");
            String comma = "";
            for (Object element : elements) {
                out.ascii(comma);
                write(element, out);
                comma = ",";
            }
            out.ascii("]");
        } else {
            out.append((byte[]) value);
        }
    }

    /** A value of a property: of a primitive its value and its id and extensions, either of which may be missing. */
    record Item(@Nullable Object value, @Nullable Object companion) {}

    /** A property of an object with all its values. */
    static final class Property {
        private final Map<String, Object> owner;
        private final String name;
        private final boolean repeats;
        private final List<Item> items = new ArrayList<>();

        Property(Map<String, Object> owner, String name, boolean repeats) {
            this.owner = owner;
            this.name = name;
            this.repeats = repeats;
            List<?> values = list(owner.get(name));
            List<?> companions = list(owner.get("_" + name));
            for (int i = 0; i < Math.max(values.size(), companions.size()); i++) {
                items.add(new Item(at(values, i), at(companions, i)));
            }
        }

        private static List<?> list(@Nullable Object value) {
            return value == null ? List.of() : value instanceof List<?> elements ? elements : List.of(value);
        }

        private static @Nullable Object at(List<?> values, int index) {
            Object value = index < values.size() ? values.get(index) : null;
            return value instanceof byte[] bytes && Arrays.equals(bytes, NULL) ? null : value;
        }

        List<Item> items() {
            return items;
        }

        /** Puts the values back into the object. */
        void store() {
            store(name, items.stream().map(Item::value).toList());
            store("_" + name, items.stream().map(Item::companion).toList());
        }

        private void store(String field, List<@Nullable Object> values) {
            if (values.stream().allMatch(Objects::isNull)) {
                owner.remove(field);
            } else {
                owner.put(field, repeats ? new ArrayList<>(values.stream().map(value -> value == null ? NULL : value).toList()) : Objects.requireNonNull(values.get(0)));
            }
        }

        /** The object of an element that has parts; of a primitive that of its id and extensions, which it gets if it has none. */
        @SuppressWarnings("unchecked") // objects are maps by names
        Map<String, Object> object(int index, boolean primitive) {
            Item item = items.get(index);
            Object object = primitive ? item.companion() : item.value();
            if (primitive && object == null) {
                object = new LinkedHashMap<String, Object>();
                items.set(index, new Item(item.value(), object));
                store();
            }
            if (!(object instanceof Map<?, ?>)) {
                throw FhirPathPatch.bad("path selects what has no parts");
            }
            return (Map<String, Object>) object;
        }
    }
}
