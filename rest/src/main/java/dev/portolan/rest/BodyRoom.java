package dev.portolan.rest;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Room for what is large, of all bases together: what callers send, with the index of its values, until it is answered; and answers, until their callers have taken them. Eight of the largest bodies at once took all
 * memory, and so did eight whole records as XML. Whoever comes when there is no room waits, and is asked to come again after that. What is small needs none.
 */
public final class BodyRoom {

    private static final int SMALL = 64 << 10;
    /** A body takes some six times its size until it is answered, and half of the memory is for other things. */
    private static final int FOR_BODIES = 12;
    private static final int FOR_ANSWERS = 4;

    private final Part bodies;
    private final Part answers;

    /** @param memory bytes that the process has for its heap */
    public BodyRoom(long memory) {
        this.bodies = new Part("bodies", memory / FOR_BODIES);
        this.answers = new Part("answers", memory / FOR_ANSWERS);
    }

    Part bodies() {
        return bodies;
    }

    Part answers() {
        return answers;
    }

    /** One of the two. */
    static final class Part {

        private final String name;
        private final String lease;
        private final int most;
        private final Semaphore room;

        Part(String name, long most) {
            this.name = name;
            this.lease = BodyRoom.class.getName() + "." + name;
            this.most = (int) Math.min(Integer.MAX_VALUE, most);
            this.room = new Semaphore(this.most, true);
        }

        /**
         * Before so many bytes of a request's are kept; what it had before is counted with them.
         *
         * @param patience how long to wait for room: short, where what is to have it stands in memory already
         * @throws FhirException if there is no room for them
         */
        void take(HttpServletRequest request, long bytes, Duration patience) {
            if (bytes <= SMALL) {
                return;
            }
            int had = request.getAttribute(lease) instanceof Integer held ? held : 0;
            int more = (int) Math.min(bytes, most) - had; // one that is larger than all of it has it alone
            if (more <= 0) {
                return;
            }
            try {
                if (!room.tryAcquire(more, patience.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new FhirException(Problem.UNAVAILABLE, "the server has as many large " + name + " in hand as it can hold: send this one again in a moment").with("Retry-After", "5");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FhirException(Problem.UNAVAILABLE, "the server is stopping: send the request again").with("Retry-After", "5");
            }
            request.setAttribute(lease, had + more);
        }

        /** The request needs its room no more. */
        void give(HttpServletRequest request) {
            if (request.getAttribute(lease) instanceof Integer held) {
                request.removeAttribute(lease);
                room.release(held);
            }
        }
    }
}
