package dev.portolan.server.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.sandbox.BundleLoader;
import dev.portolan.sandbox.Population;
import dev.portolan.sandbox.Progress;
import dev.portolan.sandbox.SyntheticMembers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The synthetic members of a running server: loaded once, over its own API, and listed. */
final class SandboxMembers {

    private static final int PARALLEL_TRANSACTIONS = 3;
    private static final int MOST_LISTED = 10;

    private final URI system;
    private final Path marker;
    private final Path cache;
    private final HttpClient client = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();

    /**
     * @param system FHIR base that is loaded
     * @param marker a file of this server's data that says how far the first load came
     * @param cache where a population is kept for all servers of this user
     */
    SandboxMembers(URI system, Path marker, Path cache) {
        this.system = system;
        this.marker = marker;
        this.cache = cache;
    }

    /** @param name as people know the member; {@code user} and {@code password} are for the sign-in page, null while the server has none */
    record Member(String name, String id, @Nullable String user, @Nullable String password) {}

    /** Loads members into a server that has none. A load that was cut off goes on: every resource is put under its own id, so doing it again does no harm. */
    void loadOnce(int members, Progress progress) throws IOException, InterruptedException {
        boolean begun = Files.exists(marker);
        boolean finished = begun && Files.readString(marker).startsWith("loaded");
        if (members == 0 || finished || !begun && count() > 0) {
            return;
        }
        Files.writeString(marker, "loading " + members);
        List<Path> bundles = new SyntheticMembers(cache).bundles(Population.of(members), progress);
        new BundleLoader(system, PARALLEL_TRANSACTIONS).load(bundles, progress);
        Files.writeString(marker, "loaded " + members);
    }

    /** Some of the members, those who are alive first. */
    List<Member> list() throws IOException, InterruptedException {
        List<Member> members = new ArrayList<>();
        for (JsonNode entry : get("Patient?deceased=false&_sort=birthdate&_count=" + MOST_LISTED).path("entry")) {
            JsonNode patient = entry.path("resource");
            JsonNode name = patient.path("name").path(0);
            if (patient.path("resourceType").asText().equals("Patient")) {
                members.add(new Member(name.path("given").path(0).asText() + " " + name.path("family").asText(), patient.path("id").asText(), null, null));
            }
        }
        return members;
    }

    private long count() throws IOException, InterruptedException {
        return get("Patient?_summary=count").path("total").asLong();
    }

    private JsonNode get(String query) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = client.send(HttpRequest.newBuilder(URI.create(system + "/" + query)).build(), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new IOException("the server answered " + query + " with status " + response.statusCode());
        }
        return json.readTree(response.body());
    }
}
