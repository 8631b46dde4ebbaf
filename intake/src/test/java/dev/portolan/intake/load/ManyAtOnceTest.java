package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.store.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManyAtOnceTest {

    private static final int RECORDS = 24;
    private static final int CONNECTIONS = 4;

    @TempDir
    private Path folder;

    /** A program that takes a quarantine again as fast as it can: each call holds a connection and asks for another one. */
    @Test
    void recordsThatAreTakenAgainAtOnceDoNotHoldEveryConnection() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < RECORDS; i++) {
            lines.append("{\"resourceType\":\"Patient\",\"id\":\"again-").append(i).append("\",\"birthDate\":\"unknown\"}\n");
        }
        ExecutorService callers = Executors.newFixedThreadPool(RECORDS);
        try (LoadFixture fixture = new LoadFixture(LoadFixture.Definitions.shared(), TestDatabase.migrated(CONNECTIONS))) {
            LoadRun run = fixture.load("ndjson", Files.writeString(folder.resolve("wrong.ndjson"), lines), LoadFixture.options(false, false));
            List<Quarantine.Entry> rejected = fixture.quarantine.list(run.id(), Quarantine.State.OPEN, RECORDS);
            assertThat(rejected).hasSize(RECORDS);
            List<CompletableFuture<Loads.Reprocessed>> again = rejected.stream().map(entry -> {
                String corrected = "{\"resourceType\":\"Patient\",\"id\":\"again-" + (entry.line() - 1) + "\",\"birthDate\":\"1970-01-01\"}\n";
                return CompletableFuture.supplyAsync(() -> fixture.loads.reprocess(fixture.quarantine, entry.id(), corrected, "test"), callers);
            }).toList();
            for (CompletableFuture<Loads.Reprocessed> each : again) {
                assertThat(each.get(60, TimeUnit.SECONDS).resources()).hasSize(1);
            }
        } finally {
            callers.shutdownNow();
        }
    }
}
