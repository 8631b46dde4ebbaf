package dev.portolan.server.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

import com.fasterxml.jackson.databind.ObjectMapper;

import org.jspecify.annotations.Nullable;

import dev.portolan.sandbox.SandboxAccess;
import dev.portolan.server.PortolanServer;
import dev.portolan.server.database.DatabaseException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code portolan up}: starts the server, loads synthetic members the first time, and says how to call it. */
@Command(name = "up", description = "Start the server; load synthetic members the first time.", mixinStandardHelpOptions = true)
public final class UpCommand implements Callable<Integer> {

    @Option(names = "--port", paramLabel = "PORT", description = "The port to listen on; 0 for any free one (default: 8080).")
    private @Nullable Integer port;

    @Option(names = "--bind", paramLabel = "ADDRESS", description = "The address to listen on (default: 127.0.0.1).")
    private @Nullable String bind;

    @Option(names = "--data", paramLabel = "DIR", description = "Where database, keys and caches are kept (default: .portolan/data).")
    private @Nullable Path data;

    @Option(names = "--members", paramLabel = "N", defaultValue = "20",
            description = "Synthetic members to load into an empty server; 0 for none (default: ${DEFAULT-VALUE}).")
    private int members;

    @Option(names = "--info", paramLabel = "FILE", description = "Also write what is printed as JSON, once ready.")
    private @Nullable Path info;

    @Option(names = "--open", description = "Let callers without a token read and change everything: for development with synthetic members, on a loopback address only.")
    private boolean open;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        if (info != null) {
            Files.deleteIfExists(info);
        }
        long started = System.nanoTime();
        AtomicReference<AutoCloseable> running = new AtomicReference<>(() -> { });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(running.get()), "shutdown"));
        PortolanServer server = PortolanServer.start(settings(), running::set);
        running.set(server);
        String token = server.sandbox().map(access -> access.operatorToken(server.operatorApp())).orElse(null);
        SandboxPeople people = null;
        if (token != null) {
            people = fill(server, token, out);
        }
        out.printf("%nPortolan is ready at %s (%.1f s)%n%n", server.url(), (System.nanoTime() - started) / 1e9);
        server.bases().forEach((name, url) -> out.printf("  %-16s %s%n", name, url));
        out.printf("  %-16s %s/health%n", "health", server.url());
        if (server.isOpen()) {
            out.printf("%nOPEN: callers without a token may read and change everything (--open).%n");
        }
        if (people != null) {
            print(people, token, server, out);
        } else if (server.sandbox().isEmpty()) {
            out.printf("%nAccounts of staff are made here: ./portolan staff add NAME --role ADMIN (docs/operating.md, \"The first day of a production\").%n");
            out.printf("%nNo mail is connected: what developers are to be told (links that confirm their address, decisions, reminders) reaches nobody and stands in %s alone (docs/operating.md, \"Messages\").%n",
                server.data().resolve("log").resolve("server.log"));
        }
        out.flush();
        if (info != null) {
            writeInfo(info, server, token, people);
        }
        throw new DatabaseException(server.ended().get());
    }

    private static void close(AutoCloseable running) {
        try {
            running.close();
        } catch (Exception e) {
            throw new IllegalStateException("the server did not stop in order", e);
        }
    }

    private SandboxPeople fill(PortolanServer server, String token, PrintWriter out) throws IOException, InterruptedException {
        SandboxMembers sandbox = new SandboxMembers(URI.create(server.local() + server.bases().get("system").getPath()), server.data().resolve("sandbox-members"), Path.of(System.getProperty("user.home"), ".cache", "portolan"), token,
            () -> OwnServer.client(server.certificate()));
        ProgressLine progress = new ProgressLine(out);
        sandbox.loadOnce(members, progress);
        sandbox.loadPersonas(progress);
        progress.end();
        return SandboxPeople.of(server.sandbox().orElseThrow(), server.providerAccess(), sandbox.personas(), sandbox.listed());
    }

    private static void print(SandboxPeople people, String token, PortolanServer server, PrintWriter out) {
        out.printf("%nSign in as (at %s/sign-in):%n%n", server.url());
        people.members().forEach(member -> out.printf("  %-34s %-16s member %s%n", member.user(), password(member.password()), member.name()));
        out.printf("  %-34s %-16s staff: reviews apps%n", people.staff().user(), password(people.staff().password()));
        out.printf("  %-34s %-16s developer%n", people.developer().user(), password(people.developer().password()));
        out.printf("%nApps that call back %s:%n%n", SandboxAccess.REDIRECT_URIS.get(0));
        people.apps().forEach(app -> out.printf("  %-34s %s%n", app.clientId(), app.clientSecret() == null ? "no secret" : app.clientSecret()));
        out.printf("%nA provider's system (docs/provider-access.md):%n%n  %-34s key %s, Group/%s%n", people.provider().clientId(), people.provider().key() == null ? "(made earlier)" : people.provider().key(),
            people.provider().group());
        out.printf("%nA token for everything, for a day:%n%n  %s%n", token);
        if (!people.members().isEmpty()) {
            SandboxPeople.SignedMember member = people.members().get(0);
            out.printf("%nTry it, for the member %s:%n%n  curl -H 'Authorization: Bearer %s' '%s/Observation?patient=%s&_count=2&_pretty=true'%n%n",
                member.name(), token, server.bases().get("patient-access"), member.id());
        }
    }

    private static String password(@Nullable String password) {
        return password == null ? "(made earlier)" : password;
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        putIfGiven(settings, "portolan.port", port);
        putIfGiven(settings, "portolan.bind", bind);
        putIfGiven(settings, "portolan.data", data);
        putIfGiven(settings, "portolan.open", open ? true : null);
        return settings;
    }

    private static void putIfGiven(Map<String, String> settings, String name, @Nullable Object value) {
        if (value != null) {
            settings.put(name, value.toString());
        }
    }

    /** Under a temporary name first: whoever waits for the file finds it whole. */
    private static void writeInfo(Path file, PortolanServer server, @Nullable String token, @Nullable SandboxPeople people) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        Map<String, String> bases = new LinkedHashMap<>();
        server.bases().forEach((String name, URI url) -> bases.put(name, url.toString()));
        json.put("url", server.url().toString());
        json.put("bases", bases);
        json.put("token", token);
        json.put("members", people == null ? List.of() : people.members());
        if (people != null) {
            json.put("staff", people.staff());
            json.put("developer", people.developer());
            json.put("apps", people.apps());
            json.put("provider", people.provider());
            json.put("representation", people.representation());
        }
        json.put("pid", ProcessHandle.current().pid());
        Path whole = file.toAbsolutePath();
        Path fresh = whole.resolveSibling(whole.getFileName() + ".new");
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(fresh.toFile(), json);
        Files.move(fresh, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
