package dev.portolan.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread that takes whatever is waiting and commits it as one group: while one group reaches the disk the next one gathers. */
public final class GroupCommitTrail implements AuditTrail, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(GroupCommitTrail.class);
    private static final int LARGEST_GROUP = 1_000;

    private final ChainSink.Source sinks;
    private final @Nullable TrailShelf shelf;
    private final Clock clock;
    private final Duration patience;
    private final BlockingQueue<Pending> queue;
    private final Thread thread;
    private final LongAdder written = new LongAdder();
    private final LongAdder waitedNanos = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private volatile boolean closed;
    private volatile @Nullable Refusal failure;

    /**
     * That the last group could not be written.
     *
     * @param since when the first could not, of those since one was written
     */
    public record Refusal(String why, Instant since) {}

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
     * A trail whose groups are transactions of the database.
     *
     * @param database connections of the server's role; one is kept for writing
     * @param capacity entries that may wait; beyond it an append fails at once rather than let requests pile up
     */
    public GroupCommitTrail(DataSource database, Clock clock, int capacity) {
        this(database, clock, capacity, Duration.ofSeconds(10), null);
    }

    /**
     * @param patience how long anybody waits for an entry; the database is given up after three times that, and connected to anew
     * @param journal folder on a disk that outlives this process, if groups are to be made durable there and brought into the database a moment later; what processes before this one left in it is brought
     *     in first. Null: each group is a transaction
     * @throws AuditUnavailableException if something was left and the database does not take it
     */
    public GroupCommitTrail(DataSource database, Clock clock, int capacity, Duration patience, @Nullable Path journal) {
        this(database, clock, capacity, patience, journal, journal != null);
    }

    /**
     * @param folder where journals lie; null if there never were any. What is left there is brought in whether new ones are kept or not: who switches the journal off after a crash would lose it
     * @param journals whether groups are to be made durable there
     */
    public GroupCommitTrail(DataSource database, Clock clock, int capacity, Duration patience, @Nullable Path folder, boolean journals) {
        this.clock = clock;
        this.patience = patience;
        Duration silence = patience.multipliedBy(3);
        if (folder != null) {
            new JournalReplay(folder, database, silence).run();
        }
        if (folder == null || !journals) {
            shelf = null;
            sinks = () -> new DatabaseSink(database, silence);
        } else {
            TrailShelf own = new TrailShelf(database, silence, patience);
            shelf = own;
            sinks = () -> new JournalSink(folder, database, silence, own);
        }
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
        if (closed || !queue.offer(new Pending(StorableEntry.of(entry), durable, System.nanoTime()))) {
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
                if (writer.isAheadOfItsClock()) {
                    LOG.warn("The clock went back: a new chain begins, so that entries bear the time that it is");
                    writer.close();
                    writer = writer();
                }
                writer.write(group.stream().map(Pending::entry).toList());
                count(group);
                failure = null;
                group.forEach(pending -> pending.durable().complete(null));
            } catch (SQLException | IOException | RuntimeException | Error e) {
                // An error too (memory outside of the heap, the stack): without this thread nothing would be answered any more until a restart.
                said(group.size(), e);
                lost.add(group.size());
                AuditUnavailableException unwritten = new AuditUnavailableException("the audit entry could not be written", e);
                group.forEach(pending -> pending.durable().completeExceptionally(unwritten));
                if (writer.isBroken()) {
                    writer.close();
                    writer = writer();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                closed = true;
            }
        }
        writer.close();
    }

    /** Why it fails is told in full when it begins to, and in a line after that: what is refused while the database is away or a disk is full is no news, and the log may lie on that disk. */
    private void said(int entries, Throwable why) {
        Refusal before = failure;
        if (why instanceof AuditUnavailableException || before != null && before.why().equals(String.valueOf(why.getMessage()))) {
            LOG.warn("{} audit entries are not taken, and their answers are withheld: {}", entries, why.getMessage());
        } else {
            LOG.error("A group of {} audit entries could not be written; their answers are withheld", entries, why);
        }
        failure = new Refusal(String.valueOf(why.getMessage()), before == null ? clock.instant() : before.since());
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

    /** Why nothing was written when it was last tried; null since something was, and as long as nothing was asked for. */
    public @Nullable Refusal refusal() {
        return failure;
    }

    /** How long the first entry that is durable in the journal has waited for the database; zero if none does, or without a journal. */
    public Duration behind() {
        return shelf == null ? Duration.ZERO : shelf.behind();
    }

    private ChainWriter writer() {
        return new ChainWriter(sinks.next(), clock);
    }

    /** Connections for whoever reads the trail: they see every entry that was durable when they were asked for. */
    public DataSource settled(DataSource database) {
        return shelf == null ? database : new SettledTrail(database, shelf);
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
        if (shelf != null) {
            shelf.close();
        }
    }
}
