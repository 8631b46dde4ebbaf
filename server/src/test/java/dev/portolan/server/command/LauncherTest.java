package dev.portolan.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher itself, over sources, a Maven and a Java that only say what was asked of them. */
class LauncherTest {

    private static final Path LAUNCHER = Path.of("..", "portolan");
    private static final String ARCHIVES = "server/target/portolan.jar server/target/lib/portolan-store.jar";

    @TempDir
    private Path home;

    @BeforeEach
    void sources() throws IOException {
        Files.copy(LAUNCHER, home.resolve("portolan"));
        Files.createDirectories(home.resolve("server/src/main"));
        Files.createDirectories(home.resolve("server/target/lib"));
        Files.createDirectories(home.resolve("server/target/classes"));
        Files.writeString(home.resolve("pom.xml"), "");
        Files.writeString(home.resolve("server/pom.xml"), "");
        Files.writeString(home.resolve("server/target/classes/java.options"), "");
        program("jdk/bin/java", "echo started");
        Files.writeString(home.resolve("jdk/release"), "JAVA_VERSION=\"17.0.1\"\n");
        // As Maven does: over what is there, and not at once.
        program("bin/mvn", "echo built >> " + home.resolve("builds") + "\nsleep 0.3\nfor jar in " + ARCHIVES + "; do echo new > $jar; done");
    }

    private void program(String name, String does) throws IOException {
        Path file = home.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + does + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Process up() throws IOException {
        ProcessBuilder builder = new ProcessBuilder("bash", home.resolve("portolan").toString(), "up").directory(home.toFile()).redirectErrorStream(true);
        builder.environment().put("PATH", home.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().put("JAVA_HOME", home.resolve("jdk").toString());
        return builder.start();
    }

    private static String said(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    @Test
    void a_build_leaves_a_server_that_runs_the_archives_that_it_has_open() throws Exception {
        for (String jar : ARCHIVES.split(" ")) {
            Files.writeString(home.resolve(jar), "old");
        }
        try (RandomAccessFile jar = new RandomAccessFile(home.resolve("server/target/portolan.jar").toFile(), "r");
                RandomAccessFile library = new RandomAccessFile(home.resolve("server/target/lib/portolan-store.jar").toFile(), "r")) {
            assertThat(said(up())).contains("started");
            assertThat(jar.readLine()).isEqualTo("old");
            assertThat(library.readLine()).isEqualTo("old");
            assertThat(home.resolve("server/target/portolan.jar")).hasContent("new");
        }
    }

    /** docs/operating.md, "On another machine": without sources there is nothing to be newer, and no Maven. */
    @Test
    void what_was_built_elsewhere_starts_without_its_sources() throws Exception {
        for (String source : new String[] {"server/src/main", "server/src", "server/pom.xml", "pom.xml", "bin/mvn"}) {
            Files.delete(home.resolve(source));
        }
        Files.writeString(home.resolve("server/target/portolan.jar"), "built");
        assertThat(said(up())).isEqualTo("started\n");
    }

    @Test
    void two_that_start_at_once_build_once() throws Exception {
        Process first = up();
        Process second = up();
        assertThat(said(first)).contains("started");
        assertThat(said(second)).contains("started");
        assertThat(home.resolve("builds")).hasContent("built");
    }

    @Test
    void what_is_built_is_not_built_again_until_a_source_is_newer() throws Exception {
        assertThat(said(up())).contains("Building");
        assertThat(said(up())).isEqualTo("started\n");
        Files.setLastModifiedTime(home.resolve("server/pom.xml"), FileTime.from(Instant.now().plusSeconds(5)));
        assertThat(said(up())).contains("Building");
    }
}
