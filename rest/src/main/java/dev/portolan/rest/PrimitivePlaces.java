package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Repeating primitives of which none has a value, on their way into HAPI's model: {@code "_given":[{"extension":...}]} by itself. Its parser passes over them without a word; but not over the same with the places of the values written
 * out, {@code "given":[null]}.
 */
final class PrimitivePlaces {

    private PrimitivePlaces() {}

    /** @param json a JSON text that was parsed before; it is given back itself if there is nothing to write out, which is so nearly always */
    static byte[] writtenOut(byte[] json) {
        JsonDocument document = JsonDocument.parse(json, JsonLimits.OWN);
        List<JsonEdit> edits = new ArrayList<>(0);
        collect(document.root(), edits);
        return edits.isEmpty() ? json : document.splice(edits);
    }

    private static void collect(JsonValue value, List<JsonEdit> edits) {
        for (JsonValue child = value.firstChild(); child != null; child = child.nextSibling()) {
            String name = child.isArray() ? child.name() : null;
            if (name != null && name.startsWith("_") && value.field(name.substring(1)) == null) {
                String places = "\"" + name.substring(1) + "\":[" + String.join(",", Collections.nCopies(child.size(), "null")) + "],";
                edits.add(new JsonEdit(child.nameStart(), child.nameStart(), places.getBytes(StandardCharsets.UTF_8)));
            }
            collect(child, edits);
        }
    }
}
