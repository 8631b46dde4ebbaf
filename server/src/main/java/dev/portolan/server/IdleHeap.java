package dev.portolan.server;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Gives memory back that loads and large transactions leave: the serial collector lets old objects stand until the heap is full, which it never is again in a server that has little to do. When the process has hardly computed
 * between two looks, has collected since, and holds a quarter more heap than it began with, the whole heap is collected, twice. That takes two tenths of a second.
 */
final class IdleHeap implements AutoCloseable {

    /** Of one core. */
    private static final double IDLE = 0.05;
    private static final double GROWN = 1.25;

    private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "idle-heap");
        thread.setDaemon(true);
        return thread;
    });
    private final Duration between;
    private final long grown;
    private long cpuBefore = system.getProcessCpuTime();
    private long collectionsBefore;

    /** @param begunWith bytes of heap that are no reason to collect */
    IdleHeap(Duration between, long begunWith) {
        this.between = between;
        this.grown = (long) (begunWith * GROWN);
        looks.scheduleWithFixedDelay(this::look, between.toMillis(), between.toMillis(), TimeUnit.MILLISECONDS);
    }

    static IdleHeap ofThisProcess() {
        return new IdleHeap(Duration.ofSeconds(15), ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getInit());
    }

    private void look() {
        long cpu = system.getProcessCpuTime();
        boolean idle = cpu - cpuBefore < between.toNanos() * IDLE;
        if (idle && collections() != collectionsBefore && Runtime.getRuntime().totalMemory() > grown) {
            System.gc();
            // How long soft references were not used is reckoned up to the collection before: with the second one they can go.
            System.gc();
            collectionsBefore = collections();
            cpu = system.getProcessCpuTime();
        }
        cpuBefore = cpu;
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
    }

    @Override
    public void close() {
        looks.shutdownNow();
    }
}
