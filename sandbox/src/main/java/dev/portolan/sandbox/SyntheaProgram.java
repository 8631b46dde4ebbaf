package dev.portolan.sandbox;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;

/** Synthea as a program: its class path is fetched by Maven the first time, and it runs in a process of its own. */
final class SyntheaProgram {

    private static final String VERSION = "3.3.0";
    /** A line for each person: {@code 12 -- Vonda514 Littel644 (41 y/o F) Boston, Massachusetts}. */
    private static final Pattern PERSON = Pattern.compile("^\\d+ -- .*");
    private static final int LINES_KEPT = 20;
    /** Up to here the optimizing compiler costs more than it saves. */
    private static final int FEW_MEMBERS = 50;

    private final Path classPath;

    private SyntheaProgram(Path classPath) {
        this.classPath = classPath;
    }

    static SyntheaProgram in(Path cache, Progress progress) {
        Path classPath = cache.resolve("synthea-" + VERSION);
        if (!Files.isDirectory(classPath)) {
            progress.report("Fetching Synthea", 0, 0);
            fetch(classPath);
        }
        return new SyntheaProgram(classPath);
    }

    /** Writes transaction bundles of a population, hospitals and practitioners below {@code output/fhir}. */
    void generate(Population population, Path output, Progress progress) {
        List<String> command = new ArrayList<>(List.of(java(), "-Xmx2g", "-XX:+UseSerialGC", "-Djava.awt.headless=true"));
        if (population.members() <= FEW_MEMBERS) {
            command.add("-XX:TieredStopAtLevel=1");
        }
        command.addAll(List.of("-cp", classPath + "/*", "App"));
        command.addAll(flags(population, output));
        progress.report("Making synthetic members", 0, population.members());
        run(command, output, line -> PERSON.matcher(line).matches(),
                people -> progress.report("Making synthetic members", Math.min(people, population.members()), population.members()));
    }

    private static List<String> flags(Population population, Path output) {
        String seed = Long.toString(population.seed());
        return List.of("-s", seed, "-cs", seed, "-r", population.date(), "-e", population.date(),
                "-p", Integer.toString(population.members()),
                "--exporter.baseDirectory=" + output,
                "--exporter.fhir.export=true",
                "--exporter.fhir.use_us_core_ig=true",
                "--exporter.fhir.us_core_version=6.1.0",
                "--exporter.fhir.transaction_bundle=true",
                "--exporter.practitioner.fhir.export=true",
                "--exporter.hospital.fhir.export=true",
                "--exporter.cpcds.export=true",
                population.state());
    }

    /** Under a temporary name until complete, so that a broken download is tried again. */
    private static void fetch(Path classPath) {
        Path parent = classPath.getParent();
        try {
            Files.createDirectories(parent);
            Path fresh = Files.createTempDirectory(parent, "synthea-fetching-");
            Path pom = fresh.resolve("pom.xml");
            try (InputStream in = SyntheaProgram.class.getResourceAsStream("synthea-pom.xml")) {
                Files.copy(java.util.Objects.requireNonNull(in), pom);
            }
            Path lib = fresh.resolve("lib");
            run(List.of("mvn", "--batch-mode", "--quiet", "--file", pom.toString(), "dependency:copy-dependencies",
                    "-DincludeScope=runtime", "-DoutputDirectory=" + lib), fresh, line -> false, count -> { });
            try {
                keep(lib, classPath);
            } finally {
                Folders.delete(fresh);
            }
        } catch (IOException e) {
            throw new SandboxException("Synthea cannot be kept below " + parent + ": " + e.getMessage(), e);
        }
    }

    /** Another process may have kept the same meanwhile: what the system says of that differs, and is no reason to fail. */
    static void keep(Path lib, Path classPath) throws IOException {
        try {
            Files.move(lib, classPath, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(classPath)) {
                throw e;
            }
        }
    }

    private interface LineTest {
        boolean counts(String line);
    }

    private interface LineCount {
        void reached(int count);
    }

    /** If this process is killed, the other one ends by itself when its work is done; nothing waits for it. */
    private static void run(List<String> command, Path folder, LineTest test, LineCount count) {
        try {
            Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
            Thread atExit = new Thread(process::destroyForcibly);
            Runtime.getRuntime().addShutdownHook(atExit);
            Deque<String> last = new ArrayDeque<>();
            int counted = 0;
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (test.counts(line)) {
                        count.reached(++counted);
                    }
                    last.addLast(line);
                    if (last.size() > LINES_KEPT) {
                        last.removeFirst();
                    }
                }
            }
            int status = process.waitFor();
            Runtime.getRuntime().removeShutdownHook(atExit);
            if (status != 0) {
                throw new SandboxException(command.get(0) + " failed (" + status + "):\n" + String.join("\n", last));
            }
        } catch (IOException e) {
            throw new SandboxException("Cannot run " + command.get(0) + " (" + e.getMessage() + "); synthetic members need Maven on the PATH the first time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("Interrupted while " + command.get(0) + " ran", e);
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
