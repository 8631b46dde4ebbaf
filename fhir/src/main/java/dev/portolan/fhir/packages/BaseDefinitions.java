package dev.portolan.fhir.packages;

import ca.uhn.fhir.util.VersionUtil;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The base R4 definitions as a pack: XML Bundles of a library, and its search parameters. */
final class BaseDefinitions {

    private static final String SEARCH_PARAMETERS = "/org/hl7/fhir/r4/model/sp/search-parameters.json";

    private BaseDefinitions() {}

    /** Changes when the library does, so that a new release reads its definitions anew. */
    static String edition() {
        return VersionUtil.getVersion();
    }

    static void pack(PackFile.Writer writer) throws IOException {
        writer.manifest(
                """
                {"name":"%s","version":"%s","canonical":"http://hl7.org/fhir","title":"FHIR R4"}
                """
                        .formatted(GuideRef.BASE.id(), GuideRef.BASE.version())
                        .getBytes(StandardCharsets.UTF_8));
        Path definitions = Files.createTempFile("base-definitions", ".ndjson");
        try {
            XmlDefinitions.run(definitions);
            try (BufferedReader lines = Files.newBufferedReader(definitions)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    add(writer, line.getBytes(StandardCharsets.UTF_8));
                }
            }
        } finally {
            Files.delete(definitions);
        }
        try (InputStream in = Objects.requireNonNull(BaseDefinitions.class.getResourceAsStream(SEARCH_PARAMETERS), "the library has no search parameters")) {
            JsonValue entries = Objects.requireNonNull(JsonDocument.parse(in.readAllBytes()).root().field("entry"));
            for (JsonValue entry : entries.children()) {
                add(writer, Objects.requireNonNull(entry.field("resource")).toBytes());
            }
        }
    }

    private static void add(PackFile.Writer writer, byte[] resource) {
        PackEntry entry = Objects.requireNonNull(PackEntry.describe("", resource, false));
        String name = entry.type() + "-" + entry.id() + ".json";
        writer.add(new PackEntry(name, entry.type(), entry.id(), entry.url(), entry.version(), false, 0, 0, resource.length), resource);
    }
}
