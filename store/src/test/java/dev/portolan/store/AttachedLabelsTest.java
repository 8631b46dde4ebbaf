package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.ParameterType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The document of what is withheld is withheld too, whichever of the two was written first. {@code -Dportolan.seed=N}, {@code -Dportolan.seeds=N}, {@code -Dportolan.races=N}. */
class AttachedLabelsTest {

    private static final String LABEL = "urn:l|secret";
    private static final String BASE = "https://plan.example/fhir";

    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView all;

    @BeforeAll
    static void open() {
        pool = TestDatabase.migrated();
        SampleDefinitions definitions = new SampleDefinitions("attached");
        for (String type : List.of("DocumentReference", "Media", "DiagnosticReport")) {
            definitions.add(type, "subject", ParameterType.REFERENCE, "subject").add(type, "_security", ParameterType.TOKEN, "meta.security");
        }
        definitions.add("DiagnosticReport", "result", ParameterType.REFERENCE, "result");
        database = definitions.open(pool, new StoreSettings(Set.of(BASE), Duration.ofSeconds(30), true));
        all = database.records().open(Grants.everything());
    }

    @AfterAll
    static void close() {
        database.close();
        pool.close();
    }

    private static ResourceKey key(String reference) {
        return new ResourceKey(reference.substring(0, reference.indexOf('/')), reference.substring(reference.indexOf('/') + 1));
    }

    private static JsonDocument binary(String patient, int content) {
        return JsonDocument.parse("{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\",\"securityContext\":{\"reference\":\"Patient/" + patient + "\"},\"data\":\"AAA" + content + "\"}");
    }

    private static JsonDocument attaching(String type, String patient, boolean secret, @Nullable String url) {
        String attachment = "{\"contentType\":\"text/plain\"" + (url == null ? "" : ",\"url\":\"" + url + "\"") + "}";
        String content = switch (type) {
            case "DocumentReference" -> "\"content\":[{\"attachment\":" + attachment + "}]";
            case "Media" -> "\"content\":" + attachment;
            default -> "\"presentedForm\":[" + attachment + "]";
        };
        return JsonDocument.parse("{\"resourceType\":\"" + type + "\"" + (secret ? ",\"meta\":{\"security\":[{\"system\":\"urn:l\",\"code\":\"secret\"}]}" : "")
            + ",\"subject\":{\"reference\":\"Patient/" + patient + "\"}," + content + "}");
    }

    private static RecordView withholding(String patient) {
        return database.records().open(new Grant("withholding-" + patient, "test", null, Purpose.MEMBER_REQUEST, new Grant.Members.Only(Set.of(patient)), Grants.allowing(EnumSet.allOf(Interaction.class)), Set.of(LABEL), Set.of()));
    }

    private static boolean isGiven(String patient, String reference) {
        return withholding(patient).read(key(reference)) instanceof ReadResult.Found;
    }

    private static void write(Map<String, JsonDocument> resources) {
        all.write(transaction -> {
            resources.forEach((reference, body) -> transaction.put(key(reference), body));
            return null;
        });
    }

    @Test
    void con02_the_document_of_what_is_withheld_is_withheld_in_whatever_order_they_were_written() {
        for (int seed = 0; seed < Integer.getInteger("portolan.seeds", 60); seed++) {
            Random random = new Random(Long.getLong("portolan.seed", 5) + seed);
            String patient = "d" + seed + "-" + random.nextInt(1_000_000);
            String type = List.of("DocumentReference", "Media", "DiagnosticReport").get(random.nextInt(3));
            String url = List.of("", BASE + "/").get(random.nextInt(2)) + "Binary/" + patient + List.of("", "/_history/1").get(random.nextInt(2));
            Map<String, JsonDocument> resources = new LinkedHashMap<>();
            resources.put("Patient/" + patient, JsonDocument.parse("{\"resourceType\":\"Patient\"}"));
            resources.put(type + "/" + patient, attaching(type, patient, true, url));
            resources.put("Binary/" + patient, binary(patient, 0));
            resources.put(type + "/" + patient + "-open", attaching(type, patient, false, "Binary/" + patient + "-open"));
            resources.put("Binary/" + patient + "-open", binary(patient, 0));
            List<String> order = new ArrayList<>(resources.keySet());
            Collections.shuffle(order, random);
            int batch = 1 + random.nextInt(order.size());
            for (int at = 0; at < order.size(); at += batch) {
                Map<String, JsonDocument> together = new LinkedHashMap<>();
                order.subList(at, Math.min(at + batch, order.size())).forEach(reference -> together.put(reference, resources.get(reference)));
                write(together);
            }
            assertThat(isGiven(patient, "Binary/" + patient)).as("seed %d, the document of what is withheld", seed).isFalse();
            assertThat(isGiven(patient, "Binary/" + patient + "-open")).as("seed %d, another document", seed).isTrue();
        }
    }

