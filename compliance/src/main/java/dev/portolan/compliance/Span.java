package dev.portolan.compliance;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of time that a report is about.
 *
 * @param to excluded
 */
record Span(Instant from, Instant to) {

    /**
     * @param from a day or a time; null for {@code usual} before the end
     * @param to a day, which is meant whole, or a time; null for now
     */
    static Span of(@Nullable String from, @Nullable String to, Instant now, Duration usual) {
        Instant end = TrailQuestion.to(to);
        Instant until = end == null ? now.plusSeconds(1) : end;
        Instant start = TrailQuestion.from(from);
        Span span = new Span(start == null ? until.minus(usual) : start, until);
        if (!span.from().isBefore(span.to())) {
            throw new TrailQuestion.Invalid("from has to lie before to.");
        }
        return span;
    }
}
