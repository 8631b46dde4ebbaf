package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import dev.portolan.benchmarks.http.FhirClient;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One base R4 search parameter as it applies to one resource type.
 *
 * @param kind the SearchParameter's type: {@code string}, {@code token}, ...
 * @param targets the resource types that a reference may point at
 * @param components for a composite, the names of its components' definitions
 */
record ParameterDefinition(
        String resourceType, String name, String kind, String expression, List<String> targets, List<String> components) {

    private static final String DEFINITIONS = "/org/hl7/fhir/r4/model/sp/search-parameters.json";

    /** Every parameter of the base specification by resource type, in a stable order. */
    static Map<String, List<ParameterDefinition>> baseDefinitions() throws IOException {
        Map<String, List<ParameterDefinition>> byType = new TreeMap<>();
        try (InputStream definitions = ParameterDefinition.class.getResourceAsStream(DEFINITIONS)) {
            for (JsonNode entry : FhirClient.JSON.readTree(definitions).path("entry")) {
                JsonNode definition = entry.path("resource");
                for (JsonNode base : definition.path("base")) {
                    byType.computeIfAbsent(base.asText(), type -> new ArrayList<>()).add(read(base.asText(), definition));
                }
            }
        }
        byType.values().forEach(list -> list.sort(java.util.Comparator.comparing(ParameterDefinition::name)));
        return Collections.unmodifiableMap(byType);
    }

    private static ParameterDefinition read(String resourceType, JsonNode definition) {
        List<String> targets = new ArrayList<>();
        definition.path("target").forEach(target -> targets.add(target.asText()));
        List<String> components = new ArrayList<>();
        definition.path("component").forEach(component -> {
            String url = component.path("definition").asText();
            components.add(url.substring(url.lastIndexOf('/') + 1) + "\n" + component.path("expression").asText());
        });
        return new ParameterDefinition(
                resourceType,
                definition.path("code").asText(),
                definition.path("type").asText(),
                definition.path("expression").asText(),
                List.copyOf(targets),
                List.copyOf(components));
    }

    /** The parts of the expression that say something about this resource type. */
    List<String> paths() {
        List<String> paths = new ArrayList<>();
        for (String part : expression.split("\\|")) {
            String path = part.strip().replaceAll("^\\(+", "");
            if (path.equals(resourceType) || path.startsWith(resourceType + ".") || path.startsWith("Resource.") || path.startsWith("DomainResource.")) {
                paths.add(path);
            }
        }
        return paths;
    }
}
