package dev.portolan.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that is measured. What is counted as it happens stands in the registry; what is asked of the database is asked when somebody fetches the metrics. */
public final class ServerMetrics implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServerMetrics.class);
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final List<Asked> asked;
    private final Counter unanswered = Counter.builder("portolan.metrics.unanswered").description("Groups of metrics that could not be had when they were asked for; the log says why").register(registry);

    /** Metrics that have to be looked up. */
    public interface Asked {

        /** Looks anew. Whoever throws has no values until the next time. */
        void look();

        /** No values, since they could not be had. */
        void forget();
    }

    /** Puts metrics into a registry, once. */
    public interface Source {

        /** @return what has to be looked up each time */
        List<Asked> bind(MeterRegistry registry);
    }

    public ServerMetrics(List<Source> sources) {
        this.asked = sources.stream().flatMap(source -> source.bind(registry).stream()).toList();
    }

    public MeterRegistry registry() {
        return registry;
    }

    static String type(@Nullable String accept) {
        return accept != null && accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    }

    /** One at a time: who asks twice at once gets what the first found, or what is newer. */
    synchronized byte[] text(@Nullable String accept) {
        for (Asked source : asked) {
            try {
                source.look();
            } catch (RuntimeException e) {
                LOG.warn("Metrics could not be had: {}", e.getClass().getName());
                source.forget();
                unanswered.increment();
            }
        }
        return registry.scrape(type(accept)).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        registry.close();
    }
}
