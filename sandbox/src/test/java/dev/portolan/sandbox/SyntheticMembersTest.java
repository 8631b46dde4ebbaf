package dev.portolan.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Runs Synthea itself, twice: the last test looks at what the second run made. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SyntheticMembersTest {

    private static final Population THREE = Population.of(3);
    private final Path cache = Path.of("target", "sandbox").toAbsolutePath();

    @Test
    @Order(1)
    void makesTheSamePeopleWithTheSameIdsForTheSameSeed() throws IOException {
        List<String> reported = Collections.synchronizedList(new ArrayList<>());
        Set<String> first = keys(makeAgain((work, done, total) -> reported.add(work)));
        Set<String> second = keys(makeAgain((work, done, total) -> { }));
        assertThat(second).isEqualTo(first);
        assertThat(first).filteredOn(key -> key.startsWith("Patient/")).hasSizeGreaterThanOrEqualTo(3);
        assertThat(first).anyMatch(key -> key.startsWith("Practitioner/")).anyMatch(key -> key.startsWith("Organization/"));
        assertThat(reported).contains("Making synthetic members");
    }

    /** Claims of Synthea's have SNOMED CT and RxNorm where CARIN Blue Button's profiles want ICD-10-CM, CPT, HCPCS and NDC: they say so by claiming no profile. */
    @Test
    @Order(2)
    void rst32_pac26_whatClaimsAProfileHoldsToIt() throws IOException {
        String packages = System.getenv("PORTOLAN_PACKAGES");
        boolean present = packages != null && !packages.isBlank() && !packages.startsWith("${") && Files.isDirectory(Path.of(packages));
        if (!present && "true".equals(System.getenv("CI"))) {
            fail("PORTOLAN_PACKAGES names no folder of FHIR packages: CI needs them");
        }
        assumeTrue(present, "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        SyntheticMembers members = new SyntheticMembers(cache);
        ClaimedProfiles profiles = new ClaimedProfiles();
        for (Path bundle : members.clinicalBundles(THREE, (work, done, total) -> { })) {
            try (var in = new GZIPInputStream(Files.newInputStream(bundle))) {
                new ObjectMapper().readTree(in).get("entry").forEach(entry -> profiles.add((ObjectNode) entry.get("resource")));
            }
        }
        new CpcdsClaims().of(members.cpcds(THREE, (work, done, total) -> { })).forEach(profiles::add);
        assertThat(profiles.wrong(Path.of(packages), Integer.getInteger("portolan.sample", 2))).isEmpty();
        assertThat(profiles.claiming("us-core-observation-lab")).isPositive();
        assertThat(profiles.claiming("C4BB-Coverage")).isPositive();
        assertThat(profiles.withoutProfile("ExplanationOfBenefit")).isPositive();
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
