package dev.portolan.fhir.packages;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where packages are looked for, in this order, and where what was read is kept.
 *
 * @param folder a folder of {@code <id>-<version>.tgz} files, or null
 * @param userCache a folder of unpacked packages, {@code <id>#<version>/package/}, or null
 * @param registry a FHIR package registry's base address, or null to stay off the network
 * @param registryTimeout how long one call to the registry may take; after the first that fails the registry is not asked again
 * @param cache a folder of our own, made if it is missing
 */
public record PackageSources(@Nullable Path folder, @Nullable Path userCache, @Nullable URI registry, Duration registryTimeout, Path cache) {

    /** The public FHIR package registry. */
    public static final URI PUBLIC_REGISTRY = URI.create("https://packages.fhir.org/");

    /**
     * What the environment says: {@code PORTOLAN_PACKAGES} names the folder, {@code PORTOLAN_PACKAGE_REGISTRY} the registry ({@code off} for none, the
     * public one if unset).
     */
    public static PackageSources of(Map<String, String> environment, Path userHome, Path cache) {
        String folder = environment.getOrDefault("PORTOLAN_PACKAGES", "").strip();
        String registry = environment.getOrDefault("PORTOLAN_PACKAGE_REGISTRY", "").strip();
        return new PackageSources(
                folder.isEmpty() ? null : Path.of(folder),
                userHome.resolve(".fhir").resolve("packages"),
                registry.equals("off") ? null : registry.isEmpty() ? PUBLIC_REGISTRY : URI.create(registry),
                Duration.ofSeconds(2),
                cache);
    }
}
