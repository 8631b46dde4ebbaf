package dev.portolan.rest;

import java.time.Duration;

/**
 * What the entries of one Bundle may cost together. A line of a Bundle can ask for a whole record, and a thousand of them for a thousand, which stand in memory until the last is answered.
 */
final class BundleBudget {

    /** Beside what the Bundle's own resources may come to, which are given back where that is preferred. */
    private static final long ANSWERS = 64 << 20;
    private static final Duration TIME = Duration.ofMinutes(2);

    private final long most;
    private final long end = System.nanoTime() + TIME.toNanos();
    private long taken;

    BundleBudget(RequestLimits limits) {
        this.most = ANSWERS + limits.bodyBytes();
    }

    /** Before an entry is begun. */
    void require() {
        if (taken > most) {
            throw new FhirException(Problem.TOO_COSTLY, "the answers to the entries before this one come to more than " + most + " bytes: send the rest in another Bundle");
        }
        if (System.nanoTime() - end > 0) {
            throw new FhirException(Problem.TOO_COSTLY, "the entries before this one took more than " + TIME.toSeconds() + " seconds: send the rest in another Bundle");
        }
    }

    Answer took(Answer answer) {
        taken += AnswerSender.length(answer.body());
        return answer;
    }
}
