package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.ParameterType;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is withheld is not told by what is about it, whichever of the two was written first, and in how many steps. {@code -Dportolan.seed=N}, {@code -Dportolan.seeds=N}, {@code -Dportolan.races=N}. */
class InheritedLabelsTest {

    private static final String LABEL = "urn:l|secret";
    private static final String OWN_BASE = "https://plan.example/fhir";
    private static final Map<String, String> ELEMENTS = Map.of("Provenance", "target", "List", "entry.item", "Composition", "section.entry", "AuditEvent", "entity.what", "Communication", "about");
    private static final List<String> HEIRS = List.of("Provenance", "List", "Composition", "AuditEvent", "Communication");

    private static final List<String> MEDICATED = List.of("MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement");

    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView all;

    @BeforeAll
    static void open() {
        pool = TestDatabase.migrated();
        SampleDefinitions definitions = new SampleDefinitions("heirs");
        for (String type : HEIRS) {
            definitions.add(type, type.equals("Provenance") ? "patient" : "subject", ParameterType.REFERENCE, "subject").add(type, "_security", ParameterType.TOKEN, "meta.security");
        }
        definitions.add("List", "item", ParameterType.REFERENCE, "entry.item").add("Composition", "entry", ParameterType.REFERENCE, "section.entry").add("AuditEvent", "entity", ParameterType.REFERENCE, "entity.what")
            .add("AuditEvent", "patient", ParameterType.REFERENCE, "subject");
        definitions.add("Bundle", "_security", ParameterType.TOKEN, "meta.security").add("Medication", "_security", ParameterType.TOKEN, "meta.security");
        for (String type : MEDICATED) {
            definitions.add(type, "subject", ParameterType.REFERENCE, "subject").add(type, "_security", ParameterType.TOKEN, "meta.security").add(type, "medication", ParameterType.REFERENCE, "medicationReference");
        }
        database = definitions.open(pool, new StoreSettings(Set.of(OWN_BASE), StoreSettings.DEFAULT.searchTimeout(), true));
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

    private static JsonDocument observation(String patient, Set<String> labels, int content) {
        String security = labels.stream().map(label -> "{\"system\":\"urn:l\",\"code\":\"" + label + "\"}").collect(Collectors.joining(","));
        return JsonDocument.parse("{\"resourceType\":\"Observation\"" + (labels.isEmpty() ? "" : ",\"meta\":{\"security\":[" + security + "]}") + ",\"subject\":{\"reference\":\"Patient/" + patient
            + "\"},\"effectiveDateTime\":\"2024-01-" + (10 + content % 10) + "\"}");
    }

    private static JsonDocument heir(String type, @Nullable String patient, List<String> about) {
        String[] path = ELEMENTS.get(type).split("\\.");
        String references = about.stream().map(target -> "{\"reference\":\"" + target + "\"}").map(reference -> path.length == 1 ? reference : "{\"" + path[1] + "\":" + reference + "}").collect(Collectors.joining(","));
        String subject = patient == null ? "" : "\"subject\":{\"reference\":\"Patient/" + patient + "\"},";
        return JsonDocument.parse("{\"resourceType\":\"" + type + "\"," + subject + "\"" + path[0] + "\":[" + references + "]}");
    }

    private static RecordView withholding(String patient) {
        return database.records().open(new Grant("withholding-" + patient, "test", null, Purpose.MEMBER_REQUEST, new Grant.Members.Only(Set.of(patient)), Grants.allowing(EnumSet.allOf(Interaction.class)), Set.of(LABEL), Set.of()));
    }

    /** One script of writes: a model of who is about whom, and who was ever labelled. */
    private static final class Script {
        private final Random random;
        private final String patient;
        private final Map<String, List<String>> about = new LinkedHashMap<>();
        private final Map<String, Set<String>> labels = new HashMap<>();
        private final Set<String> secret = new HashSet<>();
        private final Map<String, JsonDocument> bodies = new HashMap<>();

        Script(long seed) {
            random = new Random(seed);
            patient = "p" + Long.toHexString(seed);
        }

        void run() {
            all.write(t -> t.put(key("Patient/" + patient), JsonDocument.parse("{\"resourceType\":\"Patient\"}")));
            for (int step = 0; step < 12; step++) {
                Map<String, JsonDocument> batch = new LinkedHashMap<>();
                int size = 1 + random.nextInt(8);
                for (int i = 0; i < size; i++) {
                    String reference = random.nextBoolean() ? observationWrite(batch) : heirWrite(batch);
                    bodies.put(reference, batch.get(reference));
                }
                List<String> order = new ArrayList<>(batch.keySet());
                Collections.shuffle(order, random);
                boolean locked = random.nextBoolean();
                all.write(t -> {
                    if (locked) {
                        t.lock(order.stream().map(InheritedLabelsTest::key).toList());
                    }
                    order.forEach(reference -> t.put(key(reference), batch.get(reference)));
                    return null;
                });
                if (random.nextInt(6) == 0) {
                    delete();
                }
            }
        }

        private String observationWrite(Map<String, JsonDocument> batch) {
            String reference = "Observation/" + patient + "-o" + random.nextInt(8);
            Set<String> own = new TreeSet<>();
            if (random.nextInt(5) == 0) {
                own.add("secret");
            }
            if (random.nextInt(3) == 0) {
                own.add(random.nextBoolean() ? "a" : "z");
            }
            if (own.contains("secret")) {
                secret.add(reference);
            }
            labels.put(reference, own);
            batch.put(reference, observation(patient, own, random.nextInt(10)));
            return reference;
        }

        private String heirWrite(Map<String, JsonDocument> batch) {
            String type = HEIRS.get(random.nextInt(HEIRS.size()));
            String reference = type + "/" + patient + "-h" + random.nextInt(3);
            List<String> targets = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                targets.add(random.nextInt(3) == 0 ? HEIRS.get(random.nextInt(HEIRS.size())) + "/" + patient + "-h" + random.nextInt(3) : "Observation/" + patient + "-o" + random.nextInt(8));
            }
            about.put(reference, targets);
            batch.put(reference, heir(type, patient, targets));
            return reference;
        }

        private void delete() {
            String reference = "Observation/" + patient + "-o" + random.nextInt(8);
            all.write(t -> t.delete(key(reference)));
            bodies.remove(reference);
        }

        /** What an heir leads to. */
        private Set<String> reached(String from, Set<String> seen) {
            for (String target : about.getOrDefault(from, List.of())) {
                if (seen.add(target)) {
                    reached(target, seen);
                }
            }
            return seen;
        }

        private boolean isLabelled(ResourceKey key) {
            ReadResult.Found found = (ReadResult.Found) all.read(key);
            JsonValue meta = JsonDocument.parse(found.resource().content().json()).root().field("meta");
            JsonValue security = meta == null ? null : meta.field("security");
            for (JsonValue label : security == null ? List.<JsonValue>of() : security.each()) {
                if ("secret".equals(label.fieldText("code"))) {
                    return true;
                }
            }
            return false;
        }

        void check(String seed) {
            RecordView view = withholding(patient);
            about.keySet().forEach(reference -> {
                // Of what is labelled now, or was when it was deleted.
                Set<String> led = reached(reference, new HashSet<>());
                boolean leads = led.stream().anyMatch(target -> target.startsWith("Observation/") && (labels.getOrDefault(target, Set.of()).contains("secret")));
                ReadResult read = view.read(key(reference));
                if (leads) {
                    assertThat(read).as("%s leads to what is withheld, seed %s, %s", reference, seed, led).isInstanceOf(ReadResult.Absent.class);
                    assertThat(view.history(new HistoryRequest(key(reference).type(), key(reference).id(), null, null, null, 50)).versions()).as("its history, seed %s", seed).isEmpty();
                    assertThat(view.readVersion(key(reference), 1)).as("its first version, seed %s", seed).isInstanceOf(ReadResult.Absent.class);
                } else if (secret.isEmpty()) {
                    assertThat(read).as("%s leads to nothing that was ever withheld, seed %s", reference, seed).isInstanceOf(ReadResult.Found.class);
                }
                assertThat(read instanceof ReadResult.Found).as("as its label says, seed %s", seed).isEqualTo(!isLabelled(key(reference)));
            });
        }

        /** The same again changes nothing, whatever labels were added meanwhile. */
        void again(String seed) {
            // An heir that was written again has the labels of what is labelled now; heirs of heirs follow, link by link.
            boolean changed = true;
            for (int pass = 0; changed && pass < 20; pass++) {
                changed = bodies.entrySet().stream().map(entry -> all.<WriteTransaction.Written>write(t -> t.put(key(entry.getKey()), entry.getValue())).outcome()).toList().contains(WriteTransaction.Written.Outcome.UPDATED);
            }
            bodies.forEach((reference, body) -> assertThat(all.<WriteTransaction.Written>write(t -> t.put(key(reference), body)).outcome()).as("%s again, seed %s", reference, seed)
                .isEqualTo(WriteTransaction.Written.Outcome.UNCHANGED));
        }
    }

