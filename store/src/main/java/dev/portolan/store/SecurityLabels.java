package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes labels into {@code meta.security}; every other byte of the resource stays. */
final class SecurityLabels {

    private SecurityLabels() {}

    static JsonDocument add(JsonDocument resource, Set<String> labels) {
        if (labels.isEmpty()) {
            return resource;
        }
        JsonValue meta = resource.root().field("meta");
        JsonValue security = meta == null ? null : meta.field("security");
        Set<String> missing = new TreeSet<>(labels);
        for (JsonValue label : security == null ? List.<JsonValue>of() : security.each()) {
            missing.remove(label.fieldText("system") + "|" + label.fieldText("code"));
        }
        if (missing.isEmpty()) {
            return resource;
        }
        String codings = missing.stream().map(SecurityLabels::coding).collect(Collectors.joining(","));
        return resource.with(List.of(insertion(resource, meta, security, codings)));
    }

    private static JsonEdit insertion(JsonDocument resource, @Nullable JsonValue meta, @Nullable JsonValue security, String codings) {
        if (meta == null) {
            JsonValue type = resource.root().field("resourceType");
            if (type == null) {
                throw new IllegalArgumentException("the resource has no resourceType");
            }
            return at(type.end(), ",\"meta\":{\"security\":[" + codings + "]}");
        }
        if (security == null) {
            return at(meta.start() + 1, "\"security\":[" + codings + "]" + (meta.firstChild() == null ? "" : ","));
        }
        return at(security.start() + 1, codings + (security.firstChild() == null ? "" : ","));
    }

    private static JsonEdit at(int place, String text) {
        return new JsonEdit(place, place, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String coding(String label) {
        int bar = label.indexOf('|');
        return "{\"system\":\"" + label.substring(0, bar) + "\",\"code\":\"" + label.substring(bar + 1) + "\"}";
    }
}
