package dev.portolan.identity;

import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps security events, for tests to look at. */
final class RecordedEvents implements SecurityEvents {
    private final List<SecurityEvent> events = new CopyOnWriteArrayList<>();

    @Override
    public void record(SecurityEvent event) {
        events.add(event);
    }

    List<SecurityEvent> of(SecurityEvent.Type type) {
        return events.stream().filter(e -> e.type() == type).toList();
    }

    List<SecurityEvent> all() {
        return List.copyOf(events);
    }
}
