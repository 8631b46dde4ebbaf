package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.store.ResourceKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Issue C, acceptance 2: what a CPCDS feed becomes holds to its CARIN Blue Button profiles, by HAPI's validator.
 *
 * <p>A few claims of each kind by default. {@code -Dportolan.cpcds=DIR} takes an export of Synthea's, {@code -Dportolan.validation=every|shapes|sample} says how much of it is validated, {@code -Dportolan.seed=N} repeats a run.
 */
class CarinValidityTest {

    private static final List<GuideRef> GUIDES = List.of(new GuideRef("hl7.fhir.us.core", "6.1.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.0.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.1.0"),
        new GuideRef("hl7.fhir.us.davinci-pdex", "2.1.0"),
        new GuideRef("hl7.fhir.uv.extensions.r4", "5.2.0"), new GuideRef("hl7.terminology.r4", "7.0.1"));
    private static final Set<String> ASKED = Set.of("C4BB-ExplanationOfBenefit-Inpatient-Institutional", "C4BB-ExplanationOfBenefit-Outpatient-Institutional", "C4BB-ExplanationOfBenefit-Professional-NonClinician",
        "C4BB-ExplanationOfBenefit-Pharmacy", "C4BB-Coverage", "C4BB-Patient", "C4BB-Practitioner", "C4BB-Organization");
    private static final Set<String> CLINICAL = Set.of("us-core-encounter", "us-core-condition-encounter-diagnosis", "us-core-procedure", "pdex-medicationdispense", "us-core-immunization", "pdex-device");
    private static final Set<String> KEYS = Set.of("Claim unique identifier", "Claim type", "Line number", "Coverage id", "Member id", "Claim service start date", "Patient account number", "Claim payer identifier", "Payer identifier",
        "Claim billing provider NPI", "Coverage status");
    private static final int PROVENANCES = 8;
    private static final double WANTED = 0.99;

    @TempDir
    private Path folder;

