package dev.portolan.rest;

import ca.uhn.fhir.context.FhirContext;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.StringType;

/**
 * Keeps the ids of primitives on their way from HAPI's model to JSON: its encoder writes {@code "_family":{"id":"x"}} only where there are extensions, too. So each
 * such primitive has one while it is encoded, which is cut out of the bytes again.
 */
final class PrimitiveIds {

    private static final JsonName EXTENSION = JsonName.of("extension");

    private PrimitiveIds() {}

    static <R extends IBaseResource> byte[] encoded(FhirContext fhir, R resource, Function<R, byte[]> encoder) {
        Set<PrimitiveType<?>> marked = Collections.newSetFromMap(new IdentityHashMap<>());
        for (PrimitiveType<?> primitive : fhir.newTerser().getAllPopulatedChildElementsOfType(resource, PrimitiveType.class)) {
            collect(primitive, marked);
        }
        if (marked.isEmpty()) {
            return encoder.apply(resource);
        }
        String url = "urn:uuid:" + UUID.randomUUID();
        marked.forEach(primitive -> primitive.addExtension(new Extension(url, new StringType(primitive.getId()))));
        try {
            return without(url, encoder.apply(resource));
        } finally {
            marked.forEach(primitive -> primitive.removeExtension(url));
        }
    }

    /** A primitive's extensions may hold primitives in turn, which the search through the resource does not come to. */
    private static void collect(PrimitiveType<?> primitive, Set<PrimitiveType<?>> marked) {
        if (primitive.hasId() && !primitive.hasExtension()) {
            marked.add(primitive);
        }
        primitive.getExtension().forEach(extension -> collect(extension, marked));
    }

    private static void collect(Extension extension, Set<PrimitiveType<?>> marked) {
        if (extension.getValue() instanceof PrimitiveType<?> value) {
            collect(value, marked);
        }
        extension.getExtension().forEach(inner -> collect(inner, marked));
    }

    private static byte[] without(String url, byte[] encoded) {
        JsonDocument document = JsonDocument.parse(encoded, JsonLimits.OWN);
        byte[] bytes = document.bytes();
        List<JsonEdit> edits = new ArrayList<>();
        for (JsonValue extension : document.root().descendants(EXTENSION)) {
            JsonValue only = extension.firstChild();
            if (only != null && url.equals(only.fieldText("url"))) {
                edits.add(cut(bytes, extension, only));
            }
        }
        return document.splice(edits);
    }

    private static JsonEdit cut(byte[] bytes, JsonValue extension, JsonValue only) {
        int from = extension.nameStart();
        int to = extension.end();
        if (bytes[from - 1] == ',') {
            return new JsonEdit(from - 1, to, new byte[0]);
        }
        if (bytes[to] == ',') {
            return new JsonEdit(from, to + 1, new byte[0]);
        }
        // The id of a resource's id is written in no case.
        return new JsonEdit(from, to, new ByteBuilder(64).ascii("\"id\":").string(String.valueOf(only.fieldText("valueString"))).toBytes());
    }
}
