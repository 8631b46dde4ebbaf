package dev.portolan.benchmarks.load;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
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

    /** The same for some seconds: what is left after them, of a sequence too, is not sent. */
    public Measurement some(List<List<Request>> sequences, int connections, double seconds) throws IOException {
        return run(sequences.size(), sequences::get, connections, (long) (seconds * 1e9));
    }

    /** Sends requests for some seconds, round and round. */
    public Measurement repeat(List<Request> requests, int connections, double seconds) throws IOException {
        return run(Integer.MAX_VALUE, i -> List.of(requests.get(Math.floorMod(i * 7919, requests.size()))), connections, (long) (seconds * 1e9));
    }

    /** Sends requests that are made as they are needed, for some seconds. */
    public Measurement make(IntFunction<Request> maker, int connections, double seconds) throws IOException {
        return run(Integer.MAX_VALUE, i -> List.of(maker.apply(i)), connections, (long) (seconds * 1e9));
    }

    /** One thread for all connections: the machine is the server's. */
    private Measurement run(int most, IntFunction<List<Request>> source, int connections, long limit) throws IOException {
        Load load = new Load(most, source, System.nanoTime(), limit);
        double cpuBefore = cpu.milliseconds();
        List<Caller> callers = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            for (int i = 0; i < connections; i++) {
                Caller caller = new Caller(new HttpConnection(server), load);
                callers.add(caller);
                caller.callNext(selector);
            }
            ByteBuffer input = ByteBuffer.allocateDirect(1 << 18);
            long calling = callers.stream().filter(Caller::isCalling).count();
            while (calling > 0) {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    Caller caller = (Caller) key.attachment();
                    caller.proceed(key, selector, input);
                    calling -= caller.isCalling() ? 0 : 1;
                }
                selector.selectedKeys().clear();
            }
        } finally {
            for (Caller caller : callers) {
                caller.close();
            }
        }
        double seconds = (System.nanoTime() - load.began) / 1e9;
        return Measurement.of(load.latencies(), seconds, cpu.milliseconds() - cpuBefore, load.units);
    }
}
