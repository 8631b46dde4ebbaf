package dev.portolan.server;

import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.sun.management.OperatingSystemMXBean;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.portolan.audit.GroupCommitTrail;
import dev.portolan.bulkdata.Exports;
import dev.portolan.bulkdata.Written;
import dev.portolan.intake.load.LoadReports;
import dev.portolan.intake.load.Quarantine;
import dev.portolan.jobs.Jobs;
import dev.portolan.server.database.Databases;
import dev.portolan.server.health.Certificates;
import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ServerHealth;
import dev.portolan.server.metrics.AskedGauge;
import dev.portolan.server.metrics.AskedGauge.Column;
import dev.portolan.server.metrics.MetricsServlet;
import dev.portolan.server.metrics.RequestMeter;
import dev.portolan.server.metrics.ServerMetrics;

/** What is measured, and who gets it (OPS-03, OPS-15). Each room says how it stands; what the numbers are called is said here and in docs/operating.md. */
@Configuration(proxyBeanMethods = false)
class MetricsConfiguration {

    private static final String SECONDS = "seconds";
    /** The feeds of imports bear the client ids of those who asked: they are one feed here. */
    private static final String IMPORT = "import-";

    @Bean
    ServerMetrics serverMetrics(List<ServerMetrics.Source> sources) {
        return new ServerMetrics(sources);
    }

    @Bean
    ApplicationListener<ApplicationReadyEvent> metricsBegin(ServerMetrics metrics) {
        return ready -> metrics.begin();
    }

    @Bean
    ServletRegistrationBean<MetricsServlet> metricsServlet(ServerMetrics metrics, Settings settings) {
        return new ServletRegistrationBean<>(new MetricsServlet(metrics, settings.metrics().allowed()), "/metrics");
    }

    @Bean
    WebServerFactoryCustomizer<JettyServletWebServerFactory> requestMeter(ServerMetrics metrics, FhirBases bases) {
        RequestMeter meter = new RequestMeter(metrics, bases.all());
        return factory -> factory.addServerCustomizers(server -> server.setRequestLog(meter));
    }

    @Bean
    ServerMetrics.Source processMetrics() {
        return registry -> {
            if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
                FunctionCounter.builder("process.cpu", system, it -> it.getProcessCpuTime() / 1e9).baseUnit(SECONDS).description("Processor time that this process has used").register(registry);
            }
            new JvmMemoryMetrics().bindTo(registry);
            new JvmThreadMetrics().bindTo(registry);
            new ProcessorMetrics().bindTo(registry);
            new UptimeMetrics().bindTo(registry);
            return List.of();
        };
    }

    @Bean
    ServerMetrics.Source poolMetrics(Databases databases) {
        return registry -> {
            databases.measure(registry);
            return List.of();
        };
    }

    @Bean
    ServerMetrics.Source auditMetrics(GroupCommitTrail trail) {
        return registry -> {
            Gauge.builder("portolan.audit.waiting", trail, it -> it.lag().waiting()).description("Entries that wait for the audit trail's writer").register(registry);
            TimeGauge.builder("portolan.audit.lag", trail, TimeUnit.NANOSECONDS, it -> it.lag().oldest().toNanos()).description("How long the first of them has waited").register(registry);
            TimeGauge.builder("portolan.audit.behind", trail, TimeUnit.NANOSECONDS, it -> it.behind().toNanos()).description("How long the first entry that is durable in the journal has waited for the database").register(registry);
            FunctionTimer.builder("portolan.audit.entries", trail, it -> it.lag().written(), it -> it.lag().waited().toNanos(), TimeUnit.NANOSECONDS)
                .description("Entries that became durable, and how long they waited for it").register(registry);
            FunctionCounter.builder("portolan.audit.failed", trail, it -> it.lag().failed()).description("Entries that could not be written; their answers were withheld").register(registry);
            return List.of();
        };
    }

    @Bean
    ServerMetrics.Source jobMetrics(Jobs jobs) {
        return registry -> List.of(new AskedGauge<>(registry, jobs::standing, kind -> Tags.of("kind", kind.kind()), List.of(
            new Column<>("portolan.jobs.running", null, "Pieces of background work under way, on all nodes", Jobs.Standing::running),
            new Column<>("portolan.jobs.due", null, "Pieces that wait for a thread", Jobs.Standing::due),
            new Column<>("portolan.jobs.failing", null, "Pieces that failed the last time and are tried again", Jobs.Standing::failing),
            new Column<>("portolan.jobs.oldest.due", SECONDS, "How long the first piece that is due has waited", kind -> seconds(kind.oldestDue())))));
    }

    @Bean
    ServerMetrics.Source exportMetrics(Exports exports) {
        return registry -> {
            Written written = exports.written();
            FunctionCounter.builder("portolan.export.resources", written, Written::lines).description("Lines of the files of exports that this node has written").register(registry);
            FunctionCounter.builder("portolan.export.written", written, Written::bytes).baseUnit("bytes").description("Bytes of those files, before compression").register(registry);
            FunctionCounter.builder("portolan.export.busy", written, it -> it.nanos() / 1e9).baseUnit(SECONDS).description("Time that this node's threads have spent on parts of exports").register(registry);
            return List.of(new AskedGauge<>(registry, exports::standing, row -> Tags.of("api", row.base(), "state", row.state()), List.of(
                new Column<>("portolan.exports", null, "Exports that are kept, on all nodes", Exports.Standing::exports),
                new Column<>("portolan.exports.oldest", SECONDS, "How long ago the first of them was started", row -> seconds(row.oldest())))));
        };
    }

    @Bean
    ServerMetrics.Source feedMetrics(LoadReports reports, Quarantine quarantine) {
        return registry -> List.of(
            new AskedGauge<>(registry, () -> reports.freshness().stream().filter(feed -> !feed.feed().startsWith(IMPORT)).toList(), feed -> Tags.of("feed", feed.feed(), "part", feed.part()), List.of(
                new Column<>("portolan.feed.age", SECONDS, "Age of the newest data of a feed's part that is loaded (42 CFR 422.119(b)(1): within one business day)",
                    feed -> seconds(Duration.between(feed.newest(), Clock.systemUTC().instant()))))),
            new AskedGauge<>(registry, () -> List.of(quarantine.open()), open -> Tags.empty(), List.of(
                new Column<>("portolan.quarantine.records", null, "Records of feeds that wait for somebody to look at them", Number::doubleValue))));
    }

    @Bean
    ServerMetrics.Source healthMetrics(ServerHealth health) {
        return registry -> List.of(new AskedGauge<>(registry, health::components, part -> Tags.of("part", part.name()), List.of(
            new Column<ComponentHealth>("portolan.part.condition", null, "0 up, 1 warming (works, not at full speed yet: the validator), 2 degraded, 3 down", part -> part.condition().ordinal()))));
    }

    @Bean
    ServerMetrics.Source certificateMetrics(Certificates certificates) {
        return registry -> List.of(new AskedGauge<>(registry, certificates::endings, ending -> Tags.of("certificate", ending.name()), List.of(
            new Column<Certificates.Ending>("portolan.certificate.left", SECONDS, "How long until a certificate ends: TLS, trust communities; negative after that", ending -> seconds(certificates.left(ending))))));
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