    @Test
    void pac08_what_is_about_a_withheld_resource_is_withheld_in_whatever_order_they_were_written() {
        long first = Long.getLong("portolan.seed", 20261128);
        for (long seed = first; seed < first + Integer.getInteger("portolan.seeds", 6); seed++) {
            Script script = new Script(seed);
            script.run();
            script.check(seed + " (-Dportolan.seed)");
            script.again(seed + " (-Dportolan.seed)");
            script.check(seed + " written again (-Dportolan.seed)");
        }
    }

    @Test
    void pac08_a_reference_below_our_own_base_is_about_the_same_as_a_relative_one() {
        String patient = "absolute";
        all.write(t -> t.put(key("Patient/" + patient), JsonDocument.parse("{\"resourceType\":\"Patient\"}")));
        all.write(t -> t.put(key("Observation/" + patient), observation(patient, Set.of("secret"), 0)));
        for (String type : HEIRS) {
            all.write(t -> t.put(key(type + "/" + patient), heir(type, patient, List.of(OWN_BASE + "/Observation/" + patient))));
            assertThat(withholding(patient).read(key(type + "/" + patient))).as(type).isInstanceOf(ReadResult.Absent.class);
        }
    }

    @Test
    void pac08_of_two_who_write_at_once_none_passes_the_other() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int race = 0; race < Integer.getInteger("portolan.races", 20); race++) {
                String patient = "race" + race;
                String target = "Observation/" + patient + "-o";
                all.write(t -> t.put(key("Patient/" + patient), JsonDocument.parse("{\"resourceType\":\"Patient\"}")));
                if (race % 2 == 0) {
                    all.write(t -> t.put(key(target), observation(patient, Set.of(), 0)));
                }
                Future<?> labelling = threads.submit(() -> all.write(t -> t.put(key(target), observation(patient, Set.of("secret"), 0))));
                String home = race % 3 == 0 ? null : patient; // one that is in nobody's record meets the other at the resource, else they meet at the member
                Future<?> telling = threads.submit(() -> all.write(t -> t.put(key("Provenance/" + patient + "-p"), heir("Provenance", home, List.of(target)))));
                labelling.get();
                telling.get();
                assertThat(withholding(patient).read(key("Provenance/" + patient + "-p"))).as("race %d", race).isInstanceOf(ReadResult.Absent.class);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Each labels something, and writes about much that is not there. */
    private static void labelAndTell(WriteTransaction transaction, String patient, String name) {
        transaction.put(key("Observation/" + name), observation(patient, Set.of("secret"), 0));
        transaction.put(key("Provenance/" + name), heir("Provenance", patient, IntStream.range(0, 400).mapToObj(i -> "Observation/" + name + "-" + i).toList()));
    }

    @Test
    void writesToTheRecordsOfTwoMembersDoNotWaitForEachOther() throws Exception {
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            all.write(t -> {
                labelAndTell(t, "side-a", "side-a-1");
                return null;
            }, (t, nothing) -> {
                try {
                    return threads.submit(() -> all.write(other -> {
                        labelAndTell(other, "side-b", "side-b-1");
                        return true;
                    })).get(60, TimeUnit.SECONDS);
                } catch (ExecutionException | InterruptedException | TimeoutException e) {
                    throw new AssertionError("the other member's write waits for this one", e);
                }
            });
            assertThat(all.read(key("Provenance/side-a-1"))).isInstanceOf(ReadResult.Found.class);
            assertThat(all.read(key("Provenance/side-b-1"))).isInstanceOf(ReadResult.Found.class);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void twoWhoLabelAndTellInOneRecordDoNotBlockEachOtherForGood() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            long before = deadlocks();
            for (int round = 0; round < 15; round++) {
                int number = round;
                List<Future<?>> writes = new ArrayList<>();
                for (String name : List.of("one", "two")) {
                    writes.add(threads.submit(() -> all.write(t -> {
                        labelAndTell(t, "both", "both-" + name + number);
                        return null;
                    })));
                }
                for (Future<?> write : writes) {
                    write.get();
                }
            }
            assertThat(deadlocks()).as("deadlocks that the database had to end").isEqualTo(before);
        } finally {
            threads.shutdownNow();
        }
    }

    private static long deadlocks() throws Exception {
        try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_stat_force_next_flush()");
        }
        try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void labels_that_look_like_json_stay_labels() {
        all.write(t -> t.put(key("Patient/q"), JsonDocument.parse("{\"resourceType\":\"Patient\"}")));
        all.write(t -> t.put(key("Observation/q1"), JsonDocument.parse("{\"resourceType\":\"Observation\",\"meta\":{\"security\":[{\"system\":\"urn:\\\"x\\\\\",\"code\":\"\\u0007\\\"},{\"}]},\"subject\":{\"reference\":\"Patient/q\"}}")));
        all.write(t -> t.put(key("List/q"), heir("List", "q", List.of("Observation/q1"))));
        JsonValue label = JsonDocument.parse(((ReadResult.Found) all.read(key("List/q"))).resource().content().json()).root().field("meta").field("security").firstChild();
        assertThat(label.fieldText("system")).isEqualTo("urn:\"x\\");
        assertThat(label.fieldText("code")).isEqualTo("\u0007\"},{");
        assertThat(label.nextSibling()).isNull();
    }

    /** A document carries what is withheld by itself, however deep. */
    @Test
    void aBundleIsWithheldForWhatIsInIt() {
        String patient = "bundled";
        all.write(t -> t.put(key("Patient/" + patient), JsonDocument.parse("{\"resourceType\":\"Patient\"}")));
        // A document is no member's own: whoever reads across members may read it.
        RecordView withholding = database.records().open(new Grant("withholding", "test", null, Purpose.OPERATIONS, new Grant.Members.Everyone(), Grants.allowing(EnumSet.allOf(Interaction.class)), Set.of(LABEL), Set.of()));
        for (String labels : List.of("secret", "")) {
            String inner = "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":" + new String(observation(patient, labels.isEmpty() ? Set.of() : Set.of(labels), 1).bytes(), StandardCharsets.UTF_8) + "}]}";
            JsonDocument document = JsonDocument.parse("{\"resourceType\":\"Bundle\",\"type\":\"document\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\"}},{\"resource\":" + inner + "}]}");
            ResourceKey bundle = key("Bundle/b" + labels);
            all.write(t -> t.put(bundle, document));
            assertThat(all.write(t -> t.put(bundle, document)).outcome()).isEqualTo(WriteTransaction.Written.Outcome.UNCHANGED);
            assertThat(withholding.read(bundle) instanceof ReadResult.Found).as("read with '%s' inside", labels).isEqualTo(labels.isEmpty());
            assertThat(withholding.withheld().holds(bundle)).isEqualTo(!labels.isEmpty());
        }
    }

    /** A drug is nobody's, and what prescribes it says by its name alone, or by a reference with a display, what the member takes. */
    @Test
    void con02_what_is_about_a_withheld_drug_is_withheld() {
        String patient = "medicated";
        all.write(t -> t.put(key("Patient/" + patient), JsonDocument.parse("{\"resourceType\":\"Patient\"}")));
        all.write(t -> t.put(key("Medication/methadone"), JsonDocument.parse("{\"resourceType\":\"Medication\",\"meta\":{\"security\":[{\"system\":\"urn:l\",\"code\":\"secret\"}]}}")));
        all.write(t -> t.put(key("Medication/aspirin"), JsonDocument.parse("{\"resourceType\":\"Medication\"}")));
        for (String type : MEDICATED) {
            for (String drug : List.of("methadone", "aspirin")) {
                all.write(t -> t.put(key(type + "/" + drug), JsonDocument.parse("{\"resourceType\":\"" + type + "\",\"subject\":{\"reference\":\"Patient/" + patient + "\"},\"medicationReference\":{\"reference\":\"Medication/" + drug
                    + "\",\"display\":\"" + drug + "\"}}")));
            }
            assertThat(withholding(patient).read(key(type + "/methadone"))).as(type).isInstanceOf(ReadResult.Absent.class);
            assertThat(withholding(patient).read(key(type + "/aspirin"))).as(type).isInstanceOf(ReadResult.Found.class);
        }
    }

    /** A feed's file that is loaded again, in other batches too: nothing becomes a version. */
    @Test
    void whatIsWrittenAgainChangesNothing() {
        for (int seed = 0; seed < Integer.getInteger("portolan.seeds", 20); seed++) {
            Random random = new Random(Long.getLong("portolan.seed", 17) + seed);
            String patient = "again" + seed + "-" + random.nextInt(1_000_000);
            Map<ResourceKey, JsonDocument> file = new LinkedHashMap<>();
            List<String> known = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                boolean plain = known.isEmpty() || random.nextBoolean();
                String type = plain ? "Observation" : HEIRS.get(random.nextInt(HEIRS.size()));
                String reference = type + "/" + patient + "-" + i;
                Set<String> labels = new TreeSet<>(random.nextInt(3) == 0 ? List.of("secret", "more").subList(0, 1 + random.nextInt(2)) : List.of());
                List<String> about = new ArrayList<>(known);
                Collections.shuffle(about, random);
                file.put(key(reference), plain ? observation(patient, labels, i) : heir(type, patient, about.subList(0, Math.min(about.size(), 1 + random.nextInt(3)))));
                known.add(reference);
            }
            List<ResourceKey> order = new ArrayList<>(file.keySet());
            Collections.shuffle(order, random);
            load(file, order, 1 + random.nextInt(12));
            for (int again = 0; again < 2; again++) {
                assertThat(load(file, order, 1 + random.nextInt(12))).as("seed %d, time %d", seed, again).containsOnly(WriteTransaction.Written.Outcome.UNCHANGED);
            }
        }
    }

    private static List<WriteTransaction.Written.Outcome> load(Map<ResourceKey, JsonDocument> file, List<ResourceKey> order, int batch) {
        List<WriteTransaction.Written.Outcome> outcomes = new ArrayList<>();
        for (int at = 0; at < order.size(); at += batch) {
            List<ResourceKey> keys = order.subList(at, Math.min(order.size(), at + batch));
            outcomes.addAll(all.write(transaction -> keys.stream().map(key -> transaction.put(key, file.get(key)).outcome()).toList()));
        }
        return outcomes;
    }

    /** A document whose Patient is named in full is that member's, as what names it in short is: it was nobody's, whom no member's grant reaches. */
    @Test
    void a_binary_stands_in_the_record_that_its_security_context_names_in_whatever_form() {
        for (String form : List.of("Patient/scan", OWN_BASE + "/Patient/scan", "Patient/scan/_history/1", OWN_BASE + "/Patient/scan/_history/1")) {
            ResourceKey binary = new ResourceKey("Binary", "scan");
            all.write(transaction -> transaction.put(binary, JsonDocument.parse("{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\",\"securityContext\":{\"reference\":\"" + form + "\"}}")));
            assertThat(all.patientIds(List.of(((ReadResult.Found) all.read(binary)).resource().home()))).as(form).containsExactly("scan");
        }
        ResourceKey elsewhere = new ResourceKey("Binary", "elsewhere");
        all.write(transaction -> transaction.put(elsewhere, JsonDocument.parse("{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\",\"securityContext\":{\"reference\":\"https://other.example/fhir/Patient/scan\"}}")));
        assertThat(all.patientIds(List.of(((ReadResult.Found) all.read(elsewhere)).resource().home()))).isEmpty();
    }
}
