package dev.portolan.server.smart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.outcome.Severity;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.fhir.validation.ValidationReport;
import dev.portolan.server.PortolanServer;
import dev.portolan.server.SharedPackages;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Inferno suite for User Access Brands asks of the bundle, and the profiles of SMART App Launch 2.2.0. */
class BrandsTest {

    private static final String SMART = "http://hl7.org/fhir/smart-app-launch/StructureDefinition/";
    private static final List<GuideRef> GUIDES = List.of(new GuideRef("hl7.fhir.uv.smart-app-launch", "2.2.0"), new GuideRef("hl7.fhir.uv.extensions.r4", "5.2.0"));

    @Test
    void smt37_smt38_the_brands_bundle_is_public_consistent_and_valid_by_its_profiles(@TempDir Path folder) throws Exception {
        try (PortolanServer server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(folder).toString(), "portolan.package-registry", "off"))) {
            JsonNode discovery = SuiteApp.json(SuiteApp.get(server.bases().get("patient-access") + "/.well-known/smart-configuration"));
            HttpResponse<String> answer = SuiteApp.get(discovery.path("user_access_brand_bundle").asText(), "Origin", SuiteApp.ORIGIN);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Access-Control-Allow-Origin").orElse("")).isIn("*", SuiteApp.ORIGIN);
            String etag = answer.headers().firstValue("ETag").orElse("");
            assertThat(etag).startsWith("W/\"");
            assertThat(SuiteApp.get(discovery.path("user_access_brand_bundle").asText(), "If-None-Match", etag).statusCode()).isEqualTo(304);
            JsonNode bundle = SuiteApp.json(answer);
            assertThat(bundle.path("type").asText()).isEqualTo("collection");
            assertThat(bundle.path("timestamp").asText()).isNotEmpty();
            consistent(bundle, discovery.path("user_access_brand_identifier"));
            for (JsonNode entry : bundle.path("entry")) {
                if (entry.at("/resource/resourceType").asText().equals("Endpoint")) {
                    assertThat(SuiteApp.get(entry.at("/resource/address").asText() + "/metadata", "Accept", "application/fhir+json").body()).contains("\"resourceType\":\"CapabilityStatement\"");
                }
            }
            validByProfiles(bundle);
        }
    }

    /** Exactly one brand is the one that discovery names, and each endpoint has a brand. */
    private static void consistent(JsonNode bundle, JsonNode identifier) {
        Set<String> endpoints = new HashSet<>();
        List<String> referenced = new ArrayList<>();
        int named = 0;
        for (JsonNode entry : bundle.path("entry")) {
            JsonNode resource = entry.path("resource");
            if (resource.path("resourceType").asText().equals("Endpoint")) {
                endpoints.add("Endpoint/" + resource.path("id").asText());
                continue;
            }
            List<String> own = new ArrayList<>();
            resource.path("endpoint").forEach(each -> own.add(each.path("reference").asText()));
            referenced.addAll(own);
            resource.path("extension").forEach(extension -> extension.path("extension").forEach(part -> {
                if (part.path("url").asText().equals("portalEndpoint")) {
                    assertThat(own).contains(part.at("/valueReference/reference").asText());
                }
            }));
            for (JsonNode each : resource.path("identifier")) {
                named += each.path("system").equals(identifier.path("system")) && each.path("value").equals(identifier.path("value")) ? 1 : 0;
            }
        }
        assertThat(named).as("brands with the identifier that discovery names").isEqualTo(1);
        assertThat(endpoints).isNotEmpty();
        assertThat(new HashSet<>(referenced)).isEqualTo(endpoints);
    }

    private static void validByProfiles(JsonNode bundle) {
        String packages = System.getenv("PORTOLAN_PACKAGES");
        assumeTrue(packages != null && !packages.isBlank() && !packages.startsWith("${") && Files.isDirectory(Path.of(packages)), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        FhirPackages loaded = FhirPackages.load(new PackageSources(Path.of(packages), null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), GUIDES);
        try (ProfileValidator validator = new ProfileValidator(loaded, new PackageTerminology(loaded), 1)) {
            List<String> wrong = new ArrayList<>();
            wrong.addAll(errors(validator, bundle, "user-access-brands-bundle"));
            bundle.path("entry").forEach(entry -> wrong.addAll(errors(validator, entry.path("resource"), entry.at("/resource/resourceType").asText().equals("Endpoint") ? "user-access-endpoint" : "user-access-brand")));
            assertThat(wrong).isEmpty();
        }
    }

    private static List<String> errors(ProfileValidator validator, JsonNode resource, String profile) {
        ValidationReport report = validator.validate(JsonDocument.parse(resource.toString().getBytes(StandardCharsets.UTF_8)), List.of(SMART + profile));
        assertThat(report.notChecked()).as(profile).noneMatch(each -> each.toString().contains(SMART));
        // Endpoints of a brand stand in the same bundle, and are looked for there: see above.
        return report.issues().stream().filter(issue -> issue.severity() == Severity.ERROR || issue.severity() == Severity.FATAL).map(Issue::toString)
                .filter(issue -> resource.path("resourceType").asText().equals("Bundle") || !issue.contains("Bundled or contained reference not found")).toList();
    }
}
