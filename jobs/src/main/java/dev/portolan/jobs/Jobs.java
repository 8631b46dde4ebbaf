package dev.portolan.jobs;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.logging.LogLevel;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.ExecutionOperations;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.TaskInstanceId;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import dev.portolan.tables.RoomTables;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The work of one node. Kinds are added, then it is started; work may be submitted before that. */
public final class Jobs implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Jobs.class);
    private static final String TABLE = "jobs.work";
    /** The least that the library takes. */
    private static final int MISSED_HEARTBEATS = 4;
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
    private static final Duration STOP_WAIT = Duration.ofSeconds(5);
    /** So many heartbeats of work at a stretch, where others wait. */
    private static final int TURN = 5;

    /** How often is looked for what a wrong clock left. */
    private static final Duration BETWEEN_LOOKS = Duration.ofMinutes(1);

    private final DataSource database;
    private final int threads;
    private final Duration heartbeat;
    private final SchedulerClient client;
    private final List<CustomTask<Void>> tasks = new ArrayList<>();
    private @Nullable Scheduler scheduler;
    private @Nullable ScheduledExecutorService looks;

    /**
     * @param threads pieces of work at the same time on this node
     * @param heartbeat how often a node says that it lives; after four that are missed its work is taken over
     */
    public Jobs(DataSource database, int threads, Duration heartbeat) {
        this.database = database;
        this.threads = threads;
        this.heartbeat = heartbeat;
        this.client = SchedulerClient.Builder.create(database).tableName(TABLE).build();
    }

    /** Brings the tables of this room (schema {@code jobs}) to this version. Safe to call from several nodes at once. */
    public static void migrate(DataSource dataSource) {
        new RoomTables("jobs", 1).migrate(dataSource);
    }

    /** Work of this kind is done by this node, once it is started. */
    public synchronized void add(JobKind kind) {
        if (scheduler != null) {
            throw new IllegalStateException("kinds of work are added before the start");
        }
        tasks.add(Tasks.custom(kind.name(), Void.class)
            .onFailure((complete, operations) -> failed(kind, complete, operations))
            .onDeadExecutionRevive()
            .execute((instance, context) -> {
                JobKind.Next next;
                try {
                    next = kind.work().run(instance.getId(), new Turn(context.getSchedulerState()::isShuttingDown));
                } catch (RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new WorkFailedException(e);
                }
                return (complete, operations) -> {
                    if (next instanceof JobKind.Next.Again again) {
                        operations.reschedule(complete, Instant.now().plus(again.after()));
                    } else {
                        operations.stop();
                    }
                };
            }));
    }

    /** A run, from when it began. */
    private final class Turn implements JobKind.Running {

        private final BooleanSupplier stops;
        private final long end = System.nanoTime() + heartbeat.multipliedBy(TURN).toNanos();

        Turn(BooleanSupplier stops) {
            this.stops = stops;
        }

        @Override
        public boolean stopping() {
            return stops.getAsBoolean();
        }

        @Override
        public boolean othersWait() {
            return System.nanoTime() - end > 0 && standing().stream().anyMatch(kind -> kind.due() > 0);
        }
    }

    private static void failed(JobKind kind, ExecutionComplete complete, ExecutionOperations<Void> operations) {
        String id = complete.getExecution().getId();
        Throwable cause = complete.getCause().map(thrown -> thrown instanceof WorkFailedException ? thrown.getCause() : thrown).orElseGet(IllegalStateException::new);
        int failures = complete.getExecution().consecutiveFailures + 1;
        // Messages may quote data: where it happened is enough here.
        LOG.warn("{} {} failed for the {}. time: {} at {}", kind.name(), id, failures, cause.getClass().getName(), cause.getStackTrace().length == 0 ? "" : cause.getStackTrace()[0]);
        if (failures >= kind.attempts()) {
            kind.work().gaveUp(id, cause);
            operations.stop();
            return;
        }
        Duration pause = kind.firstPause().multipliedBy(1L << Math.min(20, failures - 1));
        operations.reschedule(complete, Instant.now().plus(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause));
    }

    public synchronized void start() {
        scheduler = Scheduler.create(database, List.copyOf(tasks)).tableName(TABLE).threads(threads).heartbeatInterval(heartbeat).missedHeartbeatsLimit(MISSED_HEARTBEATS)
            .pollingInterval(Duration.ofSeconds(1)).enableImmediateExecution().shutdownMaxWait(STOP_WAIT).failureLogging(LogLevel.DEBUG, false).build();
        Clocks clocks = new Clocks(database);
        clocks.correct();
        looks = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread made = new Thread(work, "jobs-clocks");
            made.setDaemon(true);
            return made;
        });
        looks.scheduleWithFixedDelay(clocks::correct, BETWEEN_LOOKS.toSeconds(), BETWEEN_LOOKS.toSeconds(), TimeUnit.SECONDS);
        scheduler.start();
    }

    /**
     * How the work of a kind stands, on all nodes.
     *
     * @param running under way
     * @param due waits for a thread; what is to run later is not counted
     * @param failing failed the last time, and is tried again
     * @param oldestDue how long the first of what is due has waited
     */
    public record Standing(String kind, long running, long due, long failing, Duration oldestDue) {}

    /** One for each kind that has work now or later. */
    public List<Standing> standing() {
        try (Connection connection = database.getConnection(); PreparedStatement select = connection.prepareStatement("""
            SELECT task_name, count(*) FILTER (WHERE picked), count(*) FILTER (WHERE NOT picked AND execution_time <= now()), count(*) FILTER (WHERE consecutive_failures > 0),
                   coalesce(extract(epoch FROM now() - min(execution_time) FILTER (WHERE NOT picked AND execution_time <= now())), 0)
            FROM jobs.work GROUP BY task_name ORDER BY task_name"""); ResultSet rows = select.executeQuery()) {
            List<Standing> all = new ArrayList<>();
            while (rows.next()) {
                all.add(new Standing(rows.getString(1), rows.getLong(2), rows.getLong(3), rows.getLong(4), Duration.ofMillis((long) (rows.getDouble(5) * 1000))));
            }
            return all;
        } catch (SQLException e) {
            throw new IllegalStateException("the work that waits could not be counted", e);
        }
    }

    /** As soon as a thread of some node is free. Submitting what waits or runs already changes nothing. */
    public void submit(String kind, String id) {
        Scheduler running;
        synchronized (this) {
            running = scheduler;
        }
        (running == null ? client : running).scheduleIfNotExists(new TaskInstance<Void>(kind, id), Instant.now());
    }

    /** What waits is forgotten. What runs goes on: it has to look whether it is still wanted. */
    public void cancel(String kind, String id) {
        try {
            client.cancel(TaskInstanceId.of(kind, id));
        } catch (RuntimeException e) {
            LOG.debug("{} {} neither waits nor runs, or runs already", kind, id, e);
        }
    }

    /** Waits a few seconds for what runs; what is left is taken up by another node, or after the next start. */
    @Override
    public synchronized void close() {
        if (looks != null) {
            looks.shutdownNow();
        }
        if (scheduler != null) {
            scheduler.stop();
        }
    }

    private static final class WorkFailedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        WorkFailedException(Exception cause) {
            super(cause);
        }
    }
}
