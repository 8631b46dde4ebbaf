package dev.portolan.audit;

import java.util.concurrent.CompletableFuture;
import jdk.jfr.FlightRecorder;

/** The way into the trail. Entries of all threads are committed in groups by one writer; their order is the chain's. */
public interface AuditTrail {

    /**
     * Appends an entry.
     *
     * @return completes when the entry is durable, or fails with {@link AuditUnavailableException}
     */
    CompletableFuture<Void> append(AuditEntry entry);

    /** Appends an entry and waits until it is durable. */
    default void appendAndWait(AuditEntry entry) {
        CompletableFuture<Void> durable = append(entry);
        try {
            if (FlightRecorder.isInitialized()) {
                DurableWait wait = new DurableWait();
                wait.begin();
                durable.join();
                wait.commit();
            } else {
                durable.join();
            }
        } catch (java.util.concurrent.CompletionException e) {
            throw e.getCause() instanceof AuditUnavailableException unavailable ? unavailable : new AuditUnavailableException("the audit entry could not be written", e);
        }
    }
}
