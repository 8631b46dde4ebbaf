package dev.portolan.bulkdata;

import ca.uhn.fhir.context.FhirContext;
import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.audit.AuditEntry;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.structure.StructureChecker;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.jobs.Jobs;
import dev.portolan.rest.FhirBase;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.FhirServices;
import dev.portolan.rest.FhirServlet;
import dev.portolan.rest.Problem;
import dev.portolan.rest.RateLimiter;
import dev.portolan.rest.RequestLimits;
import dev.portolan.rest.ResourceElements;
import dev.portolan.store.Grant;
import dev.portolan.store.Grants;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoreSettings;
import dev.portolan.store.TestDatabase;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/** One node: the servlet on a Jetty, real jobs, the real store on a real PostgreSQL. Tokens are the names of grants. */
final class BulkServer implements AutoCloseable {

    static final FhirPackages PACKAGES = FhirPackages.load(new PackageSources(null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of());
    static final SearchDefinitions DEFINITIONS = SearchDefinitions.compile(PACKAGES);

    final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    final HikariDataSource pool;
    final RecordDatabase database;
    final Map<String, Grant> grants = new ConcurrentHashMap<>();
    final Set<String> withdrawn = ConcurrentHashMap.newKeySet();
    /** {@code Type/id} of everything that was put and not deleted. */
    final Set<String> stored = new ConcurrentSkipListSet<>();
    final List<AuditEntry> audited = new CopyOnWriteArrayList<>();
    /** Where the files lie, if that is a folder. */
    final @Nullable Path files;
    final String base;
    private final Jobs jobs;
    private final Server server;

    /** Everything that the grant reaches, but for members who were withdrawn. */
    private final class Policy implements ExportPolicy {

        private final StoredGroups stored = new StoredGroups();

        @Override
        public Set<Place> places() {
            return stored.places();
        }

        @Override
        public Optional<GroupMembers> group(RecordView view, String groupId, Set<String> ownBases) {
            return stored.group(view, groupId, ownBases);
        }

        @Override
        public Set<String> releasable(Grant grant, Collection<String> patientIds) {
            pause.run();
            return patientIds.stream().filter(id -> !withdrawn.contains(id)).collect(java.util.stream.Collectors.toSet());
        }
    }

    /** Runs whenever a member is asked about. */
    volatile Runnable pause = () -> { };

    BulkServer(Path files, ExportSettings settings) throws Exception {
        this(TestDatabase.migrated(), files, settings);
    }

    BulkServer(HikariDataSource pool, Path files, ExportSettings settings) throws Exception {
        this(pool, files, new LocalFiles(files), settings);
    }

    BulkServer(OutputFiles store, ExportSettings settings) throws Exception {
        this(TestDatabase.migrated(), null, store, settings);
    }

    private BulkServer(HikariDataSource pool, @Nullable Path files, OutputFiles store, ExportSettings settings) throws Exception {
        this.pool = pool;
        this.files = files;
        Jobs.migrate(pool);
        Exports.migrate(pool);
        database = RecordDatabase.open(pool, DEFINITIONS.parameters(), DEFINITIONS.extractor(), DEFINITIONS.matcher(), StoreSettings.DEFAULT);
        PackageTerminology terminology = new PackageTerminology(PACKAGES);
        var parser = DEFINITIONS.parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC());
        FhirServices services = new FhirServices(database.records(), database.cursors(), DEFINITIONS, parser, StructureChecker.compile(PACKAGES), new ProfileValidator(PACKAGES, terminology, 1), terminology,
            FhirContext.forR4Cached(), PACKAGES, request -> {
                String token = request.getHeader("Authorization");
                Grant grant = token == null ? null : grants.get(token.replace("Bearer ", ""));
                if (grant == null) {
                    throw new FhirException(Problem.LOGIN_REQUIRED, "a token is needed").with("WWW-Authenticate", "Bearer");
                }
                return grant;
            }, RateLimiter.UNLIMITED, entry -> {
                audited.add(entry);
                return CompletableFuture.completedFuture(null);
            });
        grants.put("plan", grant("plan", new Grant.Members.Everyone()));
        jobs = new Jobs(pool, 3, Duration.ofSeconds(1));
        Exports exports = new Exports(new ExportServices(pool, database, parser, DEFINITIONS.parameters().resourceTypes(), new ResourceElements(FhirContext.forR4Cached()), jobs, store,
            caller -> Optional.ofNullable(grants.get(caller.app())), settings));
        FhirBase fhir = new FhirBase("system", "System", "/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF, RequestLimits.SYSTEM, List.of());
        server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(new ServletHolder(new FhirServlet(fhir, services, exports.operations("system", new Policy()))), "/fhir/*");
        server.setHandler(context);
        server.start();
        base = "http://127.0.0.1:" + ((ServerConnector) server.getConnectors()[0]).getLocalPort() + "/fhir";
        jobs.start();
    }

    static Grant grant(String app, Grant.Members members) {
        return new Grant("of-" + app, app, null, dev.portolan.store.Purpose.OPERATIONS, members, Grants.everything().rules(), Set.of(), Set.of(), List.of("system/*.rs"), null);
    }

    void panel(String panel, List<String> members) {
        try (Connection connection = pool.getConnection()) {
            database.panels().replace(connection, panel, members);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    void put(String json) {
        JsonDocument resource = JsonDocument.parse(json);
        ResourceKey key = new ResourceKey(resource.root().fieldText("resourceType"), resource.root().fieldText("id"));
        database.records().open(Grants.everything()).write(transaction -> transaction.put(key, resource));
        stored.add(key.toString());
    }

    void delete(ResourceKey key) {
        database.records().open(Grants.everything()).write(transaction -> transaction.delete(key));
        stored.remove(key.toString());
    }

    /** A member with some resources, and the practitioner whom they share. */
    void member(String id, int observations) {
        put("{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"name\":[{\"family\":\"Of " + id + "\"}],\"generalPractitioner\":[{\"reference\":\"Practitioner/doc\"}]}");
        for (int i = 0; i < observations; i++) {
            put("{\"resourceType\":\"Observation\",\"id\":\"" + id + "-" + i + "\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"" + (i % 2 == 0 ? "1-1" : "2-2")
                + "\"}]},\"subject\":{\"reference\":\"Patient/" + id + "\"},\"valueString\":\"of " + id + "\"}");
        }
        put("{\"resourceType\":\"Condition\",\"id\":\"" + id + "-c\",\"subject\":{\"reference\":\"Patient/" + id + "\"}}");
    }

    /** Started by GET; the answer. */
    HttpResponse<String> get(String token, String path, String... headers) throws Exception {
        return send(token, "GET", path, null, headers);
    }

    HttpResponse<String> send(String token, String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : base + "/" + path));
        request.method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.setHeader("Content-Type", "application/fhir+json");
        }
        if (token != null) {
            request.setHeader("Authorization", "Bearer " + token);
        }
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    /**
     * Asks for everybody's data, and ends this node while it hangs at a member; its work is left where it is.
     *
     * @param member which, counted from one
     * @return where the export is asked for
     */
    String stoppedAtMember(int member, String token) throws Exception {
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch never = new CountDownLatch(1);
        pause = () -> {
            if (asked.incrementAndGet() == member) {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException("the node stopped");
                }
            }
        };
        String poll = start(token, "Patient/$export").headers().firstValue("Content-Location").orElseThrow();
        while (asked.get() < member) {
            Thread.sleep(50);
        }
        close();
        return poll;
    }

