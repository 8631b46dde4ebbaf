package dev.portolan.server.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs PostgreSQL's programs. They refuse to run as root, so root steps into a user namespace where it is nobody. */
final class PostgresCommand {

    private final PostgresBinaries binaries;
    private final List<String> prefix;

    PostgresCommand(PostgresBinaries binaries) {
        this.binaries = binaries;
        this.prefix = isRoot() ? namespace() : List.of();
    }

    /** Runs to the end and fails with what the program said. */
    void run(String program, List<String> arguments, long seconds) {
        Outcome outcome = tryRun(program, arguments, seconds);
        if (outcome.status() != 0) {
            throw new DatabaseException("PostgreSQL's " + program + " failed (" + outcome.status() + "): " + outcome.output().strip());
        }
    }

    Outcome tryRun(String program, List<String> arguments, long seconds) {
        List<String> command = new ArrayList<>(prefix);
        command.add(binaries.program(program));
        command.addAll(arguments);
        return execute(command, seconds);
    }

    record Outcome(int status, String output) {
    }

    /** The output goes to a file: a pipe would stay open in the server process that pg_ctl leaves behind. */
    private static Outcome execute(List<String> command, long seconds) {
        try {
            Path output = Files.createTempFile("portolan-postgresql", ".out");
            try {
                ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
                builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
                builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
                builder.environment().put("LC_ALL", "C");
                Process process = builder.start();
                if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new DatabaseException(String.join(" ", command) + " did not end within " + seconds + " s");
                }
                return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            throw new DatabaseException("Cannot run " + command.get(0) + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatabaseException("Interrupted while PostgreSQL's " + command.get(0) + " ran", e);
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static List<String> namespace() {
        List<String> unshare = List.of("unshare", "--user");
        List<String> trial = new ArrayList<>(unshare);
        trial.add("true");
        Outcome outcome = execute(trial, 10);
        if (outcome.status() != 0) {
            throw new DatabaseException("PostgreSQL does not run as root, and this machine gives no user namespace to step into ("
                    + outcome.output().strip() + "). Start as another user, or set PORTOLAN_DB_URL to a PostgreSQL of yours");
        }
        return unshare;
    }
}
