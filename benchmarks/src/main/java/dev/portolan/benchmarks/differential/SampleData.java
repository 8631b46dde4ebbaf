package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The resources that both servers hold, and what can be found in them. */
final class SampleData {

    private final Map<String, ObjectNode> byReference = new LinkedHashMap<>();
    private final Map<String, List<ObjectNode>> byType = new TreeMap<>();

    SampleData(List<ObjectNode> resources) {
        for (ObjectNode resource : resources) {
            byReference.put(reference(resource), resource);
            byType.computeIfAbsent(resource.path("resourceType").asText(), type -> new ArrayList<>()).add(resource);
        }
    }

    /**
     * Some of every kind of everybody: at most {@code most} resources of a type for a member, taken evenly over the
     * years, and of the shared types only those that are referred to.
     */
    static SampleData of(List<ObjectNode> all, int most) {
        Map<String, List<ObjectNode>> groups = new LinkedHashMap<>();
        for (ObjectNode resource : all) {
            groups.computeIfAbsent(resource.path("resourceType").asText() + " " + member(resource), key -> new ArrayList<>()).add(resource);
        }
        Set<ObjectNode> chosen = new java.util.LinkedHashSet<>();
        groups.forEach((key, group) -> {
            boolean shared = key.endsWith(" ");
            for (int i = 0; i < Math.min(group.size(), shared ? 40 : most); i++) {
                chosen.add(group.get((int) ((long) i * group.size() / Math.min(group.size(), shared ? 40 : most))));
            }
        });
        return new SampleData(List.copyOf(chosen));
    }

    private static String member(JsonNode resource) {
        if (resource.path("resourceType").asText().equals("Patient")) {
            return resource.path("id").asText();
        }
        for (String element : List.of("subject", "patient", "beneficiary")) {
            String reference = resource.path(element).path("reference").asText();
            if (reference.startsWith("Patient/")) {
                return reference;
            }
        }
        return "";
    }

    static String reference(JsonNode resource) {
        return resource.path("resourceType").asText() + "/" + resource.path("id").asText();
    }

    Set<String> types() {
        return byType.keySet();
    }

    List<ObjectNode> ofType(String type) {
        return byType.getOrDefault(type, List.of());
    }

    /** The resource, or null when the sample does not hold it. */
    ObjectNode get(String reference) {
        return byReference.get(reference);
    }

    List<ObjectNode> all() {
        return List.copyOf(byReference.values());
    }

    int size() {
        return byReference.size();
    }

    /** The types that a reference parameter points at in these resources. */
    Set<String> targetTypes(ParameterDefinition parameter) {
        Set<String> types = new HashSet<>();
        for (ObjectNode resource : ofType(parameter.resourceType())) {
            for (JsonNode value : values(resource, parameter)) {
                String reference = value.path("reference").asText();
                if (byReference.containsKey(reference)) {
                    types.add(reference.substring(0, reference.indexOf('/')));
                }
            }
        }
        return types;
    }

    static List<JsonNode> values(JsonNode resource, ParameterDefinition parameter) {
        List<JsonNode> values = new ArrayList<>();
        for (String path : parameter.paths()) {
            values.addAll(ElementPath.values(resource, path));
        }
        return values;
    }

    /** How many resources of each type there are. */
    Map<String, Integer> counts() {
        Map<String, Integer> counts = new HashMap<>();
        byType.forEach((type, resources) -> counts.put(type, resources.size()));
        return counts;
    }
}
