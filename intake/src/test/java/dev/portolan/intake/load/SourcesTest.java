package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.ReadResult;
import dev.portolan.store.ResourceKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a feed may come from besides CPCDS files: NDJSON, bundles, an address, a query; and maps that the plan keeps as resources. Each test has a feed of its own in one database. */
class SourcesTest {

    private static final String MAPPING = """
        mapping: laboratory
        version: "1"
        input: {required: [RESULT_NO, MEMBER]}
        resources:
          - resourceType: Observation
            id: "{RESULT_NO | required | id}"
            status: final
            code:
              coding:
                - "{CODE | map urn:test:lab-codes}"
                - {system: "urn:test:local", code: "{CODE}"}
            subject: {reference: "{MEMBER | required | ref Patient}"}
            valueQuantity: {value: "{VALUE | decimal}", unit: "{UNIT}"}
        """;

    private static LoadFixture fixture;
    @TempDir
    private Path folder;

    @BeforeAll
    static void open() throws IOException {
        fixture = new LoadFixture(new LoadFixture.Definitions());
    }

    @AfterAll
    static void close() {
        fixture.close();
    }

    private static LoadRun load(String feed, String kind, String source, Map<String, String> details, Map<String, String> secret) throws InterruptedException {
        return load(feed, kind, source, LoadOptions.Validation.OFF, details, secret);
    }

    private static LoadRun load(String feed, String kind, String source, LoadOptions.Validation validation, Map<String, String> details, Map<String, String> secret) throws InterruptedException {
        LoadRun run = fixture.finished(fixture.loads.ask(feed, kind, source, new LoadOptions(false, false, false, validation), details, secret, "test"));
        assertThat(run.files()).allSatisfy(file -> assertThat(file.lines()).isEqualTo(file.mapped() + file.merged() + file.rejected()));
        return run;
    }

    private static LoadRun.FileReport only(LoadRun run) {
        assertThat(run.failure()).isNull();
        assertThat(run.files()).hasSize(1);
        return run.files().get(0);
    }

    /** The reader takes a file by stretches of 64 KiB: lines end just before a stretch's end, at it and after it, one is longer than two of them, and the last has no end. */
    @Test
    void linesAreWholeWhereverTheReadersStretchesEnd() throws Exception {
        int stretch = 1 << 16;
        StringBuilder text = new StringBuilder();
        int number = 0;
        for (int wanted : new int[] {stretch - 1, stretch, stretch + 1, 2 * stretch + 5, 10, 3 * stretch - 10}) {
            String bare = longPatient(number, "");
            text.append(longPatient(number++, "x".repeat(Math.max(0, wanted - bare.length() - 1)))).append(wanted == 10 ? "\r\n" : "\n");
        }
        text.append("\n").append(longPatient(number++, "\u00e9"));
        Path file = Files.writeString(folder.resolve("stretches.ndjson"), text);
        LoadRun.FileReport report = only(load("stretches", "ndjson", file.toString(), Map.of(), Map.of()));
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
        assertThat(report.mapped()).isEqualTo(number);
        for (String line : text.toString().split("\\R+")) {
            JsonDocument asked = JsonDocument.parse(line);
            JsonDocument there = JsonDocument.parse(((ReadResult.Found) fixture.view().read(new ResourceKey("Patient", String.valueOf(asked.root().fieldText("id"))))).resource().content().json());
            assertThat(String.valueOf(there.root().field("name").firstChild().fieldText("family"))).isEqualTo(asked.root().field("name").firstChild().fieldText("family"));
        }
    }

    private static String longPatient(int number, String family) {
        return "{\"resourceType\":\"Patient\",\"id\":\"stretch-" + number + "\",\"name\":[{\"family\":\"f" + family + "\"}]}";
    }

