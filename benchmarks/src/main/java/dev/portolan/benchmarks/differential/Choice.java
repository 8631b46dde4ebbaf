package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Random;

/** Picks from the data by the run's seed. */
final class Choice {

    private final SampleData data;
    private final Random random;

    Choice(SampleData data, Random random) {
        this.data = data;
        this.random = random;
    }

    <T> T of(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    boolean yes() {
        return random.nextBoolean();
    }

    JsonNode value(ParameterDefinition parameter) {
        return value(of(withValue(parameter)), parameter);
    }

    JsonNode value(ObjectNode resource, ParameterDefinition parameter) {
        return of(parameter.values(resource));
    }

    List<ObjectNode> withValue(ParameterDefinition parameter) {
        return data.ofType(parameter.resourceType()).stream().filter(resource -> !parameter.values(resource).isEmpty()).toList();
    }
}
