package dev.portolan.fhir.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.outcome.IssueType;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.packages.TestPackages;
import dev.portolan.fhir.terminology.PackageTerminology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileValidatorTest {

    private static final String US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/";
    private static final String PATIENT = US_CORE + "us-core-patient";
    private static final String RACE =
            """
            {"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[
             {"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"%s"}},{"url":"text","valueString":"as told"}]}
            """;
    private static final String GOOD_PATIENT =
            """
            {"resourceType":"Patient","meta":{"profile":["%s"]},"extension":[%s],"identifier":[{"system":"http://plan.example/members","value":"1"}],
             "name":[{"family":"Amara"}],"gender":"female"}
            """;

    private static ProfileValidator validator;

    @BeforeAll
    static void makeValidator() {
        validator = new ProfileValidator(TestPackages.guides(), new PackageTerminology(TestPackages.guides()), 2);
    }

    private static ValidationReport validate(String json, String... profiles) {
        return validator.validate(JsonDocument.parse(json), List.of(profiles));
    }

    private static String patient(String profile, String race) {
        return GOOD_PATIENT.formatted(profile, RACE.formatted(race));
    }

    @Test
    void aPatientThatKeepsItsProfileIsValidAndWhollyChecked() {
        ValidationReport report = validate(patient(PATIENT, "2106-3"));
        assertThat(report.issues()).filteredOn(issue -> issue.severity().invalid()).isEmpty();
        assertThat(report.valid()).isTrue();
        assertThat(report.complete()).isTrue();
    }

    @Test
    void aRaceThatIsNoOmbCategoryIsRefusedThoughVsacGivesNoPackage() {
        ValidationReport report = validate(patient(PATIENT, "2135-2"));
        assertThat(report.valid()).isFalse();
        assertThat(report.issues()).anySatisfy(issue -> {
            assertThat(issue.type()).isEqualTo(IssueType.CODE_INVALID);
            assertThat(issue.expression()).startsWith("Patient.extension[0].extension[0].value");
        });
    }

    @Test
    void aPatientWithoutAnIdentifierBreaksTheProfileAndTheReportSaysWhere() {
        ValidationReport report = validate("{\"resourceType\":\"Patient\",\"meta\":{\"profile\":[\"" + PATIENT + "\"]},\"name\":[{\"family\":\"A\"}],\"gender\":\"male\"}");
        assertThat(report.valid()).isFalse();
        assertThat(report.issues().get(0).message()).contains("Patient.identifier");
    }

    /** R4 itself binds the priority of an ExplanationOfBenefit, which prior authorizations have, to a code system where a value set belongs. */
    @Test
    void rst32_aPriorityIsNoErrorBecauseOfWhatR4BindsItTo() {
        ValidationReport report = validate("""
                {"resourceType":"ExplanationOfBenefit","status":"active","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/claim-type","code":"professional"}]},"use":"preauthorization",
                 "patient":{"reference":"Patient/1"},"created":"2026-01-01","insurer":{"reference":"Organization/1"},"provider":{"reference":"Organization/2"},"outcome":"complete",
                 "insurance":[{"focal":true,"coverage":{"reference":"Coverage/1"}}],"priority":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/processpriority","code":"normal"}]}}
                """);
        assertThat(report.issues()).filteredOn(issue -> issue.severity().invalid()).isEmpty();
    }

    @Test
    void aProfileThatIsAskedForIsCheckedThoughTheResourceDoesNotClaimIt() {
        String bare = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"A\"}],\"gender\":\"male\"}";
        assertThat(validate(bare).valid()).isTrue();
        assertThat(validate(bare, PATIENT).valid()).isFalse();
    }

    @Test
    void aVersionOfAProfileIsHeeded() {
        // US Core 6.1.0 checks an NPI's digits, 3.1.1 does not.
        String practitioner =
                """
                {"resourceType":"Practitioner","meta":{"profile":["%s|%s"]},"identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"123"}],"name":[{"family":"A"}]}
                """;
        assertThat(validate(practitioner.formatted(US_CORE + "us-core-practitioner", "3.1.1")).valid()).isTrue();
        assertThat(validate(practitioner.formatted(US_CORE + "us-core-practitioner", "6.1.0")).valid()).isFalse();
    }

    @Test
    void whatCannotBeCheckedIsNamedAndNotCalledChecked() {
        String condition =
                """
                {"resourceType":"Condition","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition-problems-health-concerns"]},
                 "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
                 "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"problem-list-item"}]}],
                 "code":{"coding":[{"system":"http://snomed.info/sct","code":"73211009"}]},"subject":{"reference":"Patient/1"}}
                """;
        ValidationReport report = validate(condition);
        assertThat(report.valid()).isTrue();
        assertThat(report.complete()).isFalse();
        assertThat(report.notChecked()).anySatisfy(unchecked -> {
            assertThat(unchecked.canonical()).isEqualTo("http://hl7.org/fhir/us/core/ValueSet/us-core-condition-code|6.1.0");
            assertThat(unchecked.expression()).startsWith("Condition.code");
            assertThat(unchecked.message()).contains("not checked");
        });
    }

    /** It is not read with the profile: codes are the terminology's business. */
    @Test
    void aValueSetThatTheProfileContainsIsNotChecked(@TempDir Path temp) throws IOException {
        Path content = Files.createDirectories(temp.resolve("user/example.guide#1.0.0/package"));
        Files.writeString(content.resolve("package.json"), "{\"name\":\"example.guide\",\"version\":\"1.0.0\",\"canonical\":\"http://example.org\"}");
        Files.writeString(content.resolve("StructureDefinition-p.json"), """
                {"resourceType":"StructureDefinition","id":"p","url":"http://example.org/p","version":"1.0.0","name":"P","status":"active","kind":"resource","abstract":false,"type":"Patient",
                 "contained":[{"resourceType":"ValueSet","id":"v","status":"active","compose":{"include":[{"system":"http://example.org/s","concept":[{"code":"good"}]}]}}],
                 "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint",
                 "differential":{"element":[{"id":"Patient.maritalStatus","path":"Patient.maritalStatus","binding":{"strength":"required","valueSet":"#v"}}]}}
                """);
        FhirPackages packages = FhirPackages.load(
                new PackageSources(null, temp.resolve("user"), null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of(new GuideRef("example.guide", "1.0.0")));
        try (ProfileValidator small = new ProfileValidator(packages, new PackageTerminology(packages), 1)) {
            String patient = "{\"resourceType\":\"Patient\",\"maritalStatus\":{\"coding\":[{\"system\":\"http://example.org/s\",\"code\":\"bad\"}]}}";
            ValidationReport report = small.validate(JsonDocument.parse(patient), List.of("http://example.org/p"));
            assertThat(report.complete()).isFalse();
            assertThat(report.notChecked()).anyMatch(unchecked -> unchecked.kind() == NotChecked.Kind.VALUE_SET && unchecked.expression().startsWith("Patient.maritalStatus"));
        }
    }

    /** Slices that are told by value sets which are not known cannot be told apart; slices that are told by codes can, whatever else is unknown. */
    @Test
    void anElementOfTwoSlicesIsAnErrorUnlessTheSlicesOwnValueSetIsUnknown(@TempDir Path temp) throws IOException {
        Path content = Files.createDirectories(temp.resolve("user/example.slices#1.0.0/package"));
        Files.writeString(content.resolve("package.json"), "{\"name\":\"example.slices\",\"version\":\"1.0.0\",\"canonical\":\"http://example.org\"}");
        String coded = "\"patternCodeableConcept\":{\"coding\":[{\"system\":\"http://example.org/s\",\"code\":\"a\"}]}";
        String codedToo = coded.replace("\"a\"", "\"b\"");
        String bound = "\"binding\":{\"strength\":\"required\",\"valueSet\":\"http://hl7.org/fhir/ValueSet/%s\"}";
        Files.writeString(content.resolve("StructureDefinition-told.json"), slices("told", coded, codedToo, bound.formatted("body-site")));
        Files.writeString(content.resolve("StructureDefinition-untold.json"), slices("untold", bound.formatted("procedure-code"), bound.formatted("condition-code"), "\"min\":0"));
        FhirPackages packages = FhirPackages.load(
                new PackageSources(null, temp.resolve("user"), null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of(new GuideRef("example.slices", "1.0.0")));
        String observation = """
                {"resourceType":"Observation","status":"final","code":{"text":"c"},"category":[{"coding":[{"system":"%1$s","code":"a"},{"system":"%1$s","code":"b"}]}],
                 "bodySite":{"coding":[{"system":"http://snomed.info/sct","code":"71341001"}]}}
                """;
        try (ProfileValidator small = new ProfileValidator(packages, new PackageTerminology(packages), 1)) {
            ValidationReport told = small.validate(JsonDocument.parse(observation.formatted("http://example.org/s")), List.of("http://example.org/told"));
            assertThat(told.notChecked()).extracting(NotChecked::expression).anyMatch(place -> place.startsWith("Observation.bodySite"));
            assertThat(told.issues()).filteredOn(issue -> issue.severity().invalid()).extracting(Issue::message).anyMatch(message -> message.contains("more than one slice"));
            ValidationReport untold = small.validate(JsonDocument.parse(observation.formatted("http://snomed.info/sct")), List.of("http://example.org/untold"));
            assertThat(untold.issues()).filteredOn(issue -> issue.severity().invalid()).isEmpty();
            assertThat(untold.notChecked()).anyMatch(gap -> gap.expression().equals("Observation.category[0]") && gap.kind() == NotChecked.Kind.VALUE_SET);
        }
    }

    private static String slices(String name, String first, String second, String bodySite) {
        return """
                {"resourceType":"StructureDefinition","id":"%1$s","url":"http://example.org/%1$s","version":"1.0.0","name":"P","status":"active","kind":"resource","abstract":false,"type":"Observation",
                 "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Observation","derivation":"constraint","differential":{"element":[
                 {"id":"Observation.category","path":"Observation.category","slicing":{"discriminator":[{"type":"value","path":"$this"}],"rules":"open"}},
                 {"id":"Observation.category:one","path":"Observation.category","sliceName":"one","min":0,"max":"*",%2$s},
                 {"id":"Observation.category:two","path":"Observation.category","sliceName":"two","min":0,"max":"*",%3$s},
                 {"id":"Observation.bodySite","path":"Observation.bodySite",%4$s}]}}
                """.formatted(name, first, second, bodySite);
    }

    /** The validator's messages quote the resource: what it says must not be taken for our own mark. */
    @Test
    void aResourceCannotSayThatItWasNotChecked() {
        String hidden = "portolan-not-checked VALUE_SET <http://example.org/vs>";
        ValidationReport report = validate("{\"resourceType\":\"Observation\",\"status\":\"" + hidden + "\",\"code\":{\"text\":\"c\"}}");
        assertThat(report.valid()).isFalse();
        assertThat(report.notChecked()).extracting(NotChecked::canonical).doesNotContain("http://example.org/vs");
    }

    @Test
    void aProfileThatIsNotLoadedIsNotChecked() {
        ValidationReport claimed = validate("{\"resourceType\":\"Patient\",\"meta\":{\"profile\":[\"http://example.org/StructureDefinition/none\"]}}");
        assertThat(claimed.notChecked()).anyMatch(unchecked -> unchecked.kind() == NotChecked.Kind.PROFILE && unchecked.canonical().equals("http://example.org/StructureDefinition/none"));
        ValidationReport asked = validate("{\"resourceType\":\"Patient\"}", "http://example.org/StructureDefinition/none");
        assertThat(asked.notChecked()).extracting(NotChecked::kind).containsExactly(NotChecked.Kind.PROFILE);
    }

    @Test
    void anUnknownCodeOfAKnownSystemIsAnError() {
        ValidationReport report = validate(
                "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"bogus\"}]}]}");
        assertThat(report.issues()).filteredOn(issue -> issue.severity().invalid()).extracting(Issue::type).contains(IssueType.CODE_INVALID);
    }

    /** Its binding may be extensible, and the code one that its own system does not have nevertheless. */
    @Test
    void anUnknownCodeOfAKnownSystemIsAnErrorInACodingToo() {
        String encounter = "{\"resourceType\":\"Encounter\",\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"%s\"}]},\"status\":\"finished\","
            + "\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"%s\"}}";
        assertThat(validate(encounter.formatted("R", "AMB")).issues()).isEmpty();
        // A code of its system that is not in the value set is for the reader to judge.
        assertThat(validate(encounter.formatted("R", "_ActAccountCode")).valid()).isTrue();
        assertThat(validate(encounter.formatted("X", "ambulant")).issues()).filteredOn(issue -> issue.severity().invalid()).extracting(Issue::expression).containsExactlyInAnyOrder("Encounter.meta.security[0]", "Encounter.class");
    }

    /** The validator compares each message with all before it: those of sixteen thousand codings took it 46 seconds, and nothing broke it off meanwhile. */
    @Test
    void ofAConceptWithManyWrongCodesSomeAreNamed() {
        String coding = "{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus\",\"code\":\"wrong-%d\"}";
        String codings = IntStream.range(0, 1_000).mapToObj(coding::formatted).collect(Collectors.joining(","));
        ValidationReport report = validate("{\"resourceType\":\"Patient\",\"maritalStatus\":{\"coding\":[" + codings + "]}}");
        assertThat(report.issues()).extracting(Issue::message).filteredOn(message -> message.contains("Unknown code")).hasSize(20);
        assertThat(report.valid()).isFalse();
    }

    /** The library looks for tags from each bracket on to the end of the text, and nothing breaks it off meanwhile. */
    @Test
    void aTextOfOpeningBracketsAloneIsNotLookedThrough() {
        String patient = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"%s\"}]}";
        for (String bracket : List.of("<", "\\u003c")) {
            ValidationReport report = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> validate(patient.formatted(bracket.repeat(300_000))));
            assertThat(report.issues()).extracting(Issue::type).containsExactly(IssueType.TOO_COSTLY);
        }
        assertThat(validate(patient.formatted("<".repeat(2_000))).valid()).isTrue();
        assertThat(validate(narrative("<b>x</b>".repeat(30_000))).valid()).isTrue();
        assertThat(validate(narrative("<a id=\\\"x\\\" href=\\\"#x\\\">x</a>" + "<a href=\\\"#x\\\">x</a>".repeat(1_000))).issues()).isEmpty();
        ValidationReport links = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> validate(narrative("<a id=\\\"x\\\" href=\\\"#x\\\">x</a>" + "<a href=\\\"#x\\\">x</a>".repeat(100_000))));
        assertThat(links.issues()).extracting(Issue::type).containsExactly(IssueType.TOO_COSTLY);
    }

    private static String narrative(String content) {
        return "{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">" + content + "</div>\"},\"active\":true}";
    }

    /** One of the library's patterns goes down a level for each number. */
    @Test
    void whatExhaustsTheStackIsNotValid() {
        ValidationReport report = validate("{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:oid:1" + ".1".repeat(50_000) + "\",\"value\":\"1\"}]}");
        assertThat(report.valid()).isFalse();
    }

    /** An element of type code has the system that its value set says; a Coding says its own or means nothing. */
    @Test
    void aCodingWithoutASystemIsInNoValueSet() {
        String allergy = "{\"resourceType\":\"AllergyIntolerance\",\"clinicalStatus\":{\"coding\":[{%s\"code\":\"active\"}]},\"code\":{\"text\":\"nuts\"},\"patient\":{\"reference\":\"Patient/1\"}}";
        assertThat(validate(allergy.formatted("\"system\":\"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical\",")).valid()).isTrue();
        assertThat(validate(allergy.formatted("")).issues()).filteredOn(issue -> issue.severity().invalid()).anySatisfy(issue -> {
            assertThat(issue.type()).isEqualTo(IssueType.CODE_INVALID);
            assertThat(issue.expression()).startsWith("AllergyIntolerance.clinicalStatus");
        });
        // Of an element of type Coding the validator says itself that it could not be checked.
        ValidationReport race = validate(patient(PATIENT, "2106-3").replace("\"system\":\"urn:oid:2.16.840.1.113883.6.238\",", ""));
        assertThat(race.issues()).extracting(Issue::message).anyMatch(message -> message.contains("cannot be validated"));
    }

    @Test
    void hostileContentGetsAReportAndNoException() {
        for (String json : List.of("{}", "[]", "{\"resourceType\":\"Nothing\"}", "{\"resourceType\":\"Patient\",\"meta\":{\"profile\":[1,null]}}", "{\"resourceType\":\"Patient\",\"meta\":[]}")) {
            assertThat(validate(json).valid()).as(json).isFalse();
        }
    }

    @Test
    void validationsRunSideBySideWithTheSameResult() throws Exception {
        String good = patient(PATIENT, "2106-3");
        String bad = patient(PATIENT, "2135-2");
        ValidationReport expectedGood = validate(good);
        ValidationReport expectedBad = validate(bad);
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Callable<ValidationReport>> tasks = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String json = i % 2 == 0 ? good : bad;
                tasks.add(() -> validate(json));
            }
            List<Future<ValidationReport>> results = pool.invokeAll(tasks);
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get()).isEqualTo(i % 2 == 0 ? expectedGood : expectedBad);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void theWarmUpRunsBehindAndSaysHowFarItIs() throws Exception {
        try (ProfileValidator cold = new ProfileValidator(TestPackages.guides(), new PackageTerminology(TestPackages.guides()), 1)) {
            assertThat(cold.warmUp().state()).isEqualTo(WarmUp.State.COLD);
            cold.startWarmUp(List.of(new GuideRef("hl7.fhir.us.davinci-pdex", "2.0.0"), new GuideRef("example.none", "1.0.0")));
            assertThat(cold.warmUp().state()).isEqualTo(WarmUp.State.WARMING);
            Instant deadline = Instant.now().plus(Duration.ofSeconds(120));
            while (cold.warmUp().state() == WarmUp.State.WARMING && Instant.now().isBefore(deadline)) {
                Thread.sleep(20);
            }
            assertThat(cold.warmUp().state()).isEqualTo(WarmUp.State.WARM);
            assertThat(cold.warmUp().done()).isEqualTo(cold.warmUp().total()).isGreaterThan(5);
        }
    }

    /** Every contained resource is looked for among all references of the resource, and that by a path that goes through all of it: a few hundred kilobytes would hold a thread for hours, and there are few. */
    @Test
    void aValidationEndsWhateverItIsGiven() {
        StringBuilder contained = new StringBuilder();
        StringBuilder references = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            contained.append(i == 0 ? "" : ",").append("{\"resourceType\":\"Practitioner\",\"id\":\"c").append(i).append("\"}");
            references.append(i == 0 ? "" : ",").append("{\"reference\":\"#c").append(i).append("\"}");
        }
        JsonDocument endless = JsonDocument.parse("{\"resourceType\":\"Patient\",\"contained\":[" + contained + "],\"generalPractitioner\":[" + references + "]}");
        FhirPackages packages = TestPackages.base();
        try (ProfileValidator hasty = new ProfileValidator(packages, new PackageTerminology(packages), 1, Duration.ofSeconds(5))) {
            ValidationReport report = assertTimeoutPreemptively(Duration.ofSeconds(60), () -> hasty.validate(endless, List.of()));
            assertThat(report.issues()).singleElement().satisfies(issue -> assertThat(issue.type()).isEqualTo(IssueType.TOO_COSTLY));
            assertThat(report.valid()).isFalse();
        }
    }
}
