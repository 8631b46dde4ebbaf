package dev.portolan.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresBinariesTest {

    @TempDir
    private Path cache;

    /** As on a machine's first day with two servers: all but one find that another was quicker. */
    @Test
    void severalServersUnpackAtOnce() throws Exception {
        Callable<String> unpacking = () -> PostgresBinaries.unpackedBelow(cache).program("postgres");
        ExecutorService servers = Executors.newFixedThreadPool(2);
        try {
            for (var program : servers.invokeAll(Collections.nCopies(2, unpacking))) {
                assertThat(Path.of(program.get())).isExecutable();
            }
        } finally {
            servers.shutdownNow();
        }
        try (var left = Files.list(cache)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void whatIsInTheWayIsNamed() throws Exception {
        Path home = Path.of(PostgresBinaries.unpackedBelow(cache).program("postgres")).getParent().getParent();
        Files.delete(home.resolve("bin/postgres"));
        assertThatThrownBy(() -> PostgresBinaries.unpackedBelow(cache)).cause().hasMessageContaining("is in the way").hasMessageContaining(home.toString());
    }
}
