package dev.portolan.store;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDictTrainer;
import com.github.luben.zstd.ZstdException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a dictionary from samples, and says whether it is worth having. */
final class DictionaryTraining {

    private static final Logger LOG = LoggerFactory.getLogger(DictionaryTraining.class);
    private static final int LEVEL = 3;
    private static final int SMALL = 32 << 10;
    private static final int LARGE = 112 << 10;
    private static final int SMALLEST = 8 << 10;
    /** Bytes of samples for each byte of the dictionary: with fewer it learns the samples by heart, and others compress worse. */
    private static final int SAMPLES_PER_DICTIONARY = 8;
    private static final int LARGE_FROM_MEAN = 4 << 10;
    /** Every so many samples are kept out of the training, to judge it by. */
    private static final int HELD_OUT = 8;
    private static final double WORTH = 0.9;

    private DictionaryTraining() {}

    /**
     * @param present the dictionary in use, or null
     * @return a dictionary that compresses samples it has not seen to at most nine tenths of what the present one does, or null
     */
    static byte @Nullable [] train(List<byte[]> samples, byte @Nullable [] present) {
        int total = samples.stream().mapToInt(sample -> sample.length).sum();
        int most = total / Math.max(1, samples.size()) >= LARGE_FROM_MEAN ? LARGE : SMALL;
        int size = Math.max(SMALLEST, Math.min(most, total / SAMPLES_PER_DICTIONARY));
        ZstdDictTrainer trainer = new ZstdDictTrainer(total, size, LEVEL);
        for (int i = 0; i < samples.size(); i++) {
            if (i % HELD_OUT != 0) {
                trainer.addSample(samples.get(i));
            }
        }
        byte[] candidate;
        try {
            candidate = trainer.trainSamples();
        } catch (ZstdException e) {
            LOG.debug("no dictionary can be made of {} samples: {}", samples.size(), e.getMessage());
            return null;
        }
        return compressed(samples, candidate) <= WORTH * compressed(samples, present) ? candidate : null;
    }

    private static long compressed(List<byte[]> samples, byte @Nullable [] dictionary) {
        long sum = 0;
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            context.setLevel(LEVEL);
            if (dictionary != null) {
                context.loadDict(dictionary);
            }
            for (int i = 0; i < samples.size(); i += HELD_OUT) {
                byte[] sample = samples.get(i);
                byte[] out = new byte[(int) Zstd.compressBound(sample.length)];
                sum += context.compressByteArray(out, 0, out.length, sample, 0, sample.length);
            }
        }
        return sum;
    }
}
