package dev.portolan.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Watches what is compressed, and gathers samples of a type when a dictionary for it is worth while: soon after the first resources, since without one they take three times the room; at a thousand;
 * then after ten times as many (they may all have been one member's), and when resources no longer compress as well as they did.
 */
final class DictionarySamples implements ContentCodec.Observer {

    /** Samples for the first dictionary, or half a megabyte of fewer. */
    private static final int SOON = 128;
    private static final int FEWEST_SOON = 48;
    private static final int SOON_BYTES = 512 << 10;
    private static final int ENOUGH = 1000;
    private static final int FEWEST = 200;
    private static final int ENOUGH_BYTES = 3 << 20;
    private static final int LONGEST_SAMPLE = 64 << 10;
    /** Of the later resources every so many is a sample, so that they are not all one member's. */
    private static final int STRIDE = 8;
    private static final int GROWTH = 10;
    private static final int WINDOW = 4096;
    private static final double WORSE = 1.25;

    private final ConcurrentHashMap<Integer, TypeSamples> byType = new ConcurrentHashMap<>();
    private final IntConsumer ready;

    /** @param ready told the type, once, when its samples are enough */
    DictionarySamples(IntConsumer ready) {
        this.ready = ready;
    }

    @Override
    public void encoded(int type, byte[] json, int storedLength) {
        TypeSamples samples = byType.computeIfAbsent(type, t -> new TypeSamples());
        samples.count.increment();
        if (samples.needsLook(storedLength, json.length) && samples.look(json)) {
            ready.accept(type);
        }
    }

    /** The samples gathered; the type starts over, and asks again after ten times as many. */
    List<byte[]> take(int type) {
        return byType.get(type).take();
    }

    /** The dictionary for the type is there already: gather only when it is time to look again. */
    void start(int type) {
        byType.computeIfAbsent(type, t -> new TypeSamples()).take();
    }

    private static final class TypeSamples {
        private final LongAdder count = new LongAdder();
        private final LongAdder windowStored = new LongAdder();
        private final LongAdder windowJson = new LongAdder();
        private volatile boolean gathering = true;
        /** Dictionaries come early, then at a thousand; both gather every resource. */
        private volatile boolean early = true;
        private volatile boolean first = true;
        private volatile long windowEnd = WINDOW;
        private volatile double usualRatio;
        private volatile long again = (long) ENOUGH * GROWTH;
        private @Nullable List<byte[]> samples = new ArrayList<>();
        private int bytes;

        /** The cheap part, on every write. */
        boolean needsLook(int storedLength, int jsonLength) {
            windowStored.add(storedLength);
            windowJson.add(jsonLength);
            long now = count.sum();
            return gathering ? first || now % STRIDE == 0 : now >= windowEnd || now >= again;
        }

        /** True if the samples have just become enough. */
        synchronized boolean look(byte[] json) {
            long now = count.sum();
            if (!gathering) {
                gathering = now >= again || isWorse(now);
                return false;
            }
            if (samples == null) {
                samples = new ArrayList<>();
            }
            if (json.length <= LONGEST_SAMPLE) {
                samples.add(json);
                bytes += json.length;
            }
            boolean enough = early ? samples.size() >= SOON || samples.size() >= FEWEST_SOON && bytes >= SOON_BYTES
                : samples.size() >= ENOUGH || samples.size() >= FEWEST && bytes >= ENOUGH_BYTES;
            gathering = !enough;
            return enough;
        }

        private boolean isWorse(long now) {
            if (now < windowEnd) {
                return false;
            }
            double ratio = (double) windowStored.sumThenReset() / Math.max(1, windowJson.sumThenReset());
            windowEnd = now + WINDOW;
            if (usualRatio == 0) {
                usualRatio = ratio;
            }
            return ratio > usualRatio * WORSE;
        }

        synchronized List<byte[]> take() {
            if (early && samples != null && !samples.isEmpty()) {
                early = false;
                gathering = true;
                usualRatio = 0;
                return List.copyOf(samples);
            }
            early = false;
            List<byte[]> taken = samples == null ? List.of() : samples;
            samples = null;
            bytes = 0;
            gathering = false;
            again = Math.max(again, count.sum() * GROWTH);
            if (first) {
                again = Math.max(count.sum(), ENOUGH) * GROWTH;
                first = false;
            }
            usualRatio = 0;
            windowStored.reset();
            windowJson.reset();
            windowEnd = count.sum() + WINDOW;
            return taken;
        }
    }
}
