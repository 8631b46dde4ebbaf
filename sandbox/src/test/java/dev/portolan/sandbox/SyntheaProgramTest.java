package dev.portolan.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How what was fetched is kept. */
class SyntheaProgramTest {

    @Test
    void whatAnotherProcessFetchedMeanwhileIsGoodEnough(@TempDir Path cache) throws IOException {
        Path mine = Files.createDirectory(cache.resolve("mine"));
        Files.writeString(mine.resolve("synthea.jar"), "mine");
        Path kept = Files.createDirectory(cache.resolve("synthea"));
        Files.writeString(kept.resolve("synthea.jar"), "another's");
        SyntheaProgram.keep(mine, kept);
        assertThat(kept.resolve("synthea.jar")).hasContent("another's");
    }

    @Test
    void whatCannotBeKeptIsAnError(@TempDir Path cache) throws IOException {
        Path mine = Files.createDirectory(cache.resolve("mine"));
        assertThatThrownBy(() -> SyntheaProgram.keep(mine, cache.resolve("nowhere").resolve("synthea"))).isInstanceOf(IOException.class);
    }
}
