package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.sandbox.personas.PersonaResource;
import dev.portolan.sandbox.personas.Personas;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The sandbox's claims without their money are what CARIN's Basis profiles describe, each of its kind, and hold no amount. */
class BasisProfileTest {

    private static final List<GuideRef> GUIDES = List.of(new GuideRef("hl7.fhir.us.core", "6.1.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.1.0"), new GuideRef("hl7.fhir.uv.extensions.r4", "5.2.0"),
        new GuideRef("hl7.terminology.r4", "7.0.1"));
    private static final Pattern BASIS = Pattern.compile("C4BB-ExplanationOfBenefit-[A-Za-z-]+-Basis(?=[|\"])");
    /** The rule follows a reference, which a validator of one resource cannot. */
    private static final Pattern EXPLAINED = Pattern.compile(".*Constraint failed: EOB-\\w+-careTeam-practitioner.*", Pattern.DOTALL);

    @Test
    void prv06_claims_without_money_fit_the_basis_profile_that_they_name() {
        String folder = System.getenv("PORTOLAN_PACKAGES");
        assumeTrue(folder != null && !folder.isBlank() && !folder.startsWith("${") && Files.isDirectory(Path.of(folder)), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        FhirPackages packages = FhirPackages.load(new PackageSources(Path.of(folder), null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), GUIDES);
        ProfileValidator validator = new ProfileValidator(packages, new PackageTerminology(packages), 1);
        Set<String> profiles = new TreeSet<>();
        List<String> wrong = new ArrayList<>();
        for (PersonaResource each : Personas.resources()) {
            if (!each.reference().startsWith("ExplanationOfBenefit/")) {
                continue;
            }
            byte[] stamped = each.json().replaceFirst("\"meta\":\\{", "\"meta\":{\"lastUpdated\":\"2026-01-01T00:00:00.000Z\",").getBytes(StandardCharsets.UTF_8);
            String redacted = new String(new FinancialRedaction().of("ExplanationOfBenefit", stamped), StandardCharsets.UTF_8);
            assertThat(redacted).as(each.reference()).doesNotContain("\"currency\"", "\"amount\"", "\"payment\"", "\"total\"", "\"benefitBalance\"");
            var basis = BASIS.matcher(redacted);
            if (basis.find()) {
                profiles.add(basis.group());
                for (Issue issue : validator.validate(JsonDocument.parse(redacted), List.of()).issues()) {
                    if (issue.severity().invalid() && !EXPLAINED.matcher(issue.message()).matches()) {
                        wrong.add(each.reference() + " " + issue.expression() + " " + issue.message());
                    }
                }
            }
        }
        assertThat(profiles).as("every kind of claim").hasSize(5);
        assertThat(wrong).isEmpty();
    }
}
