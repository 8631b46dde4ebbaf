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

/**
 * Reads that callers ask for at the same time share a round trip: one caller leads, with a connection, and whoever comes meanwhile waits and is read by the next who leads. More lead at the same time only
 * once as many wait as go together, or if all who lead seem stuck. The statements stay as they are, each with the predicate of its caller's grant; they are only sent together. Whoever comes alone
 * waits for nobody.
 *
 * <p>Why: with many callers, most of a read's cost is the waking of the database's process and of ours for one row. Two who lead without need halve what goes together, and cost a sixth more CPU a read.
 */
final class CombinedReads {

    private static final int MOST_LEADERS = 4;
    private static final long STUCK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** A power of two: see {@link JoinedReads#worthwhile}. */
    private static final int MOST_TOGETHER = 16;
    private static final SQLException NOT_READ = new SQLException("whoever was to read this for its caller did not come to it");

    private final StoreContext context;
    private final Deque<Asked> waiting = new ArrayDeque<>();
    private final List<Asked> leading = new ArrayList<>(MOST_LEADERS);

    CombinedReads(StoreContext context) {
        this.context = context;
    }

    private enum State {
        WAITING,
        LEADING,
        ANSWERED
    }

    /** One caller's read. Written by whoever leads, before {@link #state} says so. */
    private static final class Asked {
        private final Sql sql;
        private final String text;
        private final Thread caller = Thread.currentThread();
        /** When it began to lead, if it does. */
        private long began;
        private @Nullable StoredResource row;
        /** Until it was read: that there is no row is an answer that nobody may get by mistake. */
        private @Nullable Exception failure = NOT_READ;
        private volatile State state = State.WAITING;

        Asked(Sql sql) {
            this.sql = sql;
            this.text = sql.text();
        }

        void become(State next) {
            state = next;
            if (caller != Thread.currentThread()) {
                LockSupport.unpark(caller);
            }
        }
    }

    /**
     * @param sql a statement for {@link StoredRows#COLUMNS} of at most one row
     * @return null if there is no such row
     */
    @Nullable StoredResource read(Sql sql) throws SQLException {
        Asked asked = new Asked(sql);
        if (mayLead(asked) || leadsAfterWaiting(asked)) {
            lead(asked);
        }
        if (asked.failure instanceof RuntimeException failure) {
            throw failure;
        } else if (asked.failure != null) {
            throw new SQLException("the read failed", asked.failure);
        }
        return asked.row;
    }

    private synchronized boolean mayLead(Asked asked) {
        if (leads(asked)) {
            return true;
        }
        waiting.add(asked);
        return false;
    }

    /** Counts one more who leads, if there is need of one. */
    private boolean leads(Asked asked) {
        long now = System.nanoTime();
        boolean needed = leading.size() < MOST_LEADERS && (waiting.size() >= MOST_TOGETHER || allStuck(now));
        if (needed) {
            asked.began = now;
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
        // Others are read with this thread's connection: its own interruption is not theirs.
        boolean interrupted = Thread.interrupted();
        try {
            addWaiting(together);
            readAll(together);
        } finally {
            passOn(asked);
            together.forEach(each -> each.become(State.ANSWERED));
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Those that wait with the same text, as many as are worthwhile. */
    private synchronized void addWaiting(List<Asked> together) {
        String text = together.get(0).text;
        for (Iterator<Asked> each = waiting.iterator(); each.hasNext() && together.size() < MOST_TOGETHER;) {
            Asked next = each.next();
            if (next.text.equals(text)) {
                together.add(next);
                each.remove();
            }
        }
        for (int most = JoinedReads.worthwhile(together.get(0).sql, together.size()); together.size() > most;) {
            waiting.addFirst(together.remove(together.size() - 1));
        }
    }

    private synchronized void passOn(Asked from) {
        leading.remove(from);
        Asked next = waiting.peek();
        if (next != null && leads(next)) {
            waiting.remove();
            next.become(State.LEADING);
        }
    }

    private void readAll(List<Asked> together) {
        try (Connection connection = context.dataSource().getConnection()) {
            try {
                read(connection, together);
            } catch (SQLException | RuntimeException e) {
                // One that fails takes the others with it: each for itself then.
                together.forEach(each -> readAlone(connection, each));
            }
        } catch (SQLException | RuntimeException e) {
            together.stream().filter(each -> each.failure == NOT_READ).forEach(each -> each.failure = e);
        }
    }

    private void readAlone(Connection connection, Asked asked) {
        try {
            read(connection, List.of(asked));
        } catch (SQLException | RuntimeException e) {
            asked.failure = e;
        }
    }

    private void read(Connection connection, List<Asked> together) throws SQLException {
        JoinedReads joined = new JoinedReads(together.stream().map(each -> each.sql).toList());
        try (PreparedStatement statement = connection.prepareStatement(joined.text())) {
            joined.bind(statement);
            together.forEach(each -> each.row = null); // another's failure may have ended an earlier try after this one's row
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    Asked whose = together.get(rows.getInt(1));
                    whose.row = StoredRows.read(rows, 2, context);
                }
            }
            together.forEach(each -> each.failure = null);
        }
    }
}
