package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is old and used no more stands until the whole heap is collected: here until the process rests. */
class IdleHeapTest {

    private static final int MEBIBYTE = 1 << 20;

    @Test
    void whatIsOldAndUnusedGoesWhenTheProcessRestsAndNotBefore() throws InterruptedException {
        WeakReference<List<byte[]>> old = old();
        try (IdleHeap heap = new IdleHeap(Duration.ofMillis(500), 1)) {
            for (int tries = 0; !staysWhileItWorks(old); tries++) {
                assertThat(tries).as("the machine lets nobody work").isLessThan(20);
                old = old();
            }
            for (int i = 0; i < 600 && !old.refersTo(null); i++) {
                Thread.sleep(100);
            }
            assertThat(old.refersTo(null)).as("gone when it rests").isTrue();
        }
    }

    /** False if the machine kept this process from its work meanwhile: then it did rest. */
    private static boolean staysWhileItWorks(WeakReference<List<byte[]>> old) {
        long began = System.nanoTime();
        long longest = 0;
        for (long last = began; last - began < Duration.ofSeconds(2).toNanos(); ) {
            long now = System.nanoTime();
            longest = Math.max(longest, now - last);
            last = now;
            if (old.refersTo(null)) {
                assertThat(Duration.ofNanos(longest)).as("gone while the process is at work, which nothing kept it from for longer than this").isGreaterThan(Duration.ofMillis(20));
                return false;
            }
        }
        return true;
    }

    private static WeakReference<List<byte[]>> old() {
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            all.add(new byte[MEBIBYTE / 4]);
        }
        System.gc();
        return new WeakReference<>(all);
    }
}
