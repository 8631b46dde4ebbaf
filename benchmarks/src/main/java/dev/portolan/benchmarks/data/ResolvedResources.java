package dev.portolan.benchmarks.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.http.FhirClient;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Synthea's transaction bundles as resources with ids of their own: temporary ({@code urn:uuid:}) and conditional
 * ({@code Practitioner?identifier=}) references are replaced, so that two servers can be given the same ids.
 */
public final class ResolvedResources {

    private final Map<String, String> targets = new HashMap<>();
    private final List<ObjectNode> resources = new ArrayList<>();

    private ResolvedResources() {}

    /** Reads a folder of bundles, hospitals and practitioners first, since the others refer to them. */
    public static List<ObjectNode> read(Path bundles) throws IOException {
        ResolvedResources read = new ResolvedResources();
        for (Path file : inLoadOrder(bundles)) {
            read.add(FhirClient.JSON.readTree(file.toFile()));
        }
        return Collections.unmodifiableList(read.resources);
    }

    /** The bundles of a folder in the order in which a server has to be given them. */
    public static List<Path> inLoadOrder(Path bundles) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(bundles, "*.json")) {
            all.forEach(files::add);
        }
        files.sort(Comparator.comparing(ResolvedResources::rank).thenComparing(Path::getFileName));
        return files;
    }

    private static int rank(Path file) {
        String name = file.getFileName().toString();
        return name.contains("hospitalInformation") ? 0 : name.contains("practitionerInformation") ? 1 : 2;
    }

    /** True for the bundles of organizations and practitioners, which members' bundles refer to. */
    public static boolean isShared(Path bundle) {
        return rank(bundle) < 2;
    }

    private void add(JsonNode bundle) {
        for (JsonNode entry : bundle.path("entry")) {
            ObjectNode resource = (ObjectNode) entry.path("resource");
            String self = resource.path("resourceType").asText() + "/" + resource.path("id").asText();
            targets.put(entry.path("fullUrl").asText(), self);
            for (JsonNode identifier : resource.path("identifier")) {
                targets.putIfAbsent(
                        resource.path("resourceType").asText() + "?identifier=" + identifier.path("system").asText()
                                + "|" + identifier.path("value").asText(),
                        self);
            }
        }
        for (JsonNode entry : bundle.path("entry")) {
            ObjectNode resource = (ObjectNode) entry.path("resource");
            resolve(resource);
            resources.add(resource);
        }
    }

    private void resolve(JsonNode node) {
        if (node.isObject() && node.path("reference").isTextual()) {
            String resolved = targets.get(node.path("reference").asText());
            if (resolved != null) {
                ((ObjectNode) node).put("reference", resolved);
            }
        }
        node.forEach(this::resolve);
    }
}
