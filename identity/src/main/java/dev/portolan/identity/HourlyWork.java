package dev.portolan.identity;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/** Runs this room's hourly tasks, one after the other, for as long as the server stands. */
@Component
final class HourlyWork implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(HourlyWork.class);

    private final List<HourlyTask> tasks;
    private final Clock clock;
    private final ScheduledExecutorService hourly = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "identity-hourly");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean running;

    HourlyWork(List<HourlyTask> tasks, Clock clock) {
        this.tasks = List.copyOf(tasks);
        this.clock = clock;
    }

    @Override
    public void start() {
        running = true;
        hourly.scheduleWithFixedDelay(() -> tasks.forEach(this::run), 1, 60, TimeUnit.MINUTES);
    }

    /** Whatever one task throws, the others and the next hour have to come. */
    private void run(HourlyTask task) {
        try {
            task.run(clock.instant());
        } catch (RuntimeException e) {
            // A message of the database or of the mail may quote an address.
            LOG.warn("{} failed with {} and is tried again in an hour", task.name(), e.getClass().getName());
        }
    }

    @Override
    public void stop() {
        running = false;
        hourly.shutdownNow();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
