package dev.portolan.server.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever ends a server that is not up yet has ended its database too: a copy of the data directory is made then, as the way of a backup is. */
class InterruptedStartTest {

    private static final long LONGEST_SECONDS = 300;

    @Test
    void ops18_a_start_that_is_ended_ends_its_database(@TempDir Path folder) throws Exception {
        Path data = folder.resolve("data");
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), "dev.portolan.server.command.Portolan", "up", "--port", "0", "--members", "0", "--data", data.toString());
        builder.environment().keySet().removeIf(name -> name.startsWith("PORTOLAN_"));
        builder.environment().put("PORTOLAN_PACKAGE_REGISTRY", "off");
        Path output = folder.resolve("output.log");
        Process starting = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            Path database = data.resolve("postgresql/data/postmaster.pid");
            for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS); !Files.exists(database) || Files.readAllLines(database).isEmpty();) {
                assertThat(starting.isAlive() && System.nanoTime() < end).as("its database starts: %s", Files.readString(output)).isTrue();
                Thread.sleep(20);
            }
            List<ProcessHandle> postmaster = ServerProcess.postmaster(data);
            starting.destroy();
            assertThat(starting.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(output)).as("it was not up").doesNotContain("Portolan is ready");
            assertThat(postmaster).hasSize(1);
            assertThat(postmaster.get(0).onExit()).as("its database ends").succeedsWithin(Duration.ofSeconds(120));
        } finally {
            starting.destroyForcibly();
        }
    }
}
