package dev.portolan.server;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.GroupCommitTrail;
import dev.portolan.audit.RecordedEntry;
import dev.portolan.audit.TrailFilter;
import dev.portolan.audit.TrailReader;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.SandboxTokens;
import dev.portolan.server.database.Databases;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/** A whole server with a few members' records, an app of theirs and staff; and a look into its trail. */
final class AuditedServer implements AutoCloseable {

    static final int MEMBERS = 6;
    static final String PASSWORD = "correct horse 12";
    static final String APP = "audit-app";

    final PortolanServer server;
    final Path data;
    final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    final Account representative;
    private final List<String> memberTokens = new ArrayList<>();
    private final AtomicLong requests = new AtomicLong();

    /** An answer, and the name that its request had. */
    record Reply(String request, int status, String body, HttpResponse<String> response) {}

    AuditedServer(Path data) throws Exception {
        this(data, Map.of());
    }

    /** @param settings beside the usual */
    AuditedServer(Path data, Map<String, String> settings) throws Exception {
        this.data = data;
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.package-registry", "off", "portolan.audit.anchors", data.resolve("elsewhere").toString(),
            // Runs of acceptance 6 read as fast as they can.
            "portolan.limits.token-per-minute", "0", "portolan.limits.app-per-minute", "0"));
        server = PortolanServer.start(all);
        Accounts accounts = server.part(Accounts.class);
        server.part(AppLifecycle.class).register(APP, new AppRequest("Heart Diary", null, "none", List.of("authorization_code"), null, "openid patient/*.rs user/*.rs", List.of("https://app.example/done"), null, null,
            null, new App.Metadata("", "Diary Makers", "", "", "", "", List.of("a@b.example"), "", "", ""), Map.of()), "test", null, true);
        accounts.add(Accounts.NewAccount.staff("auditor", PASSWORD, "Ada Auditor", null, "AUDITOR"));
        accounts.add(Accounts.NewAccount.staff("admin", PASSWORD, "Al Admin", null, "ADMIN"));
        for (int i = 0; i < MEMBERS; i++) {
            load(i);
            Account member = accounts.add(Accounts.NewAccount.member("member" + i, PASSWORD, "Zyxwvuta Quibbleton" + i, "p" + i));
            memberTokens.add(token(member, "p" + i, "patient/*.rs"));
        }
        representative = accounts.add(Accounts.NewAccount.member("parent", PASSWORD, "Parent Quibbleton", "p-parent"));
        accounts.addRepresentation(representative.id(), new Accounts.Represented("p0", "Zyxwvuta Quibbleton0", "parent", null), null);
    }

    private void load(int i) throws Exception {
        String system = base("system");
        put(system, "Patient/p" + i, "{\"resourceType\":\"Patient\",\"id\":\"p%1$d\",\"name\":[{\"family\":\"Quibbleton%1$d\",\"given\":[\"Zyxwvuta\"]}],\"birthDate\":\"1971-04-0%1$d\"}".formatted(i + 1 > 9 ? 9 : i).replace("1971-04-00", "2020-04-09")); // p0 is a child: a parent acts for no other
        put(system, "Observation/lab" + i, observation("lab" + i, i, "laboratory"));
        put(system, "Observation/vital" + i, observation("vital" + i, i, "vital-signs"));
        put(system, "Condition/c" + i, "{\"resourceType\":\"Condition\",\"id\":\"c%1$d\",\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"R\"}]},\"subject\":{\"reference\":\"Patient/p%1$d\"},\"code\":{\"text\":\"secret ailment\"}}".formatted(i));
        put(system, "Practitioner/d" + i, "{\"resourceType\":\"Practitioner\",\"id\":\"d%d\"}".formatted(i));
    }

    static String observation(String id, int member, String category) {
        return ("{\"resourceType\":\"Observation\",\"id\":\"%s\",\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"%s\"}]}],"
            + "\"code\":{\"text\":\"glucose\"},\"subject\":{\"reference\":\"Patient/p%d\"}}").formatted(id, category, member);
    }

    private void put(String base, String path, String body) throws Exception {
        Reply reply = send("PUT", base + "/" + path, operator(), body);
        if (reply.status() != 201) {
            throw new IllegalStateException(reply.status() + " " + reply.body());
        }
    }

    String base(String name) {
        return server.bases().get(name).toString();
    }

    String operator() {
        return server.sandbox().orElseThrow().operatorToken(server.operatorApp());
    }

    String memberToken(int i) {
        return memberTokens.get(i);
    }

    String token(Account account, String patient, String scopes) {
        return server.part(SandboxTokens.class).issue(APP, account.id(), patient, account.fhirUser(), SmartScopes.parse(scopes), null, Duration.ofHours(1));
    }

    Account account(String user) {
        return server.part(Accounts.class).findByUsername(user).orElseThrow();
    }

    Reply get(String url, String token, String... headers) throws IOException, InterruptedException {
        return send("GET", url, token, null, headers);
    }

    /** Every request has a name of its own, by which its entry is found. */
    Reply send(String method, String url, String token, String body, String... headers) throws IOException, InterruptedException {
        String request = "t-" + requests.incrementAndGet();
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(url)).header("X-Request-Id", request)
            .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (token != null) {
            builder.header("Authorization", token.contains(" ") ? token : "Bearer " + token);
        }
        if (body != null && !List.of(headers).contains("Content-Type")) {
            builder.header("Content-Type", "application/fhir+json");
        }
        if (headers.length > 0) {
            builder.headers(headers);
        }
        HttpResponse<String> response = http.send(builder.build(), HttpResponse.BodyHandlers.ofString());
        return new Reply(request, response.statusCode(), response.body(), response);
    }

    static String basic(String user) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    }

    /** The entries of one request. */
    List<AuditEntry> entries(Reply reply) {
        List<RecordedEntry> found = new ArrayList<>();
        server.part(TrailReader.class).each(TrailFilter.ALL, entry -> {
            if (entry.entry().origin().request().equals(reply.request())) {
                found.add(entry);
            }
        });
        return found.stream().map(RecordedEntry::entry).toList();
    }

    /** Everything that stands in the trail, as text. */
    String trailText() throws SQLException {
        StringBuilder text = new StringBuilder();
        try (Connection connection = trail().getConnection(); PreparedStatement select = connection.prepareStatement("SELECT e::text FROM audit.entry e");
            ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                text.append(rows.getString(1)).append('\n');
            }
        }
        return text.toString();
    }

    /** Connections that see every entry of what was answered. */
    DataSource trail() {
        return server.part(GroupCommitTrail.class).settled(server.part(Databases.class).pool());
    }

    /** Calls until the trail takes no entries any more: a journal, or a queue, bridges a moment. */
    void untilRefused() throws IOException, InterruptedException {
        until(503);
    }

    /** Calls until the trail takes entries again. */
    void untilTaken() throws IOException, InterruptedException {
        until(401);
    }

    private void until(int status) throws IOException, InterruptedException {
        for (int i = 0; get(base("patient-access") + "/Patient/p1", "no-such-token").status() != status; i++) {
            if (i > 1_000) {
                throw new IllegalStateException("it is never answered " + status);
            }
            Thread.sleep(20);
        }
    }

    /** As the owner of the trail. */
    void asOwner(String sql) throws SQLException {
        try (var owner = server.part(Databases.class).ownerPool(); Connection connection = owner.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
