package dev.portolan.jobs;

import java.time.Duration;

/**
 * A kind of work.
 *
 * @param name stable: it stands in the database
 * @param attempts failures in a row after which it is given up
 * @param firstPause before the first repetition after a failure; each further one waits twice as long
 */
public record JobKind(String name, int attempts, Duration firstPause, Work work) {

    /** What is done. Runs at most once at a time for each id, unless a node loses its lease and does not notice: results must be written under a condition that only one of two can fulfil. */
    public interface Work {

        /**
         * @param id as it was submitted
         * @throws Exception it failed, and is tried again later
         */
        Next run(String id, Running running) throws Exception;

        /** It failed too often. */
        void gaveUp(String id, Throwable cause);
    }

    /** A run under way. */
    public interface Running {

        /** True when the node stops: return {@link Next.Again} soon. */
        boolean stopping();

        /** True when it ran for so long that others who wait for a thread come first: what can go on later returns {@link Next.Again} now. */
        boolean othersWait();
    }

    /** What follows a run. */
    public sealed interface Next {

        /** Nothing: it is finished. */
        record Done() implements Next {}

        /**
         * The same again, later.
         *
         * @param after {@link #LONGEST} at most: what stands further ahead was put there by a clock that was wrong
         */
        record Again(Duration after) implements Next {

            public static final Duration LONGEST = Duration.ofDays(1);

            public Again {
                if (after.compareTo(LONGEST) > 0) {
                    throw new IllegalArgumentException("work is put off for a day at most");
                }
            }
        }
    }
}
