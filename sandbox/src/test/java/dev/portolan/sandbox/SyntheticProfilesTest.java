package dev.portolan.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/**
 * What Synthea makes and claims a profile is held to it. Claims of Synthea's have SNOMED CT and RxNorm where CARIN Blue Button's profiles want ICD-10-CM, CPT, HCPCS and NDC: they say so by claiming no
 * profile.
 */
class SyntheticProfilesTest {

    private static final Population THREE = Population.of(3);

    @Test
    void rst32_pac26_whatClaimsAProfileHoldsToIt() throws IOException {
        String packages = System.getenv("PORTOLAN_PACKAGES");
        boolean present = packages != null && !packages.isBlank() && !packages.startsWith("${") && Files.isDirectory(Path.of(packages));
        if (!present && "true".equals(System.getenv("CI"))) {
            fail("PORTOLAN_PACKAGES names no folder of FHIR packages: CI needs them");
        }
        assumeTrue(present, "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        SyntheticMembers members = new SyntheticMembers(Path.of("target", "sandbox-profiles").toAbsolutePath());
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
}