    /** Once a batch was all new the next is taken for new without asking: what is there all the same, from before or from a line of the same file, is found, compared and counted as what it is. */
    @Test
    void whatIsThereAlreadyIsFoundInTheMidstOfWhatIsNew() throws Exception {
        only(load("midst", "ndjson", Files.writeString(folder.resolve("before.ndjson"), family("midst-7000", "Same") + family("midst-7001", "Old")).toString(), Map.of(), Map.of()));
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 1200; i++) {
            text.append(family("midst-" + i, "New"));
        }
        text.append(family("midst-7000", "Same")).append(family("midst-7001", "Changed"));
        for (int i = 1200; i < 1500; i++) {
            text.append(family("midst-" + i, "New"));
        }
        text.append(family("midst-3", "New")).append(family("midst-4", "Newer"));
        LoadRun.FileReport report = only(load("midst", "ndjson", Files.writeString(folder.resolve("midst.ndjson"), text).toString(), Map.of(), Map.of()));
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
        assertThat(List.of(report.created(), report.updated(), report.unchanged())).isEqualTo(List.of(1500L, 2L, 2L));
        for (Map.Entry<String, String> stands : Map.of("midst-7000", "Same 1", "midst-7001", "Changed 2", "midst-3", "New 1", "midst-4", "Newer 2", "midst-1499", "New 1").entrySet()) {
            ReadResult.Found found = (ReadResult.Found) fixture.view().read(new ResourceKey("Patient", stands.getKey()));
            assertThat(JsonDocument.parse(found.resource().content().json()).root().field("name").firstChild().fieldText("family") + ' ' + found.resource().version()).as(stands.getKey()).isEqualTo(stands.getValue());
        }
    }

    /** As after a restart of the database that no worker noticed: the notes of the second batch are not there. */
    @Test
    void aLoadOfWhichTheDatabaseLostABatchIsNotCalledDone() throws Exception {
        Path file = families("losing", 900);
        try (Connection connection = fixture.pool.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute("""
                CREATE FUNCTION pg_temp.lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE TRIGGER lose BEFORE INSERT ON intake.batch FOR EACH ROW WHEN (NEW.number = 1) EXECUTE FUNCTION pg_temp.lose()""");
            try {
                LoadRun run = load("losing", "ndjson", file.toString(), Map.of(), Map.of());
                assertThat(run.failure()).contains("3 of the 4 batches").contains("Load the file again");
                assertThat(run.files().get(0).state()).isNotEqualTo(LoadRun.FileState.LOADED);
            } finally {
                statement.execute("DROP TRIGGER lose ON intake.batch");
            }
        }
        LoadRun.FileReport again = only(load("losing", "ndjson", file.toString(), Map.of(), Map.of()));
        assertThat(List.of(again.created(), again.unchanged())).isEqualTo(List.of(0L, 900L));
    }

    @Test
    void aLoadThatWasBegunWithOtherBatchesIsNotGoneOnWith() throws Exception {
        Path file = families("begun", 600);
        LoadRun run = load("begun", "ndjson", file.toString(), Map.of(), Map.of());
        assertThat(run.failure()).isNull();
        assertThat(goneOnWith(run, "DELETE FROM intake.batch WHERE file = %d AND number = 2").failure()).as("the same batches").isNull();
        assertThat(goneOnWith(run, "UPDATE intake.batch SET last_line = last_line - 50 WHERE file = %d AND number = 1").failure()).contains("another release").contains("Load the file again");
        assertThat(only(load("begun", "ndjson", file.toString(), Map.of(), Map.of())).unchanged()).isEqualTo(600);
    }

    /** As a process finds a run that another has not finished. */
    private static LoadRun goneOnWith(LoadRun run, String before) throws Exception {
        try (Connection connection = fixture.pool.getConnection(); Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("UPDATE intake.file SET state = 'loading' WHERE run = " + run.id() + " RETURNING id")) {
                assertThat(row.next()).isTrue();
                assertThat(connection.createStatement().executeUpdate(before.formatted(row.getLong(1)))).isOne();
            }
            statement.executeUpdate("UPDATE intake.run SET state = 'running', finished = NULL, failure = NULL WHERE id = " + run.id());
        }
        return fixture.finished(run.id());
    }

    /** A file of so many Patients, in several batches. */
    private Path families(String name, int count) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(family(name + "-" + i, "L"));
        }
        return Files.writeString(folder.resolve(name + ".ndjson"), text);
    }

    private static String family(String id, String family) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"name\":[{\"family\":\"" + family + "\"}]}\n";
    }

    /** Two nodes load the same resources: what one has just made the other may have noted first. */
    @Test
    void anOriginThatAnotherNodeNotedFirstIsNoFailure() throws Exception {
        LoadRun.FileReport first = only(load("nodes", "ndjson", Files.writeString(folder.resolve("nodes.ndjson"), patient("node-1")).toString(), Map.of(), Map.of()));
        long file;
        try (Connection connection = fixture.pool.getConnection(); Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("SELECT file FROM intake.origin WHERE feed = 'nodes'")) {
            assertThat(row.next()).isTrue();
            file = row.getLong(1);
        }
        BatchResult.Counts counts = new BatchResult.Counts(7, 7, 1, 1, 0, 0, 0, 1, 0, 0);
        List<BatchResult.Origin> origins = List.of(new BatchResult.Origin("Patient", "node-1", 7, true), new BatchResult.Origin("Patient", "node-2", 8, true));
        fixture.ledger.note("nodes", first.part(), file, new BatchResult(99, counts, new byte[0], List.of(), List.of(), origins, Map.of(), List.of()));
        try (Connection connection = fixture.pool.getConnection(); Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery("SELECT string_agg(id || ' ' || line, ', ' ORDER BY id) FROM intake.origin WHERE feed = 'nodes'")) {
            row.next();
            assertThat(row.getString(1)).isEqualTo("node-1 7, node-2 8");
        }
    }

    private static String patient(String id) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"name\":[{\"family\":\"Quist\"}]}";
    }

    @Test
    void ndjsonLinesThatAreResourcesAreTakenAndAllOthersSayWhyNot() throws Exception {
        Path file = folder.resolve("Patient.ndjson");
        Files.writeString(file, String.join("\n", patient("n1"), "", "{\"resourceType\":\"Patient\"", "{\"id\":\"n2\"}", "{\"resourceType\":\"Patient\",\"id\":\"no such id!\"}",
            "{\"resourceType\":\"Patient\",\"id\":\"n3\",\"gender\":[1]}", patient("n4").replace("Quist", "Quist\u00e9")));
        LoadRun.FileReport report = only(load("ndjson-lines", "ndjson", file.toString(), Map.of(), Map.of()));
        assertThat(report.lines()).isEqualTo(6);
        assertThat(report.created()).isEqualTo(2);
        assertThat(report.rejected()).isEqualTo(4);
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).contains("no-json", "no-resource", "no-key", "invalid-structure");
        assertThat(report.problems()).filteredOn(problem -> problem.code().equals("no-json")).allSatisfy(problem -> assertThat(problem.examples()).containsExactly(3L));
        assertThat(fixture.read("Patient", "n4").root().field("name").firstChild().fieldText("family")).isEqualTo("Quist\u00e9");
    }

    @Test
    void ofAFolderEveryFileThatIsOneIsReadZippedOrNotAndAConditionalReferenceFindsItsTarget() throws Exception {
        Files.writeString(folder.resolve("1-Practitioner.ndjson"), "{\"resourceType\":\"Practitioner\",\"id\":\"dr\",\"identifier\":[{\"system\":\"urn:npi\",\"value\":\"7\"}]}\n");
        try (var out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("2-Encounter.ndjson.gz")))) {
            String encounter = "{\"resourceType\":\"Encounter\",\"id\":\"%s\",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"participant\":[{\"individual\":{\"reference\":\"Practitioner?identifier=urn:npi|%s\"}}]}\n";
            out.write((encounter.formatted("found", "7") + encounter.formatted("lost", "8")).getBytes(StandardCharsets.UTF_8));
        }
        Files.writeString(folder.resolve("readme.txt"), "not a feed");
        LoadRun run = load("ndjson-folder", "ndjson", folder.toString(), Map.of(), Map.of());
        assertThat(run.failure()).isNull();
        assertThat(run.files()).extracting(LoadRun.FileReport::name).containsExactly("1-Practitioner.ndjson", "2-Encounter.ndjson.gz");
        assertThat(participant("found")).isEqualTo("Practitioner/dr");
        assertThat(participant("lost")).isEqualTo("Practitioner?identifier=urn:npi|8");
        assertThat(run.files().get(1).problems()).extracting(LoadRun.GroupedProblem::code).containsExactly("unresolved-reference");
    }

    private static String participant(String encounter) {
        return fixture.read("Encounter", encounter).root().field("participant").firstChild().field("individual").fieldText("reference");
    }

    @Test
    void theEntriesOfABundleReferToEachOtherByTheirIds() throws Exception {
        Path file = folder.resolve("bundle.json");
        Files.writeString(file, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"fullUrl\":\"urn:uuid:1\",\"resource\":" + patient("b1") + "},{\"fullUrl\":\"urn:uuid:2\",\"resource\":"
            + "{\"resourceType\":\"Observation\",\"id\":\"b2\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"urn:uuid:1\"}}}]}");
        LoadRun.FileReport report = only(load("bundle", "ndjson", file.toString(), Map.of(), Map.of()));
        assertThat(report.part()).isEqualTo("bundles");
        assertThat(report.created()).isEqualTo(2);
        assertThat(fixture.read("Observation", "b2").root().field("subject").fieldText("reference")).isEqualTo("Patient/b1");
    }

    @Test
    void anAddressIsFetchedWithItsTokenWhichIsKeptNowhereAndARefusalIsAFailureWithItsStatus() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        AtomicInteger refused = new AtomicInteger();
        server.createContext("/export/Patient.ndjson", exchange -> {
            boolean known = "Bearer secret-of-the-source".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = known ? patient("u1").getBytes(StandardCharsets.UTF_8) : new byte[0];
            refused.addAndGet(known ? 0 : 1);
            exchange.sendResponseHeaders(known ? 200 : 401, known ? body.length : -1);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.createContext("/elsewhere", exchange -> {
            exchange.getResponseHeaders().add("Location", "/export/Patient.ndjson");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        server.start();
        try {
            String base = "http://127.0.0.1:" + server.getAddress().getPort();
            assertThat(only(load("address", "ndjson", base + "/export/Patient.ndjson", Map.of(), Map.of("token", "secret-of-the-source"))).created()).isEqualTo(1);
            assertThat(fixture.read("Patient", "u1")).isNotNull();
            assertThat(load("address", "ndjson", base + "/export/Patient.ndjson", Map.of(), Map.of()).failure()).contains("401");
            assertThat(refused).hasValue(1);
            assertThat(load("address", "ndjson", base + "/elsewhere", Map.of(), Map.of("token", "secret-of-the-source")).failure()).as("a token goes to the address that was named, and no further").contains("302");
        } finally {
            server.stop(0);
        }
        assertThat(text("SELECT string_agg(r::text, '') || string_agg(f::text, '') FROM intake.run r JOIN intake.file f ON f.run = r.id")).doesNotContain("secret-of-the-source");
    }

    @Test
    void aQueryIsReadAsRowsByAMappingThatAsksAConceptMapOfThePlan() throws Exception {
        String map = "{\"resourceType\":\"ConceptMap\",\"id\":\"lab\",\"url\":\"urn:test:lab-codes\",\"status\":\"active\",\"group\":[{\"target\":\"http://loinc.org\",\"element\":["
            + "{\"code\":\"GLU\",\"target\":[{\"code\":\"2345-7\",\"display\":\"Glucose\",\"equivalence\":\"equivalent\"}]},{\"code\":\"OLD\",\"target\":[{\"code\":\"1-1\",\"equivalence\":\"unmatched\"}]}]}]}";
        fixture.view().write(transaction -> transaction.put(new ResourceKey("ConceptMap", "lab"), JsonDocument.parse(map.getBytes(StandardCharsets.UTF_8))));
        execute("CREATE SCHEMA warehouse; CREATE TABLE warehouse.result (no text, member text, code text, value numeric, unit text, note text)");
        execute("INSERT INTO warehouse.result VALUES ('r1', 'm1', 'GLU', 5.40, 'mmol/L', E'with, comma \"and\"\nline'), ('r2', 'm1', 'OLD', 1, 'g', NULL), ('r3', 'm2', 'XYZ', NULL, NULL, ''), ('r4', NULL, 'GLU', 1, 'g', NULL)");
        String address = fixture.pool.getJdbcUrl() + (fixture.pool.getJdbcUrl().contains("?") ? "&" : "?") + "user=postgres&password=hidden-password";
        Map<String, String> secret = Map.of("jdbc", address, "query", "SELECT no AS \"RESULT_NO\", member AS \"MEMBER\", code AS \"CODE\", value AS \"VALUE\", unit AS \"UNIT\", note AS \"NOTE\" FROM warehouse.result ORDER BY no");
        LoadRun run = load("warehouse", "mapping", "jdbc", Map.of("mapping", MAPPING), secret);
        LoadRun.FileReport report = only(run);
        assertThat(report.lines()).isEqualTo(4);
        assertThat(report.rejected()).isEqualTo(1);
        assertThat(codes("r1")).isEqualTo("[{\"system\":\"http://loinc.org\",\"code\":\"2345-7\",\"display\":\"Glucose\"},{\"system\":\"urn:test:local\",\"code\":\"GLU\"}]");
        assertThat(fixture.read("Observation", "r1").root().field("valueQuantity").field("value").text()).isEqualTo("5.40");
        assertThat(codes("r2")).as("a map may say that there is no standard code").isEqualTo("[{\"system\":\"urn:test:local\",\"code\":\"OLD\"}]");
        assertThat(report.unmapped()).extracting(LoadRun.UnmappedCode::code).containsExactlyInAnyOrder("OLD", "XYZ");
        assertThat(run.source()).doesNotContain("hidden-password");
        assertThat(load("warehouse", "mapping", "jdbc", Map.of("mapping", MAPPING), Map.of("jdbc", address, "query", "DELETE FROM warehouse.result")).failure()).isNotNull();
        assertThat(text("SELECT count(*)::text FROM warehouse.result")).as("a source is only read").isEqualTo("4");
    }

    private static String codes(String observation) {
        JsonValue code = fixture.read("Observation", observation).root().field("code");
        return code.field("coding").toJson();
    }

    @Test
    void howMuchIsValidatedIsSaidForEachLoad() throws Exception {
        Map<LoadOptions.Validation, Long> wanted = Map.of(LoadOptions.Validation.OFF, 0L, LoadOptions.Validation.SHAPES, 2L, LoadOptions.Validation.SAMPLE, 3L, LoadOptions.Validation.EVERY, 201L);
        for (Map.Entry<LoadOptions.Validation, Long> policy : wanted.entrySet()) {
            String name = policy.getKey().name().toLowerCase(java.util.Locale.ROOT);
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < 201; i++) {
                lines.add(i == 100 ? patient(name + i).replace("\"name\"", "\"active\":true,\"name\"") : patient(name + i));
            }
            Path file = folder.resolve(name + ".ndjson");
            Files.write(file, lines);
            LoadRun.FileReport report = only(load("policy-" + name, "ndjson", file.toString(), policy.getKey(), Map.of(), Map.of()));
            assertThat(report.profiles().stream().mapToLong(LoadRun.ProfileReport::checked).sum()).as(name).isEqualTo(policy.getValue());
        }
    }

    @Test
    void whatCannotBeDoneIsRefusedBeforeAnythingIsNoted() {
        long before = fixture.reports.latest(1000).size();
        assertThatThrownBy(() -> load("Wrong Name", "ndjson", folder.toString(), Map.of(), Map.of())).isInstanceOf(LoadException.class).hasMessageContaining("feed's name");
        assertThatThrownBy(() -> load("feed", "no-such-kind", folder.toString(), Map.of(), Map.of())).isInstanceOf(LoadException.class).hasMessageContaining("cpcds");
        assertThatThrownBy(() -> load("feed", "ndjson", folder.resolve("nowhere").toString(), Map.of(), Map.of())).isInstanceOf(LoadException.class).hasMessageContaining("nowhere");
        assertThatThrownBy(() -> load("feed", "mapping", folder.toString(), Map.of("mapping", "a: ["), Map.of())).isInstanceOf(LoadException.class).hasMessageContaining("mapping");
        assertThat(fixture.reports.latest(1000)).hasSize((int) before);
    }

    private static void execute(String sql) throws Exception {
        try (var connection = fixture.pool.getConnection(); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String text(String sql) throws Exception {
        try (var connection = fixture.pool.getConnection(); var statement = connection.createStatement(); var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
