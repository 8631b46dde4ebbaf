package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * One resource under one parameter of a search: the match itself, or what a chain or {@code _has} leads to from it.
 *
 * @param modifier without its colon, or empty
 * @param asked the parameter's whole value
 */
record Judgement(ParameterDefinition parameter, String modifier, String asked, ObjectNode resource) {

    List<JsonNode> values() {
        return parameter.values(resource);
    }

    boolean isOf(String kind) {
        return parameter.kind().equals(kind) && modifier.isEmpty();
    }
}
