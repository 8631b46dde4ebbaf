package dev.portolan.benchmarks.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.http.FhirClient;
import dev.portolan.sandbox.Population;
import dev.portolan.sandbox.SyntheticMembers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** The sandbox's members as transaction bundles, under fixed ids, so that every server can be given the same. */
public final class SyntheticData {

    private final List<Path> files;

    private SyntheticData(List<Path> files) {
        this.files = List.copyOf(files);
    }

    /** Made by Synthea the first time, kept in {@code cache}. */
    public static SyntheticData of(int members, Path cache) {
        return new SyntheticData(new SyntheticMembers(cache).bundles(Population.of(members), (what, done, of) -> { }));
    }

    /** The folder of the same members' CPCDS files. */
    public static Path cpcds(int members, Path cache) {
        return new SyntheticMembers(cache).cpcds(Population.of(members), (what, done, of) -> { });
    }

    /** In loading order: what members' resources refer to comes first. Some are large: keep few of them at a time. */
    public List<Path> files() {
        return files;
    }

    /** One file's transaction bundle. */
    public static byte[] bytes(Path file) throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return in.readAllBytes();
        }
    }

    public static List<ObjectNode> resources(byte[] bundle) throws IOException {
        List<ObjectNode> resources = new ArrayList<>();
        for (JsonNode entry : FhirClient.JSON.readTree(bundle).path("entry")) {
            resources.add((ObjectNode) entry.path("resource"));
        }
        return resources;
    }
}
