package dev.portolan.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What has to be done to a trail again and again: anchors each hour (AUD-03), a proof of the whole chain and the retention policy (AUD-06) each day. One thread, beside the requests. */
public final class TrailKeeper implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TrailKeeper.class);

    private final DataSource database;
    private final Path folder;
    private final Anchors anchors;
    private final Retention retention;
    private final Clock clock;
    private final ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(1, work -> {
        Thread made = new Thread(work, "audit-keeper");
        made.setDaemon(true);
        return made;
    });
    /** By the name of what failed the last time it was tried: what is done each hour does not hide for a day what is done once a day. */
    private final Map<String, String> problems = new ConcurrentSkipListMap<>();
    private final AtomicBoolean verifying = new AtomicBoolean();
    private volatile State state = new State(null, null, 0, List.of(), null);

    /**
     * How the trail stands, as far as this process has looked.
     *
     * @param anchored when the last anchor was written
     * @param verified when the chains were last proved, or null if they were not yet
     * @param entries how many were checked then
     * @param faults what was wrong then
     * @param problem what could not be done, in words, or null
     */
    public record State(@Nullable Instant anchored, @Nullable Instant verified, long entries, List<String> faults, @Nullable String problem) {}

    /** @param folder where {@code anchors} writes */
    public TrailKeeper(DataSource database, Path folder, Anchors anchors, Retention retention, Clock clock) {
        this.database = database;
        this.folder = folder;
        this.anchors = anchors;
        this.retention = retention;
        this.clock = clock;
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false); // else a close would wait for what is to be done in an hour
    }

    /** Begins. The first anchor follows a minute after the start, so that a short life leaves one too. What failed is tried again much sooner than it would be done next: a disk has room again, a database is back. */
    public void start() {
        every(new Round(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofMinutes(1)), "anchor", this::anchor);
        every(new Round(Duration.ofMinutes(10), Duration.ofDays(1), Duration.ofHours(1)), "retention", this::purge);
        every(new Round(Duration.ofMinutes(20), Duration.ofDays(1), Duration.ofMinutes(10)), "verification", this::verify);
    }

    /**
     * When something is done.
     *
     * @param first after the start
     * @param then after it was done
     * @param again after it failed
     */
    record Round(Duration first, Duration then, Duration again) {}

    public State state() {
        return state;
    }

    /** Proves the chains as soon as the thread is free; one request at a time. */
    public void verifySoon() {
        if (verifying.compareAndSet(false, true)) {
            thread.execute(() -> {
                try {
                    guarded("verification", this::verify);
                } finally {
                    verifying.set(false);
                }
            });
        }
    }

    public boolean isVerifying() {
        return verifying.get();
    }

    interface Work {
        void run() throws SQLException, IOException;
    }

    void every(Round round, String name, Work work) {
        after(round.first(), round, name, work);
    }

    private void after(Duration pause, Round round, String name, Work work) {
        try {
            thread.schedule(() -> after(guarded(name, work) ? round.then() : round.again(), round, name, work), pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("The audit trail's {} is not done any more: the server ends", name);
        }
    }

    /** What throws is not scheduled again, so nothing may; that it failed shows on the health page. */
    private boolean guarded(String name, Work work) {
        boolean done = false;
        try {
            work.run();
            problems.remove(name);
            done = true;
        } catch (SQLException | IOException | RuntimeException e) {
            LOG.error("The audit trail's {} failed", name, e);
            problems.put(name, "its " + name + " failed at " + clock.instant() + "; the log says why");
        }
        State old = state;
        state = new State(old.anchored(), old.verified(), old.entries(), old.faults(), problems.isEmpty() ? null : String.join(", and ", problems.values()));
        return done;
    }

    void anchor() throws SQLException {
        Instant now = clock.instant();
        anchors.write(new ChainHeads(database).now(now), now);
        State old = state;
        state = new State(now, old.verified(), old.entries(), old.faults(), old.problem());
    }

    private void purge() {
        List<String> gone = retention.purge();
        if (!gone.isEmpty()) {
            LOG.info("The audit trail's months {} have outlived the retention period of {} years and were dropped", gone, retention.policy().longest());
        }
    }

    void verify() throws SQLException, IOException {
        Anchors.Read kept = Anchors.read(folder);
        ChainVerifier.Report report = new ChainVerifier(database).verify(kept.anchors());
        List<String> faults = new ArrayList<>(kept.faults());
        faults.addAll(report.faults());
        if (!faults.isEmpty()) {
            LOG.error("The audit trail is not whole: {}", faults);
        }
        State old = state;
        state = new State(old.anchored(), clock.instant(), report.entries(), List.copyOf(faults), old.problem());
    }

    /** Leaves a last anchor behind: the tail that a stopped server wrote is covered. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            thread.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        guarded("anchor", this::anchor);
    }
}
