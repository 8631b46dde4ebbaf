package dev.portolan.server.health;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.portolan.server.health.ComponentHealth.Condition;

/** All parts of the server together. */
public final class ServerHealth {

    private final List<ComponentHealth.Source> sources;
    private final Instant started = Instant.now();
    private final String version;

    public ServerHealth(String version, List<ComponentHealth.Source> sources) {
        this.version = version;
        this.sources = new CopyOnWriteArrayList<>(sources);
    }

    /** A part that began to exist after the server. */
    public void add(ComponentHealth.Source source) {
        sources.add(source);
    }

    /** How each part does now. */
    public List<ComponentHealth> components() {
        return sources.stream().map(ComponentHealth.Source::now).toList();
    }

    Report report() {
        return new Report(version, Duration.between(started, Instant.now()), components());
    }

    record Report(String version, Duration running, List<ComponentHealth> components) {

        Condition condition() {
            return components.stream().map(ComponentHealth::condition).max(Comparator.naturalOrder()).orElse(Condition.UP);
        }

        boolean ready() {
            return condition() != Condition.DOWN;
        }
    }
}
