package dev.portolan.patientaccess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.NotChecked;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.fhir.validation.ValidationReport;
import dev.portolan.sandbox.personas.PersonaResource;
import dev.portolan.sandbox.personas.Personas;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The sandbox's members show everything that the guides' CapabilityStatements ask a server to support, and show it rightly (issue C, acceptance 3). */
class PersonasTest {

    private static final String CORE = "http://hl7.org/fhir/us/core/StructureDefinition/";
    private static final String FHIR = "http://hl7.org/fhir/StructureDefinition/";
    private static final List<GuideRef> SHOWN = List.of(new GuideRef("hl7.fhir.us.core", "6.1.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.0.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.1.0"));
    /** One version of each guide but CARIN Blue Button, which puts its version into every claim; PDex 2.1.0 with what it stands on. */
    private static final List<GuideRef> GUIDES = List.of(SHOWN.get(0), SHOWN.get(1), SHOWN.get(2), new GuideRef("hl7.fhir.us.davinci-pdex", "2.1.0"), new GuideRef("hl7.fhir.us.davinci-hrex", "1.1.0"), new GuideRef("hl7.fhir.us.davinci-pas", "2.1.0"),
        new GuideRef("hl7.fhir.uv.sdc", "3.0.0"), new GuideRef("hl7.fhir.uv.extensions.r4", "5.2.0"), new GuideRef("hl7.fhir.uv.tools.r4", "1.1.2"), new GuideRef("local.xver-r5.r4.subset", "0.1.0"), new GuideRef("hl7.terminology.r4", "7.0.1"));
    /** Findings that are the guides' own, each with its reason. */
    private static final List<Pattern> EXPLAINED = List.of(
        // PDex 2.1.0 asks for these extensions at places that their own definitions (PAS 2.1.0, PDex 2.1.0) do not list.
        Pattern.compile("ExplanationOfBenefit.(item|adjudication.extension) The extension http://hl7.org/fhir/us/davinci-(pas|pdex)/StructureDefinition/\\S+ is not allowed to be used at this point.*", Pattern.DOTALL),
        // The rule follows a reference, which a validator of one resource cannot: rst33 follows it.
        Pattern.compile("ExplanationOfBenefit.careTeam Constraint failed: EOB-\\w+-careTeam-practitioner.*", Pattern.DOTALL));
    /** Inherited from all vital signs, but a blood pressure's values are those of its two components: R4's own profile of it allows no other. */
    private static final String OF_THE_COMPONENTS = CORE + "us-core-blood-pressure|6.1.0 Observation.value[x]";
    private static final List<String> OF_PDEX = List.of("pdex-priorauthorization", "pdex-device", "pdex-medicationdispense", "pdex-provenance");

    private static FhirPackages packages;
    private static PackageTerminology terminology;
    private static final Map<String, JsonDocument> RESOURCES = new LinkedHashMap<>();
    private static final Map<String, JsonValue> PROFILES = new HashMap<>();
    private static final Map<String, List<String>> FINDINGS = new LinkedHashMap<>();
    private static final Map<String, Set<String>> CHAINS = new HashMap<>();

