package dev.portolan.provideraccess;

import dev.portolan.jobs.JobKind;
import dev.portolan.jobs.Jobs;
import dev.portolan.members.MemberCover;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which members are to be told of Provider Access by letter, why and by when, and who was. Counted from the members' coverages once a day and when it is asked for; counting again changes nothing. What
 * is handed over to whoever sends the letters counts as told from that day on, unless it is taken back.
 */
public final class AccessNotices {

    private static final Logger LOG = LoggerFactory.getLogger(AccessNotices.class);
    private static final String KIND = "provider-notices";
    private static final Duration BETWEEN = Duration.ofDays(1);
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);
    private static final int AT_ONCE = 500;

    private final NoticeRows rows;
    private final MemberCover covers;
    private final LocalDate opens;
    private final Clock clock;

    /**
     * @param migrated its tables are this room's
     * @param opens the first day on which members' data is given to providers
     * @param jobs not started yet
     */
    public AccessNotices(DataSource dataSource, ExportLog migrated, MemberCover covers, LocalDate opens, Jobs jobs, Clock clock) {
        this.rows = new NoticeRows(dataSource);
        this.covers = covers;
        this.opens = opens;
        this.clock = clock;
        jobs.add(new JobKind(KIND, Integer.MAX_VALUE, FIRST_PAUSE, new Daily()));
        jobs.submit(KIND, "all");
    }

    private final class Daily implements JobKind.Work {

        @Override
        public JobKind.Next run(String id, JobKind.Running running) {
            count();
            LOG.info("notices of Provider Access counted: {} members are due one, {} of them are late", open().stream().mapToInt(NoticeRows.Open::members).sum(), overdue());
            return new JobKind.Next.Again(BETWEEN);
        }

        @Override
        public void gaveUp(String id, Throwable cause) {
            throw new IllegalStateException("counting is never given up", cause);
        }
    }

    private LocalDate today() {
        return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    }

    /** Who is due a notice now, by the records as they are. */
    void count() {
        LocalDate today = today();
        covers.each(today, members -> rows.keep(members.keySet(), told -> {
            List<Notice> wanted = new ArrayList<>();
            members.forEach((patient, cover) -> cover.flatMap(it -> Notice.due(patient, it, told.getOrDefault(patient, NoticeRows.Told.NEVER), opens, today)).ifPresent(wanted::add));
            return wanted;
        }));
        closeThoseWhoAreGone();
    }

    private void closeThoseWhoAreGone() {
        List<String> some = rows.open("", AT_ONCE);
        while (!some.isEmpty()) {
            Set<String> known = covers.known(some);
            rows.close(some.stream().filter(patient -> !known.contains(patient)).toList());
            some = rows.open(some.get(some.size() - 1), AT_ONCE);
        }
    }

    List<NoticeRows.Open> open() {
        return rows.open(today());
    }

    /** How many were not handed over in time. */
    public int overdue() {
        return open().stream().mapToInt(NoticeRows.Open::overdue).sum();
    }

    List<NoticeRows.Listed> due(int most) {
        return rows.due(most);
    }

    Optional<NoticeRows.Batch> handOver(LocalDate dueBy, String by) {
        return rows.handOver(dueBy, by, clock.instant());
    }

    boolean takeBack(long batch, String by) {
        return rows.takeBack(batch, by, clock.instant());
    }

    Optional<NoticeRows.Batch> batch(long id) {
        return rows.batch(id);
    }

    List<NoticeRows.Batch> batches(int most) {
        return rows.batches(most);
    }

    List<NoticeRows.Listed> of(long batch, long after) {
        return rows.of(batch, after, AT_ONCE);
    }

    /** What is due within the next weeks is handed over with what is due today, unless another day is named. */
    LocalDate usualDay() {
        return today().plusDays(Notice.DAYS_AHEAD);
    }
}
