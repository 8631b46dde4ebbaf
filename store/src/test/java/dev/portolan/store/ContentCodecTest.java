package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ContentCodecTest {

    private final Map<Integer, byte[]> durable = new HashMap<>();
    private final ContentCodec codec = new ContentCodec(durable::get, (type, json, length) -> { });

    private static byte[] sample(Random random, String flavour) {
        return ("{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"" + random.nextInt(100)
            + "\",\"display\":\"" + flavour + " of something that is measured\"}]},\"valueQuantity\":{\"value\":" + random.nextInt() + "},\"" + flavour + "\":\"" + random.nextLong() + "\"}")
            .getBytes(StandardCharsets.UTF_8);
    }

    private static List<byte[]> samples(String flavour) {
        Random random = new Random(flavour.hashCode());
        List<byte[]> samples = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            samples.add(sample(random, flavour));
        }
        return samples;
    }

    @Test
    void what_older_dictionaries_made_stays_readable_while_newer_ones_take_over() {
        byte[] json = sample(new Random(1), "pressure");
        byte[] before = codec.encode(1, json);
        byte[] first = DictionaryTraining.train(samples("pressure"), null);
        durable.put(300, first);
        codec.use(1, 300, first);
        byte[] withFirst = codec.encode(1, json);
        byte[] second = DictionaryTraining.train(samples("temperature"), first);
        durable.put(301, second);
        codec.use(1, 301, second);
        byte[] withSecond = codec.encode(1, json);
        assertThat(ContentCodec.dictionaryOf(before)).isZero();
        assertThat(ContentCodec.dictionaryOf(withFirst)).isEqualTo(300);
        assertThat(ContentCodec.dictionaryOf(withSecond)).isEqualTo(301);
        assertThat(withFirst.length).isLessThan(before.length / 2);
        ContentCodec another = new ContentCodec(durable::get, (type, bytes, length) -> { });
        for (byte[] stored : List.of(before, withFirst, withSecond)) {
            assertThat(codec.decode(stored)).isEqualTo(json);
            assertThat(another.decode(stored)).as("a node that learns of the dictionary by reading").isEqualTo(json);
        }
        durable.remove(300);
        assertThatThrownBy(() -> new ContentCodec(durable::get, (type, bytes, length) -> { }).decode(withFirst)).hasMessageContaining("300");
    }

    @Test
    void a_dictionary_that_is_not_better_is_not_made() {
        byte[] first = DictionaryTraining.train(samples("pressure"), null);
        assertThat(DictionaryTraining.train(samples("pressure"), first)).isNull();
        assertThat(DictionaryTraining.train(List.of("{}".getBytes(StandardCharsets.UTF_8)), null)).isNull();
    }

    @Property(tries = 300)
    void any_bytes_come_back(@ForAll byte[] bytes) {
        assertThat(codec.decode(codec.encode(7, bytes))).isEqualTo(bytes);
    }
}
