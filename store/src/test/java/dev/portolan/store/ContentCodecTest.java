package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
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

    /** The sizes at which a frame says its content's size in another way, of what compresses and what does not. */
    @Test
    void content_of_every_size_comes_back() {
        byte[] dictionary = DictionaryTraining.train(samples("pressure"), null);
        codec.use(1, 300, dictionary);
        Random random = new Random(5);
        for (int length : new int[] {0, 1, 2, 254, 255, 256, 257, 4_000, 65_535, 65_536, 65_791, 65_792, 70_000, 1_000_000}) {
            byte[] noise = new byte[length];
            random.nextBytes(noise);
            byte[] even = new byte[length];
            for (byte[] content : List.of(noise, even)) {
                for (int type : new int[] {1, 2}) {
                    assertThat(codec.decode(codec.encode(type, content))).as("%d bytes", length).isEqualTo(content);
                }
            }
        }
    }

    /** Contexts keep the dictionary that they had last: nobody gets another's. */
    @Test
    void many_threads_use_several_dictionaries_in_turns() throws Exception {
        List<String> flavours = List.of("pressure", "temperature", "weight");
        for (int type = 0; type < flavours.size(); type++) {
            codec.use(type, 300 + type, DictionaryTraining.train(samples(flavours.get(type)), null));
        }
        AtomicInteger seeds = new AtomicInteger();
        Callable<Boolean> work = () -> {
            Random random = new Random(seeds.incrementAndGet());
            for (int i = 0; i < 3_000; i++) {
                int type = random.nextInt(flavours.size() + 1);
                byte[] json = sample(random, type < flavours.size() ? flavours.get(type) : "length");
                byte[] stored = codec.encode(type, json);
                assertThat(ContentCodec.dictionaryOf(stored)).isEqualTo(type < flavours.size() ? 300 + type : 0);
                assertThat(codec.decode(stored)).isEqualTo(json);
            }
            return true;
        };
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            for (var done : threads.invokeAll(Collections.nCopies(6, work))) {
                assertThat(done.get()).isTrue();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void what_is_cut_off_or_no_frame_is_an_error() {
        byte[] stored = codec.encode(1, sample(new Random(1), "pressure"));
        for (int length = 1; length < stored.length; length++) {
            byte[] part = Arrays.copyOf(stored, length);
            assertThatThrownBy(() -> codec.decode(part)).as("%d of %d bytes", length, stored.length).isInstanceOf(RuntimeException.class);
        }
        assertThatThrownBy(() -> codec.decode("\u0001{\"no\": \"frame\"}".getBytes(StandardCharsets.UTF_8))).hasMessageContaining("not a zstd frame");
    }

    @Property(tries = 300, seed = "42")
    void any_bytes_come_back(@ForAll byte[] bytes) {
        assertThat(codec.decode(codec.encode(7, bytes))).isEqualTo(bytes);
    }
}
