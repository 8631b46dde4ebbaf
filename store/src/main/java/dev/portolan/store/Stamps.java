package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code id}, {@code meta.versionId} and {@code meta.lastUpdated} into a resource's own bytes. Every other byte stays; what is missing is put right after
 * {@code resourceType}.
 */
final class Stamps {

    private static final DateTimeFormatter INSTANT = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private Stamps() {}

    static String instant(long updated) {
        return INSTANT.format(Instant.ofEpochMilli(updated));
    }

    /** @param instant {@link #instant} of the time of the write */
    static byte[] stamp(JsonDocument resource, String id, long version, String instant) {
        JsonValue root = resource.root();
        List<JsonEdit> edits = new ArrayList<>(4);
        StringBuilder missing = new StringBuilder();
        String idText = "\"" + id + "\"";
        String versionText = "\"" + version + "\"";
        String instantText = "\"" + instant + "\"";
        JsonValue ownId = root.field("id");
        if (ownId == null) {
            missing.append(",\"id\":").append(idText);
        } else {
            edits.add(replace(ownId, idText));
        }
        JsonValue meta = root.field("meta");
        if (meta == null) {
            missing.append(",\"meta\":{\"versionId\":").append(versionText).append(",\"lastUpdated\":").append(instantText).append('}');
        } else {
            stampMeta(meta, versionText, instantText, edits);
        }
        if (missing.length() > 0) {
            JsonValue type = root.field("resourceType");
            if (type == null) {
                throw new IllegalArgumentException("the resource has no resourceType");
            }
            edits.add(new JsonEdit(type.end(), type.end(), bytes(missing)));
        }
        return resource.splice(edits);
    }

    private static void stampMeta(JsonValue meta, String version, String instant, List<JsonEdit> edits) {
        if (!meta.isObject()) {
            throw new IllegalArgumentException("meta is not an object");
        }
        StringBuilder missing = new StringBuilder();
        stampField(meta.field("versionId"), "versionId", version, edits, missing);
        stampField(meta.field("lastUpdated"), "lastUpdated", instant, edits, missing);
        if (missing.length() > 0) {
            boolean empty = meta.firstChild() == null;
            edits.add(new JsonEdit(meta.start() + 1, meta.start() + 1, bytes(empty ? missing.deleteCharAt(missing.length() - 1) : missing)));
        }
    }

    private static void stampField(@Nullable JsonValue field, String name, String text, List<JsonEdit> edits, StringBuilder missing) {
        if (field == null) {
            missing.append('"').append(name).append("\":").append(text).append(',');
        } else {
            edits.add(replace(field, text));
        }
    }

    private static JsonEdit replace(JsonValue value, String text) {
        return new JsonEdit(value.start(), value.end(), bytes(text));
    }

    private static byte[] bytes(CharSequence text) {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
