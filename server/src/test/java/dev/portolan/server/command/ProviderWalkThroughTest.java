package dev.portolan.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.sandbox.BundleLoader;
import dev.portolan.sandbox.personas.Persona;
import dev.portolan.sandbox.personas.Personas;
import dev.portolan.server.PortolanServer;
import dev.portolan.server.SharedPackages;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever copies the lines of docs/provider-access.md into a shell goes the whole way of a provider: a token by a signed assertion, the list, records, an export and its file. */
class ProviderWalkThroughTest {

    @Test
    void prv03_prv06_the_walk_through_runs_as_it_stands(@TempDir Path data, @TempDir Path work) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")) && Files.isExecutable(Path.of("/usr/bin/openssl")), "needs curl and openssl");
        try (PortolanServer server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.package-registry", "off"))) {
            SandboxProvider provider = sandbox(server, work);
            Process shell = shell(server, provider, work);
            String output = new String(shell.getInputStream().readAllBytes());
            assertThat(shell.waitFor()).as(output).isZero();
            assertThat(output).contains("pdex-provider-group", "Patient/samir-haddad", "\"resourceType\":\"Observation\"", "\"resourceType\":\"ExplanationOfBenefit\"").doesNotContain("\"currency\"", "\"payment\"");
            List<String> lines = Files.readAllLines(work.resolve("ExplanationOfBenefit.ndjson"));
            assertThat(lines).hasSizeGreaterThan(5).allSatisfy(line -> assertThat(line).contains("\"resourceType\":\"ExplanationOfBenefit\"").doesNotContain("\"currency\"", "\"payment\"", "\"total\"", "drug-prior-authorization"));
        }
    }

    private static SandboxProvider sandbox(PortolanServer server, Path work) throws Exception {
        var access = server.sandbox().orElseThrow();
        Path bundle = Files.write(work.resolve("personas.json"), Personas.transaction());
        new BundleLoader(server.bases().get("system"), 1, access.operatorToken(server.operatorApp()), OwnServer.client(Optional.empty())).load(List.of(bundle), new ProgressLine(new PrintWriter(Writer.nullWriter())));
        return SandboxProvider.of(access, server.providerAccess(), Personas.all().stream().map(Persona::id).toList());
    }

    /** The indented lines of the first section, as one script. */
    private static Process shell(PortolanServer server, SandboxProvider provider, Path work) throws Exception {
        List<String> script = new ArrayList<>(List.of("set -e"));
        boolean within = false;
        for (String line : Files.readAllLines(Path.of("..", "docs", "provider-access.md"))) {
            within = line.startsWith("## ") ? line.equals("## Try it") : within;
            if (within && line.startsWith("    ")) {
                script.add(line.substring(4));
            }
        }
        assertThat(script).hasSizeGreaterThan(12);
        ProcessBuilder shell = new ProcessBuilder("bash", "-c", String.join("\n", script)).redirectErrorStream(true).directory(work.toFile());
        shell.environment().put("ORIGIN", server.url().toString());
        shell.environment().put("KEY", String.valueOf(provider.key()));
        return shell.start();
    }
}
