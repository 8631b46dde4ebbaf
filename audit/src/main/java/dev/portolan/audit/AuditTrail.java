package dev.portolan.audit;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The way into the trail. Entries of all threads are committed in groups by one writer; their order is the chain's. */
public interface AuditTrail {

    /**
     * Appends an entry.
     *
     * @return completes when the entry is durable, or fails with {@link AuditUnavailableException}. It is completed by the thread that writes the trail: what is hung on it must not wait for anything, an entry least
     *     of all
     */
    CompletableFuture<Void> append(AuditEntry entry);

    /** How long anybody waits for an entry. A trail that neither takes an entry nor refuses it would otherwise hold every caller, and what they hold: threads, connections, locks. */
    default Duration patience() {
        return Duration.ofSeconds(10);
    }

    /** Appends an entry and waits until it is durable. */
    default void appendAndWait(AuditEntry entry) {
        await(append(entry));
    }

    /**
     * Waits for what {@link #append} returned, as long as {@link #patience} says. Who gives up says so by failing the future: an entry that is not being written yet is then left out.
     *
     * @throws AuditUnavailableException if the entry is not in the trail, or nobody knows yet
     */
    default void await(CompletableFuture<Void> durable) {
        try {
            durable.get(patience().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof AuditUnavailableException unavailable ? unavailable : new AuditUnavailableException("the audit entry could not be written", e);
        } catch (TimeoutException e) {
            AuditUnavailableException late = late();
            durable.completeExceptionally(late);
            throw late;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AuditUnavailableException("the wait for the audit entry was interrupted", e);
        }
    }

    /** What a future is failed with by who has waited long enough. */
    static AuditUnavailableException late() {
        return new AuditUnavailableException("the audit entry was not written in time", null);
    }
}
