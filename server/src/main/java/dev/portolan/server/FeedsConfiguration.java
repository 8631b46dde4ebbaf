package dev.portolan.server;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

import dev.portolan.audit.AuditTrail;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.intake.load.LoadLedger;
import dev.portolan.intake.load.LoadParts;
import dev.portolan.intake.load.LoadReports;
import dev.portolan.intake.load.LoadTrail;
import dev.portolan.intake.load.Loads;
import dev.portolan.intake.load.Quarantine;
import dev.portolan.intake.page.LoadPagesConfiguration;
import dev.portolan.rest.GrantResolver;
import dev.portolan.server.database.Databases;
import dev.portolan.server.feeds.LoadServlet;
import dev.portolan.server.feeds.LocalOperator;
import dev.portolan.server.feeds.OwnFiles;
import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ComponentHealth.Condition;
import dev.portolan.store.RecordDatabase;

/** The plan's feeds: loads run in the server, in the background, and go on after a restart. */
@Configuration(proxyBeanMethods = false)
@Import(LoadPagesConfiguration.class)
class FeedsConfiguration {

    private static final int FAILED_TOLD = 5;
    /** Feeds of {@code $import} are named after apps, whom the page tells nobody of; each is told at its polling location. */
    private static final String IMPORT = "import-";

    @Bean
    LoadLedger loadLedger(Databases databases) {
        LoadLedger.migrate(databases.pool());
        return new LoadLedger(databases.pool());
    }

    @Bean
    LoadReports loadReports(LoadLedger ledger) {
        return new LoadReports(ledger);
    }

    @Bean
    Quarantine quarantine(LoadLedger ledger) {
        return new Quarantine(ledger);
    }

    @Bean
    Loads loads(Settings settings, LoadLedger ledger, RecordDatabase records, Definitions definitions, ProfileValidator validator, PackageTerminology terminology) {
        var parser = definitions.search().parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC());
        return new Loads(new LoadParts(ledger, records.records(), definitions.structure(), validator, terminology, parser), Runtime.getRuntime().availableProcessors(), settings.data().resolve("intake"));
    }

    @Bean
    LoadTrail loadTrail(AuditTrail trail) {
        return new LoadTrail(trail);
    }

    @Bean
    ApplicationListener<ApplicationReadyEvent> loadsStart(Loads loads) {
        return ready -> loads.start();
    }

    @Bean
    LocalOperator localOperator(Foundation foundation, Settings settings) {
        return LocalOperator.at(foundation.directory(), settings.origin(), settings.local());
    }

    @Bean
    ServletRegistrationBean<LoadServlet> loadServlet(Loads loads, LoadReports reports, Quarantine quarantine, LocalOperator operator, GrantResolver grants, LoadTrail trail, Settings settings) {
        var registration = new ServletRegistrationBean<>(new LoadServlet(loads, reports, quarantine, operator, grants, trail, new OwnFiles(settings.data())), "/system/loads", "/system/loads/*");
        registration.setName("loads");
        return registration;
    }

    /** The age of the newest data of each feed; the rule's limit is one business day after its arrival (42 CFR 422.119(b)(1)). */
    @Bean
    ComponentHealth.Source feedsHealth(LoadReports reports, Quarantine quarantine) {
        return () -> {
            List<LoadReports.Freshness> parts = reports.freshness();
            String failed = failed(reports.failing());
            if (parts.isEmpty()) {
                return new ComponentHealth("Feeds", Condition.UP, "No feed has been loaded yet." + failed);
            }
            LoadReports.Freshness oldest = parts.stream().min(Comparator.comparing(LoadReports.Freshness::newest)).orElseThrow();
            return new ComponentHealth("Feeds", Condition.UP, "%d feeds and parts; the oldest is %s of %s, whose newest data is %d hours old. %d records wait in quarantine.".formatted(
                parts.size(), oldest.part(), oldest.feed(), Duration.between(oldest.newest(), Instant.now()).toHours(), quarantine.open()) + failed);
        };
    }

    /** Up all the same: the server answers from what it has. How old that is shows by itself. */
    private static String failed(Map<String, Instant> last) {
        Map<String, Instant> failing = new TreeMap<>(last);
        failing.keySet().removeIf(feed -> feed.startsWith(IMPORT));
        return failing.isEmpty() ? "" : " The last load failed: " + failing.entrySet().stream().limit(FAILED_TOLD).map(feed -> feed.getKey() + " (" + feed.getValue().truncatedTo(ChronoUnit.SECONDS) + ")")
            .collect(Collectors.joining(", ")) + (failing.size() > FAILED_TOLD ? " and " + (failing.size() - FAILED_TOLD) + " more" : "") + "; /staff/loads says why.";
    }
}
