package dev.portolan.server;

import ca.uhn.fhir.context.FhirContext;
import dev.portolan.identity.key.Network;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.portolan.bulkdata.ExportAuthority;
import dev.portolan.bulkdata.ExportServices;
import dev.portolan.bulkdata.ExportSettings;
import dev.portolan.bulkdata.Exports;
import dev.portolan.bulkdata.ImportServices;
import dev.portolan.bulkdata.ImportSettings;
import dev.portolan.bulkdata.Imports;
import dev.portolan.bulkdata.LocalFiles;
import dev.portolan.bulkdata.OutputFiles;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.identity.IdentitySchema;
import dev.portolan.identity.app.Apps;
import dev.portolan.intake.load.LoadReports;
import dev.portolan.intake.load.Loads;
import dev.portolan.intake.load.Quarantine;
import dev.portolan.jobs.Jobs;
import dev.portolan.members.DevelopmentGrant;
import dev.portolan.members.TokenGrants;
import dev.portolan.members.consent.ConsentedGrants;
import dev.portolan.members.consent.Exit;
import dev.portolan.provideraccess.ProviderAccessPolicy;
import dev.portolan.rest.ResourceElements;
import dev.portolan.server.database.Databases;
import dev.portolan.store.Grant;
import dev.portolan.store.RecordDatabase;

/** Background work, and exports of members' records. */
@Configuration(proxyBeanMethods = false)
class BulkDataConfiguration {

    private static final int THREADS = 2;
    private static final Duration HEARTBEAT = Duration.ofSeconds(3);

    /** Every room adds its kinds of work while the server is put together; it starts when that is done. */
    @Bean
    Jobs jobs(Databases databases, IdentitySchema schemas) {
        Jobs.migrate(databases.pool());
        return new Jobs(databases.pool(), THREADS, HEARTBEAT);
    }

    @Bean
    ApplicationListener<ApplicationReadyEvent> jobsStart(Jobs jobs) {
        return ready -> jobs.start();
    }

    @Bean
    ExportAuthority exportAuthority(Settings settings, Apps apps, TokenGrants grants, ConsentedGrants consented, FhirBases bases, ProviderAccessPolicy providers) throws UnknownHostException {
        Grant open = settings.open() ? DevelopmentGrant.forServerAt(InetAddress.getByName(settings.bind())) : null;
        // By the door that it was started at, narrowed as a request there is.
        Map<String, AppStanding.Door> doors = Map.of(bases.providerAccess().name(), new AppStanding.Door(Exit.Api.PROVIDER_ACCESS, providers::narrow));
        return new AppStanding(apps, grants, consented, open, doors);
    }

    /** Classes of an object store's client are loaded only where one is set. */
    @Bean
    OutputFiles exportFiles(Settings settings) throws IOException {
        Path folder = settings.bulkData().folderIn(settings.data());
        return settings.bulkData().s3() == null ? new LocalFiles(folder.resolve("exports")) : ExportStore.at(settings.bulkData().s3(), folder.resolve("exports-waiting"));
    }

    @Bean
    Exports exports(Settings settings, OutputFiles files, Databases databases, RecordDatabase records, Definitions definitions, PackageTerminology terminology, Jobs jobs, ExportAuthority authority) throws IOException {
        Exports.migrate(databases.pool());
        var parser = definitions.search().parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC());
        return new Exports(new ExportServices(databases.pool(), records, parser, definitions.search().parameters().resourceTypes(), new ResourceElements(FhirContext.forR4Cached()), jobs,
                files, authority, exportSettings(settings.bulkData())));
    }

    private static ExportSettings exportSettings(Settings.BulkData own) {
        ExportSettings usual = ExportSettings.DEFAULT;
        return new ExportSettings(usual.membersInPart(), usual.linesInFile(), own.runningPerApp(), own.openPerApp(), Duration.ofDays(own.keptDays()), usual.settleWait());
    }

    @Bean
    Imports imports(Settings settings, Databases databases, Loads loads, LoadReports reports, Quarantine quarantine, Jobs jobs, ExportAuthority authority, Exports migrated) {
        Settings.BulkData own = settings.bulkData();
        ImportSettings imports = new ImportSettings(own.folderIn(settings.data()).resolve("imports"), own.importSources(), own.importNetworks().stream().map(Network::of).toList(),
                own.importFileMax().toBytes(), own.importTotalMax().toBytes(), own.openPerApp(), Duration.ofDays(own.keptDays()));
        return new Imports(new ImportServices(databases.pool(), loads, reports, quarantine, jobs, authority, imports));
    }
}
