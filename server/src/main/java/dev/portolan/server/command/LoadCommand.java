package dev.portolan.server.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code portolan load}: asks the running server for a load, shows how it goes and prints its report. The server does the work: it has the definitions, the caches and the only right set of search parameters in memory already, goes on
 * when this command is interrupted, and takes the load up again when it is started anew.
 */
@Command(name = "load", description = {"Load a plan's data into the running server.%n", "  portolan load cpcds DIR", "  portolan load x12 DIR|FILE", "  portolan load ndjson DIR|FILE|URL",
    "  portolan load ndjson https://.../Group/1/$export --client ID --key FILE", "  portolan load mapping FILE.yaml FILE.csv|jdbc:..."},
        mixinStandardHelpOptions = true)
public final class LoadCommand implements Callable<Integer> {

    private static final long POLL_MILLIS = 500;
    private static final String LOADS = "/system/loads";

    @Parameters(index = "0", paramLabel = "KIND", description = "cpcds, x12, ndjson or mapping.")
    private String kind = "";

    @Parameters(index = "1..*", arity = "1..2", paramLabel = "SOURCE", description = "A file or folder of the server's machine, or an http(s) address; for 'mapping' the mapping file, then a CSV file or a JDBC address.")
    private List<String> sources = List.of();

    @Option(names = "--feed", paramLabel = "NAME", description = "Who delivers, the same name each time: corrected and full deliveries are compared under it (default: the kind, or the mapping file's name).")
    private @Nullable String feed;

    @Option(names = "--full", description = "The source has everything: what an earlier load had and this one has not is closed (inactive, cancelled or entered-in-error).")
    private boolean full;

    @Option(names = "--close-many", description = "Close even if that is more than a fifth of what was there.")
    private boolean closeMany;

    @Option(names = "--again", description = "Load a file although the same one was the last that was loaded.")
    private boolean again;

    @Option(names = "--validate", paramLabel = "HOW", defaultValue = "shapes", description = "Profile validation: off, shapes (the first resource of each shape), sample (one of a hundred), every (default: ${DEFAULT-VALUE}).")
    private String validation = "shapes";

    @Option(names = "--no-clinical", description = "Make no clinical resources (Encounter, Condition, Procedure, MedicationDispense) of CPCDS claims.")
    private boolean notClinical;

    @Option(names = "--acknowledgement", paramLabel = "FILE", description = "Write the acknowledgement of X12 files (TA1 and 999) there.")
    private @Nullable Path acknowledgement;

    @Option(names = "--bearer", paramLabel = "TOKEN", description = "The access token for an http(s) source.")
    private @Nullable String bearer;

    @Option(names = "--client", paramLabel = "ID", description = "For ndjson of another bulk data server (an address that ends in $export): the client id that it knows this plan by; with --key.")
    private @Nullable String clientId;

    @Option(names = "--key", paramLabel = "FILE", description = "The private key that is registered there, as a JSON Web Key (SMART Backend Services).")
    private @Nullable Path key;

    @Option(names = "--query", paramLabel = "SQL", description = "The query for a JDBC source; in the address, user and password stand as parameters.")
    private @Nullable String query;

    @Option(names = "--url", paramLabel = "URL", description = "The server, if it is not on this machine; then with --token.")
    private @Nullable URI url;

    @Option(names = "--token", paramLabel = "TOKEN", defaultValue = "${PORTOLAN_TOKEN:-}", description = "The operator's access token (default: the variable PORTOLAN_TOKEN).")
    private String token = "";

    @Option(names = "--data", paramLabel = "DIR", defaultValue = "${PORTOLAN_DATA:-.portolan/data}", description = "The data directory of the running server, whose secret lets this command in (default: PORTOLAN_DATA, or .portolan/data).")
    private Path data = Path.of(".portolan/data");

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean asJson;

    @Spec
    private CommandSpec spec;

