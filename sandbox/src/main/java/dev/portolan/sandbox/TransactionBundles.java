package dev.portolan.sandbox;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

/**
 * Turns Synthea's bundles into transactions that can be sent again without harm: every entry is put under the id that Synthea gave it, every
 * reference names its target, and no transaction has more than some hundred entries (Synthea's longest life has 30,000).
 *
 * <p>Claims and their ExplanationOfBenefits come last and in files of their own: they are of no profile, so a sandbox takes what a CPCDS feed makes of the same claims instead.
 *
 * <p>Reads the files token by token: the longest is 60 MB.
 */
final class TransactionBundles {

    /** How the names of files end that have nothing but claims. */
    static final String CLAIMS = "-claims.json.gz";

    private static final int MOST_ENTRIES = 400;
    private static final Set<String> CLAIM_TYPES = Set.of("Claim", "ExplanationOfBenefit");
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
        write(bundle, keys, local, false);
        if (keys.stream().anyMatch(TransactionBundles::isClaim)) {
            write(bundle, keys, local, true);
        }
    }

    private static boolean isClaim(String key) {
        return CLAIM_TYPES.contains(key.substring(0, key.indexOf('/')));
    }

    /** Writes the bundle's claims, or all else. */
    private void write(Path bundle, List<String> keys, Map<String, String> local, boolean claims) throws IOException {
        Transaction transaction = null;
        try (JsonParser in = JSON.createParser(bundle.toFile())) {
            toEntries(in);
            for (int entry = 0; in.nextToken() == JsonToken.START_OBJECT; entry++) {
                if (isClaim(keys.get(entry)) != claims) {
                    in.skipChildren();
                    continue;
                }
                if (transaction == null || transaction.entries == MOST_ENTRIES) {
                    if (transaction != null) {
                        transaction.close();
                    }
                    transaction = new Transaction(folder.resolve("%06d".formatted(++written) + (claims ? CLAIMS : ".json.gz")));
                }
                writeEntry(in, transaction.out, keys.get(entry), local);
                transaction.entries++;
            }
        } finally {
            if (transaction != null) {
                transaction.close();
            }
        }
    }

    /** A file that is being written. */
    private static final class Transaction implements AutoCloseable {
        private final JsonGenerator out;
        private int entries;

        private Transaction(Path file) throws IOException {
            out = JSON.createGenerator(new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(file))));
            out.writeStartObject();
            out.writeStringField("resourceType", "Bundle");
            out.writeStringField("type", "transaction");
            out.writeArrayFieldStart("entry");
        }

        @Override
        public void close() throws IOException {
            out.writeEndArray();
            out.writeEndObject();
            out.close();
        }
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
