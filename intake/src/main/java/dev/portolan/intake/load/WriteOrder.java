package dev.portolan.intake.load;

import dev.portolan.store.ResourceKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Keeps the source's order where it counts: of two batches that write the same resource the earlier is written first. Batches that share none are written side by side.
 *
 * <p>Batches say what they will write in their order, so that each knows which earlier one it has to wait for; none waits for a later one.
 */
final class WriteOrder {

    private final Map<ResourceKey, CompletableFuture<Void>> last = new HashMap<>();
    private long next;
    private boolean abandoned;

    /** Waits for its turn to say what it writes, then until all earlier batches that write the same are through. */
    Turn enter(long ticket, Collection<ResourceKey> keys) throws InterruptedException {
        List<CompletableFuture<Void>> before = new ArrayList<>();
        Turn turn = new Turn(keys, new CompletableFuture<>());
        synchronized (this) {
            while (ticket != next && !abandoned) {
                wait();
            }
            if (abandoned) {
                throw new InterruptedException("an earlier batch failed");
            }
            for (ResourceKey key : keys) {
                CompletableFuture<Void> earlier = last.put(key, turn.done);
                if (earlier != null && earlier != turn.done) {
                    before.add(earlier);
                }
            }
            next++;
            notifyAll();
        }
        before.forEach(CompletableFuture::join);
        return turn;
    }

    /** A batch failed: those that wait for it will never have their turn. */
    synchronized void abandon() {
        abandoned = true;
        last.values().forEach(waiting -> waiting.completeExceptionally(new LoadException("an earlier batch failed")));
        notifyAll();
    }

    final class Turn {
        private final Collection<ResourceKey> keys;
        private final CompletableFuture<Void> done;

        private Turn(Collection<ResourceKey> keys, CompletableFuture<Void> done) {
            this.keys = keys;
            this.done = done;
        }

        /** The batch is through: those that wait for it go on. */
        void leave() {
            forget();
            done.complete(null);
        }

        /** The batch failed, and is done again with the rest of the file: what a later one wrote before that would be taken back by it. */
        void fail() {
            forget();
            done.completeExceptionally(new LoadException("an earlier batch failed"));
        }

        private void forget() {
            synchronized (WriteOrder.this) {
                keys.forEach(key -> last.remove(key, done));
            }
        }
    }
}
