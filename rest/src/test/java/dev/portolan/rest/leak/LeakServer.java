package dev.portolan.rest.leak;

import ca.uhn.fhir.context.FhirContext;
import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.structure.StructureChecker;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.members.TokenGrants;
import dev.portolan.rest.FhirBase;
import dev.portolan.rest.FhirServices;
import dev.portolan.rest.FhirServlet;
import dev.portolan.rest.RateLimiter;
import dev.portolan.rest.RequestLimits;
import dev.portolan.store.Grant;
import dev.portolan.store.Grants;
import dev.portolan.store.Purpose;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.RecordScan;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.ScanRange;
import dev.portolan.store.ScanRequest;
import dev.portolan.store.ScanSink;
import dev.portolan.store.StoredResource;
import dev.portolan.store.StoreSettings;
import dev.portolan.store.TestDatabase;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/** The FHIR base over HTTP on the real store and a real PostgreSQL; a token's scopes become its grant as in the server. */
final class LeakServer implements AutoCloseable {

    final AtomicInteger requests = new AtomicInteger();
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HikariDataSource database = TestDatabase.migrated();
    private final RecordDatabase records;
    private final Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private final Map<String, Grant> grants = new ConcurrentHashMap<>();
    private final TokenGrants tokenGrants;
    private final Map<String, Token> tokens = new ConcurrentHashMap<>();
    private final Set<String> panels = ConcurrentHashMap.newKeySet();
    private final String base;

    LeakServer() throws Exception {
        FhirPackages packages = FhirPackages.load(new PackageSources(null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of());
        SearchDefinitions definitions = SearchDefinitions.compile(packages);
        PackageTerminology terminology = new PackageTerminology(packages);
        records = RecordDatabase.open(database, definitions.parameters(), definitions.extractor(), definitions.matcher(), StoreSettings.DEFAULT);
        var parser = definitions.parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC());
        tokenGrants = new TokenGrants(parser, definitions.parameters().resourceTypes(), (token, api) -> {
            Set<String> members = tokens.get(token.tokenId()).members();
            // Every other system token reaches its members by a panel.
            Grant.Members reached = members == null ? new Grant.Members.Everyone() : panels.contains(token.tokenId()) ? new Grant.Members.Panel(token.tokenId()) : new Grant.Members.Only(members);
            return new TokenGrants.Reach(reached, Purpose.TREATMENT);
        });
        FhirServices services = new FhirServices(records.records(), records.cursors(), definitions, parser, StructureChecker.compile(packages), new ProfileValidator(packages, terminology, 1), terminology,
            FhirContext.forR4Cached(), packages, request -> grants.get(request.getHeader("Authorization").substring("Bearer ".length())), RateLimiter.UNLIMITED,
            entry -> CompletableFuture.completedFuture(null));
        FhirBase fhir = new FhirBase("leak", "Leak test", "/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF, RequestLimits.PUBLIC, List.of());
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(new ServletHolder("leak", new FhirServlet(fhir, services)), "/fhir/*");
        server.setHandler(context);
        server.start();
        base = "http://127.0.0.1:" + ((ServerConnector) server.getConnectors()[0]).getLocalPort() + "/fhir";
    }

    /** Every version of every resource, as the plan's own feeds would write them. */
    void load(World world) {
        RecordView all = admin();
        for (List<World.Write> round : world.rounds) {
            all.write(transaction -> {
                for (World.Write write : round.stream().sorted(java.util.Comparator.comparing((World.Write write) -> rank(write.item().type))).toList()) {
                    Item item = write.item();
                    ResourceKey key = new ResourceKey(item.type, item.id);
                    if (write.state().deleted()) {
                        transaction.delete(key);
                    } else {
                        transaction.put(key, JsonDocument.parse(Item.json(item.type, item.id, write.state())));
                    }
                }
                return null;
            });
        }
    }

    /** What finds its home through another resource comes after it. */
    private static int rank(String type) {
        return type.equals("Provenance") || type.equals("Task") ? 1 : 0;
    }

    RecordView admin() {
        return records.records().open(Grants.everything());
    }

    /** Makes the server know a token. */
    void issue(Token token) {
        tokens.put(token.name(), token);
        Set<String> members = token.members();
        String level = token.level();
        if (level.equals("system") && members != null && tokens.size() % 2 == 0) {
            fill(token.name(), members);
            panels.add(token.name());
        }
        String patient = level.equals("patient") ? members.iterator().next() : null;
        AccessToken said = new AccessToken(token.name(), "app", "App", level.equals("system") ? null : "user", null, patient, SmartScopes.parse(token.scopeText()), null, Instant.EPOCH, Instant.MAX, "consent", null);
        Grant grant = tokenGrants.of(said, dev.portolan.members.consent.Exit.Api.PROVIDER_ACCESS);
        // Whom a user/ token reaches, and what is withheld, is for the consents to say: here the test says it.
        Grant.Members reached = level.equals("user") ? new Grant.Members.Only(members) : grant.members();
        grants.put(token.name(), new Grant(grant.id(), grant.app(), grant.user(), grant.purpose(), reached, grant.rules(), token.labels(), grant.consents()));
    }

    private void fill(String panel, Set<String> members) {
        try (var connection = database.getConnection()) {
            records.panels().replace(connection, panel, members);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An answer. */
    record Reply(int status, String body, HttpResponse<String> response) {

        JsonDocument json() {
            return JsonDocument.parse(body.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
    }

    /** @param path below the base, or an absolute link */
    Reply call(Token token, String method, String path, @Nullable String body, String type, String... headers) {
        requests.incrementAndGet();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : path.isEmpty() ? base : base + "/" + path.replace("|", "%7C")))
            .header("Authorization", "Bearer " + token.name()).method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", type);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Reply(response.statusCode(), response.body(), response);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    Reply get(Token token, String path) {
        return call(token, "GET", path, null, "");
    }

    /** Everything that an export under the token's grant reads: {@code Type/id/version}, in order, with what it hands over twice. */
    List<String> exported(Token token, Set<String> types) {
        requests.incrementAndGet();
        RecordScan scan = records.records().open(grants.get(token.name())).scan(new ScanRequest(types, Map.of(), records.settle(Duration.ofSeconds(10)), null, null, null, ScanRequest.Shared.ALL));
        List<String> found = new ArrayList<>();
        ScanSink sink = new ScanSink() {
            @Override
            public boolean member(String patientId) {
                return true;
            }

            @Override
            public void resource(String type, StoredResource.Content content) {
                found.add(Bundle.version(JsonDocument.parse(content.json()).root()));
            }

            @Override
            public void deleted(ResourceKey key) {
                throw new AssertionError("what was deleted is told of a time only, and none was asked for: " + key);
            }
        };
        try {
            List<byte[]> referenced = new ArrayList<>();
            for (ScanRange range : scan.ranges(7)) {
                referenced.add(scan.read(range, sink));
            }
            scan.readShared(referenced, sink);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return found;
    }

    @Override
    public void close() throws Exception {
        server.stop();
        records.close();
        database.close();
    }
}