    @Test
    void a_document_that_is_written_again_stays_withheld_and_unchanged() {
        write(Map.of("Patient/again", JsonDocument.parse("{\"resourceType\":\"Patient\"}"), "DocumentReference/again", attaching("DocumentReference", "again", true, "Binary/again"), "Binary/again", binary("again", 0)));
        assertThat(all.write(transaction -> transaction.put(key("Binary/again"), binary("again", 0))).outcome()).isEqualTo(WriteTransaction.Written.Outcome.UNCHANGED);
        write(Map.of("Binary/again", binary("again", 1)));
        assertThat(isGiven("again", "Binary/again")).isFalse();
    }

    @Test
    void a_document_takes_the_labels_on_that_come_later_or_by_another_way() {
        write(Map.of("Patient/later", JsonDocument.parse("{\"resourceType\":\"Patient\"}"), "DocumentReference/later", attaching("DocumentReference", "later", false, "Binary/later"), "Binary/later", binary("later", 0)));
        assertThat(isGiven("later", "Binary/later")).isTrue();
        write(Map.of("DocumentReference/later", attaching("DocumentReference", "later", true, "Binary/later")));
        assertThat(isGiven("later", "Binary/later")).isFalse();
        // Another document, of a resource that was labelled before.
        write(Map.of("DocumentReference/later", attaching("DocumentReference", "later", true, "Binary/later-2"), "Binary/later-2", binary("later", 0)));
        assertThat(isGiven("later", "Binary/later-2")).isFalse();
        // A report takes the label of its result on, and its document that of the report.
        write(Map.of("DiagnosticReport/later", JsonDocument.parse("{\"resourceType\":\"DiagnosticReport\",\"subject\":{\"reference\":\"Patient/later\"},\"result\":[{\"reference\":\"Observation/later\"}],\"presentedForm\":[{\"url\":\"Binary/later-3\"}]}"),
            "Binary/later-3", binary("later", 0)));
        assertThat(isGiven("later", "Binary/later-3")).isTrue();
        write(Map.of("Observation/later", JsonDocument.parse("{\"resourceType\":\"Observation\",\"meta\":{\"security\":[{\"system\":\"urn:l\",\"code\":\"secret\"}]},\"subject\":{\"reference\":\"Patient/later\"}}")));
        assertThat(isGiven("later", "Binary/later-3")).isFalse();
    }

    /** Who names a document that is not in its own record hides nothing from its owner. */
    @Test
    void a_document_in_another_members_record_is_not_touched() {
        write(Map.of("Patient/mine", JsonDocument.parse("{\"resourceType\":\"Patient\"}"), "Patient/other", JsonDocument.parse("{\"resourceType\":\"Patient\"}"), "Binary/mine", binary("mine", 0)));
        write(Map.of("DocumentReference/other", attaching("DocumentReference", "other", true, "Binary/mine")));
        write(Map.of("Binary/mine", binary("mine", 1)));
        assertThat(isGiven("mine", "Binary/mine")).isTrue();
    }

