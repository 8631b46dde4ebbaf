package dev.portolan.fhir.structure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.packages.TestPackages;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The guides' own examples and the definitions themselves are what good resources look like. */
class StructureExamplesTest {

    /** Examples that are no R4 resources, and why. */
    private static final Set<String> WRONG = Set.of(
            // presentedForm.hash has 27 characters: no base64 has.
            "hl7.fhir.us.core#3.1.1/example/DiagnosticReport-cardiology-report.json",
            // "_id": {}
            "hl7.fhir.uv.sdc#3.0.0/example/Questionnaire-demographics.json");

    private final StructureChecker checker = StructureChecker.compile(TestPackages.base());

    @Test
    void everyExampleOfEveryGuidePasses() {
        List<String> refused = new ArrayList<>();
        int checked = 0;
        for (FhirPackage guide : TestPackages.guides().packages()) {
            for (PackageResource example : guide.examples()) {
                checked++;
                List<Issue> issues = checker.check(example.document());
                if (issues.isEmpty() == WRONG.contains(example.toString())) {
                    refused.add(example + " " + issues);
                }
            }
        }
        assertThat(checked).isGreaterThan(700);
        assertThat(refused).isEmpty();
    }

    @Test
    void theBaseDefinitionsThemselvesPass() {
        List<String> refused = new ArrayList<>();
        for (String type : List.of("StructureDefinition", "SearchParameter", "CompartmentDefinition", "OperationDefinition", "ValueSet", "CodeSystem")) {
            List<PackageResource> some = TestPackages.base().resources(type).stream().limit(150).toList();
            for (PackageResource resource : some) {
                List<Issue> issues = checker.check(resource.document());
                if (!issues.isEmpty()) {
                    refused.add(resource + " " + issues.get(0));
                }
            }
        }
        assertThat(refused).isEmpty();
    }

    @Test
    void aCheckTakesMicroseconds() {
        List<JsonDocument> observations = TestPackages.guides().examples("hl7.fhir.us.core", "6.1.0").stream()
                .filter(example -> example.resourceType().equals("Observation"))
                .map(PackageResource::document)
                .toList();
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        double best = Double.MAX_VALUE;
        int findings = 0;
        for (int round = 0; round < 15; round++) {
            long start = threads.getCurrentThreadCpuTime();
            for (int i = 0; i < 20; i++) {
                for (JsonDocument observation : observations) {
                    findings += checker.check(observation).size();
                }
            }
            best = Math.min(best, (threads.getCurrentThreadCpuTime() - start) / 20_000.0 / observations.size());
        }
        assertThat(findings).isZero();
        double kilobytes = observations.stream().mapToInt(observation -> observation.bytes().length).average().orElseThrow() / 1000;
        assertThat(best / kilobytes).as("microseconds of CPU for each kilobyte").isLessThan(25);
    }

    @Test
    void resourceTypesAreThoseOfR4() {
        Set<String> types = checker.resourceTypes();
        assertThat(types).contains("Patient", "ExplanationOfBenefit", "Parameters", "Bundle", "Binary").doesNotContain("Resource", "DomainResource", "HumanName");
        assertThat(types).hasSizeBetween(146, 149);
    }
}
