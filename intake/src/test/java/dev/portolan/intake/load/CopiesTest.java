package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.intake.source.CsvFormat;
import dev.portolan.intake.source.SourceFormat;
import dev.portolan.intake.source.WorkFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies of members' data that a load makes for itself stand in the server's own folder, and go with it however it ends. */
class CopiesTest {

    @TempDir
    private Path folder;

    private static long files(Path below) throws Exception {
        try (Stream<Path> all = Files.walk(below)) {
            return all.filter(path -> Files.isRegularFile(path) && !path.toString().endsWith(".lock")).count();
        }
    }

    @Test
    void rowsThatStandApartAreCopiedBelowTheServersFolderAndNowhereElse() throws Exception {
        Path spool = folder.resolve("spool");
        Path file = folder.resolve("claims.csv");
        Files.writeString(file, "CLAIM,LINE\na,1\nb,1\na,2\n");
        CsvFormat format = new CsvFormat(Optional.of("CLAIM"), List.of());
        try (WorkFolder work = new WorkFolder(spool)) {
            try (SourceFormat.Items items = format.open(file, null, work)) {
                assertThat(files(spool)).isPositive();
                assertThat(items.next().lines()).isEqualTo(2);
                assertThat(items.next().lines()).isEqualTo(1);
            }
            assertThat(files(spool)).isZero();
            format.open(file, null, work); // and the process ends here
            assertThat(files(spool)).isPositive();
        }
        assertThat(files(spool)).isZero();
    }

    @Test
    void whatAKilledProcessLeftIsTakenAwayAndWhatIsInUseIsNot() throws Exception {
        Path left = Files.createDirectories(folder.resolve("work-1234/rows-1"));
        Files.writeString(left.resolve("0.csv"), "a member's row");
        Files.writeString(folder.resolve("work-1234.lock"), "");
        Path run = Files.createDirectories(folder.resolve("run-7"));
        Files.writeString(run.resolve("query.csv"), "a resumed load reads it");
        try (WorkFolder other = new WorkFolder(folder); LoadFixture fixture = new LoadFixture(LoadFixture.Definitions.shared()); Loads loads = new Loads(fixture.parts, 1, folder)) {
            Files.writeString(other.path().resolve("1.csv"), "another part of this process has it");
            loads.start();
            assertThat(Files.exists(folder.resolve("work-1234"))).isFalse();
            assertThat(Files.exists(folder.resolve("work-1234.lock"))).isFalse();
            assertThat(other.path().resolve("1.csv")).exists();
            assertThat(run.resolve("query.csv")).exists();
        }
    }
}
