package dev.portolan.rest;

import dev.portolan.store.StoreFailureException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * What failed, as the log tells it. Messages of a database or a parser may quote a member's data, so only what happened where is told. It is told in full when it begins, and in a line, which has the request's id, for all that fail in the same
 * way within a minute: while the database takes nothing every request fails, and their traces would push whatever led to it out of the log, whose size is bounded.
 */
final class FailureLog {

    private static final int FRAMES = 40;
    private static final int MOST_REMEMBERED = 200;
    private static final long AGAIN_NANOS = Duration.ofMinutes(1).toNanos();

    private final Logger log;
    private final LongSupplier nanos;
    private final Map<String, Long> told = new ConcurrentHashMap<>();

    FailureLog(Logger log, LongSupplier nanos) {
        this.log = log;
        this.nanos = nanos;
    }

    void tell(Throwable failure, String requestId) {
        String trace = trace(failure, FRAMES);
        if (isNews(trace)) {
            log.error("request {} failed:{}", requestId, trace);
        } else {
            log.error("request {} failed as another did less than a minute ago:{}", requestId, trace(failure, 0).replace('\n', ' '));
        }
    }

    private boolean isNews(String trace) {
        long now = nanos.getAsLong();
        if (told.size() > MOST_REMEMBERED) {
            told.clear();
        }
        Long before = told.get(trace);
        if (before != null && now - before < AGAIN_NANOS) {
            return false;
        }
        told.put(trace, now);
        return true;
    }

    private static String trace(Throwable failure, int most) {
        StringBuilder trace = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            trace.append('\n').append(cause.getClass().getName());
            if (cause instanceof StoreFailureException failed && failed.databaseState() != null) {
                trace.append(" SQLSTATE ").append(failed.databaseState());
            }
            StackTraceElement[] frames = cause.getStackTrace();
            for (int i = 0; i < Math.min(frames.length, most); i++) {
                trace.append("\n\tat ").append(frames[i]);
            }
        }
        return trace.toString();
    }
}
