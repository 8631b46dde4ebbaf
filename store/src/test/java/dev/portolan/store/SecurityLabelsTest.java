package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.portolan.fhir.json.JsonDocument;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SecurityLabelsTest {

    private static String bundle(List<String> labels) {
        return "{\"resourceType\":\"Bundle\",\"meta\":{\"security\":[" + labels.stream().map(code -> "{\"code\":\"" + code + "\"}").collect(Collectors.joining(",")) + "]}}";
    }

    @Test
    void each_label_goes_before_the_first_that_sorts_after_it_and_the_rest_to_the_end() {
        JsonDocument labelled = SecurityLabels.add(JsonDocument.parse(bundle(List.of("c", "b", "f"))), Set.of("|a", "|b", "|d", "|e", "|g"));
        assertThat(labelled.root().toJson()).isEqualTo(bundle(List.of("a", "c", "b", "d", "e", "f", "g")));
        JsonDocument inTwoSteps = SecurityLabels.add(SecurityLabels.add(JsonDocument.parse(bundle(List.of("c", "b", "f"))), Set.of("|g", "|d")), Set.of("|a", "|e"));
        assertThat(inTwoSteps.root().toJson()).isEqualTo(labelled.root().toJson());
    }

    /** A Bundle takes on the labels of all its entries: one of a megabyte took half a minute. */
    @Test
    void many_labels_are_added_to_many_in_one_walk() {
        int many = 100_000;
        JsonDocument bundle = JsonDocument.parse(bundle(IntStream.range(0, many).mapToObj(i -> "a" + i).toList()));
        Set<String> labels = IntStream.range(0, many).mapToObj(i -> "|x" + i).collect(Collectors.toCollection(TreeSet::new));
        JsonDocument labelled = assertTimeoutPreemptively(Duration.ofSeconds(30), () -> SecurityLabels.add(bundle, labels));
        assertThat(labelled.root().field("meta").field("security").size()).isEqualTo(2 * many);
    }
}
