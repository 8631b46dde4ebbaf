package dev.portolan.server;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

import dev.portolan.audit.AuditTrail;
import dev.portolan.audit.TrailReports;
import dev.portolan.bulkdata.Exports;
import dev.portolan.compliance.AskedTrail;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.IdentitySchema;
import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.ProtectedApi;
import dev.portolan.identity.account.ProtectedPages;
import dev.portolan.identity.app.Apps;
import dev.portolan.jobs.Jobs;
import dev.portolan.members.MembersSchema;
import dev.portolan.members.MemberCover;
import dev.portolan.members.MemberRecords;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.ListFigures;
import dev.portolan.members.attribution.MemberDirectory;
import dev.portolan.members.attribution.PrimaryCare;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.consent.ConsentPolicy;
import dev.portolan.members.consent.Exit;
import dev.portolan.members.consent.Preferences;
import dev.portolan.provideraccess.EducationPages;
import dev.portolan.provideraccess.ExportLog;
import dev.portolan.provideraccess.AccessNotices;
import dev.portolan.provideraccess.NoticeLetters;
import dev.portolan.provideraccess.NoticePages;
import dev.portolan.provideraccess.NoticesApi;
import dev.portolan.provideraccess.PrimaryCareLists;
import dev.portolan.provideraccess.ProviderAccessApi;
import dev.portolan.provideraccess.ProviderAccessOperations;
import dev.portolan.provideraccess.ProviderAccessPolicy;
import dev.portolan.provideraccess.ProviderExports;
import dev.portolan.provideraccess.ProviderGroups;
import dev.portolan.provideraccess.ProviderSubjects;
import dev.portolan.provideraccess.ProviderUse;
import dev.portolan.provideraccess.ProviderUsePages;
import dev.portolan.rest.FhirServices;
import dev.portolan.rest.FhirServlet;
import dev.portolan.server.database.Databases;
import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ComponentHealth.Condition;
import dev.portolan.store.RecordDatabase;

/** The Provider Access API: whose patients members are, its base behind grants that its policy narrows, and what the plan's staff does with it. */
@Configuration(proxyBeanMethods = false)
class ProviderAccessConfiguration {

    private static final String STAFF = "ADMIN";

    @Bean
    Attributions attributions(Databases databases, MembersSchema schema, RecordDatabase records, Preferences preferences, ConsentEngine consents, ConsentPolicy policy) {
        return new Attributions(databases.pool(), schema, records.panels(), preferences, consents, policy, Clock.systemUTC());
    }

    /** What the plan withholds may be another now than when the panels were counted. */
    @Bean
    ApplicationListener<ApplicationReadyEvent> panelsCountedAnew(Attributions attributions) {
        return ready -> attributions.recount();
    }

