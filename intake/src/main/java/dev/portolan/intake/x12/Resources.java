package dev.portolan.intake.x12;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.intake.mapping.MappedResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** Changes resources that a mapping made. */
final class Resources {

    private static final ObjectMapper JSON = new ObjectMapper().enable(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .setNodeFactory(com.fasterxml.jackson.databind.node.JsonNodeFactory.withExactBigDecimals(true)).configure(com.fasterxml.jackson.core.JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN, true);

    /** Lists whose elements are of several kinds, of which a change may bring one: a new home address leaves the mailing address as it is. */
    private static final Map<String, List<String>> KINDS = Map.of("telecom", List.of("system", "use"), "address", List.of("type"), "extension", List.of("url"));

    private Resources() {}

    static ObjectNode tree(byte[] json) {
        try {
            return (ObjectNode) JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static MappedResource of(ObjectNode tree, boolean onlyIfAbsent) {
        try {
            return new MappedResource(tree.path("resourceType").asText(), tree.path("id").asText(), JSON.writeValueAsBytes(tree), onlyIfAbsent);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ArrayNode together(ArrayNode present, ArrayNode change, List<String> kind) {
        ArrayNode all = change.deepCopy();
        for (JsonNode one : present) {
            boolean replaced = false;
            for (JsonNode other : change) {
                replaced |= kind.stream().allMatch(field -> one.path(field).equals(other.path(field)));
            }
            if (!replaced) {
                all.add(one);
            }
        }
        return all;
    }

    /** What a change says, over what is there: an element that the change does not have stays. */
    static MappedResource changed(JsonDocument present, MappedResource change) {
        ObjectNode tree = tree(present.bytes());
        tree.remove("meta");
        for (Map.Entry<String, JsonNode> field : tree(change.json()).properties()) {
            if (field.getKey().equals("period") && tree.path("period") instanceof ObjectNode period) {
                period.setAll((ObjectNode) field.getValue());
            } else if (KINDS.containsKey(field.getKey()) && tree.path(field.getKey()) instanceof ArrayNode list) {
                tree.set(field.getKey(), together(list, (ArrayNode) field.getValue(), KINDS.get(field.getKey())));
            } else {
                tree.set(field.getKey(), field.getValue());
            }
        }
        return of(tree, change.onlyIfAbsent());
    }
}
