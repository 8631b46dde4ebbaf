package dev.portolan.benchmarks.servers;

import java.io.IOException;
import java.net.URI;

/** A running FHIR server of a comparison, with what is needed to measure it. */
public interface FhirServer extends AutoCloseable {

    /** {@code portolan} or {@code peer}. */
    String name();

    /** The base URL that takes writes and whole-system searches, without a trailing slash. */
    URI base();

    /** What goes into the Authorization header, or empty. */
    String authorization();

    /** The server's own process. */
    long pid();

    PostgresCluster database();

    /** Milliseconds from the start of the process to its being ready. */
    long startMilliseconds();

    /** CPU milliseconds so far of the server and of its PostgreSQL. */
    default double cpuMilliseconds() throws IOException {
        return ProcessUsage.cpuMilliseconds(pid()) + ProcessUsage.cpuMilliseconds(database().pid());
    }

    /** Stops the server's process; its database runs on. */
    @Override
    void close();
}
