package dev.portolan.audit;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what journals hold into the database: one thread, and one transaction for all that came within a moment.
 *
 * <p>While it cannot, the trail takes no entries: a journal bridges moments, and is no second trail.
 */
final class TrailShelf implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TrailShelf.class);
    private static final long GATHERING_MILLIS = 100;
    private static final long RETRY_MILLIS = 250;
    private static final int LARGEST_TRANSACTION_BYTES = 8 << 20;

    private final DataSource database;
    private final Duration silence;
    private final Duration patience;
    private final Thread thread = new Thread(this::run, "audit-shelf");
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private long put;
    private long shelved;
    private long failures;
    private boolean ended;
    private boolean hurried;
    private boolean closed;
    private volatile @Nullable SQLException problem;

    private record Waiting(EntryGroup group, ChainJournal journal, long since) {}

    /**
     * @param silence how long the database may be silent before its connection is given up
     * @param patience how long a group may wait before no more are taken
     */
    TrailShelf(DataSource database, Duration silence, Duration patience) {
        this.database = database;
        this.silence = silence;
        this.patience = patience;
        thread.setDaemon(true);
        thread.start();
    }

    /** @throws AuditUnavailableException while the database takes nothing, or is too far behind */
    void ready() {
        SQLException failed = problem;
        if (failed != null) {
            throw new AuditUnavailableException("the audit trail's database takes no entries now", failed);
        }
        if (behind().compareTo(patience) > 0) {
            throw new AuditUnavailableException("the audit trail's database does not keep up", null);
        }
    }

    /** How long the first group has waited; zero if none does. */
    Duration behind() {
        lock.lock();
        try {
            Waiting first = waiting.peekFirst();
            return first == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - first.since());
        } finally {
            lock.unlock();
        }
    }

    /** Takes over a group that is durable in a journal. */
    void put(EntryGroup group, ChainJournal journal) {
        lock.lock();
        try {
            waiting.addLast(new Waiting(group, journal, System.nanoTime()));
            put++;
            if (waiting.size() == 1) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until everything that was put here before stands in the database.
     *
     * @throws AuditUnavailableException if the database is silent, or takes nothing twice: what is under way may have begun before it could
     */
    void settle() {
        lock.lock();
        try {
            long target = put;
            long failed = failures;
            long left = silence.toNanos();
            while (shelved < target) {
                if (left <= 0 || ended || failures > failed + 1) {
                    throw new AuditUnavailableException("the audit trail's database does not keep up", problem);
                }
                if (!hurried) {
                    hurried = true;
                    changed.signalAll();
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AuditUnavailableException("the wait for the audit trail was interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            for (List<Waiting> next = next(); !next.isEmpty(); next = next()) {
                shelve(next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end();
        }
    }

    private void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What comes within a moment of the first group, or until somebody wants to read; empty once this was closed and nothing waits, or nothing can be done about it. */
    private List<Waiting> next() throws InterruptedException {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                changed.await();
            }
            long left = TimeUnit.MILLISECONDS.toNanos(problem == null ? GATHERING_MILLIS : RETRY_MILLIS);
            while (left > 0 && !closed && (!hurried || problem != null)) {
                left = changed.awaitNanos(left);
            }
            hurried = false;
            List<Waiting> next = new ArrayList<>();
            int bytes = 0;
            for (Waiting each : closed && problem != null ? List.<Waiting>of() : waiting) {
                bytes += each.group().rows().length;
                if (bytes > LARGEST_TRANSACTION_BYTES && !next.isEmpty()) {
                    break;
                }
                next.add(each);
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    private void shelve(List<Waiting> groups) {
        try (TrailConnection open = TrailConnection.open(database, silence)) {
            // After a failure nobody knows whether the transaction happened.
            open.add(problem == null ? groups.stream().map(Waiting::group).toList() : missing(groups, open));
        } catch (SQLException | RuntimeException | Error e) {
            if (problem == null) {
                LOG.error("{} groups of audit entries are in their journal, and cannot be brought into the database; nothing more is answered until they are", groups.size(), e);
            }
            failed(e instanceof SQLException failure ? failure : new SQLException(e));
            return;
        }
        lock.lock();
        try {
            for (Waiting each : groups) {
                waiting.removeFirst();
                each.journal().shelved(each.group().last());
            }
            shelved += groups.size();
            if (problem != null) {
                LOG.info("The database takes audit entries again");
                problem = null;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void failed(SQLException failure) {
        lock.lock();
        try {
            problem = failure;
            failures++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static List<EntryGroup> missing(List<Waiting> groups, TrailConnection open) throws SQLException {
        Map<UUID, Long> last = new HashMap<>();
        List<EntryGroup> missing = new ArrayList<>();
        for (Waiting each : groups) {
            UUID chain = each.group().chain();
            if (!last.containsKey(chain)) {
                last.put(chain, open.lastOf(chain));
            }
            if (each.group().first() > last.get(chain)) {
                missing.add(each.group());
            }
        }
        return missing;
    }

    /** Brings in what waits, if the database takes it, and ends. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
