package dev.portolan.server.health;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
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
        private final AtomicReference<@Nullable CompletableFuture<ComponentHealth>> running = new AtomicReference<>();
        private volatile String name = "A part that never answered";

        Part(ComponentHealth.Source source) {
            this.source = source;
        }

        /** Anybody may look, and as often as they like: who looks while another does gets what that one finds. While a database is away each look would hold a thread, and ask for a connection, for many seconds. */
        CompletableFuture<ComponentHealth> look(Executor threads) {
            CompletableFuture<ComponentHealth> own = new CompletableFuture<>();
            CompletableFuture<ComponentHealth> other = running.compareAndExchange(null, own);
            if (other != null) {
                return other;
            }
            CompletableFuture.supplyAsync(this::now, threads).whenComplete((health, failure) -> {
                running.set(null);
                if (failure == null) {
                    own.complete(health);
                } else {
                    own.completeExceptionally(failure);
                }
            });
            return own;
        }

        private ComponentHealth now() {
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
        return parts.stream().map(part -> part.look(threads)).toList().stream().map(CompletableFuture::join).toList();
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