    private final ObjectMapper json = new ObjectMapper();

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        OperatorCalls server = server();
        FetchedExport export = fetchedExport();
        if (export != null) {
            sources = List.of(export.fetch(asJson ? spec.commandLine().getErr() : out, full).toString());
        }
        long id = server.send("POST", LOADS, json.writeValueAsBytes(request())).path("id").asLong();
        LoadProgressLine progress = new LoadProgressLine(asJson ? spec.commandLine().getErr() : out);
        JsonNode answer = server.send("GET", LOADS + "/" + id, null);
        while (answer.path("run").path("finished").isNull()) {
            progress.show(answer.path("progress"));
            Thread.sleep(POLL_MILLIS);
            answer = progress(server, id, answer);
        }
        progress.end();
        JsonNode run = answer.path("run");
        if (asJson) {
            out.println(json.writerWithDefaultPrettyPrinter().writeValueAsString(run));
        } else {
            LoadReportText.print(run, server.base(), out);
        }
        JsonNode acknowledgements = server.send("GET", LOADS + "/" + id + "/acknowledgements", null);
        if (!asJson) {
            AcknowledgementReport.print(acknowledgements, out);
        }
        if (acknowledgement != null) {
            StringBuilder answers = new StringBuilder();
            acknowledgements.forEach(file -> answers.append(file.path("answer").asText()));
            Files.writeString(acknowledgement, answers);
        }
        out.flush();
        boolean completed = run.path("state").asText().equals("COMPLETED");
        if (export != null && completed) {
            export.finish();
        }
        return completed ? 0 : 1;
    }

    private @Nullable FetchedExport fetchedExport() throws IOException {
        String source = sources.get(sources.size() - 1);
        if (!kind.equals("ndjson") || !FetchedExport.isMeantBy(source)) {
            return null;
        }
        if (url != null) {
            throw new IllegalArgumentException("an export of another server is fetched into the data directory of the server on this machine: leave --url out");
        }
        return new FetchedExport(URI.create(source), data, clientId, key, bearer);
    }

    private OperatorCalls server() throws IOException {
        return url != null ? new OperatorCalls(url, url, "Bearer " + token, HttpClient.newHttpClient()) : OperatorCalls.at(data);
    }

    private Map<String, Object> request() throws IOException {
        Map<String, Object> request = new LinkedHashMap<>();
        boolean mapping = kind.equals("mapping");
        if (mapping && sources.size() != 2) {
            throw new IllegalArgumentException("name the mapping file, then its source: portolan load mapping FILE.yaml FILE.csv");
        }
        String source = sources.get(sources.size() - 1);
        request.put("kind", kind);
        request.put("feed", feed != null ? feed : mapping ? name(Path.of(sources.get(0))) : kind);
        if (mapping) {
            request.put("mapping", Files.readString(Path.of(sources.get(0))));
        }
        if (source.startsWith("jdbc:")) {
            if (query == null) {
                throw new IllegalArgumentException("a JDBC source needs --query 'SELECT ...'");
            }
            request.put("jdbc", source);
            request.put("query", query);
            request.put("source", source.replaceFirst("\\?.*", ""));
        } else {
            request.put("source", source.startsWith("http://") || source.startsWith("https://") ? source : Path.of(source).toAbsolutePath().normalize().toString());
        }
        if (bearer != null) {
            request.put("token", bearer);
        }
        request.put("full", full);
        request.put("closeMany", closeMany);
        request.put("again", again);
        request.put("validation", validation);
        request.put("clinical", Boolean.toString(!notClinical));
        return request;
    }

    private static String name(Path mapping) {
        return mapping.getFileName().toString().replaceFirst("\\.ya?ml$", "").toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    }

    /** How the load stands; as it stood before while the server cannot say, for the load waits as well. */
    private JsonNode progress(OperatorCalls server, long id, JsonNode before) throws IOException, InterruptedException {
        try {
            return server.send("GET", LOADS + "/" + id, null);
        } catch (OperatorCalls.Unavailable e) {
            return before;
        }
    }
}
