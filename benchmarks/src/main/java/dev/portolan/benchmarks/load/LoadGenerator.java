package dev.portolan.benchmarks.load;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** Sends prepared requests over a number of connections, each sending its next when the last is answered. */
public final class LoadGenerator {

    /** CPU milliseconds that the measured processes have used so far. */
    public interface CpuClock {
        double milliseconds() throws IOException;
    }

    private final URI server;
    private final CpuClock cpu;

    public LoadGenerator(URI server, CpuClock cpu) {
        this.server = server;
        this.cpu = cpu;
    }

    /** Sends every request once, those of one sequence one after another; what is measured is how long all of them take. */
    public Measurement all(List<List<Request>> sequences, int connections) throws IOException {
        return run(sequences.size(), sequences::get, connections, Long.MAX_VALUE);
    }

    /** Sends requests for some seconds, round and round. */
    public Measurement repeat(List<Request> requests, int connections, double seconds) throws IOException {
        return run(Integer.MAX_VALUE, i -> List.of(requests.get(Math.floorMod(i * 7919, requests.size()))), connections, (long) (seconds * 1e9));
    }

    /** Sends requests that are made as they are needed, for some seconds. */
    public Measurement make(IntFunction<Request> maker, int connections, double seconds) throws IOException {
        return run(Integer.MAX_VALUE, i -> List.of(maker.apply(i)), connections, (long) (seconds * 1e9));
    }

    private Measurement run(int most, IntFunction<List<Request>> source, int connections, long limit) throws IOException {
        AtomicInteger next = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        try {
            double cpuBefore = cpu.milliseconds();
            long began = System.nanoTime();
            List<Future<Sent>> sent = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                Callable<Sent> work = () -> send(next, most, source, began, limit);
                sent.add(threads.submit(work));
            }
            List<Sent> results = new ArrayList<>();
            for (Future<Sent> future : sent) {
                results.add(future.get());
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            long units = results.stream().mapToLong(Sent::units).sum();
            long[] latencies = results.stream().flatMapToLong(s -> Arrays.stream(s.latencies())).toArray();
            return Measurement.of(latencies, seconds, cpu.milliseconds() - cpuBefore, units);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            threads.shutdownNow();
        }
    }

    private record Sent(long[] latencies, long units) {}

    private Sent send(AtomicInteger next, int most, IntFunction<List<Request>> source, long began, long limit) throws IOException {
        long[] latencies = new long[1 << 12];
        int count = 0;
        long units = 0;
        try (HttpConnection connection = new HttpConnection(server)) {
            while (System.nanoTime() - began < limit) {
                int index = next.getAndIncrement();
                if (index >= most) {
                    break;
                }
                for (Request request : source.apply(index)) {
                    if (count == latencies.length) {
                        latencies = Arrays.copyOf(latencies, count * 2);
                    }
                    latencies[count++] = timed(connection, request);
                    units += request.units();
                }
            }
        }
        return new Sent(Arrays.copyOf(latencies, count), units);
    }

    private static long timed(HttpConnection connection, Request request) throws IOException {
        long before = System.nanoTime();
        int status = connection.exchange(request.bytes());
        long took = System.nanoTime() - before;
        if (status < 200 || status > 299 || connection.bodyLength() < request.shortest()) {
            throw new IOException("wrong answer: " + status + " with " + connection.bodyLength() + " bytes (expected "
                    + request.shortest() + " or more): " + start(connection.body()));
        }
        return took;
    }

    private static String start(String body) {
        return body.substring(0, Math.min(600, body.length()));
    }
}