    @Test
    void edi01_pac17_to_pac21_pac26_whatAFeedBecomesIsValidByItsProfiles() throws Exception {
        String packages = System.getenv("PORTOLAN_PACKAGES");
        assumeTrue(packages != null && !packages.isBlank() && !packages.startsWith("${") && Files.isDirectory(Path.of(packages)), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        String given = System.getProperty("portolan.cpcds");
        long seed = Long.getLong("portolan.seed", 42);
        CpcdsFiles.write(folder, seed, 4, 4);
        OralClaims.write(folder, 2);
        CompoundClaims.write(folder, 1);
        LoadOptions options = new LoadOptions(false, false, false, LoadOptions.Validation.valueOf(System.getProperty("portolan.validation", "every").toUpperCase(Locale.ROOT)));
        try (LoadFixture fixture = new LoadFixture(new LoadFixture.Definitions(Path.of(packages), GUIDES))) {
            LoadRun run = fixture.load("cpcds", given != null ? Path.of(given) : folder, options, Map.of("clinical", "false"));
            assertThat(run.failure()).isNull();
            check(run, "seed " + seed + (given == null ? "" : ", not used: " + given), given == null);
        }
    }

    /** Extracts have holes: what lacks something that its profile asks for does not name the profile, and what names it holds to it. */
    @Test
    void pac26_whatNamesAProfileHoldsToItWhateverColumnsAreEmpty() throws Exception {
        String packages = System.getenv("PORTOLAN_PACKAGES");
        assumeTrue(packages != null && !packages.isBlank() && !packages.startsWith("${") && Files.isDirectory(Path.of(packages)), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        long seed = Long.getLong("portolan.seed", 42);
        CpcdsFiles.write(folder, seed, 4, 4);
        OralClaims.write(folder, 3);
        CompoundClaims.write(folder, 2);
        for (String name : List.of("CPCDS_Claims.csv", "Dental_Claims.csv", "Compound_Claims.csv", "CPCDS_Coverages.csv")) {
            emptySome(folder.resolve(name), new Random(seed));
        }
        LoadOptions options = new LoadOptions(false, false, false, LoadOptions.Validation.EVERY);
        try (LoadFixture fixture = new LoadFixture(new LoadFixture.Definitions(Path.of(packages), GUIDES))) {
            LoadRun run = fixture.load("cpcds", folder, options);
            assertThat(run.failure()).isNull();
            assertThat(counts(run).keySet()).as("some still name theirs").contains("C4BB-ExplanationOfBenefit-Pharmacy", "C4BB-Patient");
            counts(run).forEach((profile, count) -> assertThat(count[1]).as("seed " + seed + ": " + profile + " " + findings(run)).isEqualTo(count[0]));
        }
    }

    /** In each record a quarter of the columns, but for its keys. */
    private static void emptySome(Path file, Random random) throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        List<String> header = List.of(lines.get(0).split(","));
        Map<String, Set<Integer>> empty = new HashMap<>();
        for (int i = 1; i < lines.size(); i++) {
            String[] cells = lines.get(i).split(",", -1);
            Set<Integer> places = empty.computeIfAbsent(cells[0], any -> IntStream.range(0, header.size()).filter(place -> !KEYS.contains(header.get(place)) && random.nextInt(4) == 0).boxed().collect(Collectors.toSet()));
            places.forEach(place -> cells[place] = "");
            lines.set(i, String.join(",", cells));
        }
        Files.write(file, lines);
    }

    /** What the claims say of care: Encounter, Condition, Procedure, MedicationDispense, and by the plan's maps Immunization and Device, with the Provenance of all of them. */
    @Test
    void pac31_whatClaimsSayOfCareIsValidByItsProfiles() throws Exception {
        String packages = System.getenv("PORTOLAN_PACKAGES");
        assumeTrue(packages != null && !packages.isBlank() && !packages.startsWith("${") && Files.isDirectory(Path.of(packages)), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        String given = System.getProperty("portolan.cpcds");
        CpcdsFiles.write(folder, Long.getLong("portolan.seed", 42), 4, 4);
        Path claims = folder.resolve("CPCDS_Claims.csv");
        Files.writeString(claims, Files.readString(claims).replaceAll("(?m)^(cl-1-0,.*),G0463,Hospital outpatient clinic visit,HCPCS$", "$1,90686,Influenza vaccine,CPT")
            .replaceAll("(?m)^(cl-2-0,.*),G0463,Hospital outpatient clinic visit,HCPCS$", "$1,C1785,Pacemaker,HCPCS"));
        LoadOptions options = new LoadOptions(false, false, false, LoadOptions.Validation.valueOf(System.getProperty("portolan.validation", "every").toUpperCase(Locale.ROOT)));
        LoadFixture.Definitions definitions = new LoadFixture.Definitions(Path.of(packages), GUIDES);
        try (LoadFixture fixture = new LoadFixture(definitions); ProfileValidator validator = new ProfileValidator(definitions.packages, definitions.terminology, 1)) {
            fixture.conceptMap("vaccine", "90686", "http://hl7.org/fhir/sid/cvx", "150");
            fixture.conceptMap("device", "C1785", "http://snomed.info/sct", "14106009");
            LoadRun run = fixture.load("cpcds", given != null ? Path.of(given) : folder, options);
            assertThat(run.failure()).isNull();
            Map<String, long[]> counts = counts(run);
            assertThat(counts.keySet()).containsAll(given == null ? CLINICAL : Set.of("us-core-encounter"));
            CLINICAL.stream().filter(counts::containsKey).forEach(profile ->
                assertThat(counts.get(profile)[1]).as(profile + " " + findings(run)).isEqualTo(counts.get(profile)[0]).isPositive());
            // The engine's own, beside the records.
            List<ResourceKey> provenances = LoadFixture.contents(fixture.pool, fixture.view()).keySet().stream().filter(key -> key.startsWith("Provenance/")).limit(PROVENANCES)
                .map(key -> new ResourceKey("Provenance", key.substring("Provenance/".length()))).toList();
            assertThat(provenances).hasSize(PROVENANCES).allSatisfy(key -> {
                JsonDocument provenance = fixture.read(key.type(), key.id());
                assertThat(provenance.root().field("meta").toJson()).contains("pdex-provenance");
                assertThat(validator.validate(provenance, List.of()).issues()).as(key.toString()).noneMatch(issue -> issue.severity().invalid());
            });
        }
    }

    private static void check(LoadRun run, String files, boolean complete) throws IOException {
        Map<String, long[]> counts = counts(run);
        Map<String, Long> findings = findings(run);
        counts.forEach((profile, count) -> System.out.printf("%-60s %,d of %,d valid, in %,d a value set was not to be had%n", profile, count[1], count[0], count[2]));
        findings.forEach((finding, count) -> System.out.printf("%,8d %s%n", count, finding));
        counts.forEach((profile, count) -> {
            if (ASKED.contains(profile) || profile.startsWith("C4BB")) {
                assertThat((double) count[1] / count[0]).as(profile + " of " + files + ": " + findings).isGreaterThanOrEqualTo(WANTED);
            }
        });
        assertThat(counts.keySet()).as(files).containsAll(complete ? ASKED : Set.of("C4BB-Coverage"));
    }

    /** By profile: checked, valid, with a value set that was not to be had. */
    private static Map<String, long[]> counts(LoadRun run) {
        Map<String, long[]> counts = new TreeMap<>();
        for (LoadRun.FileReport file : run.files()) {
            for (LoadRun.ProfileReport profile : file.profiles()) {
                long[] count = counts.computeIfAbsent(profile.profile().replaceAll(".*/|\\|.*", ""), any -> new long[3]);
                count[0] += profile.checked();
                count[1] += profile.valid();
                count[2] += profile.notChecked();
            }
        }
        return counts;
    }

    private static Map<String, Long> findings(LoadRun run) {
        Map<String, Long> findings = new TreeMap<>();
        run.files().forEach(file -> file.profiles().forEach(profile -> profile.issues().forEach(issue -> findings.merge(profile.profile() + ": " + issue.issue(), issue.count(), Long::sum))));
        return findings;
    }
}