    /** As an earlier version left them: the document has no label. */
    @Test
    void documents_of_an_earlier_version_take_their_labels_on_once() throws Exception {
        write(Map.of("Patient/early", JsonDocument.parse("{\"resourceType\":\"Patient\"}"), "DocumentReference/early", attaching("DocumentReference", "early", true, "Binary/early"), "Binary/early", binary("early", 0),
            "Binary/early-open", binary("early", 1)));
        StoreContext context = database.context();
        awaitSweptAtStart(pool);
        byte[] unlabelled = context.codec().encode(context.names().type("Binary"), Stamps.stamp(binary("early", 0), "early", 1, Stamps.instant(0)));
        update("UPDATE store.resource SET content = ?, tokens = '{}', parameters = array_remove(parameters, " + context.names().parameter(ValueRows.LABELS) + "::smallint) WHERE id = 'early' AND type = " + context.names().type("Binary"), unlabelled);
        assertThat(isGiven("early", "Binary/early")).isTrue();
        new EarlierDocuments(context, database.parts()).run(); // was done at the start, when there was nothing yet
        assertThat(isGiven("early", "Binary/early")).isTrue();
        update("DELETE FROM store.setting WHERE name = 'earlier-documents-labelled' AND value = ?", new byte[0]);
        new EarlierDocuments(context, database.parts()).run();
        assertThat(isGiven("early", "Binary/early")).isFalse();
        assertThat(isGiven("early", "Binary/early-open")).isTrue();
        assertThat(((ReadResult.Found) all.read(key("Binary/early-open"))).resource().version()).isEqualTo(1);
        update("UPDATE store.setting SET value = ? WHERE name = 'earlier-documents-labelled'", new byte[0]); // and is not done again
    }

    /** A database that is away for a moment after the first start of a new version: documents that are to be withheld would be given until the next start. */
    @Test
    void what_breaks_off_the_labelling_of_an_earlier_versions_documents_only_delays_it() throws Exception {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger background = (Logger) LoggerFactory.getLogger(BackgroundWork.class);
        log.start();
        background.addAppender(log);
        try (HikariDataSource own = TestDatabase.migrated()) {
            execute(own, "CREATE FUNCTION store.no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'earlier-documents-labelled' THEN RAISE disk_full; END IF; RETURN NEW; END $$");
            execute(own, "CREATE TRIGGER no_room BEFORE INSERT ON store.setting FOR EACH ROW EXECUTE FUNCTION store.no_room()");
            RecordDatabase started = new SampleDefinitions("broken-off").add("Binary", "_security", ParameterType.TOKEN, "meta.security").open(own, new StoreSettings(Set.of(BASE), Duration.ofSeconds(30), true));
            try {
                for (int i = 0; i < 600 && !hasFailed(log); i++) {
                    Thread.sleep(100);
                }
                assertThat(hasFailed(log)).isTrue();
                assertThat(isSwept(own)).isFalse();
                execute(own, "DROP TRIGGER no_room ON store.setting");
                awaitSweptAtStart(own);
                assertThat(isSwept(own)).isTrue();
            } finally {
                started.close();
            }
        } finally {
            background.detachAppender(log);
        }
    }

    /** An appender takes an event under its own lock. */
    private static boolean hasFailed(ListAppender<ILoggingEvent> log) {
        synchronized (log) {
            return log.list.stream().anyMatch(event -> event.getFormattedMessage().contains("labelling earlier documents failed"));
        }
    }

    private static void execute(HikariDataSource own, String sql) throws SQLException {
        try (Connection connection = own.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static boolean isSwept(HikariDataSource own) throws SQLException {
        try (Connection connection = own.getConnection(); PreparedStatement select = connection.prepareStatement("SELECT FROM store.setting WHERE name = 'earlier-documents-labelled'")) {
            return select.executeQuery().next();
        }
    }

    private static void awaitSweptAtStart(HikariDataSource own) throws Exception {
        for (int i = 0; i < 600 && !isSwept(own); i++) {
            Thread.sleep(100);
        }
    }

    private static void update(String sql, byte[] value) throws SQLException {
        try (Connection connection = pool.getConnection(); PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setBytes(1, value);
            assertThat(statement.executeUpdate()).isEqualTo(1);
        }
    }

    @Test
    void of_two_who_write_at_once_none_passes_the_other() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int race = 0; race < Integer.getInteger("portolan.races", 20); race++) {
                String patient = "race" + race;
                write(Map.of("Patient/" + patient, JsonDocument.parse("{\"resourceType\":\"Patient\"}")));
                Future<?> labelling = threads.submit(() -> write(Map.of("DocumentReference/" + patient, attaching("DocumentReference", patient, true, "Binary/" + patient))));
                Future<?> document = threads.submit(() -> write(Map.of("Binary/" + patient, binary(patient, 0))));
                labelling.get();
                document.get();
                assertThat(isGiven(patient, "Binary/" + patient)).as("race %d", race).isFalse();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
