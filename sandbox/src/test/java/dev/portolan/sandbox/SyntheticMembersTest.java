package dev.portolan.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.Set;
import java.util.zip.GZIPInputStream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.Test;

/** Runs Synthea itself, twice. */
class SyntheticMembersTest {

    private static final Population THREE = Population.of(3);
    private final Path cache = Path.of("target", "sandbox").toAbsolutePath();

    @Test
    void makesTheSamePeopleWithTheSameIdsForTheSameSeed() throws IOException {
        List<String> reported = Collections.synchronizedList(new ArrayList<>());
        Set<String> first = keys(makeAgain((work, done, total) -> reported.add(work)));
        Set<String> second = keys(makeAgain((work, done, total) -> { }));
        assertThat(second).isEqualTo(first);
        assertThat(first).filteredOn(key -> key.startsWith("Patient/")).hasSizeGreaterThanOrEqualTo(3);
        assertThat(first).anyMatch(key -> key.startsWith("Practitioner/")).anyMatch(key -> key.startsWith("Organization/"));
        assertThat(reported).contains("Making synthetic members");
    }

    private List<Path> makeAgain(Progress progress) throws IOException {
        Folders.delete(cache.resolve("members-" + SyntheticMembers.EDITION));
        return new SyntheticMembers(cache).bundles(THREE, progress);
    }

    /** Type, id and content; the order within the run may differ. */
    private static Set<String> keys(List<Path> bundles) {
        Set<String> keys = new TreeSet<>();
        for (Path bundle : bundles) {
            try (var in = new GZIPInputStream(Files.newInputStream(bundle))) {
                for (JsonNode entry : new ObjectMapper().readTree(in).get("entry")) {
                    keys.add(entry.at("/request/url").asText());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return keys;
    }
}
