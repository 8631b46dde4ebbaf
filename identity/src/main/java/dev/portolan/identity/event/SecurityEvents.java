package dev.portolan.identity.event;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Where security events go. An implementation that cannot record throws, and the action that the event is about fails. */
public interface SecurityEvents {

    void record(SecurityEvent event);

    default void record(SecurityEvent.Type type, boolean succeeded, @Nullable String clientId, @Nullable String actor, @Nullable String patient,
                        @Nullable String consent, Map<String, String> details) {
        record(new SecurityEvent(type, Instant.now(), succeeded, clientId, actor == null ? "anonymous" : actor, patient, consent, details));
    }

    /** Writes events to the log, for a server without an audit. */
    static SecurityEvents toLog() {
        var log = LoggerFactory.getLogger(SecurityEvents.class);
        return event -> log.info("{} succeeded={} app={} actor={} consent={} {}", event.type(), event.succeeded(), event.clientId(),
                event.actor(), event.consent(), event.details());
    }
}
