package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DictionarySamplesTest {

    private static final int TYPE = 7;

    private final List<Integer> asked = new ArrayList<>();
    private final DictionarySamples samples = new DictionarySamples(asked::add);

    private void encode(int count, int length) {
        byte[] json = "x".repeat(length).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < count; i++) {
            samples.encoded(TYPE, json, length / 2);
        }
    }

    @Test
    void a_type_gets_its_first_dictionary_early_and_a_better_one_at_a_thousand() {
        encode(127, 1_000);
        assertThat(asked).isEmpty();
        encode(1, 1_000);
        assertThat(asked).containsExactly(TYPE);
        assertThat(samples.take(TYPE)).hasSize(128);
        encode(871, 1_000);
        assertThat(asked).hasSize(1);
        encode(1, 1_000);
        assertThat(asked).hasSize(2);
        assertThat(samples.take(TYPE)).hasSize(1_000);
        encode(5_000, 1_000);
        assertThat(asked).as("then not before ten times as many").hasSize(2);
    }

    @Test
    void few_large_resources_are_enough() {
        encode(48, 12_000);
        assertThat(asked).containsExactly(TYPE);
    }

    @Test
    void a_type_that_has_a_dictionary_already_is_left_alone() {
        samples.start(TYPE);
        encode(1_000, 1_000);
        assertThat(asked).isEmpty();
    }
}
