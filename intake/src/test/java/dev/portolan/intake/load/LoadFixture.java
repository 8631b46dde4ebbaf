package dev.portolan.intake.load;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.structure.StructureChecker;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.members.IntakeGrant;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoreSettings;
import dev.portolan.store.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import javax.sql.DataSource;

/** Loads on a database of its own, with R4's own definitions and no guides: a start takes seconds. */
final class LoadFixture implements AutoCloseable {

    private static final int PARALLEL = 2;

    /** What FHIR says, and the guides if they are asked for, read once. */
    static final class Definitions {
        private static final Supplier<Definitions> SHARED = new Supplier<>() {
            private Definitions read;

            @Override
            public synchronized Definitions get() {
                if (read == null) {
                    read = new Definitions();
                }
                return read;
            }
        };

        final FhirPackages packages;
        final SearchDefinitions search;
        final PackageTerminology terminology;
        final StructureChecker structure;

        Definitions() {
            this(null, List.of());
        }

        Definitions(Path folder, List<GuideRef> guides) {
            this.packages = FhirPackages.load(new PackageSources(folder, folder == null ? Path.of("no-such-folder") : null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), guides);
            this.search = SearchDefinitions.compile(packages);
            this.terminology = new PackageTerminology(packages);
            this.structure = StructureChecker.compile(packages, terminology);
        }

        /** The same for all tests of a process. */
        static Definitions shared() {
            return SHARED.get();
        }
    }

    final HikariDataSource pool;
    final RecordDatabase records;
    final LoadLedger ledger;
    final LoadReports reports;
    final Quarantine quarantine;
    final LoadParts parts;
    final Loads loads;

    LoadFixture(Definitions definitions) throws IOException {
        this(definitions, TestDatabase.migrated());
    }

    LoadFixture(Definitions definitions, HikariDataSource pool) throws IOException {
        this.pool = pool;
        LoadLedger.migrate(pool);
        this.records = RecordDatabase.open(pool, definitions.search.parameters(), definitions.search.extractor(), definitions.search.matcher(), new StoreSettings(Set.of(), Duration.ofSeconds(30), false));
        this.ledger = new LoadLedger(pool);
        this.reports = new LoadReports(ledger);
        this.quarantine = new Quarantine(ledger);
        this.parts = new LoadParts(ledger, records.records(), definitions.structure, new ProfileValidator(definitions.packages, definitions.terminology, 1), definitions.terminology,
            definitions.search.parser(definitions.terminology, SearchBounds.DEFAULT, Clock.systemUTC()));
        this.loads = new Loads(parts, PARALLEL, Files.createTempDirectory("portolan-spool"));
        loads.start();
    }

    static LoadOptions options(boolean full, boolean again) {
        return new LoadOptions(full, false, again, LoadOptions.Validation.OFF);
    }

    LoadRun load(String kind, Path source, LoadOptions options) throws InterruptedException {
        return load(kind, source, options, Map.of());
    }

    LoadRun load(String kind, Path source, LoadOptions options, Map<String, String> details) throws InterruptedException {
        return finished(loads.ask("plan", kind, source.toString(), options, details, Map.of(), "test"));
    }

    LoadRun finished(long run) throws InterruptedException {
        LoadRun found = reports.run(run).orElseThrow();
        while (found.finished() == null) {
            Thread.sleep(20);
            found = reports.run(run).orElseThrow();
        }
        return found;
    }

    RecordView view() {
        return records.records().open(IntakeGrant.of("plan"));
    }

    /** A map of the plan's, from one of its codes to another system's. */
    void conceptMap(String name, String from, String system, String to) {
        String map = "{\"resourceType\":\"ConceptMap\",\"id\":\"" + name + "\",\"url\":\"urn:portolan:concept-map:" + name + "\",\"status\":\"active\",\"group\":[{\"target\":\"" + system + "\",\"element\":[{\"code\":\"" + from
            + "\",\"target\":[{\"code\":\"" + to + "\",\"equivalence\":\"equivalent\"}]}]}]}";
        view().write(transaction -> transaction.put(new ResourceKey("ConceptMap", name), JsonDocument.parse(map.getBytes(java.nio.charset.StandardCharsets.UTF_8))));
    }

    /** The resource, or null. */
    JsonDocument read(String type, String id) {
        return view().read(new ResourceKey(type, id)) instanceof ReadResult.Found found ? JsonDocument.parse(found.resource().content().json()) : null;
    }

    long version(String type, String id) {
        return ((ReadResult.Found) view().read(new ResourceKey(type, id))).resource().version();
    }

    /** Everything that is stored, without its stamps. */
    static Map<String, String> contents(DataSource pool, RecordView view) throws SQLException {
        Map<String, String> contents = new TreeMap<>();
        try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery("SELECT t.name, r.id FROM store.resource r JOIN store.resource_type t ON t.number = r.type")) {
            while (rows.next()) {
                ResourceKey key = new ResourceKey(rows.getString(1), rows.getString(2));
                String json = new String(((ReadResult.Found) view.read(key)).resource().content().json(), java.nio.charset.StandardCharsets.UTF_8);
                contents.put(key.toString(), json.replaceAll("\"(versionId|lastUpdated|recorded)\":\"[^\"]*\"", "\"$1\":\"\""));
            }
        }
        return contents;
    }

    @Override
    public void close() {
        loads.close();
        records.close();
        pool.close();
    }
}