    HttpResponse<String> start(String token, String path) throws Exception {
        return get(token, path, "Prefer", "respond-async", "Accept", "application/fhir+json");
    }

    /** Polls as it is told to, until the export ends. */
    HttpResponse<String> await(String token, String poll) throws Exception {
        for (int i = 0; i < 200; i++) {
            HttpResponse<String> status = get(token, poll, "Accept", "application/json");
            if (status.statusCode() != 202) {
                return status;
            }
            Thread.sleep(1000L * Integer.parseInt(status.headers().firstValue("Retry-After").orElseThrow()));
        }
        throw new AssertionError("the export did not end");
    }

    /** The manifest of an export that is started and awaited. */
    JsonDocument export(String token, String path) throws Exception {
        HttpResponse<String> started = start(token, path);
        if (started.statusCode() != 202) {
            throw new AssertionError(started.statusCode() + " " + started.body());
        }
        HttpResponse<String> ended = await(token, started.headers().firstValue("Content-Location").orElseThrow());
        if (ended.statusCode() != 200) {
            throw new AssertionError(ended.statusCode() + " " + ended.body());
        }
        return JsonDocument.parse(ended.body().getBytes(StandardCharsets.UTF_8));
    }

    /** All lines of one of the manifest's lists, each checked to be of its file's type and count. */
    List<String> lines(String token, JsonDocument manifest, String list) throws Exception {
        List<String> lines = new ArrayList<>();
        for (var file : manifest.root().field(list).children()) {
            HttpResponse<String> content = get(token, file.fieldText("url"), "Accept", "application/fhir+ndjson");
            if (content.statusCode() != 200 || !content.headers().firstValue("Content-Type").orElse("").equals("application/fhir+ndjson")) {
                throw new AssertionError(content.statusCode() + " " + content.headers().map() + " " + content.body());
            }
            List<String> own = content.body().lines().toList();
            if (own.size() != Integer.parseInt(file.field("count").text()) || !own.stream().allMatch(line -> line.contains("\"resourceType\":\"" + file.fieldText("type") + "\""))) {
                throw new AssertionError("a file does not hold what its manifest says");
            }
            lines.addAll(own);
        }
        return lines;
    }

    @Override
    public void close() throws Exception {
        jobs.close();
        server.stop();
        database.close();
    }
}
