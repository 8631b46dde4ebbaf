package dev.portolan.server;

import ca.uhn.fhir.context.FhirContext;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.Collectors;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.portolan.audit.AuditTrail;
import dev.portolan.audit.GroupCommitTrail;
import dev.portolan.bulkdata.Exports;
import dev.portolan.bulkdata.Imports;
import dev.portolan.bulkdata.StoredGroups;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.fhir.validation.WarmUp;
import dev.portolan.identity.IdentitySchema;
import dev.portolan.rest.FhirBase;
import dev.portolan.rest.FhirOperation;
import dev.portolan.rest.FhirServices;
import dev.portolan.rest.FhirServlet;
import dev.portolan.rest.GrantResolver;
import dev.portolan.rest.TypeProvider;
import dev.portolan.rest.TypeWriter;
import dev.portolan.store.Grant;
import dev.portolan.server.database.Databases;
import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ComponentHealth.Condition;
import dev.portolan.server.limits.AppLimits;
import dev.portolan.store.Labelling;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.ReindexProgress;
import dev.portolan.store.StoreSettings;

/** The rooms, put together, on tables that the foundation has made. */
@Configuration(proxyBeanMethods = false)
class RoomsConfiguration {

    private static final int AUDIT_ENTRIES_WAITING = 10_000;
    private static final long WARM_UP_DELAY_SECONDS = 2;
    private static final Duration SEARCH_TIMEOUT = Duration.ofSeconds(30);

    @Bean
    Definitions definitions(Foundation foundation) {
        return foundation.definitions();
    }

    @Bean
    ComponentHealth.Source packagesHealth(Definitions definitions) {
        FhirPackages packages = definitions.packages();
        int loaded = packages.packages().size();
        ComponentHealth health = packages.missing().isEmpty()
                ? new ComponentHealth("FHIR definitions", Condition.UP, loaded + " packages are loaded.")
                : new ComponentHealth("FHIR definitions", Condition.DEGRADED, loaded + " packages are loaded. Not found, and so not validated: "
                        + packages.missing() + ". Set PORTOLAN_PACKAGES to a folder that has them.");
        return () -> health;
    }

    @Bean
    GroupCommitTrail auditTrail(Databases databases, IdentitySchema schemas, Foundation foundation, Settings settings) {
        Settings.Audit audit = settings.audit();
        return new GroupCommitTrail(databases.trail(), Clock.systemUTC(), AUDIT_ENTRIES_WAITING, audit.patience(), audit.journalIn(foundation.directory()), audit.isJournalled(databases.isEmbedded()));
    }

    @Bean
    RecordDatabase recordDatabase(Databases databases, IdentitySchema schemas, Definitions definitions, FhirBases bases, Labelling labelling) {
        var search = definitions.search();
        Set<String> own = bases.urls().values().stream().map(URI::toString).collect(Collectors.toSet());
        return RecordDatabase.open(databases.pool(), search.parameters(), search.extractor(), search.matcher(own), new StoreSettings(own, SEARCH_TIMEOUT, true), labelling);
    }

    /** The validator takes tens of seconds to warm up: it does so in the background, once the server answers and whoever started it has said so. */
    @Bean
    ApplicationListener<ApplicationReadyEvent> validatorWarmUp(ProfileValidator validator, Definitions definitions) {
        return ready -> CompletableFuture.delayedExecutor(WARM_UP_DELAY_SECONDS, TimeUnit.SECONDS).execute(() -> {
            definitions.structure().warmUp();
            validator.startWarmUp(ProfileValidator.WARMED);
        });
    }

    @Bean
    ComponentHealth.Source validatorHealth(ProfileValidator validator) {
        return () -> {
            WarmUp warmUp = validator.warmUp();
            boolean warm = warmUp.state() == WarmUp.State.WARM;
            return new ComponentHealth("Profile validator", warm ? Condition.UP : Condition.WARMING, warm ? "It is warm." : "It is " + warmUp + "; validation works meanwhile, but slowly.");
        };
    }

    @Bean
    ComponentHealth.Source reindexHealth(RecordDatabase database) {
        return () -> {
            ReindexProgress progress = database.reindex();
            return progress.running()
                ? new ComponentHealth("Search index", Condition.WARMING, "Search values are found anew for %d of %d resources (%.0f a second); searches by parameters that changed may miss some until then.".formatted(progress.done(), progress.total(), progress.perSecond()))
                : new ComponentHealth("Search index", Condition.UP, "It is complete.");
        };
    }

    @Bean
    FhirBases fhirBases(Settings settings) {
        return FhirBases.at(settings.origin());
    }

    @Bean
    PackageTerminology terminology(Definitions definitions) {
        return new PackageTerminology(definitions.packages());
    }

    @Bean
    ProfileValidator profileValidator(Definitions definitions, PackageTerminology terminology) {
        return new ProfileValidator(definitions.packages(), terminology, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    }

    @Bean
    FhirServices fhirServices(
            Definitions definitions, PackageTerminology terminology, ProfileValidator validator, RecordDatabase database, GrantResolver grants, AuditTrail audit,
            Settings settings) {
        var parser = definitions.search().parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC());
        return new FhirServices(database.records(), database.cursors(), definitions.search(), parser, definitions.structure(), validator, terminology,
                FhirContext.forR4Cached(), definitions.packages(), grants, new AppLimits(settings.limits()), audit);
    }

    @Bean
    ServletRegistrationBean<FhirServlet> systemServlet(FhirBases bases, FhirServices services, Exports exports, Imports imports, List<TypeProvider> providers) {
        List<FhirOperation> operations = Stream.concat(exports.operations(bases.system().name(), new StoredGroups()).stream(), imports.operations().stream()).toList();
        return servlet(bases.system(), services.with(services.grants().narrowed(RoomsConfiguration::ofThePlan)), operations, providers);
    }

    /**
     * At the base that loads and repairs, the plan's own programs do what they may, and auditors read the trail. Members' apps have a base of their own, with its policy: here they would change what the
     * plan wrote, and see what that policy holds back.
     */
    private static Grant ofThePlan(Grant grant) {
        if (grant.members() instanceof Grant.Members.Everyone) {
            return grant;
        }
        Grant.Rule trail = grant.rule("AuditEvent");
        return new Grant(grant.id(), grant.app(), grant.user(), grant.purpose(), grant.members(), trail == null ? Map.of() : Map.of("AuditEvent", trail), grant.withheldLabels(), grant.consents(),
                grant.scopes(), grant.relation());
    }

    static ServletRegistrationBean<FhirServlet> servlet(FhirBase base, FhirServices services, List<FhirOperation> operations, List<TypeProvider> providers) {
        return servlet(base, services, operations, providers, List.of());
    }

    static ServletRegistrationBean<FhirServlet> servlet(FhirBase base, FhirServices services, List<FhirOperation> operations, List<TypeProvider> providers, List<TypeWriter> writers) {
        var registration = new ServletRegistrationBean<>(new FhirServlet(base, services, operations, providers, writers), base.path() + "/*");
        registration.setName(base.name());
        registration.setLoadOnStartup(1);
        return registration;
    }
}
