package dev.portolan.server.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

import dev.portolan.audit.Anchors;
import dev.portolan.audit.ChainVerifier;
import dev.portolan.server.database.DatabaseAddress;
import dev.portolan.server.database.OpenDatabase;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code portolan audit verify}: proves the audit trail, or says what was altered. */
@Command(name = "audit", description = "Look after the audit trail.", mixinStandardHelpOptions = true, subcommands = AuditCommand.Verify.class)
public final class AuditCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: portolan audit verify");
    }

    /** Exits with 0 if the trail is whole, with 3 if it is not. */
    @Command(name = "verify", description = "Compute every hash of the audit trail anew, and compare with the anchors that were kept elsewhere. Exits with 3 if anything was altered, added or taken away.",
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {

        private static final int NOT_WHOLE = 3;

        @Option(names = "--data", paramLabel = "DIR", description = "The server's data directory, whether the server is running or not (default: PORTOLAN_DATA, or .portolan/data).")
        private @Nullable Path data;

        @Option(names = "--db-url", paramLabel = "URL", description = "jdbc:postgresql://... of a PostgreSQL that somebody else runs (default: PORTOLAN_DB_URL).")
        private @Nullable String url;

        @Option(names = "--db-user", paramLabel = "USER", description = "A role that may read the trail (default: PORTOLAN_DB_USER). The password is PORTOLAN_DB_PASSWORD.")
        private @Nullable String user;

        @Option(names = "--anchors", paramLabel = "PATH",
                description = "A folder of anchors, or one anchor, best a copy that the server cannot reach (default: PORTOLAN_AUDIT_ANCHORS, or audit-anchors below the data).")
        private @Nullable Path anchors;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException, SQLException {
            // What is said here is whether the trail is whole, and not how connections come and go.
            LoggingSystem.get(AuditCommand.class.getClassLoader()).setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
            PrintWriter out = spec.commandLine().getOut();
            Anchors.Read kept = kept();
            ChainVerifier.Report report;
            try (OpenDatabase database = open()) {
                report = new ChainVerifier(database.connections()).verify(kept.anchors());
            }
            List<String> faults = new ArrayList<>(kept.faults());
            faults.addAll(report.faults());
            out.printf("%d entries in %d chains were checked, against %d anchors.%n", report.entries(), report.heads().size(), kept.files());
            if (faults.isEmpty()) {
                out.println(kept.files() == 0 ? "The trail is whole. Without an anchor, a tail that was cut off is not found." : "The trail is whole.");
                out.flush();
                return 0;
            }
            faults.forEach(fault -> out.println("NOT WHOLE: " + fault));
            out.flush();
            return NOT_WHOLE;
        }

        private OpenDatabase open() {
            String jdbc = url != null ? url : System.getenv("PORTOLAN_DB_URL");
            if (jdbc == null) {
                return OpenDatabase.in(directory());
            }
            String role = user != null ? user : System.getenv("PORTOLAN_DB_USER");
            if (role == null) {
                throw new ParameterException(spec.commandLine(), "--db-url needs --db-user");
            }
            return OpenDatabase.at(new DatabaseAddress(jdbc, role, Objects.requireNonNullElse(System.getenv("PORTOLAN_DB_PASSWORD"), "")));
        }

        private Path directory() {
            return data != null ? data : Path.of(Objects.requireNonNullElse(System.getenv("PORTOLAN_DATA"), ".portolan/data"));
        }

        /** A folder that was named has to be there; the usual one may not be there yet. */
        private Anchors.Read kept() throws IOException {
            String set = System.getenv("PORTOLAN_AUDIT_ANCHORS");
            Path named = anchors != null ? anchors : set != null ? Path.of(set) : null;
            if (named != null && !Files.exists(named)) {
                throw new IOException("there are no anchors at " + named);
            }
            Path folder = named != null ? named : directory().resolve("audit-anchors");
            return Files.exists(folder) ? Anchors.read(folder) : new Anchors.Read(List.of(), List.of(), 0);
        }
    }
}
