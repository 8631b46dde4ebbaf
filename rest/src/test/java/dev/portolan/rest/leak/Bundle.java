package dev.portolan.rest.leak;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a searchset or history says.
 *
 * @param matches {@code Type/id/version}, in order
 * @param included the same, of entries that were included
 * @param total null if none is given
 */
record Bundle(List<String> matches, List<String> included, @Nullable String total, @Nullable String next) {

    static Bundle of(JsonDocument document) {
        return of(document.root());
    }

    static Bundle of(JsonValue bundle) {
        List<String> matches = new ArrayList<>();
        List<String> included = new ArrayList<>();
        JsonValue entries = bundle.field("entry");
        for (JsonValue entry : entries == null ? List.<JsonValue>of() : entries.each()) {
            JsonValue search = entry.field("search");
            boolean include = search != null && "include".equals(search.fieldText("mode"));
            JsonValue resource = entry.field("resource");
            (include ? included : matches).add(resource == null ? deleted(entry) : version(resource));
        }
        String next = null;
        JsonValue links = bundle.field("link");
        for (JsonValue link : links == null ? List.<JsonValue>of() : links.each()) {
            next = "next".equals(link.fieldText("relation")) ? link.fieldText("url") : next;
        }
        JsonValue total = bundle.field("total");
        return new Bundle(matches, included, total == null ? null : total.text(), next);
    }

    static String version(JsonValue resource) {
        JsonValue meta = resource.field("meta");
        return resource.fieldText("resourceType") + "/" + resource.fieldText("id") + "/" + (meta == null ? "" : meta.fieldText("versionId"));
    }

    /** A deletion in a history: only its request and its ETag say what it is. */
    private static String deleted(JsonValue entry) {
        String etag = String.valueOf(entry.field("response").fieldText("etag"));
        return entry.field("request").fieldText("url") + "/" + etag.replaceAll("[^0-9]", "");
    }
}
