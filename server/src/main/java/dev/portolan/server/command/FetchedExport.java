package dev.portolan.server.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.jspecify.annotations.Nullable;

import dev.portolan.bulkdata.BackendServices;
import dev.portolan.bulkdata.BulkClient;

/**
 * An export of another bulk data server, fetched into a folder below the data directory, from which the server on this machine loads it. Interrupted, the same command goes on with the same export.
 */
final class FetchedExport {

    private static final String KICK_OFF = "/$export";
    private static final Set<String> HARMLESS = Set.of("warning", "information");
    private static final int MOST_TOLD = 12;
    private static final int LONGEST_TEXT = 300;

    private final URI kickOff;
    private final Path folder;
    private final BulkClient client;

    /**
     * @param kickOff for instance {@code https://ehr.example/fhir/Group/1/$export?_type=Patient}
     * @param data the data directory of the running server
     * @param clientId as this plan is registered at the other server; null if it needs no token, or one is given
     * @param key the file with the private key, a JSON Web Key
     */
    FetchedExport(URI kickOff, Path data, @Nullable String clientId, @Nullable Path key, @Nullable String bearer) throws IOException {
        this.kickOff = kickOff;
        this.folder = data.toAbsolutePath().normalize().resolve("fetched").resolve(UUID.nameUUIDFromBytes(kickOff.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8)).toString());
        HttpClient http = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
        Supplier<String> tokens = () -> bearer == null ? "" : bearer;
        if (clientId != null) {
            if (key == null) {
                throw new IllegalArgumentException("--client needs --key FILE, the private key that is registered at the other server, as a JSON Web Key");
            }
            tokens = new BackendServices(http, base(kickOff), clientId, Files.readString(key), "system/*.read");
        }
        this.client = new BulkClient(http, tokens);
    }

    static boolean isMeantBy(String source) {
        return (source.startsWith("http://") || source.startsWith("https://")) && URI.create(source).getPath().endsWith(KICK_OFF);
    }

    /** What stands before {@code Patient/$export}, {@code Group/[id]/$export} or {@code $export}. */
    static URI base(URI kickOff) {
        String path = kickOff.getPath().substring(0, kickOff.getPath().length() - KICK_OFF.length()).replaceFirst("/(Patient|Group/[A-Za-z0-9\\-.]+)$", "");
        return kickOff.resolve(path);
    }

    /**
     * The folder with the files.
     *
     * @param full whether what is not in them is closed when they are loaded
     */
    Path fetch(PrintWriter out, boolean full) throws IOException, InterruptedException {
        out.println("Fetching " + kickOff + " into " + folder);
        out.flush();
        BulkClient.Fetched fetched = client.fetch(kickOff, folder);
        out.println("Fetched " + fetched.files().size() + " files as of " + fetched.transactionTime());
        long deletions = fetched.files().stream().filter(BulkClient.FetchedFile::deletions).count();
        if (deletions > 0) {
            throw new IOException("the export names deletions, which a load does not do: leave _since out and load with --full");
        }
        if (tellErrors(fetched.errors(), out) && full) {
            throw new IOException("the export is not whole, as its server says, and a load with --full would close what is missing: leave --full out, or delete " + folder + " and ask for the export again");
        }
        return folder;
    }

    /** Prints what the other server says of its export; true if it could not give all of it. */
    private static boolean tellErrors(List<Path> files, PrintWriter out) throws IOException {
        boolean missing = false;
        int told = 0;
        for (Path file : files) {
            for (String line : Files.readAllLines(file)) {
                for (JsonNode issue : issues(line)) {
                    String severity = issue.path("severity").asText("error");
                    missing |= !HARMLESS.contains(severity);
                    if (++told <= MOST_TOLD) {
                        String text = issue.path("diagnostics").asText(issue.path("details").path("text").asText());
                        out.println("The other server says: " + severity + ", " + issue.path("code").asText() + ": " + text.substring(0, Math.min(LONGEST_TEXT, text.length())));
                    }
                }
            }
        }
        if (told > MOST_TOLD) {
            out.println("... and " + (told - MOST_TOLD) + " more");
        }
        out.flush();
        return missing;
    }

    private static JsonNode issues(String line) {
        ObjectMapper json = new ObjectMapper();
        try {
            return json.readTree(line).path("issue");
        } catch (JsonProcessingException e) {
            return json.createArrayNode().add(json.createObjectNode().put("code", "unknown").put("diagnostics", "what is no OperationOutcome"));
        }
    }

    /** Once it is loaded neither side need keep it. */
    void finish() throws IOException, InterruptedException {
        client.finish(folder);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
