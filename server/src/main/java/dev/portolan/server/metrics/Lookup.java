package dev.portolan.server.metrics;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One group of metrics that is looked up for each scrape, and may be late: while the database is away a question waits longer for a connection than a scrape may take. Then the question goes on, no second
 * one is asked beside it, and the next scrape shows what it found.
 */
final class Lookup {

    private static final Logger LOG = LoggerFactory.getLogger(Lookup.class);
    /** What is older tells nothing any more: four scrapes of the usual distance. */
    private static final Duration OLDEST = Duration.ofMinutes(1);

    private final ServerMetrics.Asked asked;
    private @Nullable Future<Runnable> running;
    private long shownAt = System.nanoTime();

    Lookup(ServerMetrics.Asked asked) {
        this.asked = asked;
    }

    void begin(ExecutorService threads) {
        if (running != null && running.isDone()) {
            end(System.nanoTime());
        }
        if (running == null) {
            running = threads.submit(asked::look);
        }
    }

    /**
     * Shows what was found, and what was found last time if nothing was found yet.
     *
     * @return whether there is an answer
     */
    boolean end(long deadline) {
        try {
            running.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS).run();
            shownAt = System.nanoTime();
            running = null;
            return true;
        } catch (TimeoutException late) {
            if (System.nanoTime() - shownAt > OLDEST.toNanos()) {
                asked.forget();
            }
        } catch (ExecutionException e) {
            LOG.warn("Metrics could not be had: {}", e.getCause().getClass().getName());
            asked.forget();
            running = null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }
}
