package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.packages.GuideRef;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Issue C, acceptance 2: what comes of X12 validates against its CARIN profiles, before and after it was decided. {@code -Dportolan.x12.validated} sets how many claims, {@code -Dportolan.seed} the seed. */
class X12ValidationTest {

    private static final int CLAIMS = Integer.getInteger("portolan.x12.validated", 16);

    @TempDir
    private Path folder;

    @Test
    void pac17_pac18_pac19_pac21_nearlyAllThatComesOfX12IsValid() throws Exception {
        String packages = System.getenv("PORTOLAN_PACKAGES");
        boolean present = packages != null && !packages.isBlank() && !packages.startsWith("${") && Files.isDirectory(Path.of(packages));
        if (!present && "true".equals(System.getenv("CI"))) {
            fail("PORTOLAN_PACKAGES names no folder of FHIR packages: CI needs them");
        }
        assumeTrue(present, "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        long seed = Long.getLong("portolan.seed", 42);
        new SamePlan(seed, Math.max(5, CLAIMS / 4), 4).writeX12(folder, 1);
        List<GuideRef> guides = List.of(new GuideRef("hl7.fhir.us.core", "6.1.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.0.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.1.0"));
        try (LoadFixture fixture = new LoadFixture(new LoadFixture.Definitions(Path.of(packages), guides))) {
            LoadRun run = fixture.load("x12", folder, new LoadOptions(false, false, false, LoadOptions.Validation.EVERY));
            assertThat(run.failure()).as("seed " + seed).isNull();
            long checked = 0;
            long valid = 0;
            Map<String, Long> kinds = new TreeMap<>();
            for (LoadRun.FileReport file : run.files()) {
                assertThat(file.rejected()).as("seed " + seed + " " + file.problems()).isZero();
                for (LoadRun.ProfileReport profile : file.profiles()) {
                    checked += profile.checked();
                    valid += profile.valid();
                    profile.issues().stream().filter(issue -> !issue.issue().startsWith("not decided")).forEach(issue -> kinds.merge(profile.profile() + " " + issue.issue(), issue.count(), Long::sum));
                }
            }
            System.out.printf("%d of %d resources valid, seed %d%n", valid, checked, seed);
            assertThat(checked).isGreaterThan(2L * CLAIMS);
            assertThat(run.files().stream().flatMap(file -> file.profiles().stream()).map(LoadRun.ProfileReport::profile)).anyMatch(profile -> profile.contains("C4BB-ExplanationOfBenefit-"));
            assertThat(LoadFixture.contents(fixture.pool, fixture.view()).entrySet().stream().filter(one -> one.getKey().startsWith("ExplanationOfBenefit/") && !one.getValue().contains("C4BB-ExplanationOfBenefit-")))
                .as("837s have the codes that the profiles ask for, but the network of a dentist").allSatisfy(one -> assertThat(one.getValue()).contains("\"code\":\"oral\""));
            assertThat(valid).as("seed " + seed + " " + kinds).isGreaterThanOrEqualTo((99 * checked + 99) / 100);
        }
    }
}
