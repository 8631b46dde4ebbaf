package dev.portolan.provideraccess;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.members.MemberRecords;
import dev.portolan.members.attribution.MemberDirectory;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.StoreSettings;
import dev.portolan.store.TestDatabase;
import dev.portolan.store.WriteTransaction;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** A record database of its own, and the directory that finds members in it. */
final class SearchedMembers implements AutoCloseable {

    final MemberDirectory directory;
    final MemberRecords records;
    private final HikariDataSource pool = TestDatabase.migrated();
    private final RecordDatabase database;

    SearchedMembers() {
        FhirPackages packages = FhirPackages.load(new PackageSources(null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of());
        SearchDefinitions definitions = SearchDefinitions.compile(packages);
        database = RecordDatabase.open(pool, definitions.parameters(), definitions.extractor(), definitions.matcher(), StoreSettings.DEFAULT);
        records = new MemberRecords(database.records(), definitions.parser(new PackageTerminology(packages), SearchBounds.DEFAULT, Clock.systemUTC()));
        directory = new MemberDirectory(records);
    }

    void put(Consumer<WriteTransaction> work) {
        Grant loader = new Grant("loader", "loader", null, Purpose.OPERATIONS, new Grant.Members.Everyone(), Map.of("*", new Grant.Rule(Set.of(Interaction.values()), List.of())), Set.of(), Set.of());
        database.records().open(loader).write(transaction -> {
            work.accept(transaction);
            return 0;
        });
    }

    @Override
    public void close() {
        database.close();
        pool.close();
    }
}
