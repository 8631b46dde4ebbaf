package dev.portolan.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Everything that is measured. What is counted as it happens stands in the registry; what is asked of the database is asked when somebody fetches the metrics. */
public final class ServerMetrics implements AutoCloseable {

    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /** Two names of Micrometer's are refused by Prometheus's own check: a number of things is no "count", and time is in seconds ({@code process.cpu} stands in for the latter). */
    private static final MeterFilter NUMBER_OF_PROCESSORS = new MeterFilter() {
        @Override
        public Meter.Id map(Meter.Id id) {
            return id.getName().equals("system.cpu.count") ? id.withName("system.cpus") : id;
        }
    };
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private final List<Source> sources;
    private final Duration patience;
    private final ExecutorService threads = Executors.newCachedThreadPool(look -> {
        Thread thread = new Thread(look, "metrics-look");
        thread.setDaemon(true);
        return thread;
    });
    private volatile @Nullable Bound bound;

    private record Bound(PrometheusMeterRegistry registry, List<Lookup> lookups, Counter unanswered) {}

    /** Metrics that have to be looked up. */
    public interface Asked {

        /**
         * Looks anew, in a thread of its own, and may take as long as it has to; whoever throws has no values until the next time.
         *
         * @return what shows the values that were found
         */
        Runnable look();

        /** No values, since they could not be had. */
        void forget();
    }

    /** Puts metrics into a registry, once. */
    public interface Source {

        /** @return what has to be looked up each time */
        List<Asked> bind(MeterRegistry registry);
    }

    public ServerMetrics(List<Source> sources) {
        this(sources, PATIENCE);
    }

    /** @param patience how long a scrape waits for what is looked up: well under the ten seconds that Prometheus waits for a scrape, which else would be lost with all that stands in memory */
    ServerMetrics(List<Source> sources, Duration patience) {
        this.sources = sources;
        this.patience = patience;
    }

    /** Made in the background once the server is ready, since a start does not wait for what nobody has asked for yet; or by whoever needs it first. */
    public void begin() {
        Thread thread = new Thread(this::bound, "metrics-start");
        thread.setDaemon(true);
        thread.start();
    }

    MeterRegistry registry() {
        return bound().registry();
    }

    private Bound bound() {
        Bound made = bound;
        return made == null ? bind() : made;
    }

    private synchronized Bound bind() {
        Bound made = bound;
        if (made == null) {
            PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            registry.config().meterFilter(NUMBER_OF_PROCESSORS).meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"));
            Counter unanswered = Counter.builder("portolan.metrics.unanswered").description("Groups of metrics that could not be had when they were asked for; the log says why").register(registry);
            made = new Bound(registry, sources.stream().flatMap(source -> source.bind(registry).stream()).map(Lookup::new).toList(), unanswered);
            bound = made;
        }
        return made;
    }

    static String type(@Nullable String accept) {
        return accept != null && accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    }

    /** One at a time: who asks twice at once gets what the first found, or what is newer. */
    synchronized byte[] text(@Nullable String accept) {
        Bound all = bound();
        long deadline = System.nanoTime() + patience.toNanos();
        all.lookups().forEach(lookup -> lookup.begin(threads));
        for (Lookup lookup : all.lookups()) {
            if (!lookup.end(deadline)) {
                all.unanswered().increment();
            }
        }
        return all.registry().scrape(type(accept)).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        threads.shutdownNow();
        Bound made = bound;
        if (made != null) {
            made.registry().close();
        }
    }
}
