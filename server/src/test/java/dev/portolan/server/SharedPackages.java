package dev.portolan.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.stream.Stream;

import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;

/** FHIR's packages as a server keeps them once it has unpacked them, made once for all tests: unpacking them is most of a first start, and the same each time. */
public final class SharedPackages {

    private static final Path CACHE = Path.of("..", "target", "fhir-package-cache").toAbsolutePath().normalize();
    private static boolean filled;

    private SharedPackages() {}

    /** Gives them to a server that is to begin in this data directory, which is made if it is not there. */
    public static Path in(Path data) {
        fill();
        try (Stream<Path> packages = Files.list(CACHE)) {
            Path own = Files.createDirectories(data.resolve("packages"));
            Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
            // Not what another process is just writing.
            for (Path each : packages.filter(file -> !file.toString().endsWith(".tmp")).toList()) {
                if (!Files.exists(own.resolve(each.getFileName()))) {
                    Files.createSymbolicLink(own.resolve(each.getFileName()), each);
                }
            }
            return data;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static synchronized void fill() {
        if (!filled) {
            String folder = System.getenv("PORTOLAN_PACKAGES");
            FhirPackages.load(new PackageSources(folder == null || folder.isBlank() || folder.startsWith("${") ? null : Path.of(folder), null, null, Duration.ofSeconds(1), CACHE), GuideRef.DEFAULTS);
            filled = true;
        }
    }
}
