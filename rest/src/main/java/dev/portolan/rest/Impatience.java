package dev.portolan.rest;

import dev.portolan.audit.AuditTrail;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import java.util.concurrent.CompletableFuture;

/** Ends the wait of an answer whose entry is neither written nor refused: it then leaves as 503, without what was asked for. */
record Impatience(CompletableFuture<Void> recorded) implements AsyncListener {

    @Override
    public void onTimeout(AsyncEvent event) {
        recorded.completeExceptionally(AuditTrail.late());
    }

    @Override
    public void onComplete(AsyncEvent event) {}

    @Override
    public void onError(AsyncEvent event) {}

    @Override
    public void onStartAsync(AsyncEvent event) {}
}
