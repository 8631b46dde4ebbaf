package dev.portolan.intake.load;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Ends the reading of an answer of which nothing more comes: sources are fetched one after the other, and one that hangs would hold up every load. */
final class WatchedInput extends FilterInputStream {

    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "load-source-watch");
        thread.setDaemon(true);
        return thread;
    });
    private volatile long last = System.nanoTime();
    private volatile boolean silent;

    /** @param longest how long nothing may come */
    WatchedInput(InputStream in, Duration longest) {
        super(in);
        long nanos = longest.toNanos();
        watch.scheduleWithFixedDelay(() -> {
            if (System.nanoTime() - last > nanos) {
                silent = true;
                closeSource();
            }
        }, nanos / 2, nanos / 2, TimeUnit.NANOSECONDS);
    }

    private void closeSource() {
        try {
            in.close(); // whoever waits for it in another thread is let go with an exception
        } catch (IOException e) {
            watch.shutdown(); // what cannot be closed is closed already
        }
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        try {
            int read = super.read(into, offset, length);
            last = System.nanoTime();
            if (read >= 0 || !silent) {
                return read;
            }
        } catch (IOException e) {
            if (!silent) {
                throw e;
            }
        }
        throw new IOException("nothing more came of it");
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public void close() throws IOException {
        watch.shutdownNow();
        super.close();
    }
}
