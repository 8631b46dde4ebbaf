package dev.portolan.rest;

import ca.uhn.fhir.context.FhirContext;
import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.audit.AuditEntry;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.structure.StructureChecker;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.members.DevelopmentGrant;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoreSettings;
import dev.portolan.store.TestDatabase;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** The servlet on a Jetty, on the real store, on a real PostgreSQL; one for all tests of a run. */
public final class RunningServer {

    private static RunningServer one;

    final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    public final FhirPackages packages;
    public final SearchDefinitions definitions;
    public final FhirContext fhir = FhirContext.forR4Cached();
    final HikariDataSource database = TestDatabase.migrated();
    public final List<AuditEntry> audited = new CopyOnWriteArrayList<>();
    public final String system;
    final String patientAccess;
    public final String host;
    /** Where callers who send nothing are waited for a second only. */
    final int impatientPort;
    private final FhirServices services;
    private final ServletContextHandler context;

    private RunningServer() throws Exception {
        String folder = System.getenv("PORTOLAN_PACKAGES");
        boolean present = folder != null && !folder.isBlank() && Files.isDirectory(Path.of(folder));
        packages = FhirPackages.load(
            new PackageSources(present ? Path.of(folder) : null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")),
            present ? List.of(new GuideRef("hl7.fhir.us.core", "6.1.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.0.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.1.0"), new GuideRef("hl7.fhir.us.carin-bb", "1.1.0"),
                new GuideRef("hl7.fhir.us.carin-bb", "2.2.0"), new GuideRef("hl7.fhir.us.davinci-pdex", "2.1.0")) : List.of());
        definitions = SearchDefinitions.compile(packages);
        RecordDatabase records = RecordDatabase.open(database, definitions.parameters(), definitions.extractor(), definitions.matcher(), StoreSettings.DEFAULT);
        var grant = DevelopmentGrant.forServerAt(InetAddress.getLoopbackAddress());
        PackageTerminology terminology = new PackageTerminology(packages);
        services = new FhirServices(
            records.records(), records.cursors(), definitions, definitions.parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC()), StructureChecker.compile(packages), new dev.portolan.fhir.validation.ProfileValidator(packages, terminology, 2), terminology, fhir, packages,
            request -> grant, RateLimiter.UNLIMITED, entry -> {
                audited.add(entry);
                return CompletableFuture.completedFuture(null);
            });
        Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        // As large as the real server's: page links are long.
        server.getConnectors()[0].getConnectionFactory(org.eclipse.jetty.server.HttpConnectionFactory.class).getHttpConfiguration().setRequestHeaderSize(32 << 10);
        context = new ServletContextHandler("/");
        register(context, new FhirBase("system", "System", "/system/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF, RequestLimits.SYSTEM, List.of()), services);
        register(context, new FhirBase("patient-access", "Patient Access", "/patient-access/fhir", null, Set.of("Patient", "Observation", "Coverage"), FhirBase.READING,
            FhirBase.ValidationPolicy.OFF, RequestLimits.PUBLIC, List.of("http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server")), services);
        server.setErrorHandler(new org.eclipse.jetty.server.handler.ErrorHandler() {
            @Override
            public boolean handle(org.eclipse.jetty.server.Request request, org.eclipse.jetty.server.Response response, org.eclipse.jetty.util.Callback callback) throws Exception {
                // As the real server's does: what the parser refuses ends its connection, and the client has to know.
                response.getHeaders().put("Connection", "close");
                return super.handle(request, response, callback);
            }
        });
        server.setHandler(context);
        ServerConnector impatient = new ServerConnector(server);
        impatient.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        impatient.setIdleTimeout(1_000);
        server.addConnector(impatient);
        server.start();
        impatientPort = impatient.getLocalPort();
        host = "http://127.0.0.1:" + ((ServerConnector) server.getConnectors()[0]).getLocalPort();
        system = host + "/system/fhir";
        patientAccess = host + "/patient-access/fhir";
    }

    StructureChecker structure() {
        return services.structure();
    }

    /** Serves one more base, and gives its URL. */
    public String serve(FhirBase base, UnaryOperator<GrantResolver> grants) {
        return serve(base, grants, services.rateLimiter());
    }

    /** Serves one more base with a trail of its own. */
    String serveRecordedBy(dev.portolan.audit.AuditTrail trail, FhirBase base) {
        register(context, base, new FhirServices(services.store(), services.cursors(), services.definitions(), services.searchParser(), services.structure(), services.validator(), services.terminology(), services.fhir(),
            services.packages(), services.grants(), services.rateLimiter(), trail));
        return host + base.path();
    }

    /** Serves one more base, with room for what is large as a process of so many bytes has it. */
    String serveWithin(long memory, FhirBase base) {
        register(context, base, new FhirServices(services.store(), services.cursors(), services.definitions(), services.searchParser(), services.structure(), services.validator(), services.terminology(), services.fhir(),
            services.packages(), services.grants(), services.rateLimiter(), services.audit(), new BodyRoom(memory)));
        return host + base.path();
    }

    String serve(FhirBase base, UnaryOperator<GrantResolver> grants, RateLimiter rateLimiter) {
        FhirServices own = new FhirServices(services.store(), services.cursors(), services.definitions(), services.searchParser(), services.structure(), services.validator(), services.terminology(), services.fhir(), services.packages(),
            grants.apply(services.grants()), rateLimiter, services.audit());
        register(context, base, own);
        return host + base.path();
    }

    private static void register(ServletContextHandler context, FhirBase base, FhirServices services) {
        context.addServlet(new ServletHolder(base.path(), new FhirServlet(base, services)), base.path() + "/*");
    }

    public static synchronized RunningServer get() {
        try {
            if (one == null) {
                one = new RunningServer();
            }
            return one;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** An answer with its body read. */
    public record Reply(int status, HttpResponse<byte[]> response, byte[] body) {

        public JsonDocument json() {
            return JsonDocument.parse(body);
        }

        public String text() {
            return new String(body, java.nio.charset.StandardCharsets.UTF_8);
        }

        public String header(String name) {
            return response.headers().firstValue(name).orElse(null);
        }
    }

    public Reply get(String path, String... headers) {
        return send("GET", path, (byte[]) null, headers);
    }

    public Reply put(String path, String body, String... headers) {
        return send("PUT", path, body, headers);
    }

    public Reply post(String path, String body, String... headers) {
        return send("POST", path, body, headers);
    }

    /** @param path below the system base, or an absolute URL; the body is FHIR JSON unless a Content-Type is given */
    public Reply send(String method, String path, String body, String... headers) {
        return send(method, path, body == null ? null : body.getBytes(java.nio.charset.StandardCharsets.UTF_8), headers);
    }

    public Reply send(String method, String path, byte[] body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : system + (path.isEmpty() || path.startsWith("?") ? path : "/" + path)));
        request.method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body));
        boolean typed = List.of(headers).contains("Content-Type");
        if (body != null && !typed) {
            request.setHeader("Content-Type", "application/fhir+json");
        }
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        try {
            HttpResponse<byte[]> response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            return new Reply(response.statusCode(), response, response.body());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Stores a resource as one was stored before what is checked today was checked. */
    void storeUnchecked(String json) {
        JsonDocument body = JsonDocument.parse(json);
        ResourceKey key = new ResourceKey(body.root().fieldText("resourceType"), body.root().fieldText("id"));
        services.store().open(services.grants().resolve(null)).write(transaction -> {
            transaction.lock(List.of(key));
            return transaction.put(key, body);
        });
    }

    /** Rows of every table of the store: what a refused request must not change. */
    String rows() {
        String sql = "SELECT (SELECT count(*) FROM store.resource), (SELECT count(*) FROM store.history), (SELECT count(*) FROM store.value_token), (SELECT count(*) FROM store.value_text)";
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1) + "/" + row.getLong(2) + "/" + row.getLong(3) + "/" + row.getLong(4);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
