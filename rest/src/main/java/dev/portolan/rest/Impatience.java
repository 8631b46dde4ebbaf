package dev.portolan.rest;

import dev.portolan.audit.AuditTrail;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import java.util.concurrent.CompletableFuture;

/**
 * Ends the wait of an answer whose entry is neither written nor refused: it then leaves as 503, without what was asked for.
 *
 * @param ended runs when the request is over, whether its answer was taken or its caller has gone
 */
record Impatience(CompletableFuture<Void> recorded, Runnable ended) implements AsyncListener {

    @Override
    public void onTimeout(AsyncEvent event) {
        recorded.completeExceptionally(AuditTrail.late());
    }

    @Override
    public void onComplete(AsyncEvent event) {
        ended.run();
    }

    @Override
    public void onError(AsyncEvent event) {}

    @Override
    public void onStartAsync(AsyncEvent event) {}
}
