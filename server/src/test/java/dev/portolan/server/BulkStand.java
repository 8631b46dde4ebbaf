package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Date;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.util.FileSystemUtils;

/** A whole server with some members' records, a group of them, and two registered backend services: what a bulk data client meets. */
final class BulkStand implements AutoCloseable {

    /** Registered with an RS384 and an ES384 key. */
    static final String APP = "night-batch";
    static final String OTHER_APP = "day-batch";
    static final String GROUP = "panel";
    /** In the group; one more is not. */
    static final List<String> MEMBERS = List.of("ada", "ben", "cleo");
    static final String STRANGER = "zoe";
    static final ObjectMapper JSON = new ObjectMapper();
    private static final String ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static final int MOST_POLLS = 120;

    private static @Nullable BulkStand shared;

    final PortolanServer server;
    final RSAKey rsa;
    final ECKey ec;
    final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** One for all tests of this process that leave its records as they are; a start takes longer than most of them. Metrics are for 127.0.0.1 alone, so that this machine has an outside. */
    static synchronized BulkStand shared() throws Exception {
        if (shared == null) {
            Path folder = Files.createTempDirectory("bulk-stand");
            BulkStand stand = new BulkStand(folder, Map.of("portolan.metrics.networks", "127.0.0.1"));
            stand.load();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                stand.close();
                FileSystemUtils.deleteRecursively(folder.toFile());
            }));
            shared = stand;
        }
        return shared;
    }

    BulkStand(Path folder) throws Exception {
        this(folder, Map.of());
    }

    /** @param settings beside the usual */
    BulkStand(Path folder, Map<String, String> settings) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(folder.resolve("data")).toString(), "portolan.package-registry", "off",
            "portolan.operator-apps", "portolan-operator," + APP + "," + OTHER_APP));
        all.putAll(settings);
        server = PortolanServer.start(all);
        rsa = new RSAKeyGenerator(2048).keyID("rsa-1").algorithm(JWSAlgorithm.RS384).generate();
        ec = new ECKeyGenerator(Curve.P_384).keyID("ec-1").algorithm(JWSAlgorithm.ES384).generate();
        register(APP);
        register(OTHER_APP);
    }

    private void register(String app) {
        String keys = new JWKSet(List.of(rsa.toPublicJWK(), ec.toPublicJWK())).toString();
        server.part(AppLifecycle.class).register(app, new AppRequest(app, App.Kind.BACKEND, "private_key_jwt", List.of("client_credentials"), null, "system/*.cruds system/*.read", List.of(), null, null, keys,
            App.Metadata.EMPTY, Map.of()), "test", null, true);
    }

    /** The records of the group's members and of one more, what they refer to, and the group. */
    void load() throws Exception {
        for (String line : template("shared", "")) {
            put(line);
        }
        for (String member : MEMBERS) {
            loadMember(member);
        }
        loadMember(STRANGER);
        put("{\"resourceType\":\"Group\",\"id\":\"" + GROUP + "\",\"type\":\"person\",\"actual\":true,\"member\":[" + MEMBERS.stream().map(id -> "{\"entity\":{\"reference\":\"Patient/" + id + "\"}}")
            .collect(Collectors.joining(",")) + "]}");
    }

    private void loadMember(String id) throws Exception {
        StringBuilder entries = new StringBuilder();
        for (String line : template("member", id)) {
            JsonNode resource = JSON.readTree(line);
            entries.append(entries.isEmpty() ? "" : ",").append("{\"resource\":").append(line).append(",\"request\":{\"method\":\"PUT\",\"url\":\"").append(key(resource)).append("\"}}");
        }
        HttpResponse<String> loaded = send("POST", base(), operator(), "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + entries + "]}");
        assertThat(loaded.statusCode()).as(loaded.body()).isEqualTo(200);
    }

    static List<String> template(String name, String id) throws Exception {
        try (InputStream file = BulkStand.class.getResourceAsStream("/bulk/" + name + ".ndjson")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8).replace("@", id).lines().toList();
        }
    }

    static String key(JsonNode resource) {
        return resource.path("resourceType").asText() + "/" + resource.path("id").asText();
    }

    void put(String resource) throws Exception {
        HttpResponse<String> answer = send("PUT", base() + "/" + key(JSON.readTree(resource)), operator(), resource);
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 201);
    }

    String base() {
        return String.valueOf(server.bases().get("system"));
    }

    String operator() {
        return server.sandbox().orElseThrow().operatorToken(server.operatorApp());
    }

    /** As SMART Backend Services has it, section "Obtain access token". */
    HttpResponse<String> tokenRequest(String app, JWK key, String scope, Map<String, String> instead) throws Exception {
        String endpoint = JSON.readTree(send("GET", base() + "/.well-known/smart-configuration", null, null).body()).path("token_endpoint").asText();
        JWSAlgorithm algorithm = key instanceof RSAKey ? JWSAlgorithm.RS384 : JWSAlgorithm.ES384;
        JWSSigner signer = key instanceof RSAKey own ? new RSASSASigner(own) : new ECDSASigner(key.toECKey());
        SignedJWT assertion = new SignedJWT(new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).build(), new JWTClaimsSet.Builder().issuer(app).subject(app).audience(endpoint)
            .expirationTime(Date.from(Instant.now().plusSeconds(240))).jwtID(UUID.randomUUID().toString()).build());
        assertion.sign(signer);
        Map<String, String> form = new TreeMap<>(Map.of("grant_type", "client_credentials", "scope", scope, "client_assertion_type", ASSERTION, "client_assertion", assertion.serialize()));
        form.putAll(instead);
        String body = form.entrySet().stream().map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8)).collect(Collectors.joining("&"));
        return http.send(HttpRequest.newBuilder(URI.create(endpoint)).header("Content-Type", "application/x-www-form-urlencoded").POST(HttpRequest.BodyPublishers.ofString(body)).build(),
            HttpResponse.BodyHandlers.ofString());
    }

    String token(String app) throws Exception {
        HttpResponse<String> answer = tokenRequest(app, rsa, "system/*.read", Map.of());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body()).path("access_token").asText();
    }

    HttpResponse<String> send(String method, String url, String token, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/fhir+json");
        }
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The kick-off as clients send it. */
    HttpResponse<String> start(String token, String path) throws Exception {
        return send("GET", base() + "/" + path, token, null, "Accept", "application/fhir+json", "Prefer", "respond-async");
    }

    /** Polls as it is told to, until the export ends. */
    HttpResponse<String> await(String token, String poll) throws Exception {
        for (int i = 0; i < MOST_POLLS; i++) {
            HttpResponse<String> status = send("GET", poll, token, null, "Accept", "application/json");
            if (status.statusCode() != 202) {
                return status;
            }
            Thread.sleep(1000L * Integer.parseInt(status.headers().firstValue("Retry-After").orElseThrow()));
        }
        throw new AssertionError("it did not end");
    }

    static String poll(HttpResponse<String> started) {
        assertThat(started.statusCode()).as(started.body()).isEqualTo(202);
        return started.headers().firstValue("Content-Location").orElseThrow();
    }

    /** The resources in the files of a manifest's list, by their keys; each once, of its file's type, as many as are said. */
    Map<String, JsonNode> lines(String token, JsonNode manifest, String list) throws Exception {
        Map<String, JsonNode> found = new TreeMap<>();
        for (JsonNode file : manifest.path(list)) {
            HttpResponse<String> answer = send("GET", file.path("url").asText(), token, null, "Accept", "application/fhir+ndjson");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type").orElse("")).isEqualTo("application/fhir+ndjson");
            List<String> own = answer.body().lines().toList();
            assertThat(own).hasSize(file.path("count").asInt());
            for (String line : own) {
                JsonNode resource = JSON.readTree(line);
                assertThat(resource.path("resourceType").asText()).isEqualTo(file.path("type").asText());
                assertThat(found.put(key(resource), resource)).as(line).isNull();
            }
        }
        return found;
    }

    /**
     * What a group's export has to hold, found by reading the API page by page and following references: the members' resources, the shared ones that these refer to, and those that these refer to. No
     * code of the export is used. Entries of the audit trail are no part of a record.
     */
    Map<String, JsonNode> scan(List<String> members) throws Exception {
        Map<String, JsonNode> everything = new HashMap<>();
        for (JsonNode type : JSON.readTree(send("GET", base() + "/metadata", null, null).body()).at("/rest/0/resource")) {
            String next = type.path("type").asText().equals("AuditEvent") ? "" : base() + "/" + type.path("type").asText() + "?_count=50";
            while (!next.isEmpty()) {
                HttpResponse<String> answer = send("GET", next, operator(), null);
                assertThat(answer.statusCode()).as(next + " " + answer.body()).isEqualTo(200);
                JsonNode page = JSON.readTree(answer.body());
                page.path("entry").forEach(entry -> everything.put(key(entry.path("resource")), entry.path("resource")));
                next = "";
                for (JsonNode link : page.path("link")) {
                    next = link.path("relation").asText().equals("next") ? link.path("url").asText() : next;
                }
            }
        }
        Map<String, JsonNode> found = new TreeMap<>();
        everything.forEach((key, resource) -> {
            if (members.stream().anyMatch(member -> key.equals("Patient/" + member) || references(resource).contains("Patient/" + member))) {
                found.put(key, resource);
            }
        });
        found.remove("Group/" + GROUP);
        Deque<JsonNode> follow = new ArrayDeque<>(found.values());
        for (int hop = 0; hop < 2; hop++) {
            Deque<JsonNode> next = new ArrayDeque<>();
            for (JsonNode from : follow) {
                for (String reference : references(from)) {
                    JsonNode to = everything.get(reference);
                    if (to != null && references(to).stream().noneMatch(there -> there.startsWith("Patient/")) && !reference.startsWith("Patient/") && found.put(reference, to) == null) {
                        next.add(to);
                    }
                }
            }
            follow = next;
        }
        return found;
    }

    private static List<String> references(JsonNode resource) {
        List<String> references = new ArrayList<>();
        resource.findValues("reference").forEach(reference -> references.add(reference.asText()));
        return references;
    }

    @Override
    public void close() {
        server.close();
    }
}
