package dev.portolan.server.health;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.portolan.server.health.ComponentHealth.Condition;

/** All parts of the server together. */
public final class ServerHealth {

    private static final Logger LOG = LoggerFactory.getLogger(ServerHealth.class);

    private final List<Part> parts = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(look -> {
        Thread thread = new Thread(look, "health");
        thread.setDaemon(true);
        return thread;
    });
    private final Instant started = Instant.now();
    private final String version;

    public ServerHealth(String version, List<ComponentHealth.Source> sources) {
        this.version = version;
        sources.forEach(this::add);
    }

    /** A part that cannot be asked, since it asks a database that is away, keeps the name that it had. */
    private static final class Part {
        private final ComponentHealth.Source source;
        private volatile String name = "A part that never answered";

        Part(ComponentHealth.Source source) {
            this.source = source;
        }

        ComponentHealth now() {
            try {
                ComponentHealth health = source.now();
                name = health.name();
                return health;
            } catch (RuntimeException e) {
                LOG.warn("{} could not be asked how it does", name, e);
                return new ComponentHealth(name, Condition.DEGRADED, "It could not be asked; the log says why.");
            }
        }
    }

    /** A part that began to exist after the server. */
    public void add(ComponentHealth.Source source) {
        parts.add(new Part(source));
    }

    /** How each part does now. All are asked at once: those that wait for a database that is away wait together. */
    public List<ComponentHealth> components() {
        return parts.stream().map(part -> CompletableFuture.supplyAsync(part::now, threads)).toList().stream().map(CompletableFuture::join).toList();
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
