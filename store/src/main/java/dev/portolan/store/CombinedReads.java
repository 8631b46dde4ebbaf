package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads that callers ask for at the same time share a round trip: one caller leads, with a connection, and whoever comes meanwhile waits and is read by the next who leads. More lead at the same time only
 * once as many wait as go together, or if all who lead seem stuck. Each read keeps the predicate of its caller's grant, see {@link JoinedReads}. Whoever comes alone waits for nobody.
 *
 * <p>Why: with many callers, most of a read's cost is the waking of the database's process and of ours for one row. Two who lead without need halve what goes together, and cost a sixth more CPU a read.
 */
final class CombinedReads implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CombinedReads.class);
    private static final int MOST_LEADERS = 4;
    private static final long STUCK_MILLIS = 5;
    private static final long STUCK_NANOS = TimeUnit.MILLISECONDS.toNanos(STUCK_MILLIS);
    private static final int MOST_TOGETHER = 16;

    private final StoreContext context;
    private final Deque<Asked> waiting = new ArrayDeque<>();
    private final List<Asked> leading = new ArrayList<>(MOST_LEADERS);
    private final Thread watch = new Thread(this::watch, "store-reads");
    /** Whether the watch waits for somebody who waits. */
    private boolean idle;

    CombinedReads(StoreContext context) {
        this.context = context;
        watch.setDaemon(true);
        watch.start();
    }

    private enum State {
        WAITING,
        LEADING,
        ANSWERED,
        FAILED,
        /** Reads for itself: what went together failed, by another's fault perhaps. */
        ALONE
    }

    /** One caller's read. Written by whoever leads, before {@link #state} says so. */
    private static final class Asked {
        private final Sql sql;
        private final Thread caller = Thread.currentThread();
        /** When it began to lead, if it does. */
        private long began;
        private @Nullable StoredResource row;
        private @Nullable Exception failure;
        private volatile State state = State.WAITING;

        Asked(Sql sql) {
            this.sql = sql;
        }

        void become(State next) {
            state = next;
            if (caller != Thread.currentThread()) {
                LockSupport.unpark(caller);
            }
        }
    }

    /**
     * @param sql a statement for {@link StoredRows#COLUMNS} or {@link StoredRows#columns} that ends with LIMIT 1
     * @return null if there is no such row
     */
    @Nullable StoredResource read(Sql sql) throws SQLException {
        Asked asked = new Asked(sql);
        if (mayLead(asked) || leadsAfterWaiting(asked)) {
            lead(asked);
        }
        if (asked.state == State.FAILED) {
            throw new SQLException("the read failed", asked.failure);
        } else if (asked.state == State.ALONE) {
            readAlone(asked);
        }
        return asked.row;
    }

    private void readAlone(Asked asked) throws SQLException {
        boolean interrupted = Thread.interrupted();
        try (Connection connection = context.dataSource().getConnection()) {
            read(connection, List.of(asked));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized boolean mayLead(Asked asked) {
        if (leads(asked)) {
            return true;
        }
        waiting.add(asked);
        if (idle) {
            notifyAll();
        }
        return false;
    }

    /** Counts one more who leads, if there is need of one. */
    private boolean leads(Asked asked) {
        long now = System.nanoTime();
        boolean needed = leading.size() < MOST_LEADERS && (waiting.size() >= MOST_TOGETHER || allStuck(now));
        if (needed) {
            asked.began = now;
            asked.state = State.LEADING;
            leading.add(asked);
        }
        return needed;
    }

    /** True if nobody leads, too. */
    private boolean allStuck(long now) {
        for (Asked each : leading) {
            if (now - each.began < STUCK_NANOS) {
                return false;
            }
        }
        return true;
    }

    /** False if another read it meanwhile. */
    private boolean leadsAfterWaiting(Asked asked) {
        boolean interrupted = false;
        while (asked.state == State.WAITING) {
            LockSupport.park(this);
            // A statement is not broken off by an interrupt either: whoever interrupted is told by the flag afterwards.
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return asked.state == State.LEADING;
    }

    private void lead(Asked asked) {
        List<Asked> together = new ArrayList<>();
        together.add(asked);
        addWaiting(together);
        // Others are read with this thread's connection: its own interruption is not theirs.
        boolean interrupted = Thread.interrupted();
        State end = State.ALONE;
        try {
            end = readAll(together);
        } finally {
            passOn(asked);
            for (Asked each : together) {
                each.become(end);
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private State readAll(List<Asked> together) {
        try (Connection connection = context.dataSource().getConnection()) {
            return readAll(connection, together);
        } catch (SQLException | RuntimeException e) {
            // There is no connection to be had: each would wait as long for one of its own.
            return failed(together, e);
        }
    }

    private State readAll(Connection connection, List<Asked> together) {
        try {
            read(connection, together);
            return State.ANSWERED;
        } catch (SQLException | RuntimeException e) {
            if (together.size() == 1) {
                return failed(together, e);
            }
            LOG.debug("{} reads that went together failed, and are tried one by one", together.size(), e);
            return State.ALONE;
        }
    }

    private static State failed(List<Asked> together, Exception why) {
        together.forEach(each -> each.failure = why);
        return State.FAILED;
    }

    /** Those that wait and can go with the first. */
    private synchronized void addWaiting(List<Asked> together) {
        Sql first = together.get(0).sql;
        for (Iterator<Asked> each = waiting.iterator(); each.hasNext() && together.size() < MOST_TOGETHER;) {
            Asked next = each.next();
            if (JoinedReads.goTogether(first, next.sql)) {
                together.add(next);
                each.remove();
            }
        }
    }

    private synchronized void passOn(Asked from) {
        leading.remove(from);
        nextLeads();
    }

    private synchronized void nextLeads() {
        Asked next = waiting.peek();
        if (next != null && leads(next)) {
            waiting.remove();
            next.become(State.LEADING);
        }
    }

    private void read(Connection connection, List<Asked> together) throws SQLException {
        JoinedReads joined = new JoinedReads(together.stream().map(each -> each.sql).toList());
        boolean alone = together.size() == 1;
        // What an earlier try found before it failed is no answer.
        together.forEach(each -> each.row = null);
        try (PreparedStatement statement = connection.prepareStatement(joined.text())) {
            joined.bind(statement);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    together.get(alone ? 0 : rows.getInt(1)).row = StoredRows.read(rows, alone ? 1 : 2, context);
                }
            }
        }
    }

    /** Lets the next one lead if all who lead are stuck and nobody else comes by whom it would be noticed. */
    private void watch() {
        try {
            while (true) {
                awaitWaiting();
                Thread.sleep(STUCK_MILLIS);
                nextLeads();
            }
        } catch (InterruptedException closed) {
            LOG.debug("Reads are not watched any more");
        }
    }

    private synchronized void awaitWaiting() throws InterruptedException {
        while (waiting.isEmpty()) {
            idle = true;
            wait();
        }
        idle = false;
    }

    /** Ends the watch. Who reads meanwhile is answered. */
    @Override
    public void close() {
        watch.interrupt();
    }
}
