package dev.portolan.rest;

import java.lang.ref.SoftReference;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps a few buffers for the next requests. Not thread-locals: with virtual threads there are more threads than work. The one that came back last goes out first: it lies in the processor's cache, and only as many grow large as are in use
 * at once. What nobody takes for a while the collector may have.
 */
final class BufferPool {

    private static final int SMALLEST = 64 << 10;
    /** Of all together. */
    private static final long MOST_BYTES = 16 << 20;

    private final ConcurrentLinkedDeque<Kept> free = new ConcurrentLinkedDeque<>();
    private final AtomicLong kept = new AtomicLong();

    private static final class Kept extends SoftReference<ByteBuilder> {
        private final int capacity;

        Kept(ByteBuilder buffer) {
            super(buffer);
            this.capacity = buffer.capacity();
        }
    }

    ByteBuilder take() {
        for (Kept next = free.pollFirst(); next != null; next = free.pollFirst()) {
            kept.addAndGet(-next.capacity);
            ByteBuilder buffer = next.get();
            if (buffer != null) {
                return buffer;
            }
        }
        return new ByteBuilder(SMALLEST);
    }

    void give(ByteBuilder buffer) {
        if (!fits(buffer.capacity())) {
            forgetCollected();
            if (!fits(buffer.capacity())) {
                return;
            }
        }
        buffer.clear();
        free.addFirst(new Kept(buffer));
    }

    private boolean fits(int capacity) {
        if (kept.addAndGet(capacity) <= MOST_BYTES) {
            return true;
        }
        kept.addAndGet(-capacity);
        return false;
    }

    private void forgetCollected() {
        for (Kept each : free) {
            if (each.get() == null && free.remove(each)) {
                kept.addAndGet(-each.capacity);
            }
        }
    }
}
