package dev.portolan.fhir.terminology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.packages.TestPackages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackageTerminologyTest {

    private static final String GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender";
    private static final String GENDER_CODES = "http://hl7.org/fhir/administrative-gender";
    private static final String ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    private static final String CDCREC = "urn:oid:2.16.840.1.113883.6.238";
    private static final String SNOMED = "http://snomed.info/sct";

    private final Terminology base = new PackageTerminology(TestPackages.base());

    @Test
    void aValueSetOfAWholeCodeSystemExpandsToItsCodes() {
        assertThat(base.expand(GENDER).orElseThrow())
                .containsExactlyInAnyOrder(coding("male"), coding("female"), coding("other"), coding("unknown"));
        assertThat(base.expand(GENDER + "|4.0.1")).isPresent();
        assertThat(base.expand(GENDER + "|9.9")).isEmpty();
        assertThat(base.expand("http://example.org/none")).isEmpty();
    }

    private static Coding coding(String code) {
        return new Coding(GENDER_CODES, code);
    }

    @ParameterizedTest
    @CsvSource({
        "http://hl7.org/fhir/ValueSet/administrative-gender, http://hl7.org/fhir/administrative-gender, male, IN",
        "http://hl7.org/fhir/ValueSet/administrative-gender, , male, IN",
        "http://hl7.org/fhir/ValueSet/administrative-gender, http://hl7.org/fhir/administrative-gender, M, NOT_IN",
        "http://hl7.org/fhir/ValueSet/administrative-gender, http://example.org/other, male, NOT_IN",
        "http://hl7.org/fhir/ValueSet/condition-code, http://snomed.info/sct, 73211009, UNKNOWN",
        "http://hl7.org/fhir/ValueSet/condition-code, http://loinc.org, 1-8, NOT_IN",
        "http://example.org/none, http://snomed.info/sct, 1, UNKNOWN",
        "http://hl7.org/fhir/ValueSet/ucum-units, http://unitsofmeasure.org, mg/dL, IN",
        "http://hl7.org/fhir/ValueSet/ucum-units, http://unitsofmeasure.org, bogus, NOT_IN",
        "http://hl7.org/fhir/ValueSet/mimetypes, urn:ietf:bcp:13, application/pdf, IN",
        "http://hl7.org/fhir/ValueSet/mimetypes, urn:ietf:bcp:13, pdf, NOT_IN",
        "http://hl7.org/fhir/ValueSet/all-languages, urn:ietf:bcp:47, en-US, IN",
        "http://hl7.org/fhir/ValueSet/all-languages, urn:ietf:bcp:47, xx-not, NOT_IN",
        "http://terminology.hl7.org/ValueSet/v3-ActEncounterCode, http://terminology.hl7.org/CodeSystem/v3-ActCode, AMB, IN",
        "http://terminology.hl7.org/ValueSet/v3-ActEncounterCode, http://terminology.hl7.org/CodeSystem/v3-ActCode, ACUTE, IN",
        "http://terminology.hl7.org/ValueSet/v3-ActEncounterCode, http://terminology.hl7.org/CodeSystem/v3-ActCode, FMC, NOT_IN"
    })
    void membershipIsSaidAsFarAsItIsKnown(String valueSet, String system, String code, Membership expected) {
        assertThat(base.contains(valueSet, system, code)).isEqualTo(expected);
    }

    @Test
    void hierarchiesAreFollowedBothWays() {
        Set<Coding> inpatient = base.descendants(ACT_CODE, "IMP").orElseThrow();
        assertThat(inpatient).contains(new Coding(ACT_CODE, "IMP"), new Coding(ACT_CODE, "ACUTE"), new Coding(ACT_CODE, "NONAC")).doesNotContain(new Coding(ACT_CODE, "AMB"));
        assertThat(base.ancestors(ACT_CODE, "ACUTE").orElseThrow()).contains(new Coding(ACT_CODE, "ACUTE"), new Coding(ACT_CODE, "IMP"));
        assertThat(base.descendants(SNOMED, "73211009")).isEmpty();
        assertThat(base.descendants(ACT_CODE, "no such code")).isEmpty();
        assertThat(base.subsumes(ACT_CODE, "IMP", "ACUTE")).isEqualTo(Membership.IN);
        assertThat(base.subsumes(ACT_CODE, "ACUTE", "IMP")).isEqualTo(Membership.NOT_IN);
        assertThat(base.subsumes(SNOMED, "1", "2")).isEqualTo(Membership.UNKNOWN);
    }

    @Test
    void anExpansionIsFilteredAndPaged() {
        Expansion all = base.expansion("http://hl7.org/fhir/ValueSet/resource-types", null, false, 0, 1000).orElseThrow();
        Expansion page = base.expansion("http://hl7.org/fhir/ValueSet/resource-types", null, false, 10, 5).orElseThrow();
        assertThat(page.total()).isEqualTo(all.total()).isGreaterThan(140);
        assertThat(page.concepts()).isEqualTo(all.concepts().subList(10, 15));
        assertThat(base.expansion("http://hl7.org/fhir/ValueSet/resource-types", "MedicationReq", false, 0, 10).orElseThrow().concepts())
                .extracting(Concept::code)
                .containsExactly("MedicationRequest");
    }

    @Test
    void anExpansionOfActiveCodesHasNoOthers() {
        String actCodes = "http://terminology.hl7.org/ValueSet/v3-ActCode";
        List<Concept> all = base.expansion(actCodes, null, false, 0, 20_000).orElseThrow().concepts();
        Expansion active = base.expansion(actCodes, null, true, 0, 20_000).orElseThrow();
        assertThat(all).anyMatch(Concept::inactive);
        assertThat(active.concepts()).noneMatch(Concept::inactive).hasSize(active.total()).hasSize((int) all.stream().filter(concept -> !concept.inactive()).count());
    }

    @Test
    void theNamesOfACodeAreThoseOfTheValueSetAndOfItsSystem() {
        assertThat(base.names(GENDER, coding("female"))).containsExactly("Female");
        assertThat(base.names(null, coding("f"))).isEmpty();
        assertThat(base.names(null, new Coding(SNOMED, "73211009"))).isEmpty();
        assertThat(base.valueSetVersion(GENDER)).contains("4.0.1");
        assertThat(base.codeSystemVersion(GENDER_CODES)).contains("4.0.1");
        assertThat(base.codeSystemVersion(SNOMED)).isEmpty();
        assertThat(base.has(GENDER_CODES + "|4.0.1", "male")).isEqualTo(Membership.IN);
        assertThat(base.has(GENDER_CODES + "|9.9", "male")).isEqualTo(Membership.UNKNOWN);
    }

    /** ISO 3166 has a number for each country, too; which ones nobody here knows. */
    @Test
    void theNumberOfACountryIsNotKnown() {
        assertThat(base.has("urn:iso:std:iso:3166", "US")).isEqualTo(Membership.IN);
        assertThat(base.has("urn:iso:std:iso:3166", "840")).isEqualTo(Membership.UNKNOWN);
        assertThat(base.contains("http://hl7.org/fhir/ValueSet/iso3166-1-N", "urn:iso:std:iso:3166", "840")).isEqualTo(Membership.UNKNOWN);
        assertThat(base.has("urn:iso:std:iso:3166", "84")).isEqualTo(Membership.NOT_IN);
    }

    /** BCP 47: extended languages, the language that is not known, and codes that have been replaced are valid. */
    @ParameterizedTest
    @CsvSource({"en, IN", "EN-us, IN", "es-419, IN", "zh-Hans-CN, IN", "zh-cmn-Hans, IN", "sgn-ase, IN", "und, IN", "iw, IN", "de-CH-x-phonebk, IN", "xx, NOT_IN", "xx-not, NOT_IN", "en_US, NOT_IN", "english, NOT_IN", "en-, NOT_IN", "e, NOT_IN", "en-us-us, NOT_IN"})
    void languagesAreThoseOfBcp47(String code, Membership expected) {
        assertThat(base.has("urn:ietf:bcp:47", code)).isEqualTo(expected);
    }

    @Test
    void aCodeIsLookedUpWithItsText() {
        assertThat(base.lookup(GENDER_CODES, "female").orElseThrow().display()).isEqualTo("Female");
        assertThat(base.lookup(GENDER_CODES, "f")).isEmpty();
        assertThat(base.lookup(SNOMED, "73211009")).isEmpty();
    }

    @Test
    void aConceptMapTranslates(@TempDir Path temp) throws Exception {
        Path content = Files.createDirectories(temp.resolve("example.maps#1.0.0/package"));
        Files.writeString(content.resolve("package.json"), "{\"name\":\"example.maps\",\"version\":\"1.0.0\"}");
        Files.writeString(
                content.resolve("ConceptMap-m.json"),
                """
                {"resourceType":"ConceptMap","url":"http://example.org/m","group":[{"source":"http://hl7.org/fhir/administrative-gender","target":"http://example.org/g",
                 "element":[{"code":"male","display":"A man","target":[{"code":"M","display":"Man","equivalence":"equivalent"}]},{"code":"other","target":[{"equivalence":"unmatched"}]},
                 {"code":"unknown","target":[{"code":"X","equivalence":"wider"}]}]}]}
                """);
        PackageSources sources = new PackageSources(null, temp, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache"));
        Terminology maps = new PackageTerminology(FhirPackages.load(sources, List.of(new GuideRef("example.maps", "1.0.0"))));
        Concept man = new Concept("http://example.org/g", "M", "Man", null, false, false);
        assertThat(maps.translate(null, coding("male"), null, false)).containsExactly(new Translation("equivalent", man, "http://example.org/m"));
        assertThat(maps.translate("http://example.org/m", coding("male"), "http://example.org/g", false)).hasSize(1);
        assertThat(maps.translate("http://example.org/m", coding("male"), "http://example.org/h", false)).isEmpty();
        assertThat(maps.translate(null, coding("other"), null, false)).isEmpty();
        assertThat(maps.translate("http://example.org/none", coding("male"), null, false)).isEmpty();
        assertThat(maps.knowsConceptMap("http://example.org/m")).isTrue();
        assertThat(maps.knowsConceptMap("http://example.org/none")).isFalse();
        assertThat(maps.mapsFrom(GENDER_CODES, null, false)).isTrue();
        assertThat(maps.mapsFrom(GENDER_CODES, "http://example.org/h", false)).isFalse();
        assertThat(maps.mapsFrom(SNOMED, null, false)).isFalse();
        // R4 translate, reverse: "return all the codes that might be mapped to this code".
        Concept male = new Concept(GENDER_CODES, "male", "A man", null, false, false);
        assertThat(maps.translate(null, new Coding("http://example.org/g", "M"), null, true)).containsExactly(new Translation("equivalent", male, "http://example.org/m"));
        assertThat(maps.translate(null, new Coding("http://example.org/g", "X"), GENDER_CODES, true)).extracting(Translation::equivalence).containsExactly("narrower");
        assertThat(maps.translate(null, new Coding("http://example.org/g", "M"), "http://example.org/h", true)).isEmpty();
        assertThat(maps.translate(null, coding("male"), null, true)).isEmpty();
        assertThat(maps.mapsFrom("http://example.org/g", GENDER_CODES, true)).isTrue();
        assertThat(maps.mapsFrom(GENDER_CODES, null, true)).isFalse();
    }

    @Test
    void codeSystemsAreCalledByTheirNames() {
        assertThat(base.codeSystemTitle(GENDER_CODES)).hasValue("AdministrativeGender");
        assertThat(base.codeSystemTitle("http://unitsofmeasure.org")).hasValueSatisfying(title -> assertThat(title).contains("UCUM"));
        assertThat(base.codeSystemTitle("http://example.org/none")).isEmpty();
    }

    @Test
    void raceAndEthnicityAreCheckedThoughTheirValueSetsAreVsacs() {
        Terminology guides = new PackageTerminology(TestPackages.guides());
        String race = "http://hl7.org/fhir/us/core/ValueSet/omb-race-category|6.1.0";
        assertThat(guides.contains(race, CDCREC, "2106-3")).isEqualTo(Membership.IN);
        assertThat(guides.contains(race, CDCREC, "2135-2")).isEqualTo(Membership.NOT_IN);
        assertThat(guides.contains("http://hl7.org/fhir/us/core/ValueSet/detailed-race|6.1.0", CDCREC, "1586-7")).isEqualTo(Membership.IN);
        assertThat(guides.contains("http://hl7.org/fhir/us/core/ValueSet/detailed-race|6.1.0", CDCREC, "2106-3")).isEqualTo(Membership.NOT_IN);
        assertThat(guides.contains("http://hl7.org/fhir/us/core/ValueSet/detailed-ethnicity|6.1.0", CDCREC, "2184-0")).isEqualTo(Membership.IN);
        assertThat(guides.contains("http://hl7.org/fhir/us/core/ValueSet/birthsex|6.1.0", null, "F")).isEqualTo(Membership.IN);
        assertThat(guides.contains("http://hl7.org/fhir/us/core/ValueSet/birthsex|6.1.0", null, "X")).isEqualTo(Membership.NOT_IN);
        assertThat(guides.contains("http://hl7.org/fhir/us/carin-bb/ValueSet/AMACPTCMSHCPCSProcedureCodes", "http://www.ama-assn.org/go/cpt", "99213"))
                .isEqualTo(Membership.UNKNOWN);
    }

    /** Any app may ask, for any address and for ever new ones. */
    @Test
    void whatNoPackageHasIsNotRemembered() {
        PackageTerminology asked = new PackageTerminology(TestPackages.base());
        String local = "http://cts.nlm.nih.gov/fhir/ValueSet/2.16.840.1.114222.4.11.836";
        assertThat(asked.has(GENDER_CODES, "male")).isEqualTo(Membership.IN);
        assertThat(asked.expand(GENDER)).isPresent();
        assertThat(asked.addressesKept()).isEqualTo(2);
        String longest = "x".repeat(10_000_000);
        for (int i = 0; i < 30; i++) {
            assertThat(asked.lookup("http://example.org/cs/" + i, "a")).isEmpty();
            assertThat(asked.has("http://example.org/cs/other/" + i, "a")).isEqualTo(Membership.UNKNOWN);
            assertThat(asked.expand("http://example.org/vs/" + i)).isEmpty();
            assertThat(asked.expand(GENDER + "|9." + i)).isEmpty();
            asked.expand(local + "|" + i + longest);
        }
        assertThat(asked.addressesKept()).isEqualTo(2);
    }

    /** The reader of units is recursive: what is too deep for it is no unit, and no exhausted stack either. */
    @Test
    void textWithoutEndIsNoUnit() {
        String ucum = "http://unitsofmeasure.org";
        assertThat(base.has(ucum, "(".repeat(60_000) + "m" + ")".repeat(60_000))).isEqualTo(Membership.NOT_IN);
        assertThat(base.has(ucum, "(".repeat(21) + "m" + ")".repeat(21))).isEqualTo(Membership.NOT_IN);
        assertThat(base.has(ucum, "m" + ".m".repeat(30_000))).isEqualTo(Membership.NOT_IN);
        assertThat(base.has(ucum, "((((m))))/s2")).isEqualTo(Membership.IN);
        assertThat(base.has(ucum, "m" + ".m".repeat(99))).isEqualTo(Membership.IN);
        for (String odd : List.of("m2147483648", "10*99999999999", "{", "}", "(", "/", "[", "m-", " ", "m{\u00e4}")) {
            assertThat(base.has(ucum, odd)).as(odd).isEqualTo(Membership.NOT_IN);
        }
    }

    /** Membership and expansion are two readings of one definition: where both answer they agree. */
    @Test
    void whatAnExpansionListsIsInAndWhatItDoesNotListIsOut() {
        Terminology guides = new PackageTerminology(TestPackages.guides());
        Random random = new Random(42);
        int expanded = 0;
        int sampled = 0;
        for (PackageResource resource : TestPackages.guides().resources("ValueSet")) {
            if (random.nextInt(6) != 0 || resource.url() == null || resource.version() == null) {
                continue;
            }
            sampled++;
            String canonical = resource.url() + "|" + resource.version();
            Optional<Set<Coding>> codes = guides.expand(canonical);
            if (codes.isPresent()) {
                expanded++;
                codes.get().stream().limit(20).forEach(code -> assertThat(guides.contains(canonical, code.system(), code.code())).as(canonical + code).isEqualTo(Membership.IN));
                new HashSet<>(codes.get()).stream().map(Coding::system).distinct().forEach(
                        system -> assertThat(guides.contains(canonical, system, "no-such-code-x")).as(canonical).isNotEqualTo(Membership.IN));
            }
        }
        assertThat(sampled).isGreaterThan(300);
        assertThat(expanded).isGreaterThan(sampled / 2);
    }
}
