package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.http.FhirClient;
import dev.portolan.benchmarks.http.FhirResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Some writes in order, and the state that they leave: transactions, conditional interactions, patches, refusals. */
record InteractionScript(String name, List<JsonNode> steps, List<String> state) {

    static List<InteractionScript> all() throws IOException {
        List<InteractionScript> scripts = new ArrayList<>();
        try (InputStream in = InteractionScript.class.getResourceAsStream("interactions.json")) {
            for (JsonNode script : FhirClient.JSON.readTree(in)) {
                List<JsonNode> steps = new ArrayList<>();
                script.path("steps").forEach(steps::add);
                List<String> state = new ArrayList<>();
                script.path("state").forEach(path -> state.add(path.asText().replace("|", "%7C")));
                scripts.add(new InteractionScript(script.path("name").asText(), steps, state));
            }
        }
        return scripts;
    }

    /** What a server answers, line by line, without what servers are free to choose. */
    List<String> playOn(FhirClient server) throws IOException {
        List<String> lines = new ArrayList<>();
        for (JsonNode step : steps) {
            Map<String, String> headers = new HashMap<>();
            step.path("headers").fields().forEachRemaining(header -> headers.put(header.getKey(), header.getValue().asText()));
            JsonNode body = step.path("body");
            byte[] bytes = body.isMissingNode() ? null
                    : (body.isTextual() ? body.asText() : body.toString()).getBytes(StandardCharsets.UTF_8);
            FhirResponse response = server.send(step.path("method").asText(), step.path("path").asText(), bytes, headers);
            lines.add(step.path("method").asText() + " " + step.path("path").asText() + " -> " + response.status() + entryStatuses(response.body()));
        }
        for (String path : state) {
            FhirResponse response = server.get(path);
            lines.add("state " + path + " -> " + response.status() + " " + (response.successful() ? resources(response.body()) : ""));
        }
        return lines;
    }

    private static String entryStatuses(JsonNode body) {
        if (!body.path("type").asText().endsWith("-response")) {
            return "";
        }
        List<String> statuses = new ArrayList<>();
        body.path("entry").forEach(entry -> statuses.add(entry.path("response").path("status").asText().replaceAll("\\D.*", "")));
        return " " + statuses;
    }

    private static TreeSet<String> resources(JsonNode body) {
        TreeSet<String> resources = new TreeSet<>();
        if (body.path("resourceType").asText().equals("Bundle")) {
            body.path("entry").forEach(entry -> resources.add(comparable(entry.path("resource"))));
        } else {
            resources.add(comparable(body));
        }
        return resources;
    }

    /** The resource with its stamps out and assigned ids replaced: both are the server's own. */
    private static String comparable(JsonNode resource) {
        ObjectNode copy = resource.deepCopy();
        String version = copy.path("meta").path("versionId").asText();
        copy.remove(List.of("meta", "text"));
        if (!copy.path("id").asText().startsWith("tx-")) {
            copy.remove("id");
        }
        anonymize(copy);
        return "v" + version + " " + FhirClient.JSON.convertValue(copy, java.util.TreeMap.class);
    }

    private static void anonymize(JsonNode node) {
        if (node.isObject() && node.path("reference").isTextual()) {
            String reference = node.path("reference").asText();
            if (!reference.contains("/tx-") && !reference.contains("/edge-")) {
                ((ObjectNode) node).put("reference", reference.replaceAll("/.*", "/*"));
            }
        }
        node.forEach(InteractionScript::anonymize);
    }
}
