package dev.portolan.rest;

import java.util.concurrent.ArrayBlockingQueue;

/** Keeps a few buffers for the next requests. Not thread-locals: with virtual threads there are more threads than work. */
final class BufferPool {

    private static final int KEPT = 64;
    private static final int LARGEST_KEPT = 4 << 20;

    private final ArrayBlockingQueue<ByteBuilder> free = new ArrayBlockingQueue<>(KEPT);

    ByteBuilder take() {
        ByteBuilder buffer = free.poll();
        return buffer != null ? buffer : new ByteBuilder(64 << 10);
    }

    void give(ByteBuilder buffer) {
        if (buffer.capacity() <= LARGEST_KEPT) {
            buffer.clear();
            free.offer(buffer); // a full pool lets it go
        }
    }
}
