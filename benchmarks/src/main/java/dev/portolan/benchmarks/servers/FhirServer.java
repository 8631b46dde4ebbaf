package dev.portolan.benchmarks.servers;

import java.io.IOException;
import java.net.URI;

/**
 * A running server of a comparison, with what is needed to measure it. Closing it stops its process; its database runs on.
 *
 * @param name {@code portolan}, {@code peer} or {@code limit}
 * @param base the base URL that takes writes and whole-system searches, without a trailing slash
 * @param authorization what goes into the Authorization header, or empty
 */
public record FhirServer(String name, URI base, String authorization, ChildProcess process, PostgresCluster database) implements AutoCloseable {

    /** The server's own process. */
    public long pid() {
        return process.pid();
    }

    /** Milliseconds from the start of the process to its being ready. */
    public long startMilliseconds() {
        return process.startMilliseconds();
    }

    /** CPU milliseconds so far of the server and of its PostgreSQL. */
    public double cpuMilliseconds() throws IOException {
        return ProcessUsage.cpuMilliseconds(pid()) + ProcessUsage.cpuMilliseconds(database.pid());
    }

    @Override
    public void close() {
        process.stop();
    }
}
