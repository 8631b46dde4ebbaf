package dev.portolan.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.portolan.server.PortolanServer;
import dev.portolan.server.command.CommandLineFailure;

class DataDirectoryTest {

    @TempDir
    private Path folder;

    @Test
    void what_is_no_folder_is_told_before_the_log_is_opened_in_it() throws Exception {
        Path file = Files.writeString(folder.resolve("notes.txt"), "");
        assertThatThrownBy(() -> PortolanServer.start(Map.of("portolan.data", file.toString()))).satisfies(failure ->
            assertThat(CommandLineFailure.sentence(failure)).isEqualTo("The data directory " + file + " cannot be used: " + file + " is no folder"));
        assertThatThrownBy(() -> PortolanServer.start(Map.of("portolan.data", file.resolve("data").toString()))).satisfies(failure ->
            assertThat(CommandLineFailure.sentence(failure)).contains("cannot be used").contains("notes.txt"));
    }

    @Test
    void it_is_its_users_alone_though_the_log_is_in_it_first() throws Exception {
        Path data = folder.resolve("data of a plan");
        assertThatThrownBy(() -> PortolanServer.start(Map.of("portolan.data", data.toString(), "portolan.db.pool-size", "1"))).hasStackTraceContaining("pool-size");
        assertThat(data.resolve("log")).isDirectory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data))).isEqualTo("rwx------");
    }

    @Test
    void a_folder_with_other_things_in_it_keeps_its_rights() throws Exception {
        Files.writeString(folder.resolve("notes.txt"), "");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        DataDirectory.prepare(folder);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder))).isEqualTo("rwxr-xr-x");
    }
}
