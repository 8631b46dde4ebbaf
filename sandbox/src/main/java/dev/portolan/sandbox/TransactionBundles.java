package dev.portolan.sandbox;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

/**
 * Turns Synthea's bundles into transactions that can be sent again without harm: every entry is put under the id that Synthea gave it, every
 * reference names its target, and no transaction has more than some hundred entries (Synthea's longest life has 30,000).
 *
 * <p>Reads the files token by token: the longest is 60 MB.
 */
final class TransactionBundles {

    private static final int MOST_ENTRIES = 400;
    private static final JsonFactory JSON = new JsonFactory();

    private final Path folder;
    /** {@code Practitioner?identifier=system|value} to {@code Practitioner/id}, of all bundles so far. */
    private final Map<String, String> conditional = new HashMap<>();
    private int written;

    TransactionBundles(Path folder) {
        this.folder = folder;
    }

    void add(Path bundle) throws IOException {
        List<String> keys = new ArrayList<>();
        Map<String, String> local = new HashMap<>();
        readKeys(bundle, keys, local);
        try (JsonParser in = JSON.createParser(bundle.toFile())) {
            toEntries(in);
            for (int entry = 0; in.nextToken() == JsonToken.START_OBJECT;) {
                entry = writeTransaction(in, keys, entry, local);
            }
        }
    }

    private int writeTransaction(JsonParser in, List<String> keys, int first, Map<String, String> local) throws IOException {
        Path file = folder.resolve("%06d.json.gz".formatted(++written));
        int entry = first;
        try (var stream = new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(file)));
                JsonGenerator out = JSON.createGenerator(stream)) {
            out.writeStartObject();
            out.writeStringField("resourceType", "Bundle");
            out.writeStringField("type", "transaction");
            out.writeArrayFieldStart("entry");
            writeEntry(in, out, keys.get(entry++), local);
            while (entry - first < MOST_ENTRIES && entry < keys.size() && in.nextToken() == JsonToken.START_OBJECT) {
                writeEntry(in, out, keys.get(entry++), local);
            }
            out.writeEndArray();
            out.writeEndObject();
        }
        return entry;
    }

    /** The parser stands at the entry's opening brace, and afterwards at its closing one. */
    private void writeEntry(JsonParser in, JsonGenerator out, String key, Map<String, String> local) throws IOException {
        out.writeStartObject();
        while (in.nextToken() != JsonToken.END_OBJECT) {
            String field = in.currentName();
            in.nextToken();
            if (field.equals("resource")) {
                out.writeFieldName("resource");
                copy(in, out, local);
            } else {
                in.skipChildren();
            }
        }
        out.writeObjectFieldStart("request");
        out.writeStringField("method", "PUT");
        out.writeStringField("url", key);
        out.writeEndObject();
        out.writeEndObject();
    }

    private void copy(JsonParser in, JsonGenerator out, Map<String, String> local) throws IOException {
        int depth = 0;
        do {
            JsonToken token = in.currentToken();
            if (token == JsonToken.VALUE_STRING && "reference".equals(in.currentName())) {
                String reference = in.getText();
                String target = local.get(reference);
                out.writeString(target != null ? target : conditional.getOrDefault(reference, reference));
            } else {
                out.copyCurrentEventExact(in);
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        } while (depth > 0 && in.nextToken() != null);
    }

    /** First pass: what each entry is called, and by which identifiers others refer to it. */
    private void readKeys(Path bundle, List<String> keys, Map<String, String> local) throws IOException {
        try (JsonParser in = JSON.createParser(bundle.toFile())) {
            toEntries(in);
            while (in.nextToken() == JsonToken.START_OBJECT) {
                String fullUrl = "";
                String key = "";
                List<String> identifiers = new ArrayList<>();
                while (in.nextToken() != JsonToken.END_OBJECT) {
                    String field = in.currentName();
                    in.nextToken();
                    switch (field) {
                        case "fullUrl" -> fullUrl = in.getText();
                        case "resource" -> key = readResource(in, identifiers);
                        default -> in.skipChildren();
                    }
                }
                String found = key;
                keys.add(found);
                local.put(fullUrl, found);
                String type = found.substring(0, found.indexOf('/'));
                identifiers.forEach(identifier -> conditional.put(type + "?identifier=" + identifier, found));
            }
        }
    }

    private static String readResource(JsonParser in, List<String> identifiers) throws IOException {
        String type = "";
        String id = "";
        while (in.nextToken() != JsonToken.END_OBJECT) {
            String field = in.currentName();
            in.nextToken();
            switch (field) {
                case "resourceType" -> type = in.getText();
                case "id" -> id = in.getText();
                case "identifier" -> readIdentifiers(in, identifiers);
                default -> in.skipChildren();
            }
        }
        return type + "/" + id;
    }

    private static void readIdentifiers(JsonParser in, List<String> identifiers) throws IOException {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            in.skipChildren();
            return;
        }
        while (in.nextToken() == JsonToken.START_OBJECT) {
            String system = "";
            String value = "";
            while (in.nextToken() != JsonToken.END_OBJECT) {
                String field = in.currentName();
                in.nextToken();
                switch (field) {
                    case "system" -> system = in.getText();
                    case "value" -> value = in.getText();
                    default -> in.skipChildren();
                }
            }
            identifiers.add(system + "|" + value);
        }
    }

    private static void toEntries(JsonParser in) throws IOException {
        in.nextToken();
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            boolean entries = "entry".equals(in.currentName());
            in.nextToken();
            if (entries) {
                return;
            }
            in.skipChildren();
        }
        throw new SandboxException("Synthea wrote a bundle without entries");
    }
}
