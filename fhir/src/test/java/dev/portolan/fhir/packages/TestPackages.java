package dev.portolan.fhir.packages;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** The packages that tests use, loaded once a JVM; what needs a guide is skipped by name without the guides, and fails in CI. */
public final class TestPackages {

    private static final Supplier<FhirPackages> BASE = memoize(() -> FhirPackages.load(sources(null), List.of()));
    private static final Supplier<FhirPackages> GUIDES = memoize(() -> FhirPackages.load(sources(folder()), GuideRef.DEFAULTS));

    private TestPackages() {}

    /** The base definitions alone, which are always there. */
    public static FhirPackages base() {
        return BASE.get();
    }

    /** The default guides. */
    public static FhirPackages guides() {
        requireFolder();
        return GUIDES.get();
    }

    /** The base definitions and one guide, without those that it depends on. */
    public static FhirPackages only(GuideRef guide) {
        requireFolder();
        return FhirPackages.load(sources(folder()), List.of(guide));
    }

    static Path requireFolder() {
        boolean present = folder() != null && Files.isDirectory(folder());
        if (!present && "true".equals(System.getenv("CI"))) {
            fail("PORTOLAN_PACKAGES names no folder of FHIR packages: CI needs them");
        }
        assumeTrue(present, "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        return folder();
    }

    private static Path folder() {
        String folder = System.getenv("PORTOLAN_PACKAGES");
        return folder == null || folder.isBlank() || folder.startsWith("${") ? null : Path.of(folder);
    }

    private static PackageSources sources(Path folder) {
        return new PackageSources(folder, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache"));
    }

    private static <T> Supplier<T> memoize(Supplier<T> supplier) {
        return new Supplier<>() {
            private T value;

            @Override
            public synchronized T get() {
                if (value == null) {
                    value = supplier.get();
                }
                return value;
            }
        };
    }
}
