package dev.portolan.benchmarks.load;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** What is to be sent in one run, and what came of it. Used by one thread. */
final class Load {

    private final int most;
    private final IntFunction<List<Request>> source;
    private final long limit;
    final long began;
    private int next;
    private long[] latencies = new long[1 << 12];
    private int count;
    long units;

    /** @param limit nanoseconds after which nothing new is begun */
    Load(int most, IntFunction<List<Request>> source, long began, long limit) {
        this.most = most;
        this.source = source;
        this.began = began;
        this.limit = limit;
    }

    /** Requests to send one after another on one connection; null if there are no more, or the time is over. */
    @Nullable List<Request> next() {
        return next >= most || isOver() ? null : source.apply(next++);
    }

    boolean isOver() {
        return System.nanoTime() - began >= limit;
    }

    void answered(Request request, long nanoseconds) {
        if (count == latencies.length) {
            latencies = Arrays.copyOf(latencies, count * 2);
        }
        latencies[count++] = nanoseconds;
        units += request.units();
    }

    long[] latencies() {
        return Arrays.copyOf(latencies, count);
    }
}
