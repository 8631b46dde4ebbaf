package dev.portolan.rest;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps a few buffers for the next requests. Not thread-locals: with virtual threads there are more threads than work. The one that came back last goes out first: it lies in the processor's cache, and only as many grow large as are in use
 * at once.
 */
final class BufferPool {

    private static final int SMALLEST = 64 << 10;
    /** Of all together. */
    private static final long MOST_BYTES = 16 << 20;

    private final ConcurrentLinkedDeque<ByteBuilder> free = new ConcurrentLinkedDeque<>();
    private final AtomicLong kept = new AtomicLong();

    ByteBuilder take() {
        ByteBuilder buffer = free.pollFirst();
        if (buffer == null) {
            return new ByteBuilder(SMALLEST);
        }
        kept.addAndGet(-buffer.capacity());
        return buffer;
    }

    void give(ByteBuilder buffer) {
        if (kept.addAndGet(buffer.capacity()) > MOST_BYTES) {
            kept.addAndGet(-buffer.capacity());
            return;
        }
        buffer.clear();
        free.addFirst(buffer);
    }
}
