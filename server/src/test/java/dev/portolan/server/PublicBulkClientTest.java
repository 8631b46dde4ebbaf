package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.jwk.JWK;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Issue 5, acceptance 2: a bulk data client that others wrote (CSIRO's, as Maven Central has it) exports a group from the running server with SMART Backend Services. It is fetched while the test runs, into
 * a process of its own, and is no part of the product.
 */
class PublicBulkClientTest {

    private static final String CLIENT = "au.csiro.fhir:bulk-export:1.0.4";

    private static BulkStand stand;
    private static Path folder;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        fetch();
        stand = BulkStand.shared();
    }

    private static void fetch() throws Exception {
        String[] client = CLIENT.split(":");
        Files.writeString(folder.resolve("pom.xml"), """
            <project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>none</groupId><artifactId>none</artifactId><version>1</version><packaging>pom</packaging>
            <dependencies><dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency></dependencies></project>""".formatted((Object[]) client));
        String said = run(List.of("mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=" + folder.resolve("lib")), 600);
        boolean there = Files.exists(folder.resolve("lib").resolve(client[1] + "-" + client[2] + ".jar"));
        Assumptions.assumeTrue(there || !said.contains("Could not find artifact"), "the repository has no " + CLIENT);
        assertThat(there).as("%s could not be fetched:\n%s", CLIENT, said).isTrue();
    }

    private static String run(List<String> command, int seconds) throws Exception {
        Path log = Files.createTempFile(folder, "run", ".log");
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command.get(0) + " did not end:\n" + Files.readString(log));
        }
        return Files.readString(log) + (process.exitValue() == 0 ? "" : "\nexit " + process.exitValue());
    }

    @Test
    void blk01_blk11_a_public_client_with_an_rs384_and_an_es384_key_finds_exactly_what_an_independent_scan_finds() throws Exception {
        Path source = folder.resolve("PublicClient.java");
        try (InputStream file = PublicBulkClientTest.class.getResourceAsStream("/bulk/PublicClient.java")) {
            Files.write(source, file.readAllBytes());
        }
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-cp", folder.resolve("lib") + "/*", source.toString(),
            stand.base(), BulkStand.GROUP, BulkStand.APP));
        List<JWK> keys = List.of(stand.rsa, stand.ec);
        for (JWK key : keys) {
            Path file = folder.resolve(key.getKeyID() + ".jwk");
            Files.writeString(file, key.toJSONString());
            command.addAll(List.of(file.toString(), folder.resolve(key.getKeyID()).toString()));
        }
        String said = run(command, 600);
        assertThat(said).contains("files as of 20").doesNotContain("\nexit ");
        Map<String, JsonNode> expected = stand.scan(BulkStand.MEMBERS);
        assertThat(expected).containsKeys("Patient/ada", "Patient/ben", "Practitioner/doc", "Practitioner/locum", "Organization/hospital", "Location/room", "Medication/spray")
            .doesNotContainKeys("Patient/zoe", "Organization/stranger");
        for (JWK key : keys) {
            Map<String, JsonNode> exported = exported(folder.resolve(key.getKeyID()));
            assertThat(exported.keySet()).as(key.getKeyID()).isEqualTo(expected.keySet());
            exported.forEach((reference, resource) -> assertThat(resource).as(reference).isEqualTo(expected.get(reference)));
        }
    }

    private static Map<String, JsonNode> exported(Path output) throws Exception {
        Map<String, JsonNode> found = new TreeMap<>();
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(output)) {
            all.filter(file -> file.toString().endsWith(".ndjson")).forEach(files::add);
        }
        for (Path file : files) {
            for (String line : Files.readAllLines(file)) {
                JsonNode resource = BulkStand.JSON.readTree(line);
                assertThat(file.getFileName().toString()).startsWith(resource.path("resourceType").asText() + ".");
                assertThat(found.put(BulkStand.key(resource), resource)).as("a line twice: %s", line).isNull();
            }
        }
        return found;
    }
}
