package dev.portolan.store;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the store does by itself beside the requests, on one thread: dictionaries, recompression, reindexing. */
final class BackgroundWork implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(BackgroundWork.class);
    private static final int SECONDS_BETWEEN_LOOKS = 30;
    private static final int SECONDS_BETWEEN_TRIES = 10;
    private static final int SECONDS_TO_END = 20;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread named = new Thread(work, "store-background");
        named.setDaemon(true);
        named.setPriority(Thread.MIN_PRIORITY);
        return named;
    });

    private final int secondsBetweenTries;

    BackgroundWork() {
        this(SECONDS_BETWEEN_TRIES);
    }

    /** @param secondsBetweenTries of what is to be brought to an end */
    BackgroundWork(int secondsBetweenTries) {
        this.secondsBetweenTries = secondsBetweenTries;
    }

    interface Task {
        void run() throws SQLException;
    }

    void submit(String name, Task task) {
        if (!thread.isShutdown()) {
            thread.execute(() -> attempt(name, task));
        }
    }

    void repeat(String name, Task task) {
        thread.scheduleWithFixedDelay(() -> attempt(name, task), SECONDS_BETWEEN_LOOKS, SECONDS_BETWEEN_LOOKS, TimeUnit.SECONDS);
    }

    /** At once, and again and again: for what has to be brought to an end whatever it is broken off by. It knows itself when there is nothing left of it. */
    void untilDone(String name, Task task) {
        thread.scheduleWithFixedDelay(() -> attempt(name, task), 0, secondsBetweenTries, TimeUnit.SECONDS);
    }

    /** What fails here costs disk or time, never data: it is logged, and tried again when there is cause. */
    private static void attempt(String name, Task task) {
        try {
            task.run();
        } catch (SQLException | RuntimeException e) {
            LOG.warn("{} failed", name, e);
        }
    }

    @Override
    public void close() {
        List<Runnable> left = thread.shutdownNow();
        try {
            if (!thread.awaitTermination(SECONDS_TO_END, TimeUnit.SECONDS)) {
                LOG.warn("background work of the store did not end in time; {} tasks had not begun", left.size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
