package dev.portolan.bulkdata;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Does what it is handed in a thread of its own, in order: what is read goes on being read while what was read is decompressed and written. No more than some hundred steps wait; whoever hands over
 * more waits for them. After a step that failed none is done any more, and the failure is told at the next call.
 */
final class WriteBehind implements AutoCloseable {

    private static final int STEPS_AT_ONCE = 128;
    private static final int WAITING = 3;
    private static final long LOOK_MILLIS = 100;
    private static final List<Step> END = List.of();

    /** One step. */
    interface Step {
        void run() throws IOException;
    }

    private final BlockingQueue<List<Step>> handed = new ArrayBlockingQueue<>(WAITING);
    private final Thread thread;
    private List<Step> gathered = new ArrayList<>(STEPS_AT_ONCE);
    private volatile @Nullable Throwable failure;
    private volatile boolean abandoned;
    private boolean ended;

    WriteBehind(String name) {
        this.thread = new Thread(this::work, name);
        this.thread.setDaemon(true);
        this.thread.start();
    }

    private void work() {
        try {
            for (List<Step> steps = handed.take(); steps != END; steps = handed.take()) {
                for (int i = 0; i < steps.size() && failure == null && !abandoned; i++) {
                    run(steps.get(i));
                }
            }
        } catch (InterruptedException e) {
            failure = e; // nobody does that
        }
    }

    private void run(Step step) {
        try {
            step.run();
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        }
    }

    /** @throws IOException what an earlier step threw */
    void add(Step step) throws IOException {
        tell();
        gathered.add(step);
        if (gathered.size() == STEPS_AT_ONCE) {
            hand(gathered);
            gathered = new ArrayList<>(STEPS_AT_ONCE);
        }
    }

    /** Waits until all that was added is done. */
    void drain() throws IOException {
        CountDownLatch done = new CountDownLatch(1);
        gathered.add(done::countDown);
        hand(gathered);
        gathered = new ArrayList<>(STEPS_AT_ONCE);
        try {
            while (!done.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                tell(); // after a failure no step is done, nor this one
            }
        } catch (InterruptedException e) {
            throw interrupted();
        }
        tell();
    }

    /** Waits until all is done; nothing is added afterwards. */
    void finish() throws IOException {
        hand(gathered);
        gathered = new ArrayList<>();
        end();
        tell();
    }

    private void end() throws IOException {
        if (!ended) {
            ended = true;
            hand(END);
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw interrupted();
            }
        }
    }

    private void hand(List<Step> steps) throws IOException {
        try {
            handed.put(steps);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static IOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted while an export was written");
    }

    private void tell() throws IOException {
        Throwable thrown = failure;
        if (thrown instanceof IOException io) {
            throw io;
        }
        if (thrown instanceof RuntimeException unexpected) {
            throw unexpected;
        }
        if (thrown != null) {
            throw new IllegalStateException("an export could not be written", thrown);
        }
    }

    /** What waits is not done. */
    @Override
    public void close() throws IOException {
        abandoned = true;
        end();
    }
}
