package dev.portolan.fhir.validation;

import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageResource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the definition that a reference means. A guide of 2022 that names US Core's Patient means that of the US Core it was written for, so a
 * reference without a version is read in the light of the package that it stands in.
 */
final class DefinitionResolver {

    private final FhirPackages packages;
    private final Map<GuideRef, Map<String, String>> dependencies = new HashMap<>();

    DefinitionResolver(FhirPackages packages) {
        this.packages = packages;
        for (FhirPackage loaded : packages.packages()) {
            dependencies.put(loaded.ref(), loaded.dependencies());
        }
    }

    Optional<PackageResource> find(String resourceType, String canonical, @Nullable GuideRef origin) {
        List<PackageResource> found = packages.all(resourceType, canonical);
        if (found.size() <= 1 || origin == null || canonical.indexOf('|') >= 0) {
            return found.stream().findFirst();
        }
        return found.stream()
                .filter(resource -> resource.origin().equals(origin))
                .findFirst()
                .or(() -> found.stream().filter(resource -> dependsOn(origin, resource.origin())).findFirst())
                .or(() -> found.stream().findFirst());
    }

    /** Guides that need several versions of another name all but one by an alias, as {@code hl7.fhir.us.core.v311}. */
    private boolean dependsOn(GuideRef guide, GuideRef other) {
        return dependencies.getOrDefault(guide, Map.of()).entrySet().stream()
                .anyMatch(dependency -> dependency.getKey().startsWith(other.id()) && dependency.getValue().equals(other.version()));
    }
}
