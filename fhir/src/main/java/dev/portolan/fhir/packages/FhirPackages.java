package dev.portolan.fhir.packages;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The base definitions and the guides that were found, as one set of definitions. Immutable and cheap to hold: content is read from disk when it
 * is asked for.
 *
 * <p>Where several packages have a resource at the same canonical address, a reference with a version finds that version; one without a version
 * finds that of the package that stands first in the list that was loaded, the base definitions before all guides.
 */
public final class FhirPackages {

    private static final Logger LOG = LoggerFactory.getLogger(FhirPackages.class);

    private final List<FhirPackage> packages;
    private final List<GuideRef> missing;
    private final Map<String, List<PackageResource>> byType = new HashMap<>();
    private final Map<String, List<PackageResource>> byUrl = new HashMap<>();

    private FhirPackages(List<FhirPackage> packages, List<GuideRef> missing) {
        this.packages = List.copyOf(packages);
        this.missing = List.copyOf(missing);
        for (FhirPackage loaded : packages) {
            for (PackageResource resource : loaded.resources()) {
                if (!resource.example()) {
                    byType.computeIfAbsent(resource.resourceType(), type -> new ArrayList<>()).add(resource);
                    if (resource.url() != null) {
                        byUrl.computeIfAbsent(resource.url(), url -> new ArrayList<>(1)).add(resource);
                    }
                }
            }
        }
    }

    /**
     * Loads the base definitions and what can be found of the guides. A guide that cannot be found is named by {@link #missing} and in the log; it
     * is no failure.
     */
    public static FhirPackages load(PackageSources sources, List<GuideRef> guides) {
        PackageLocator locator = new PackageLocator(sources);
        List<FhirPackage> packages = new ArrayList<>();
        List<GuideRef> missing = new ArrayList<>();
        packages.add(FhirPackage.of(GuideRef.BASE, locator.base()));
        for (GuideRef guide : guides) {
            Optional<PackFile> file = locator.find(guide);
            file.ifPresentOrElse(found -> packages.add(FhirPackage.of(guide, found)), () -> missing.add(guide));
        }
        if (!missing.isEmpty()) {
            LOG.warn("FHIR packages not found, their profiles are not validated: {}", missing);
        }
        return new FhirPackages(packages, missing);
    }

    /** What was loaded, the base definitions first. */
    public List<FhirPackage> packages() {
        return packages;
    }

    /** The guides that were asked for and not found. */
    public List<GuideRef> missing() {
        return missing;
    }

    public Optional<FhirPackage> guide(String id, String version) {
        return packages.stream().filter(loaded -> loaded.ref().id().equals(id) && loaded.ref().version().equals(version)).findFirst();
    }

    /** All conformance resources of a type, all versions of them, in the packages' order. */
    public List<PackageResource> resources(String resourceType) {
        return List.copyOf(byType.getOrDefault(resourceType, List.of()));
    }

    /** The resource of this type at a canonical address, which may end in {@code |version}. */
    public Optional<PackageResource> find(String resourceType, String canonical) {
        return all(resourceType, canonical).stream().findFirst();
    }

    /** All resources of this type at a canonical address, the preferred one first. A version may be given up to its leading parts, as {@code |6.1}. */
    public List<PackageResource> all(String resourceType, String canonical) {
        int bar = canonical.indexOf('|');
        String url = bar < 0 ? canonical : canonical.substring(0, bar);
        String version = bar < 0 ? "" : canonical.substring(bar + 1);
        return byUrl.getOrDefault(url, List.of()).stream()
                .filter(resource -> resource.resourceType().equals(resourceType))
                .filter(resource -> matches(resource.version(), version))
                .toList();
    }

    private static boolean matches(String actual, String wanted) {
        return wanted.isEmpty() || wanted.equals(actual) || (actual != null && actual.startsWith(wanted + "."));
    }

    /** The JSON of every SearchParameter, base and guides; where one address has several versions, the preferred one. */
    public List<byte[]> searchParameters() {
        Map<String, PackageResource> preferred = new LinkedHashMap<>();
        resources("SearchParameter").forEach(resource -> preferred.putIfAbsent(String.valueOf(resource.url()), resource));
        return preferred.values().stream().map(PackageResource::bytes).toList();
    }

    /** The JSON of the base compartment definition for a code, as {@code Patient}. */
    public Optional<byte[]> compartmentDefinition(String code) {
        return resources("CompartmentDefinition").stream()
                .filter(resource -> code.equals(resource.document().root().fieldText("code")))
                .findFirst()
                .map(PackageResource::bytes);
    }

    /** The JSON of a StructureDefinition; the address may end in {@code |version}. */
    public Optional<byte[]> structureDefinition(String canonical) {
        return find("StructureDefinition", canonical).map(PackageResource::bytes);
    }

    /** The examples of a guide; empty if the guide is not loaded. */
    public List<PackageResource> examples(String packageId, String version) {
        return guide(packageId, version).map(FhirPackage::examples).orElse(List.of());
    }
}
