package dev.portolan.identity;

import java.time.Instant;

/** What every node does once an hour. A run that fails is tried again an hour later; several nodes may run it at once. */
public interface HourlyTask {

    /** For the log: what could not be done. */
    String name();

    /** @param now the time of this run */
    void run(Instant now);
}
