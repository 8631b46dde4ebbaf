package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.data.Members;
import dev.portolan.benchmarks.data.SyntheticData;
import dev.portolan.benchmarks.http.FhirClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
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
     * Some of every kind of everybody: at most {@code most} resources of a type for a member, spread over the member's
     * bundles, and at most forty of each shared type.
     */
    static SampleData of(SyntheticData all, int most) throws IOException {
        Map<String, Integer> taken = new HashMap<>();
        List<ObjectNode> chosen = new ArrayList<>();
        for (Path file : all.files()) {
            Map<String, Integer> ofBundle = new HashMap<>();
            for (ObjectNode resource : SyntheticData.resources(SyntheticData.bytes(file))) {
                String member = Members.of(resource);
                String group = resource.path("resourceType").asText() + " " + member;
                int limit = member.isEmpty() ? 40 : most;
                int limitOfBundle = member.isEmpty() ? 40 : 2;
                if (taken.getOrDefault(group, 0) < limit && ofBundle.getOrDefault(group, 0) < limitOfBundle) {
                    taken.merge(group, 1, Integer::sum);
                    ofBundle.merge(group, 1, Integer::sum);
                    chosen.add(resource);
                }
            }
        }
        pointWithin(chosen);
        chosen.forEach(SampleData::removeEmpty);
        // What a Provenance is about is the one element that referring to nobody takes away and that FHIR requires.
        chosen.removeIf(resource -> resource.path("resourceType").asText().equals("Provenance") && !resource.has("target"));
        chosen.addAll(edgeCases());
        return new SampleData(chosen);
    }

    /**
     * A reference to a resource that was not chosen is turned to another of its type of the same member, or taken out:
     * the peer does not index a reference whose target it does not hold, which says nothing about searches.
     */
    private static void pointWithin(List<ObjectNode> chosen) {
        Map<String, List<String>> byGroup = new TreeMap<>();
        Set<String> held = new HashSet<>();
        for (ObjectNode resource : chosen) {
            held.add(reference(resource));
            byGroup.computeIfAbsent(resource.path("resourceType").asText() + " " + Members.of(resource), group -> new ArrayList<>())
                    .add(reference(resource));
        }
        for (ObjectNode resource : chosen) {
            String member = Members.of(resource);
            for (JsonNode parent : resource.findParents("reference")) {
                String reference = parent.path("reference").asText();
                if (reference.matches("[A-Z]\\w+/.+") && !held.contains(reference)) {
                    String type = reference.substring(0, reference.indexOf('/'));
                    List<String> others = byGroup.getOrDefault(type + " " + member, byGroup.getOrDefault(type + " ", List.of()));
                    if (others.isEmpty()) {
                        ((ObjectNode) parent).remove("reference");
                    } else {
                        ((ObjectNode) parent).put("reference", others.get(Math.floorMod(reference.hashCode(), others.size())));
                    }
                }
            }
        }
    }

    /** FHIR has no empty objects and arrays (R4 JSON, section 2.6.2): what a removed reference leaves goes too. */
    private static boolean removeEmpty(JsonNode node) {
        for (Iterator<JsonNode> children = node.elements(); children.hasNext(); ) {
            JsonNode child = children.next();
            if (child.isContainerNode() && removeEmpty(child)) {
                children.remove();
            }
        }
        return node.isEmpty();
    }

    /** Resources made by hand for what Synthea never writes: open periods, part dates, accents, references without a target. */
    private static List<ObjectNode> edgeCases() throws IOException {
        List<ObjectNode> resources = new ArrayList<>();
        try (InputStream lines = SampleData.class.getResourceAsStream("edge-resources.ndjson");
                MappingIterator<ObjectNode> parsed = FhirClient.JSON.readerFor(ObjectNode.class).readValues(lines)) {
            parsed.forEachRemaining(resources::add);
        }
        return resources;
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

    /** Every resource after those it refers to: the peer indexes a reference only when its target is there. */
    List<ObjectNode> targetsFirst() {
        Set<ObjectNode> ordered = Collections.newSetFromMap(new IdentityHashMap<>());
        List<ObjectNode> result = new ArrayList<>();
        byReference.values().forEach(resource -> visit(resource, ordered, result));
        return result;
    }

    private void visit(ObjectNode resource, Set<ObjectNode> seen, List<ObjectNode> result) {
        if (seen.add(resource)) {
            for (JsonNode reference : resource.findValues("reference")) {
                ObjectNode target = byReference.get(reference.asText());
                if (target != null) {
                    visit(target, seen, result);
                }
            }
            result.add(resource);
        }
    }

    int size() {
        return byReference.size();
    }

    /** The types that a reference parameter points at in these resources. */
    Set<String> targetTypes(ParameterDefinition parameter) {
        Set<String> types = new HashSet<>();
        for (ObjectNode resource : ofType(parameter.resourceType())) {
            for (JsonNode value : parameter.values(resource)) {
                String reference = PlainSearch.target(value);
                if (byReference.containsKey(reference)) {
                    types.add(reference.substring(0, reference.indexOf('/')));
                }
            }
        }
        return types;
    }

    /** How many resources of each type there are. */
    Map<String, Integer> counts() {
        Map<String, Integer> counts = new HashMap<>();
        byType.forEach((type, resources) -> counts.put(type, resources.size()));
        return counts;
    }
}
