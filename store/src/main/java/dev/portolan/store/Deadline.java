package dev.portolan.store;

import java.time.Duration;

/** The time that one search may take, over all of its statements. */
final class Deadline {

    private final long end;
    private final Duration allowed;

    Deadline(Duration allowed) {
        this.allowed = allowed;
        this.end = System.nanoTime() + allowed.toNanos();
    }

    /** For the next statement; at least one. */
    int remainingSeconds() {
        long left = end - System.nanoTime();
        if (left <= 0) {
            throw passed();
        }
        return (int) Math.max(1, (left + 999_999_999L) / 1_000_000_000L);
    }

    SearchTooCostlyException passed() {
        return new SearchTooCostlyException("The search took longer than " + allowed.toSeconds()
            + " seconds. Narrow it: name a patient, add an identifier or a name, or bound a date.");
    }
}