    private static SearchQueryParser parser(Definitions definitions, PackageTerminology terminology) {
        return definitions.search().parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC());
    }

    @Bean
    MemberDirectory membersByNumber(MemberRecords records) {
        return new MemberDirectory(records);
    }

    @Bean
    ProviderAccessPolicy providerAccessPolicy(Definitions definitions, PackageTerminology terminology) {
        return new ProviderAccessPolicy(parser(definitions, terminology), definitions.search().parameters());
    }

    @Bean
    ExportLog providerExportLog(Databases databases, IdentitySchema schemas) {
        ExportLog.migrate(databases.pool());
        return new ExportLog(databases.pool(), new ListFigures(databases.pool()));
    }

    @Bean
    ServletRegistrationBean<FhirServlet> providerAccessServlet(FhirBases bases, FhirServices services, BearerGrants grants, ProviderAccessPolicy policy, Attributions attributions, MemberDirectory members,
            ConsentEngine consents, Exports exports, ExportLog log, Definitions definitions, Settings settings, IdentityProperties identity) {
        Settings.ProviderAccess chosen = settings.providerAccess();
        Boolean asked = chosen.memberMatch();
        boolean memberMatch = asked != null ? asked : identity.environment() == IdentityProperties.Environment.SANDBOX;
        FhirServices narrowed = new FhirServices(policy.records(services.store()), services.cursors(), services.definitions(), policy.searches(), services.structure(), services.validator(), services.terminology(),
                services.fhir(), services.packages(), policy.guard(grants.by(Exit.Api.PROVIDER_ACCESS)), services.rateLimiter(), services.audit(), services.room());
        ProviderGroups groups = new ProviderGroups(attributions, services.searchParser(), definitions.search().matcher(java.util.Set.of(bases.providerAccess().origin() + bases.providerAccess().path())));
        var operations = new ProviderAccessOperations(chosen.changesByProviders(), memberMatch, Duration.ofDays(chosen.attestationDays()))
                .of(exports, new ProviderExports(attributions, policy, consents, log, Clock.systemUTC()), attributions, members, consents, Clock.systemUTC());
        return RoomsConfiguration.servlet(bases.providerAccess(), narrowed, operations, List.of(groups));
    }

    @Bean
    ProviderSubjects providerSubjects(Attributions attributions) {
        return new ProviderSubjects(attributions);
    }

    @Bean
    PrimaryCareLists primaryCareLists(Databases databases, Attributions attributions, MemberRecords records, Jobs jobs, ExportLog migrated) {
        return new PrimaryCareLists(databases.pool(), attributions, new PrimaryCare(records, Clock.systemUTC()), jobs, Clock.systemUTC());
    }

    @Bean
    ProviderAccessApi providerAccessApi(Attributions attributions, MemberDirectory members, PrimaryCareLists primaryCare, Apps apps, ExportLog log, AuditTrail trail) {
        return new ProviderAccessApi(attributions, members, primaryCare, apps, log, new AskedTrail(trail), Clock.systemUTC());
    }

    @Bean
    ProviderUsePages providerUsePages(TrailReports trail, AuditTrail asked, Databases databases, MembersSchema migrated, ExportLog log) {
        return new ProviderUsePages(new ProviderUse(trail, new ListFigures(databases.pool()), log), new AskedTrail(asked), Clock.systemUTC());
    }

    /** Among the figures that the plan reports: compliance protects where they stand. */
    @Bean
    @Order(316)
    MenuEntry providerUseMenuEntry() {
        return new MenuEntry("Provider use", "/staff/metrics/provider-access", Access.staff("AUDITOR", STAFF));
    }

    @Bean
    AccessNotices accessNotices(Databases databases, ExportLog log, RecordDatabase records, Settings settings, Jobs jobs) {
        return new AccessNotices(databases.pool(), log, new MemberCover(records), settings.providerAccess().opens(), jobs, Clock.systemUTC());
    }

    @Bean
    NoticeLetters noticeLetters(AccessNotices notices, MemberRecords records, AuditTrail trail, Settings settings) {
        return new NoticeLetters(notices, records, new AskedTrail(trail), settings.origin() + "/about/provider-access");
    }

    @Bean
    NoticePages noticePages(AccessNotices notices, NoticeLetters letters) {
        return new NoticePages(notices, letters);
    }

    @Bean
    NoticesApi noticesApi(AccessNotices notices, NoticeLetters letters) {
        return new NoticesApi(notices, letters);
    }

    @Bean
    ProtectedPages noticesForStaff() {
        return ProtectedPages.of(Access.staff(STAFF), "/staff/provider-notices/**");
    }

    @Bean
    @Order(318)
    MenuEntry noticesMenuEntry() {
        return new MenuEntry("Notices", "/staff/provider-notices", Access.staff(STAFF));
    }

    /** The rule names the days by which members are told. Nobody writes to a sandbox's. */
    @Bean
    ComponentHealth.Source noticesHealth(AccessNotices notices, IdentityProperties identity) {
        return () -> {
            int late = identity.environment() == IdentityProperties.Environment.PRODUCTION ? notices.overdue() : 0;
            return late == 0 ? new ComponentHealth("Notices to members", Condition.UP, "None is late.")
                    : new ComponentHealth("Notices to members", Condition.DEGRADED, late + " members were not told of Provider Access in time; /staff/provider-notices has them.");
        };
    }

    @Bean
    ProtectedApi providerAccessApiForStaff() {
        return ProtectedApi.of(Access.staff(STAFF), "/api/provider-access/**");
    }

    @Bean
    EducationPages educationPages(IdentityProperties identity, FhirBases bases) {
        return new EducationPages(identity.brand().name(), bases.urls().get(bases.providerAccess().name()).toString());
    }

    @Bean
    ProtectedPages educationForEverybody() {
        return ProtectedPages.of(Access.ANYONE, "/about/**");
    }

    /** The rule gives one business day; whoever runs the server hears of it long before. */
    @Bean
    ComponentHealth.Source providerExportsHealth(ExportLog log, Exports exports, Settings settings) {
        Duration late = Duration.ofHours(settings.providerAccess().lateAfterHours());
        return () -> {
            int count = exports.open(log.notReady(late, Instant.now()));
            return count == 0 ? new ComponentHealth("Provider exports", Condition.UP, "None is late.")
                    : new ComponentHealth("Provider exports", Condition.DEGRADED, count + " wait longer than " + late.toHours() + " hours; the rule gives one business day.");
        };
    }
}
