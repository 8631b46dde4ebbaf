package dev.portolan.server;

import dev.portolan.jobs.JobKind;
import dev.portolan.jobs.Jobs;
import dev.portolan.members.merge.DuplicateSearch;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks for members who may be one person once a day, beside what staff ask for: only Patients that changed since the last time are read. One node does it. */
final class DuplicateRounds implements JobKind.Work {

    private static final Logger LOG = LoggerFactory.getLogger(DuplicateRounds.class);
    private static final String KIND = "duplicates";
    private static final Duration BETWEEN = Duration.ofDays(1);
    /** What a server has to do when it starts is enough. */
    private static final Duration AFTER_START = Duration.ofMinutes(10);
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);

    private final DuplicateSearch search;
    private final Instant earliest = Instant.now().plus(AFTER_START);

    /** @param jobs not started yet */
    DuplicateRounds(DuplicateSearch search, Jobs jobs) {
        this.search = search;
        jobs.add(new JobKind(KIND, Integer.MAX_VALUE, FIRST_PAUSE, this));
        jobs.submit(KIND, "all");
    }

    @Override
    public JobKind.Next run(String id, JobKind.Running running) {
        if (Instant.now().isBefore(earliest)) {
            return new JobKind.Next.Again(AFTER_START);
        }
        DuplicateSearch.Found found = search.run();
        LOG.info("looked for members who may be one person: {} Patients had changed, {} pairs are new", found.patients(), found.found());
        return new JobKind.Next.Again(BETWEEN);
    }

    @Override
    public void gaveUp(String id, Throwable cause) {
        throw new IllegalStateException("looking is never given up", cause);
    }
}
