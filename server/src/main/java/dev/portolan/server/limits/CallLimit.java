package dev.portolan.server.limits;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;

/**
 * A token bucket for each key: so many calls at once, and that many again in each period. Full buckets are forgotten; so many keys are kept that an attacker with many addresses costs memory for some of
 * them only.
 */
final class CallLimit<K> {

    private static final long MOST_KEYS = 100_000;

    private final long calls;
    private final Cache<K, Counted> buckets;
    private final Duration period;

    private record Counted(Bucket bucket, AtomicLong toldAt) {}

    /**
     * @param remaining calls that may follow at once
     * @param waitSeconds if admitted, until the bucket is full again; if not, until one call may come
     * @param news whether this refusal is the first of this key within a period
     */
    record Taken(boolean admitted, long remaining, long waitSeconds, boolean news) {}

    /** @param calls at least 1 */
    private CallLimit(long calls, Duration period) {
        this.calls = calls;
        this.period = period;
        this.buckets = Caffeine.newBuilder().maximumSize(MOST_KEYS).expireAfterAccess(period).build();
    }

    /** Null if the setting is 0: then nothing is counted. */
    static <K> @Nullable CallLimit<K> of(long calls, Duration period) {
        return calls == 0 ? null : new CallLimit<>(calls, period);
    }

    long calls() {
        return calls;
    }

    Taken take(K key) {
        Counted counted = buckets.get(key, fresh -> new Counted(Bucket.builder().addLimit(limit -> limit.capacity(calls).refillGreedy(calls, period)).build(), new AtomicLong(Long.MIN_VALUE)));
        ConsumptionProbe probe = counted.bucket().tryConsumeAndReturnRemaining(1);
        if (probe.isConsumed()) {
            return new Taken(true, probe.getRemainingTokens(), seconds(probe.getNanosToWaitForReset()), false);
        }
        return new Taken(false, 0, seconds(probe.getNanosToWaitForRefill()), isNews(counted.toldAt()));
    }

    private boolean isNews(AtomicLong toldAt) {
        long now = System.nanoTime();
        long before = toldAt.get();
        return (before == Long.MIN_VALUE || now - before > period.toNanos()) && toldAt.compareAndSet(before, now);
    }

    /** Rounded up: who comes back then finds room. */
    private static long seconds(long nanos) {
        return Math.max(1, TimeUnit.NANOSECONDS.toSeconds(nanos + TimeUnit.SECONDS.toNanos(1) - 1));
    }
}
