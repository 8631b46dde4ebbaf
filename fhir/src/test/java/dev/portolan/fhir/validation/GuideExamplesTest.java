package dev.portolan.fhir.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.packages.TestPackages;
import dev.portolan.fhir.terminology.PackageTerminology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The guides' own examples against the profiles that they claim and that their guide names for them. What fails is listed in
 * docs/conformance.md with the reason; here stands how many those are, so that more is a fault of ours and fewer is a reason to update the page.
 */
class GuideExamplesTest {

    private static ProfileValidator shared;

    private static synchronized ProfileValidator validator() {
        if (shared == null) {
            shared = new ProfileValidator(TestPackages.guides(), new PackageTerminology(TestPackages.guides()), 2);
        }
        return shared;
    }

    @ParameterizedTest
    @CsvSource({
        "hl7.fhir.us.core, 6.1.0, 183, 180",
        "hl7.fhir.us.carin-bb, 2.0.0, 32, 27",
        "hl7.fhir.us.carin-bb, 2.1.0, 42, 40",
        "hl7.fhir.us.davinci-hrex, 1.1.0, 19, 19", // its consents' policy is a slice that is told by the uri's value set
        "hl7.fhir.us.davinci-pdex, 2.1.0, 53, 53",
        "hl7.fhir.us.davinci-pdex-plan-net, 1.1.0, 49, 49",
        "hl7.fhir.us.davinci-drug-formulary, 2.0.1, 24, 24"
    })
    void examplesPassAsOftenAsTheyShould(String id, String version, int examples, int passing) {
        FhirPackage guide = TestPackages.guides().guide(id, version).orElseThrow();
        Map<String, String> named = profilesNamedByGuide(guide);
        Set<String> failed = new TreeSet<>();
        for (PackageResource example : guide.examples()) {
            String profile = named.get(example.resourceType() + "/" + example.id());
            ValidationReport report = validator().validate(example.document(), profile == null ? List.of() : List.of(profile));
            if (!report.valid()) {
                failed.add(example.fileName() + ": " + report.issues().get(0).message());
            }
        }
        assertThat(guide.examples()).hasSize(examples);
        assertThat(failed).hasSize(examples - passing);
    }

    private static Map<String, String> profilesNamedByGuide(FhirPackage guide) {
        Map<String, String> profiles = new HashMap<>();
        for (PackageResource resource : guide.resources()) {
            JsonValue definition = resource.resourceType().equals("ImplementationGuide") ? resource.document().root().field("definition") : null;
            JsonValue listed = definition == null ? null : definition.field("resource");
            if (listed == null) {
                continue;
            }
            for (JsonValue item : listed.children()) {
                String profile = item.fieldText("exampleCanonical");
                JsonValue reference = item.field("reference");
                if (profile != null && reference != null) {
                    profiles.put(reference.fieldText("reference"), profile.indexOf('|') < 0 ? profile + "|" + guide.ref().version() : profile);
                }
            }
        }
        return profiles;
    }
}
