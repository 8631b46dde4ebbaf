package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import dev.portolan.benchmarks.http.FhirClient;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One base R4 search parameter as it applies to one resource type.
 *
 * @param kind the SearchParameter's type: {@code string}, {@code token}, ...
 * @param targets the resource types that a reference may point at
 * @param components the parts of a composite
 */
record ParameterDefinition(
        String resourceType, String name, String kind, String expression, List<String> targets, List<Component> components) {

    private static final String DEFINITIONS = "/org/hl7/fhir/r4/model/sp/search-parameters.json";

    /** @param expression relative to the element that the composite selects, alternatives with bars between them */
    record Component(String kind, String expression) {

        List<JsonNode> values(JsonNode element) {
            List<JsonNode> values = new ArrayList<>();
            for (String term : expression.split("\\|")) {
                values.addAll(ElementPath.values(element, "Element." + term.strip()));
            }
            return values;
        }
    }

    /** Every parameter of the base specification by resource type, in a stable order. */
    static Map<String, List<ParameterDefinition>> baseDefinitions() throws IOException {
        Map<String, List<ParameterDefinition>> byType = new TreeMap<>();
        try (InputStream json = ParameterDefinition.class.getResourceAsStream(DEFINITIONS)) {
            JsonNode definitions = FhirClient.JSON.readTree(json).path("entry");
            Map<String, String> kinds = new HashMap<>();
            definitions.forEach(entry -> kinds.put(entry.path("resource").path("url").asText(), entry.path("resource").path("type").asText()));
            for (JsonNode entry : definitions) {
                JsonNode definition = entry.path("resource");
                for (JsonNode base : definition.path("base")) {
                    byType.computeIfAbsent(base.asText(), type -> new ArrayList<>()).add(read(base.asText(), definition, kinds));
                }
            }
        }
        byType.values().forEach(list -> list.sort(java.util.Comparator.comparing(ParameterDefinition::name)));
        return Collections.unmodifiableMap(byType);
    }

    private static ParameterDefinition read(String resourceType, JsonNode definition, Map<String, String> kinds) {
        List<String> targets = new ArrayList<>();
        definition.path("target").forEach(target -> targets.add(target.asText()));
        List<Component> components = new ArrayList<>();
        definition.path("component").forEach(component ->
                components.add(new Component(kinds.getOrDefault(component.path("definition").asText(), ""), component.path("expression").asText())));
        return new ParameterDefinition(
                resourceType,
                definition.path("code").asText(),
                definition.path("type").asText(),
                definition.path("expression").asText(),
                List.copyOf(targets),
                List.copyOf(components));
    }

    /** The terms of the expression that say something about this resource type. */
    List<String> terms() {
        List<String> terms = new ArrayList<>();
        for (String term : expression.split("\\|")) {
            String path = term.strip().replaceFirst("^\\(+", "");
            if (path.equals(resourceType) || path.startsWith(resourceType + ".") || path.startsWith("Resource.") || path.startsWith("DomainResource.")) {
                terms.add(term.strip());
            }
        }
        return terms;
    }

    /** What the resource has for this parameter: elements for most, whole resources or components for composites. */
    List<JsonNode> values(JsonNode resource) {
        List<JsonNode> values = new ArrayList<>();
        for (String term : terms()) {
            values.addAll(term.equals(resourceType) ? List.of(resource) : ElementPath.values(resource, term));
        }
        return values;
    }

    boolean refersTo(String type) {
        return targets.isEmpty() || targets.contains("Resource") || targets.contains(type);
    }
}
