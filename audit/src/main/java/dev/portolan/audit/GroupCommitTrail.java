package dev.portolan.audit;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import jdk.jfr.FlightRecorder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread that takes whatever is waiting and commits it as one group: while one group reaches the disk the next one gathers. */
public final class GroupCommitTrail implements AuditTrail, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(GroupCommitTrail.class);
    private static final int LARGEST_GROUP = 1_000;

    private final DataSource database;
    private final Clock clock;
    private final Duration patience;
    private final BlockingQueue<Pending> queue;
    private final Thread thread;
    private final LongAdder written = new LongAdder();
    private final LongAdder waitedNanos = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private volatile boolean closed;

    private record Pending(AuditEntry entry, CompletableFuture<Void> durable, long since) {}

    /**
     * How far the trail is behind those who wait for it.
     *
     * @param waiting entries in the queue
     * @param oldest how long the first of them has waited
     * @param written entries that became durable since the start
     * @param waited how long all of those waited together
     * @param failed entries that were refused or could not be written; their answers were withheld
     */
    public record Lag(int waiting, Duration oldest, long written, Duration waited, long failed) {}

    /**
     * @param database connections of the server's role; one is kept for writing
     * @param capacity entries that may wait; beyond it an append fails at once rather than let requests pile up
     */
    public GroupCommitTrail(DataSource database, Clock clock, int capacity) {
        this(database, clock, capacity, Duration.ofSeconds(10));
    }

    /** @param patience how long anybody waits for an entry; the database is given up after three times that, and connected to anew */
    public GroupCommitTrail(DataSource database, Clock clock, int capacity, Duration patience) {
        this.database = database;
        this.clock = clock;
        this.patience = patience;
        this.queue = new LinkedBlockingQueue<>(capacity);
        this.thread = new Thread(this::run, "audit-writer");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public Duration patience() {
        return patience;
    }

    @Override
    public CompletableFuture<Void> append(AuditEntry entry) {
        CompletableFuture<Void> durable = new CompletableFuture<>();
        if (closed || !queue.offer(new Pending(entry, durable, System.nanoTime()))) {
            lost.increment();
            durable.completeExceptionally(new AuditUnavailableException("the audit trail takes no entries now", null));
        }
        return FlightRecorder.isInitialized() ? measured(durable) : durable;
    }

    private static CompletableFuture<Void> measured(CompletableFuture<Void> durable) {
        DurableWait wait = new DurableWait();
        wait.begin();
        return durable.whenComplete((done, failure) -> wait.commit());
    }

    private void run() {
        ChainWriter writer = writer();
        List<Pending> group = new ArrayList<>();
        while (!closed || !queue.isEmpty()) {
            group.clear();
            try {
                Pending first = queue.poll(100, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                group.add(first);
                queue.drainTo(group, LARGEST_GROUP - 1);
                // Nobody waits for these any more: their callers were told that nothing was given out.
                group.removeIf(pending -> pending.durable().isDone());
                if (group.isEmpty()) {
                    continue;
                }
                writer.write(group.stream().map(Pending::entry).toList());
                count(group);
                group.forEach(pending -> pending.durable().complete(null));
            } catch (SQLException | RuntimeException e) {
                LOG.error("A group of {} audit entries could not be written; their answers are withheld", group.size(), e);
                lost.add(group.size());
                AuditUnavailableException failure = new AuditUnavailableException("the audit entry could not be written", e);
                group.forEach(pending -> pending.durable().completeExceptionally(failure));
                writer.close();
                writer = writer();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                closed = true;
            }
        }
        writer.close();
    }

    private void count(List<Pending> group) {
        long now = System.nanoTime();
        long waited = 0;
        for (Pending pending : group) {
            waited += now - pending.since();
        }
        written.add(group.size());
        waitedNanos.add(waited);
    }

    public Lag lag() {
        Pending first = queue.peek();
        return new Lag(queue.size(), first == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - first.since()), written.sum(), Duration.ofNanos(waitedNanos.sum()), lost.sum());
    }

    private ChainWriter writer() {
        return new ChainWriter(database, clock, patience.multipliedBy(3));
    }

    /** Takes no more entries and waits until those that wait are written. */
    @Override
    public void close() {
        closed = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
