package dev.portolan.fhir.packages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.fhir.json.JsonDocument;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FhirPackagesTest {

    private static final GuideRef US_CORE = new GuideRef("hl7.fhir.us.core", "6.1.0");

    @Test
    void theBaseDefinitionsAreThereWithoutAnyPackage() {
        FhirPackages base = TestPackages.base();
        assertThat(base.searchParameters()).hasSizeGreaterThan(1300);
        JsonDocument patient = JsonDocument.parse(base.structureDefinition("http://hl7.org/fhir/StructureDefinition/Patient").orElseThrow());
        assertThat(patient.root().fieldText("kind")).isEqualTo("resource");
        JsonDocument compartment = JsonDocument.parse(base.compartmentDefinition("Patient").orElseThrow());
        assertThat(compartment.root().fieldText("code")).isEqualTo("Patient");
        assertThat(compartment.root().field("resource").size()).isGreaterThan(100);
        assertThat(base.resources("StructureDefinition")).hasSizeGreaterThan(600);
        assertThat(base.find("CodeSystem", "http://terminology.hl7.org/CodeSystem/v3-ActCode")).isPresent();
        assertThat(base.structureDefinition("http://example.org/nothing")).isEmpty();
    }

    @Test
    void everyDefaultGuideIsFoundAndItsExamplesAreResources() {
        FhirPackages guides = TestPackages.guides();
        assertThat(guides.missing()).isEmpty();
        assertThat(guides.examples("hl7.fhir.us.core", "6.1.0")).hasSize(183);
        assertThat(guides.examples("hl7.fhir.us.carin-bb", "2.0.0")).hasSize(32);
        PackageResource example = guides.examples("hl7.fhir.us.core", "6.1.0").get(0);
        assertThat(example.document().root().fieldText("resourceType")).isEqualTo(example.resourceType());
    }

    @Test
    void aCanonicalWithAVersionFindsThatVersionAndOneWithoutThePreferredOne() {
        FhirPackages guides = TestPackages.guides();
        String patient = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient";
        assertThat(guides.find("StructureDefinition", patient).orElseThrow().version()).isEqualTo("6.1.0");
        assertThat(guides.find("StructureDefinition", patient + "|3.1.1").orElseThrow().version()).isEqualTo("3.1.1");
        assertThat(guides.find("StructureDefinition", patient + "|3.1").orElseThrow().version()).isEqualTo("3.1.1");
        assertThat(guides.find("StructureDefinition", patient + "|9.9.9")).isEmpty();
    }

    /** PAC-10: what is served is PDex 2.1.0's, and names its profile without a version, as that guide's own examples do. */
    @Test
    void a_profile_of_pdex_without_a_version_is_that_of_the_version_that_is_served() {
        FhirPackages guides = TestPackages.guides();
        assertThat(guides.find("StructureDefinition", "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-priorauthorization").orElseThrow().version()).isEqualTo("2.1.0");
    }

    @Test
    void aPackageIsFoundUnpackedInTheUsersCache(@TempDir Path temp) throws Exception {
        Path content = Files.createDirectories(temp.resolve("user/example.guide#1.0.0/package"));
        Files.writeString(content.resolve("package.json"), "{\"name\":\"example.guide\",\"version\":\"1.0.0\",\"canonical\":\"http://example.org\"}");
        Files.writeString(content.resolve("ValueSet-a.json"), "{\"resourceType\":\"ValueSet\",\"id\":\"a\",\"url\":\"http://example.org/a\",\"version\":\"1.0.0\"}");
        Files.writeString(content.resolve("broken.json"), "{\"resourceType\":");
        Files.writeString(Files.createDirectories(content.resolve("example")).resolve("Patient-p.json"), "{\"resourceType\":\"Patient\",\"id\":\"p\"}");
        PackageSources sources = new PackageSources(null, temp.resolve("user"), null, Duration.ofSeconds(1), temp.resolve("cache"));
        PackFile file = new PackageLocator(sources).find(new GuideRef("example.guide", "1.0.0")).orElseThrow();
        FhirPackage loaded = FhirPackage.of(new GuideRef("example.guide", "1.0.0"), file);
        assertThat(loaded.canonical()).isEqualTo("http://example.org");
        assertThat(loaded.resources()).extracting(PackageResource::resourceType).containsExactlyInAnyOrder("ValueSet", "Patient");
        assertThat(loaded.examples()).singleElement().extracting(PackageResource::id).isEqualTo("p");
        assertThat(new String(loaded.examples().get(0).bytes(), StandardCharsets.UTF_8)).isEqualTo("{\"resourceType\":\"Patient\",\"id\":\"p\"}");
    }

    @Test
    void aMissingGuideIsNamedAndASilentRegistryIsAskedOnlyOnce(@TempDir Path temp) throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            URI registry = URI.create("http://localhost:" + silent.getLocalPort() + "/");
            PackageSources sources = new PackageSources(temp, temp, registry, Duration.ofMillis(300), temp.resolve("cache"));
            PackageLocator locator = new PackageLocator(sources);
            for (int i = 0; i < 20; i++) {
                assertThat(locator.find(US_CORE)).isEmpty();
            }
            silent.setSoTimeout(500);
            silent.accept().close();
            assertThatThrownBy(silent::accept).as("a second call").isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void aPackageIsReadFromTheRegistryAndKept(@TempDir Path temp) throws Exception {
        byte[] tgz = Files.readAllBytes(TestPackages.requireFolder().resolve("hl7.fhir.uv.bulkdata-2.0.0.tgz"));
        var server = com.sun.net.httpserver.HttpServer.create(new java.net.InetSocketAddress("localhost", 0), 0);
        server.createContext("/hl7.fhir.uv.bulkdata/2.0.0", exchange -> {
            exchange.sendResponseHeaders(200, tgz.length);
            exchange.getResponseBody().write(tgz);
            exchange.close();
        });
        server.start();
        PackageSources sources = new PackageSources(null, null, URI.create("http://localhost:" + server.getAddress().getPort() + "/"), Duration.ofSeconds(5), temp);
        GuideRef bulk = new GuideRef("hl7.fhir.uv.bulkdata", "2.0.0");
        assertThat(new PackageLocator(sources).find(bulk).orElseThrow().entries()).hasSize(7);
        server.stop(0);
        assertThat(new PackageLocator(sources).find(bulk)).isPresent();
    }

    @Test
    void aLaterStartOpensAllGuidesInWellUnderASecond() {
        TestPackages.guides();
        Path folder = TestPackages.requireFolder();
        PackageSources sources = new PackageSources(folder, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache"));
        long best = Long.MAX_VALUE;
        for (int tries = 0; tries < 3 && best >= 2_000; tries++) { // whatever else the machine does meanwhile
            long start = System.nanoTime();
            FhirPackages again = FhirPackages.load(sources, GuideRef.DEFAULTS);
            best = Math.min(best, (System.nanoTime() - start) / 1_000_000);
            assertThat(again.missing()).isEmpty();
        }
        assertThat(best).isLessThan(2_000);
    }

    @Test
    void anythingButIdAndVersionIsRefused() {
        assertThat(GuideRef.parse("hl7.fhir.us.core#6.1.0")).isEqualTo(US_CORE);
        assertThatThrownBy(() -> GuideRef.parse("hl7.fhir.us.core")).hasMessageContaining("<id>#<version>");
        assertThatThrownBy(() -> new GuideRef("../etc/passwd", "1")).isInstanceOf(IllegalArgumentException.class);
    }
}
