package dev.portolan.intake.source;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonSyntaxException;
import dev.portolan.fhir.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file that is one JSON text over many lines: a Bundle, whose entries are the items and are counted like lines, or a single resource. References by {@code fullUrl} become references by id. The file is held
 * in memory; what is longer than a quarter of a gigabyte comes as NDJSON.
 */
public final class BundleFormat implements SourceFormat {

    private static final JsonName REFERENCE = JsonName.of("reference");
    private static final long LONGEST = 256L << 20;
    private static final JsonLimits LIMITS = new JsonLimits(Integer.MAX_VALUE, JsonLimits.DEFAULT.maxDepth(), Integer.MAX_VALUE);

    @Override
    public Items open(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = bytes(file, in);
        }
        JsonValue root;
        try {
            root = JsonDocument.parse(bytes, LIMITS).root();
        } catch (JsonSyntaxException e) {
            throw new SourceException(file.getFileName() + " is no JSON: " + e.getMessage(), e);
        }
        boolean bundle = "Bundle".equals(root.fieldText("resourceType"));
        return new Entries(bundle ? resources(root) : List.of(root), bundle ? ids(root) : Map.of());
    }

    /** What counts is the length when it is unpacked. It is asked for first: bytes of a packed file that is too long are not kept. */
    private static byte[] bytes(Path file, InputStream in) throws IOException {
        if (SourceBytes.isCompressed(file)) {
            try (InputStream counted = SourceBytes.of(file, Files.newInputStream(file))) {
                requireShort(file, counted.skip(LONGEST + 1));
            }
        } else {
            requireShort(file, Files.size(file));
        }
        return SourceBytes.of(file, in).readAllBytes();
    }

    private static void requireShort(Path file, long length) {
        if (length > LONGEST) {
            throw new SourceException(file.getFileName() + " is longer than " + (LONGEST >> 20) + " MB; bring it as NDJSON, one resource on each line");
        }
    }

    private static List<JsonValue> resources(JsonValue bundle) {
        List<JsonValue> resources = new ArrayList<>();
        JsonValue entries = bundle.field("entry");
        if (entries != null) {
            for (JsonValue entry : entries.children()) {
                JsonValue resource = entry.field("resource");
                resources.add(resource == null ? entry : resource);
            }
        }
        return resources;
    }

    private static Map<String, String> ids(JsonValue bundle) {
        Map<String, String> ids = new HashMap<>();
        JsonValue entries = bundle.field("entry");
        if (entries != null) {
            for (JsonValue entry : entries.children()) {
                JsonValue resource = entry.field("resource");
                String fullUrl = entry.fieldText("fullUrl");
                if (resource != null && fullUrl != null && resource.fieldText("id") != null) {
                    ids.put(fullUrl, resource.fieldText("resourceType") + "/" + resource.fieldText("id"));
                }
            }
        }
        return ids;
    }

    private static final class Entries implements Items {
        private final List<JsonValue> resources;
        private final Map<String, String> ids;
        private int next;

        private Entries(List<JsonValue> resources, Map<String, String> ids) {
            this.resources = resources;
            this.ids = ids;
        }

        @Override
        public @Nullable SourceItem next() {
            if (next == resources.size()) {
                return null;
            }
            byte[] resource = resources.get(next).toBytes();
            next++;
            return new SourceItem(next, 1, ids.isEmpty() ? resource : local(JsonDocument.parse(resource, LIMITS)), null, null);
        }

        private byte[] local(JsonDocument resource) {
            List<JsonEdit> edits = new ArrayList<>();
            for (JsonValue reference : resource.root().descendants(REFERENCE)) {
                String target = reference.isString() ? ids.get(reference.text()) : null;
                if (target != null) {
                    edits.add(new JsonEdit(reference.start(), reference.end(), ('"' + target + '"').getBytes(StandardCharsets.UTF_8)));
                }
            }
            return edits.isEmpty() ? resource.bytes() : resource.splice(edits);
        }

        @Override
        public long position() {
            return resources.isEmpty() || next == 0 ? 0 : resources.get(next - 1).end();
        }

        @Override
        public void close() {
            // all is in memory
        }
    }
}
