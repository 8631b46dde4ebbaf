package dev.portolan.audit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

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
        await(append(entry));
    }

    /**
     * Waits for what {@link #append} returned.
     *
     * @throws AuditUnavailableException if the entry is not in the trail
     */
    static void await(CompletableFuture<Void> durable) {
        try {
            durable.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof AuditUnavailableException unavailable ? unavailable : new AuditUnavailableException("the audit entry could not be written", e);
        }
    }
}
