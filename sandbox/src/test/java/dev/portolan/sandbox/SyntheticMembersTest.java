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
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Runs Synthea itself, twice, side by side: a run takes half a minute and more. */
class SyntheticMembersTest {

    private static final Population THREE = Population.of(3);
    private static final Progress SILENT = (work, done, total) -> { };
    private static final Path CACHE = Path.of("target", "sandbox").toAbsolutePath();
    private static final Path OTHER_CACHE = Path.of("target", "sandbox-again").toAbsolutePath();
    private static final List<String> REPORTED = Collections.synchronizedList(new ArrayList<>());
    private static SyntheticMembers members;
    private static SyntheticMembers again;

    @BeforeAll
    static void make() throws Exception {
        members = emptied(CACHE);
        again = emptied(OTHER_CACHE);
        SyntheaProgram.in(CACHE, SILENT);
        try (Stream<Path> programs = Files.list(CACHE)) {
            for (Path program : programs.filter(folder -> folder.getFileName().toString().startsWith("synthea-") && !Files.exists(OTHER_CACHE.resolve(folder.getFileName()))).toList()) {
                Files.createSymbolicLink(OTHER_CACHE.resolve(program.getFileName()), program);
            }
        }
        CompletableFuture<List<Path>> other = CompletableFuture.supplyAsync(() -> again.bundles(THREE, SILENT), work -> new Thread(work).start());
        members.bundles(THREE, (work, done, total) -> REPORTED.add(work));
        other.get();
    }

    private static SyntheticMembers emptied(Path cache) throws IOException {
        Files.createDirectories(cache);
        Folders.delete(cache.resolve("members-" + SyntheticMembers.EDITION));
        return new SyntheticMembers(cache);
    }

    @Test
    void makesTheSamePeopleWithTheSameIdsForTheSameSeed() {
        Set<String> first = keys(members.bundles(THREE, SILENT));
        assertThat(keys(again.bundles(THREE, SILENT))).isEqualTo(first);
        assertThat(first).filteredOn(key -> key.startsWith("Patient/")).hasSizeGreaterThanOrEqualTo(3);
        assertThat(first).anyMatch(key -> key.startsWith("Practitioner/")).anyMatch(key -> key.startsWith("Organization/"));
        assertThat(REPORTED).contains("Making synthetic members");
    }

    /** Type, id and content; the order within the run may differ. */
    private static Set<String> keys(List<Path> bundles) {
        Set<String> keys = new TreeSet<>();
        for (Path bundle : bundles) {
            for (JsonNode entry : entries(bundle)) {
                keys.add(entry.at("/request/url").asText());
            }
        }
        return keys;
    }

    private static JsonNode entries(Path bundle) {
        try (var in = new GZIPInputStream(Files.newInputStream(bundle))) {
            return new ObjectMapper().readTree(in).get("entry");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What Synthea makes and claims a profile is held to it. Claims of Synthea's have SNOMED CT and RxNorm where CARIN Blue Button's profiles want ICD-10-CM, CPT, HCPCS and NDC: they say so by claiming no
     * profile.
     */
    @Test
    void rst32_pac26_whatClaimsAProfileHoldsToIt() throws IOException {
        String packages = System.getenv("PORTOLAN_PACKAGES");
        boolean present = packages != null && !packages.isBlank() && !packages.startsWith("${") && Files.isDirectory(Path.of(packages));
        if (!present && "true".equals(System.getenv("CI"))) {
            fail("PORTOLAN_PACKAGES names no folder of FHIR packages: CI needs them");
        }
        assumeTrue(present, "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        ClaimedProfiles profiles = new ClaimedProfiles();
        for (Path bundle : members.clinicalBundles(THREE, SILENT)) {
            entries(bundle).forEach(entry -> profiles.add((ObjectNode) entry.get("resource")));
        }
        new CpcdsClaims().of(members.cpcds(THREE, SILENT)).forEach(profiles::add);
        assertThat(profiles.wrong(Path.of(packages), Integer.getInteger("portolan.sample", 2))).isEmpty();
        assertThat(profiles.claiming("us-core-observation-lab")).isPositive();
        assertThat(profiles.claiming("C4BB-Coverage")).isPositive();
        assertThat(profiles.withoutProfile("ExplanationOfBenefit")).isPositive();
    }
}
