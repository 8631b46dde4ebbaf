package dev.portolan.server.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code portolan staff}: makes the accounts of the plan's own people in the running server. In production nobody is there before the first of them. */
@Command(name = "staff", description = {"Make, and close, the accounts of the plan's staff in the running server.%n", "  portolan staff add NAME --role ADMIN [--full-name \"Grace Lin\"]", "  portolan staff password NAME",
    "  portolan staff close NAME"}, mixinStandardHelpOptions = true)
public final class StaffCommand implements Runnable {

    @Option(names = "--data", paramLabel = "DIR", scope = ScopeType.INHERIT, defaultValue = "${PORTOLAN_DATA:-.portolan/data}",
            description = "The data directory of the running server, whose secret lets this command in (default: PORTOLAN_DATA, or .portolan/data).")
    private Path data = Path.of(".portolan/data");

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: portolan staff add, password or close");
    }

    @Command(name = "add", description = "Make an account. Its password is printed, once.", mixinStandardHelpOptions = true)
    void add(@Parameters(paramLabel = "NAME", description = "The name to sign in with.") String user,
            @Option(names = "--role", paramLabel = "ROLE", required = true, split = ",",
                description = "ADMIN (apps, lists, merges, letters, metrics), AUDITOR (the trail, metrics), OPERATOR (loads), CALL_CENTRE (members' decisions and notices), CLINICIAN (starts apps for a member); several with commas.") List<String> roles,
            @Option(names = "--full-name", paramLabel = "NAME", description = "How the person is called.") @Nullable String name) throws Exception {
        tell(ask("add", user, Map.of("roles", roles, "name", name == null ? "" : name)));
    }

    @Command(name = "password", description = "Give somebody a new password, which is printed, once. The old one is worth nothing any more.", mixinStandardHelpOptions = true)
    void password(@Parameters(paramLabel = "NAME", description = "The name to sign in with.") String user) throws Exception {
        tell(ask("password", user, Map.of()));
    }

    @Command(name = "close", description = "Close an account: nobody signs in with it, and what it let in ends. Its name is not given again.", mixinStandardHelpOptions = true)
    void close(@Parameters(paramLabel = "NAME", description = "The name to sign in with.") String user) throws Exception {
        ask("close", user, Map.of());
        out().println("Closed: " + user);
        out().flush();
    }

    private void tell(JsonNode answer) {
        out().println("Account:  " + answer.path("user").asText());
        out().println("Password: " + answer.path("password").asText());
        out().println("It is shown this once. Sign in at /sign-in, and set up a second factor at /second-factor.");
        out().flush();
    }

    private JsonNode ask(String action, String user, Map<String, Object> more) throws Exception {
        Map<String, Object> body = new LinkedHashMap<>(more);
        body.put("action", action);
        body.put("user", user);
        return OperatorCalls.at(data).send("POST", "/system/staff", new ObjectMapper().writeValueAsBytes(body));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