    @BeforeAll
    static void read() {
        String folder = System.getenv("PORTOLAN_PACKAGES");
        assumeTrue(folder != null && !folder.isBlank() && !folder.startsWith("${") && Files.isDirectory(Path.of(folder)), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        packages = FhirPackages.load(new PackageSources(Path.of(folder), null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), GUIDES);
        terminology = new PackageTerminology(packages);
        for (PersonaResource each : Personas.resources()) {
            // As the server will stamp it: CARIN Blue Button asks for meta.lastUpdated.
            String stamped = each.json().replaceFirst("\"meta\":\\{", "\"meta\":{\"lastUpdated\":\"2026-01-01T00:00:00.000Z\",");
            assertThat(RESOURCES.put(each.reference(), JsonDocument.parse(stamped.getBytes(StandardCharsets.UTF_8)))).as("two resources are called " + each.reference()).isNull();
        }
    }

    private static Set<String> claimed(JsonDocument resource) {
        Set<String> profiles = new LinkedHashSet<>();
        JsonValue claimed = resource.root().field("meta").field("profile");
        if (claimed != null) {
            claimed.children().forEach(each -> profiles.add(each.text()));
        }
        return profiles;
    }

    /** Canonicals with versions of the profiles that the guides' CapabilityStatements name, and of PDex those of a patient's API. */
    private static Set<String> askedProfiles() {
        Set<String> asked = new TreeSet<>();
        for (GuideRef guide : SHOWN) {
            FhirPackage each = packages.guide(guide.id(), guide.version()).orElseThrow();
            for (PackageResource statement : each.resources()) {
                if (statement.resourceType().equals("CapabilityStatement") && !statement.example() && isServer(statement.document().root())) {
                    // SDC's Questionnaire is the one that is another guide's: what a QuestionnaireResponse answers.
                    supported(statement.document().root()).stream().filter(profile -> profile.startsWith(each.canonical())).forEach(profile -> asked.add(profile.replaceAll("\\|.*", "") + "|" + guide.version()));
                }
            }
        }
        OF_PDEX.forEach(name -> asked.add("http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/" + name + "|2.1.0"));
        return asked;
    }

    private static boolean isServer(JsonValue statement) {
        return "server".equals(statement.field("rest").firstChild().fieldText("mode"));
    }

    private static List<String> supported(JsonValue statement) {
        List<String> profiles = new ArrayList<>();
        for (JsonValue resource : statement.field("rest").firstChild().field("resource").children()) {
            JsonValue named = resource.field("supportedProfile");
            if (named != null) {
                named.children().forEach(profile -> profiles.add(profile.text()));
            }
        }
        return profiles;
    }

    /** The resources that are of a profile: they claim it, or one that is derived from it. */
    private static List<JsonDocument> instances(String canonical) {
        List<JsonDocument> instances = new ArrayList<>();
        for (JsonDocument resource : RESOURCES.values()) {
            if (claimed(resource).stream().anyMatch(claim -> derives(claim, canonical))) {
                instances.add(resource);
            }
        }
        return instances;
    }

    private static boolean derives(String claim, String canonical) {
        return CHAINS.computeIfAbsent(claim, PersonasTest::chain).contains(canonical);
    }

    /** A profile and those that it is derived from, with their versions. */
    private static Set<String> chain(String claim) {
        Set<String> chain = new LinkedHashSet<>();
        String own = claim;
        while (own != null && !own.startsWith("http://hl7.org/fhir/StructureDefinition/")) {
            PackageResource definition = packages.find("StructureDefinition", own).orElseThrow();
            chain.add(definition.url() + "|" + definition.version());
            String base = profile(own).fieldText("baseDefinition");
            // A guide's own base of the same version, else the version that is loaded.
            String ownBase = base.replaceAll("\\|.*", "") + "|" + definition.version();
            own = packages.find("StructureDefinition", ownBase).isPresent() ? ownBase : base.replaceAll("\\|.*", "");
        }
        return chain;
    }

    private static JsonValue profile(String canonical) {
        return PROFILES.computeIfAbsent(canonical, any -> packages.find("StructureDefinition", canonical).orElseThrow(() -> new AssertionError("no package has " + canonical)).document().root());
    }

    @Test
    void rst31_pac17_to_pac21_everyMustSupportElementOfEveryProfileIsShown() {
        List<String> missing = new ArrayList<>();
        int elements = 0;
        Set<String> profiles = askedProfiles();
        for (String canonical : profiles) {
            if (instances(canonical).isEmpty()) {
                missing.add(canonical + ": no instance");
                continue;
            }
            elements += new MustSupport(profile(canonical), terminology).elementIds().size();
            missing(canonical).forEach(element -> missing.add(canonical + " " + element));
        }
        System.out.println(profiles.size() + " profiles, " + elements + " must-support elements");
        assertThat(missing).isEmpty();
        assertThat(profiles).hasSizeGreaterThan(60);
        assertThat(elements).isGreaterThan(1_000);
    }

    /** What the validator says, once for all tests: of each resource the findings that nothing explains. */
    private static synchronized Map<String, List<String>> findings() {
        if (FINDINGS.isEmpty()) {
            Map<String, Integer> unchecked = new TreeMap<>();
            Map<String, Integer> explained = new TreeMap<>();
            int provenances = 0;
            try (ProfileValidator validator = new ProfileValidator(packages, terminology, 2)) {
                for (Map.Entry<String, JsonDocument> each : RESOURCES.entrySet()) {
                    // They are all made by one rule: every tenth, and those of the prior authorizations.
                    if (each.getKey().startsWith("Provenance/") && provenances++ % 10 != 0 && !each.getKey().contains("amara-pa")) {
                        continue;
                    }
                    FINDINGS.put(each.getKey(), unexplained(validator.validate(each.getValue(), List.of()), unchecked, explained));
                }
            }
            System.out.println(FINDINGS.size() + " resources validated; not checked: " + unchecked.values().stream().mapToInt(Integer::intValue).sum() + " bindings of " + unchecked.size() + " kinds; explained: " + explained.size() + " kinds");
        }
        return FINDINGS;
    }

    private static List<String> unexplained(ValidationReport report, Map<String, Integer> unchecked, Map<String, Integer> explained) {
        List<String> wrong = new ArrayList<>();
        for (Issue issue : report.issues()) {
            String finding = issue.expression().replaceAll("\\[\\d+]", "") + " " + issue.message();
            if (issue.severity().invalid() && EXPLAINED.stream().anyMatch(reason -> reason.matcher(finding).matches())) {
                explained.merge(finding, 1, Integer::sum);
            } else if (issue.severity().invalid()) {
                wrong.add(finding);
            }
        }
        for (NotChecked gap : report.notChecked()) {
            unchecked.merge(gap.message(), 1, Integer::sum);
        }
        return wrong;
    }

    /** Resources of one profile are there, the validator has looked at each or at some of each ten, and found nothing. */
    private static List<JsonDocument> valid(String profile, int atLeast) {
        List<String> checked = findings().keySet().stream().filter(name -> claimed(RESOURCES.get(name)).stream().anyMatch(claim -> claim.contains(profile))).toList();
        assertThat(checked).as(profile).hasSizeGreaterThanOrEqualTo(atLeast).allSatisfy(name -> assertThat(findings().get(name)).as(name).isEmpty());
        return checked.stream().map(RESOURCES::get).toList();
    }

    @Test
    void rst32_everyResourceIsValidByItsProfiles() {
        Map<String, List<String>> wrong = new TreeMap<>(findings());
        wrong.values().removeIf(List::isEmpty);
        assertThat(wrong).isEmpty();
        assertThat(findings()).hasSizeGreaterThan(100);
    }

    /** US Core requires a type of LOINC's scale Doc, which no package lists, so that no validator here misses it. The notes of its list and the three narratives of its guidance are of that scale; a panel such as an echocardiogram's is not. */
    @Test
    void rst32_everyDocumentIsOfATypeThatUsCoreNames() {
        Set<String> notes = new TreeSet<>(Set.of("18748-4", "11502-2", "11526-1"));
        packages.find("ValueSet", "http://hl7.org/fhir/us/core/ValueSet/us-core-clinical-note-type").orElseThrow().document().root().field("compose").field("include").firstChild().field("concept").children()
            .forEach(concept -> notes.add(concept.fieldText("code")));
        List<JsonDocument> documents = instances(CORE + "us-core-documentreference|6.1.0");
        assertThat(documents).hasSizeGreaterThan(5).allSatisfy(each -> {
            List<String> types = new ArrayList<>();
            each.root().field("type").field("coding").children().forEach(coding -> types.add(coding.fieldText("code")));
            assertThat(types).as(each.root().fieldText("id")).anyMatch(notes::contains);
        });
    }

    /** PAC-27: a package's code has ten digits with its hyphens, as HL7 has it, or eleven without any, as claims do. What has eleven and hyphens is in no list. */
    @Test
    void pac27_drugsHaveTheCodesThatAListOfDrugsHas() {
        Pattern drug = Pattern.compile("\"http://hl7.org/fhir/sid/ndc\",\"code\":\"([^\"]*)\"");
        List<String> codes = RESOURCES.values().stream().flatMap(each -> drug.matcher(each.root().toJson()).results().map(match -> match.group(1))).toList();
        assertThat(codes).isNotEmpty().allSatisfy(code -> assertThat(code).matches("\\d{4}-\\d{4}-\\d{2}|\\d{5}-\\d{3}-\\d{2}|\\d{5}-\\d{4}-\\d|\\d{11}"));
    }

    /** A claim of one version of CARIN Blue Button refers to resources of that version: its profiles have their versions in meta.profile. */
    @Test
    void pac26_whatAClaimRefersToIsOfTheClaimsVersionOfCarin() {
        Pattern claim = Pattern.compile(".*/C4BB-ExplanationOfBenefit-.*\\|(.*)");
        Pattern reference = Pattern.compile("\"reference\":\"((Patient|Coverage|Organization|Practitioner|RelatedPerson)/[^\"]*)\"");
        Set<String> wrong = new TreeSet<>();
        RESOURCES.forEach((name, resource) -> claimed(resource).stream().map(claim::matcher).filter(Matcher::matches).forEach(match -> reference.matcher(resource.root().toJson()).results()
            .filter(found -> !claimed(RESOURCES.get(found.group(1))).contains("http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-" + found.group(2) + "|" + match.group(1)))
            .forEach(found -> wrong.add(found.group(1) + " for " + match.group(1)))));
        assertThat(wrong).isEmpty();
    }

    /** FHIR R4 asks every vital sign to be of its own profiles, too. US Core 6.1.0 does not stand on them, US Core 3.1.1 does. */
    @Test
    void rst32_vitalSignsAreValidByTheProfilesOfFhirItself() {
        // US Core asks for a flow of oxygen in litres a minute, which R4's list of units for vital signs lacks.
        Pattern flow = Pattern.compile("Observation.component.value.* \\(http://unitsofmeasure.org#L/min\\).*", Pattern.DOTALL);
        Map<String, List<String>> wrong = new TreeMap<>();
        int[] signs = {0};
        try (ProfileValidator validator = new ProfileValidator(packages, terminology, 2)) {
            RESOURCES.forEach((name, resource) -> {
                if (!isVitalSign(resource)) {
                    return;
                }
                signs[0]++;
                String own = FHIR + (claimed(resource).contains(CORE + "us-core-blood-pressure") ? "bp" : "vitalsigns");
                List<String> findings = unexplained(validator.validate(resource, List.of(own)), new TreeMap<>(), new TreeMap<>());
                wrong.put(name, findings.stream().filter(finding -> !flow.matcher(finding).matches()).toList());
            });
        }
        wrong.values().removeIf(List::isEmpty);
        assertThat(wrong).isEmpty();
        assertThat(signs[0]).isGreaterThan(20);
    }

    private static boolean isVitalSign(JsonDocument resource) {
        return claimed(resource).stream().anyMatch(claim -> derives(claim, CORE + "us-core-vital-signs|6.1.0"));
    }

    /** Must be supported in US Core 3.1.1, on which PDex 2.0.0 stands, and no more in 6.1.0: Inferno's PDex suite looks for it. */
    @Test
    void rst31_aSmokingStatusSaysWhenItWasIssued() {
        assertThat(RESOURCES.values()).anySatisfy(each -> {
            assertThat(claimed(each)).contains(CORE + "us-core-smokingstatus");
            assertThat(each.root().fieldText("issued")).isNotNull();
        });
    }

    @Test
    void pac10_priorAuthorizationsAreValidAndSayWhatWasDecidedAndWhyNot() {
        List<JsonDocument> authorizations = valid("pdex-priorauthorization", 5);
        assertThat(authorizations).allSatisfy(each -> assertThat(each.root().toJson()).contains("\"use\":\"preauthorization\"", "extension-reviewAction"));
        assertThat(authorizations).anySatisfy(each -> assertThat(each.root().toJson()).contains("\"code\":\"A3\"", "\"code\":\"denialreason\""));
    }

    @Test
    void pac18_outpatientClaimsAreValidAndShowEveryMustSupportSlice() {
        valid("C4BB-ExplanationOfBenefit-Outpatient-Institutional", 2);
        showsAll("C4BB-ExplanationOfBenefit-Outpatient-Institutional", 40);
    }

    @Test
    void pac19_professionalClaimsAreValidWithTransportAndVisionAndShowEveryMustSupportSlice() {
        List<JsonDocument> claims = valid("C4BB-ExplanationOfBenefit-Professional-NonClinician", 4);
        assertThat(claims).anySatisfy(each -> assertThat(each.root().toJson()).contains("ambulancetransportreason", "pickuplocation", "dropofflocation"));
        assertThat(claims).anySatisfy(each -> assertThat(each.root().field("type").toJson()).contains("\"vision\""));
        showsAll("C4BB-ExplanationOfBenefit-Professional-NonClinician", 40);
    }

    @Test
    void pac29_devicesDispensesAndProvenancesOfPdexAreValidAndShowWhatMustBeSupported() {
        for (String name : List.of("pdex-device", "pdex-medicationdispense", "pdex-provenance")) {
            valid("/" + name, 1);
            String canonical = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/" + name + "|2.1.0";
            assertThat(missing(canonical)).as(canonical).isEmpty();
        }
    }

    /** In both versions of CARIN Blue Button. */
    private static void showsAll(String name, int atLeast) {
        for (String version : List.of("2.0.0", "2.1.0")) {
            String canonical = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/" + name + "|" + version;
            assertThat(new MustSupport(profile(canonical), terminology).elementIds()).as(canonical).hasSizeGreaterThan(atLeast);
            assertThat(missing(canonical)).as(canonical).isEmpty();
        }
    }

    /** The must-support elements that no resource of the profile shows. */
    private static List<String> missing(String canonical) {
        List<JsonDocument> instances = instances(canonical);
        MustSupport asked = new MustSupport(profile(canonical), terminology);
        return asked.elementIds().stream().filter(element -> instances.stream().noneMatch(each -> asked.present(each.root(), element)) && !(canonical + " " + element).startsWith(OF_THE_COMPONENTS)).toList();
    }

    @Test
    void rst33_everyReferenceResolvesToAResourceOfAProfileThatIsAllowedThere() {
        List<String> wrong = new ArrayList<>();
        int[] references = {0};
        RESOURCES.forEach((name, resource) -> {
            for (String claim : claimed(resource)) {
                for (JsonValue element : profile(claim).field("snapshot").field("element").children()) {
                    check(name, resource, element, wrong, references);
                }
            }
        });
        System.out.println(references[0] + " references");
        assertThat(wrong).isEmpty();
        assertThat(references[0]).isGreaterThan(1_000);
    }

    private static void check(String name, JsonDocument resource, JsonValue element, List<String> wrong, int[] references) {
        String id = element.fieldText("id");
        JsonValue types = element.field("type");
        if (types == null || id.indexOf('.') < 0 || id.indexOf(':') >= 0) {
            return;
        }
        List<String> targets = new ArrayList<>();
        for (JsonValue type : types.children()) {
            if ("Reference".equals(type.fieldText("code")) && type.field("targetProfile") != null) {
                type.field("targetProfile").children().forEach(target -> targets.add(target.text()));
            }
        }
        if (targets.isEmpty()) {
            return;
        }
        for (JsonValue reference : References.at(resource.root(), id.substring(id.indexOf('.') + 1))) {
            String target = reference.fieldText("reference");
            if (target == null) {
                continue;
            }
            references[0]++;
            JsonDocument found = RESOURCES.get(target);
            if (found == null) {
                wrong.add(name + " " + id + ": " + target + " is not there");
            } else if (targets.stream().noneMatch(allowed -> allowed(found, allowed))) {
                wrong.add(name + " " + id + ": " + target + " claims none of " + targets);
            }
        }
    }

    private static boolean allowed(JsonDocument resource, String targetProfile) {
        String type = resource.root().fieldText("resourceType");
        if (targetProfile.equals("http://hl7.org/fhir/StructureDefinition/" + type) || targetProfile.equals("http://hl7.org/fhir/StructureDefinition/Resource")) {
            return true;
        }
        String plain = targetProfile.replaceAll("\\|.*", "");
        return claimed(resource).stream().anyMatch(claim -> claim.replaceAll("\\|.*", "").equals(plain));
    }

    @Test
    void rst30_aReasonWhyDataIsAbsentIsThereAsCodeAndAsExtension() {
        String all = String.join("", RESOURCES.values().stream().map(each -> new String(each.bytes(), StandardCharsets.UTF_8)).toList());
        assertThat(all).contains("\"system\":\"http://terminology.hl7.org/CodeSystem/data-absent-reason\",\"code\":\"unknown\"", "\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"unknown\"");
    }
}
