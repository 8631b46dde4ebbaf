package dev.portolan.rest;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Room for what callers send, of all bases together: a body and the index of its values stand in memory until it is answered, and eight of the largest at once took all that there is. Whoever comes when there is no
 * room waits, and is asked to come again after that. Small bodies need none.
 */
public final class BodyRoom {

    private static final String LEASE = BodyRoom.class.getName();
    private static final int SMALL = 64 << 10;
    /** A body takes some six times its size until it is answered, and half of the memory is for other things. */
    private static final int PART_OF_MEMORY = 12;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Semaphore room;
    private final int most;

    /** @param memory bytes that the process has for its heap */
    public BodyRoom(long memory) {
        this.most = (int) Math.min(Integer.MAX_VALUE, memory / PART_OF_MEMORY);
        this.room = new Semaphore(most, true);
    }

    /** Before so many bytes of a request's body are kept; what it had before is counted with them. */
    void take(HttpServletRequest request, long bytes) {
        if (bytes <= SMALL) {
            return;
        }
        int had = request.getAttribute(LEASE) instanceof Integer held ? held : 0;
        int more = (int) Math.min(bytes, most) - had; // one that is larger than all of it has it alone
        if (more <= 0) {
            return;
        }
        try {
            if (!room.tryAcquire(more, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new FhirException(Problem.UNAVAILABLE, "the server has as many large bodies in hand as it can hold: send this one again in a moment").with("Retry-After", "5");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FhirException(Problem.UNAVAILABLE, "the server is stopping: send the request again").with("Retry-After", "5");
        }
        request.setAttribute(LEASE, had + more);
    }

    /** The request needs its body no more. */
    void give(HttpServletRequest request) {
        if (request.getAttribute(LEASE) instanceof Integer held) {
            request.removeAttribute(LEASE);
            room.release(held);
        }
    }
}
