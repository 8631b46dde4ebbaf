package dev.portolan.provideraccess;

import dev.portolan.members.MemberCover;
import java.time.LocalDate;
import java.util.Optional;

/**
 * A letter to a member about Provider Access: what is shared, what good it does, how to say no and yes again (42 CFR 422.121(a)(4)(ii), 431.61(a)(4)(ii), 457.731(a)(4)(ii), 45 CFR 156.222(a)(4)(ii)).
 *
 * @param patient Patient id
 * @param coverStart when the cover began that it is about
 * @param due the last day on which it is in time
 */
record Notice(String patient, Reason reason, LocalDate coverStart, LocalDate due) {

    /** A yearly one is listed so many days before it is due. */
    static final int DAYS_AHEAD = 60;
    private static final int DAYS_AFTER_ENROLMENT = 7;

    enum Reason {
        /** Before the API opens. */
        START,
        /** No later than a week after cover began. */
        ENROLMENT,
        /** At least once a year. */
        YEARLY
    }

    /**
     * What a member is due now.
     *
     * @param opens the first day on which members' data is given to providers
     * @param told what the newest notice was that was handed over
     */
    static Optional<Notice> due(String patient, MemberCover.Cover cover, NoticeRows.Told told, LocalDate opens, LocalDate today) {
        LocalDate last = told.last();
        boolean knows = last != null && (cover.starts().equals(told.coverStart()) || !last.isBefore(cover.starts()));
        if (last != null && knows) {
            LocalDate again = last.plusYears(1);
            return again.isAfter(today.plusDays(DAYS_AHEAD)) ? Optional.empty() : Optional.of(new Notice(patient, Reason.YEARLY, cover.starts(), again));
        }
        boolean before = cover.starts().isBefore(opens);
        return Optional.of(new Notice(patient, before ? Reason.START : Reason.ENROLMENT, cover.starts(), before ? opens.minusDays(1) : cover.starts().plusDays(DAYS_AFTER_ENROLMENT)));
    }
}
