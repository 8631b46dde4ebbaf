package dev.portolan.fhir.terminology;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageResource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Reads value sets and code systems out of the packages when they are first asked for, and keeps as many as memory should hold. */
final class TerminologyContent {

    private static final String TERMINOLOGY_PACKAGE = "hl7.terminology.r4";
    private static final int MOST_CONCEPTS_KEPT = 60_000;
    private static final int MOST_VALUE_SET_BYTES_KEPT = 8 << 20;

    private final FhirPackages packages;
    private final Map<String, JsonValue> local = readLocal();
    /** Which of a system's resources has the most content: of the addresses that packages have, so that what callers name does not fill it. */
    private final Map<String, Optional<PackageResource>> codeSystems = new ConcurrentHashMap<>();
    private final Cache<PackageResource, CodeSystemContent> codeSystemContents = Caffeine.newBuilder()
            .maximumWeight(MOST_CONCEPTS_KEPT)
            .weigher((PackageResource resource, CodeSystemContent content) -> content.size() + 10)
            .build();
    private final Cache<PackageResource, JsonDocument> valueSets = Caffeine.newBuilder()
            .maximumWeight(MOST_VALUE_SET_BYTES_KEPT)
            .weigher((PackageResource resource, JsonDocument document) -> document.bytes().length * 2)
            .build();

    TerminologyContent(FhirPackages packages) {
        this.packages = packages;
    }

    /**
     * Value sets at addresses whose owner (VSAC) gives no package, for codes that are public: the OMB categories and the null flavors beside them.
     * A package's value set at the same address goes first.
     */
    private static Map<String, JsonValue> readLocal() {
        try (InputStream in = Objects.requireNonNull(TerminologyContent.class.getResourceAsStream("local-value-sets.json"))) {
            Map<String, JsonValue> sets = new LinkedHashMap<>();
            for (JsonValue set : JsonDocument.parse(in.readAllBytes()).root().children()) {
                sets.put(String.valueOf(set.fieldText("url")), set);
            }
            return sets;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Optional<JsonValue> valueSet(String canonical) {
        Optional<PackageResource> found = packages.find("ValueSet", canonical);
        if (found.isPresent()) {
            return Optional.of(valueSets.get(found.get(), PackageResource::document).root());
        }
        int bar = canonical.indexOf('|');
        return Optional.ofNullable(local.get(bar < 0 ? canonical : canonical.substring(0, bar)));
    }

    boolean hasValueSet(String canonical) {
        int bar = canonical.indexOf('|');
        return packages.find("ValueSet", canonical).isPresent() || local.containsKey(bar < 0 ? canonical : canonical.substring(0, bar));
    }

    /** The code system with the most content at this address, or empty if no package has any of its codes. */
    Optional<CodeSystemContent> codeSystem(String system) {
        Optional<PackageResource> known = codeSystems.get(system);
        if (known == null) {
            List<PackageResource> all = packages.all("CodeSystem", system);
            known = all.isEmpty() ? Optional.empty() : codeSystems.computeIfAbsent(system, missing -> best(all));
        }
        return known.map(resource -> codeSystemContents.get(resource, found -> new CodeSystemContent(found.document().root())));
    }

    /** For the test that what callers name is not kept. */
    int codeSystemsKept() {
        return codeSystems.size();
    }

    private static Optional<PackageResource> best(List<PackageResource> all) {
        return all.stream()
                .filter(resource -> rank(resource) > 0)
                .max(Comparator.comparingInt(TerminologyContent::rank).thenComparing(TerminologyContent::versionParts, Arrays::compare));
    }

    /** A guide's code systems grow from version to version: the latest has the codes of the earlier ones. */
    private static int[] versionParts(PackageResource resource) {
        return Arrays.stream(String.valueOf(resource.version()).split("[^0-9]+"))
                .filter(part -> !part.isEmpty() && part.length() < 9)
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    /** Complete goes before a fragment, and HL7's own terminology before the copy of 2019 that the base definitions carry. */
    private static int rank(PackageResource resource) {
        String content = String.valueOf(resource.document().root().fieldText("content"));
        int contentRank = switch (content) {
            case "complete" -> 4;
            case "fragment", "example" -> 2;
            default -> 0;
        };
        return contentRank == 0 ? 0 : contentRank + (resource.origin().id().equals(TERMINOLOGY_PACKAGE) ? 1 : 0);
    }

    List<PackageResource> conceptMaps() {
        return packages.resources("ConceptMap");
    }

    Optional<PackageResource> conceptMap(String canonical) {
        return packages.find("ConceptMap", canonical);
    }
}
