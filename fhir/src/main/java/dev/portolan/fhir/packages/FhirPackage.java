package dev.portolan.fhir.packages;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A loaded package.
 *
 * @param ref its id and version
 * @param canonical the guide's canonical address
 * @param title the guide's title
 * @param dependencies the packages that it names, id to version
 * @param resources its conformance resources and examples
 */
public record FhirPackage(GuideRef ref, String canonical, String title, Map<String, String> dependencies, List<PackageResource> resources) {

    static FhirPackage of(GuideRef ref, PackFile file) {
        JsonValue manifest = JsonDocument.parse(file.manifest()).root();
        Map<String, String> dependencies = new LinkedHashMap<>();
        JsonValue named = manifest.field("dependencies");
        if (named != null) {
            named.children().forEach(dependency -> dependencies.put(String.valueOf(dependency.name()), dependency.text()));
        }
        List<PackageResource> resources = file.entries().stream().map(entry -> new PackageResource(ref, entry, file)).toList();
        return new FhirPackage(ref, text(manifest, "canonical"), text(manifest, "title"), Map.copyOf(dependencies), resources);
    }

    private static String text(JsonValue manifest, String field) {
        String text = manifest.fieldText(field);
        return text == null ? "" : text;
    }

    /** The resources that the guide shows as examples. */
    public List<PackageResource> examples() {
        return resources.stream().filter(PackageResource::example).toList();
    }
}
