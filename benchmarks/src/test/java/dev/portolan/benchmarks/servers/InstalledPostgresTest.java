package dev.portolan.benchmarks.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstalledPostgresTest {

    @TempDir
    private Path folder;

    @Test
    void aClusterRunsTheProgramsOfTheFolder() throws Exception {
        Path home;
        try (PostgresCluster embedded = PostgresCluster.start(folder.resolve("one").resolve("database"))) {
            assertThat(embedded.program()).endsWith("(embedded)");
            home = program(embedded).getParent().getParent();
        }
        try (PostgresCluster installed = PostgresCluster.start(folder.resolve("two").resolve("database"), new InstalledPostgres(home))) {
            assertThat(program(installed)).isEqualTo(home.resolve("bin/postgres"));
            assertThat(installed.program()).endsWith(" of " + home);
        }
    }

    private static Path program(PostgresCluster cluster) throws Exception {
        return Path.of("/proc", Long.toString(cluster.pid()), "exe").toRealPath();
    }

    @Test
    void aFolderWithoutThePrograms() {
        assertThatThrownBy(() -> new InstalledPostgres(folder)).hasMessageContaining(folder.toString()).hasMessageContaining("bin/initdb");
    }
}
