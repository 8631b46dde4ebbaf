package dev.portolan.server.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.sandbox.BundleLoader;
import dev.portolan.sandbox.Population;
import dev.portolan.sandbox.Progress;
import dev.portolan.sandbox.SyntheticMembers;
import dev.portolan.sandbox.personas.Persona;
import dev.portolan.sandbox.personas.Personas;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The synthetic members of a running server: loaded once, over its own API, and listed. */
final class SandboxMembers {

    private static final int PARALLEL_TRANSACTIONS = 3;
    private static final int MOST_LISTED = 10;
    private static final String PERSONAS = "sandbox-personas";
    private static final Set<String> NAMED = Personas.all().stream().map(Persona::id).collect(Collectors.toSet());
    private static final String LISTED = "sandbox-listed.json";
    private static final int ISO_DATE = 10;

    private final URI system;
    private final Path marker;
    private final Path cache;
    private final String token;
    private final ObjectMapper json = new ObjectMapper();
    private final Supplier<HttpClient> clients;
    private @Nullable HttpClient client;

    /**
     * @param system FHIR base that is loaded
     * @param marker a file of this server's data that says how far the first load came
     * @param cache where a population is kept for all servers of this user
     * @param token an access token for everything
     * @param clients makes one that trusts the server; a start that has nothing to load may need none
     */
    SandboxMembers(URI system, Path marker, Path cache, String token, Supplier<HttpClient> clients) {
        this.clients = clients;
        this.token = token;
        this.system = system;
        this.marker = marker;
        this.cache = cache;
    }

    /** @param name as people know the member */
    record Member(String name, String id, LocalDate birthDate) {}

    /** Loads members into a server that has none. A load that was cut off goes on: every resource is put under its own id, so doing it again does no harm. */
    void loadOnce(int members, Progress progress) throws IOException, InterruptedException {
        if (members == 0 || isFilled() || !Files.exists(marker) && count() > 0) {
            return;
        }
        Population population = Population.of(members);
        Files.writeString(marker, "loading " + members);
        Files.deleteIfExists(marker.resolveSibling(LISTED));
        SyntheticMembers synthetic = new SyntheticMembers(cache);
        new BundleLoader(system, PARALLEL_TRANSACTIONS, token, client()).load(synthetic.clinicalBundles(population, progress), progress);
        new FeedRequest(system.resolve("/system/loads"), token, client()).cpcds("sandbox-claims", synthetic.claims(population, progress), progress);
        put(SandboxPeople.CARE_MANAGER, """
            {"resourceType":"Practitioner","id":"%s","active":true,"identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1679576722"}],\
            "name":[{"family":"Lin","given":["Grace"]}]}""".formatted(SandboxPeople.CARE_MANAGER.substring("Practitioner/".length())));
        Files.writeString(marker, "loaded " + members);
    }

    /** Puts the named members into a server that has synthetic ones, once for each edition of them. */
    void loadPersonas(Progress progress) throws IOException {
        if (!isFilled() || personasAreLoaded()) {
            return;
        }
        Path bundle = Files.createTempFile("personas", ".json");
        try {
            Files.write(bundle, Personas.transaction());
            new BundleLoader(system, 1, token, client()).load(List.of(bundle), progress);
        } finally {
            Files.delete(bundle);
        }
        Files.writeString(marker.resolveSibling(PERSONAS), edition());
    }

    /** A load that was cut off, or could not begin, is none: whoever then asks for no members gets none. */
    private boolean isFilled() throws IOException {
        return Files.exists(marker) && Files.readString(marker).startsWith("loaded");
    }

    private boolean personasAreLoaded() throws IOException {
        Path loaded = marker.resolveSibling(PERSONAS);
        return Files.exists(loaded) && Files.readString(loaded).equals(edition());
    }

    private static String edition() {
        return "edition " + Personas.EDITION;
    }

    /** The named members, if they are loaded. */
    List<Persona> personas() throws IOException {
        return personasAreLoaded() ? Personas.all() : List.of();
    }

    /**
     * Some of the synthetic members, those who are alive.
     *
     * @param youngest the youngest member, if there is any
     */
    record Listed(List<Member> members, List<Member> youngest) {}

    /** Looked for once after a load of this class: later starts print the same people and ask for nothing. */
    Listed listed() throws IOException, InterruptedException {
        Path known = marker.resolveSibling(LISTED);
        if (Files.exists(known)) {
            JsonNode listed = json.readTree(known.toFile());
            return new Listed(fromJson(listed.path("members")), fromJson(listed.path("youngest")));
        }
        Listed found = new Listed(members("Patient?deceased=false&_sort=birthdate&_count=" + MOST_LISTED),
            members("Patient?deceased=false&_sort=-birthdate&_count=" + (1 + NAMED.size())).stream().limit(1).toList());
        if (Files.exists(marker)) {
            Path fresh = marker.resolveSibling(LISTED + ".new");
            json.writeValue(fresh.toFile(), Map.of("members", asJson(found.members()), "youngest", asJson(found.youngest())));
            Files.move(fresh, known, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        return found;
    }

    private static List<Map<String, String>> asJson(List<Member> members) {
        return members.stream().map(member -> Map.of("name", member.name(), "id", member.id(), "birthDate", member.birthDate().toString())).toList();
    }

    private static List<Member> fromJson(JsonNode members) {
        List<Member> list = new ArrayList<>();
        members.forEach(member -> list.add(new Member(member.path("name").asText(), member.path("id").asText(), LocalDate.parse(member.path("birthDate").asText()))));
        return list;
    }

    private List<Member> members(String search) throws IOException, InterruptedException {
        List<Member> members = new ArrayList<>();
        for (JsonNode entry : get(search).path("entry")) {
            JsonNode patient = entry.path("resource");
            JsonNode name = patient.path("name").path(0);
            if (patient.path("resourceType").asText().equals("Patient") && !NAMED.contains(patient.path("id").asText()) && patient.path("birthDate").asText().length() == ISO_DATE) {
                members.add(new Member(name.path("given").path(0).asText() + " " + name.path("family").asText(), patient.path("id").asText(), LocalDate.parse(patient.path("birthDate").asText())));
            }
        }
        return members;
    }

    private long count() throws IOException, InterruptedException {
        return get("Patient?_summary=count").path("total").asLong();
    }

    private void put(String reference, String resource) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(system + "/" + reference)).header("Authorization", "Bearer " + token).header("Content-Type", "application/fhir+json")
                .PUT(HttpRequest.BodyPublishers.ofString(resource)).build();
        HttpResponse<String> response = client().send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IOException("the server answered " + reference + " with status " + response.statusCode());
        }
    }

    private HttpClient client() {
        if (client == null) {
            client = clients.get();
        }
        return client;
    }

    private JsonNode get(String query) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(system + "/" + query)).header("Authorization", "Bearer " + token).build();
        HttpResponse<byte[]> response = client().send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            // Whoever is called by a name that is not in its certificate refuses every request so.
            String hint = response.statusCode() == 400 && "https".equals(system.getScheme()) ? "; does its certificate name " + system.getHost() + "?" : "";
            throw new IOException("the server answered " + query + " with status " + response.statusCode() + hint);
        }
        return json.readTree(response.body());
    }
}
