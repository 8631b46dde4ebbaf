package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.tables.Transactions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two records become one and two again, and nobody reads what is not theirs before, meanwhile or after. {@code -Dportolan.seed=N}, {@code -Dportolan.seeds=N}. */
class MemberMergeTest {

    private static final long SEED = Long.getLong("portolan.seed", 41);
    private static final int SEEDS = Integer.getInteger("portolan.seeds", 4);

    private static HikariDataSource pool;
    private static Transactions transactions;
    private static RecordDatabase database;
    private static RecordView all;
    private static int names;

    @BeforeAll
    static void open() {
        pool = TestDatabase.migrated();
        transactions = new Transactions(pool, IllegalStateException::new);
        database = new SampleDefinitions().open(pool, StoreSettings.DEFAULT);
        all = database.records().open(Grants.everything());
    }

    @AfterAll
    static void close() {
        database.close();
        pool.close();
    }

    private static int merge(String survivor, String merged) {
        return transactions.run(connection -> database.merges(Grants.everything()).merge(connection, survivor, merged));
    }

    private static int unmerge(String merged) {
        return transactions.run(connection -> database.merges(Grants.everything()).unmerge(connection, merged));
    }

    private static ResourceKey key(String reference) {
        return new ResourceKey(reference.substring(0, reference.indexOf('/')), reference.substring(reference.indexOf('/') + 1));
    }

    private static void put(RecordView view, String reference, String rest) {
        ResourceKey key = key(reference);
        view.write(transaction -> transaction.put(key, JsonDocument.parse("{\"resourceType\":\"" + key.type() + "\",\"id\":\"" + key.id() + "\"" + rest + "}")));
    }

    private static String body(String reference) {
        return all.read(key(reference)) instanceof ReadResult.Found found ? new String(found.resource().content().json(), java.nio.charset.StandardCharsets.UTF_8).replaceAll("\"(versionId|lastUpdated)\":\"[^\"]*\"", "\"$1\":\"\"") : "gone";
    }

    private static RecordView of(String patient) {
        return database.records().open(Grants.only(patient));
    }

    private static List<String> seen(String patient) {
        TreeSet<String> seen = new TreeSet<>();
        of(patient).history(new HistoryRequest(null, null, null, null, null, 1000)).versions().stream().filter(version -> !List.of("Practitioner").contains(version.key().type())).forEach(version -> seen.add(version.key().toString()));
        return List.copyOf(seen);
    }

    private static String[] couple() {
        int number = names++;
        String[] pair = {"ann" + number, "anne" + number};
        put(all, "Patient/" + pair[0], ",\"active\":true,\"name\":[{\"family\":\"Lee\"}]");
        put(all, "Patient/" + pair[1], ",\"name\":[{\"family\":\"Leigh\"}],\"link\":[]");
        put(all, "Observation/of-" + pair[0], ",\"subject\":{\"reference\":\"Patient/" + pair[0] + "\"}");
        put(all, "Observation/of-" + pair[1], ", \"subject\" : {\"reference\": \"Patient/" + pair[1] + "\"},\"performer\":[{\"reference\":\"Patient/" + pair[0] + "\"}]");
        put(all, "Provenance/of-" + pair[1], ",\"target\":[{\"reference\":\"Observation/of-" + pair[1] + "\"}]");
        return pair;
    }

    @Test
    void edi11_the_survivors_grant_reaches_both_records_and_the_merged_ones_grant_an_inactive_patient() {
        String[] pair = couple();
        assertThat(seen(pair[0])).containsExactly("Observation/of-" + pair[0], "Patient/" + pair[0]);
        assertThat(seen(pair[1])).containsExactly("Observation/of-" + pair[1], "Patient/" + pair[1], "Provenance/of-" + pair[1]);
        assertThat(merge(pair[0], pair[1])).isEqualTo(2);
        assertThat(seen(pair[0])).containsExactly("Observation/of-" + pair[0], "Observation/of-" + pair[1], "Patient/" + pair[0], "Provenance/of-" + pair[1]);
        assertThat(seen(pair[1])).containsExactly("Patient/" + pair[1]);
        assertThat(body("Observation/of-" + pair[1])).contains("\"subject\":{\"reference\":\"Patient/" + pair[0] + "\"}").doesNotContain("Patient/" + pair[1]);
        assertThat(body("Patient/" + pair[1])).contains("\"active\":false", "\"link\":[{\"other\":{\"reference\":\"Patient/" + pair[0] + "\"},\"type\":\"replaced-by\"}]");
        assertThat(body("Patient/" + pair[0])).contains("\"active\":true", "\"link\":[{\"other\":{\"reference\":\"Patient/" + pair[1] + "\"},\"type\":\"replaces\"}]");
    }

    @Test
    void edi11_an_unmerge_gives_back_what_was_byte_for_byte_and_nobody_reads_the_time_between_of_the_other() {
        String[] pair = couple();
        List<String> references = List.of("Patient/" + pair[0], "Patient/" + pair[1], "Observation/of-" + pair[0], "Observation/of-" + pair[1], "Provenance/of-" + pair[1]);
        List<String> before = references.stream().map(MemberMergeTest::body).toList();
        List<String> ofSurvivor = seen(pair[0]);
        List<String> ofMerged = seen(pair[1]);
        merge(pair[0], pair[1]);
        put(of(pair[0]), "Observation/of-" + pair[1], ",\"subject\":{\"reference\":\"Patient/" + pair[0] + "\"},\"status\":\"amended\"");
        assertThat(unmerge(pair[1])).isEqualTo(2);
        assertThat(seen(pair[0])).isEqualTo(ofSurvivor);
        assertThat(seen(pair[1])).isEqualTo(ofMerged);
        assertThat(body("Observation/of-" + pair[1])).as("what a client changed meanwhile").contains("amended", "\"Patient/" + pair[1] + "\"").doesNotContain("Patient/" + pair[0] + "\"");
        put(all, "Observation/of-" + pair[1], ", \"subject\" : {\"reference\": \"Patient/" + pair[1] + "\"},\"performer\":[{\"reference\":\"Patient/" + pair[0] + "\"}]");
        assertThat(references.stream().map(MemberMergeTest::body).toList()).usingRecursiveComparison().ignoringCollectionOrder().isEqualTo(before);
        for (long version = 1; version < 8; version++) {
            assertThat(of(pair[0]).readVersion(key("Observation/of-" + pair[1]), version)).isInstanceOf(ReadResult.Absent.class);
            for (int i = 0; i < 2; i++) {
                if (of(pair[i]).readVersion(key("Patient/" + pair[i]), version) instanceof ReadResult.Found found) {
                    assertThat(new String(found.resource().content().json(), java.nio.charset.StandardCharsets.UTF_8)).doesNotContain("Patient/" + pair[1 - i] + "\"");
                }
            }
        }
    }

    @Test
    void edi11_what_feeds_bring_under_the_merged_name_goes_to_the_survivor_and_the_same_file_again_changes_nothing() {
        String[] pair = couple();
        merge(pair[0], pair[1]);
        for (int again = 0; again < 2; again++) {
            put(all, "Patient/" + pair[1], ",\"active\":true,\"name\":[{\"family\":\"New\"}]");
            put(all, "Observation/new-" + pair[1], ",\"subject\":{\"reference\":\"Patient/" + pair[1] + "\"}");
            put(all, "Provenance/new-" + pair[1], ",\"target\":[{\"reference\":\"Observation/new-" + pair[1] + "\"}]");
        }
        assertThat(((ReadResult.Found) all.read(key("Observation/new-" + pair[1]))).resource().version()).isEqualTo(1);
        assertThat(body("Patient/" + pair[1])).contains("\"active\":false", "\"New\"", "replaced-by");
        assertThat(seen(pair[0])).contains("Observation/new-" + pair[1], "Provenance/new-" + pair[1]);
        assertThatThrownBy(() -> put(of(pair[1]), "Observation/of-" + pair[1], ",\"subject\":{\"reference\":\"Patient/" + pair[1] + "\"}")).as("the merged member's app").isInstanceOf(GrantRefusedException.class);
        unmerge(pair[1]);
        assertThat(body("Patient/" + pair[1])).contains("\"active\":true", "\"New\"").doesNotContain("replaced-by");
        assertThat(seen(pair[0])).doesNotContain("Observation/new-" + pair[1], "Provenance/new-" + pair[1]);
        assertThat(seen(pair[1])).contains("Observation/new-" + pair[1], "Provenance/new-" + pair[1]);
    }

    @Test
    void edi11_a_reference_with_escapes_or_a_version_goes_to_the_survivor_too() {
        String[] pair = couple();
        put(all, "Observation/slash-" + pair[1], ",\"subject\":{\"reference\":\"Patient\\/" + pair[1] + "\"}");
        put(all, "Observation/version-" + pair[1], ",\"subject\":{\"reference\":\"Patient/" + pair[1] + "/_history/1\"}");
        assertThat(seen(pair[1])).contains("Observation/slash-" + pair[1], "Observation/version-" + pair[1]);
        merge(pair[0], pair[1]);
        put(all, "Observation/later-" + pair[1], ",\"subject\":{\"reference\":\"Patient\\/" + pair[1] + "\"}");
        put(all, "Observation/code-" + pair[1], ",\"subject\":{\"reference\":\"Patient\\u002f" + pair[1] + "\"}");
        for (String name : List.of("slash", "version", "later", "code")) {
            assertThat(seen(pair[0])).as(name).contains("Observation/" + name + "-" + pair[1]);
            assertThat(body("Observation/" + name + "-" + pair[1])).as(name).contains("\"Patient/" + pair[0] + "\"");
        }
        unmerge(pair[1]);
        assertThat(seen(pair[1])).contains("Observation/slash-" + pair[1], "Observation/version-" + pair[1], "Observation/later-" + pair[1]);
        assertThat(body("Observation/slash-" + pair[1])).as("byte for byte").contains("Patient\\/" + pair[1]);
    }

    @Test
    void edi11_merges_make_no_chains_and_several_go_into_one() {
        String[] one = couple();
        String[] two = couple();
        merge(one[0], one[1]);
        assertThatThrownBy(() -> merge(two[0], one[0])).isInstanceOf(MemberMerges.RefusedException.class);
        assertThatThrownBy(() -> merge(one[1], two[0])).isInstanceOf(MemberMerges.RefusedException.class);
        assertThatThrownBy(() -> merge(two[0], one[1])).isInstanceOf(MemberMerges.RefusedException.class);
        assertThatThrownBy(() -> merge(two[0], two[0])).isInstanceOf(MemberMerges.RefusedException.class);
        assertThatThrownBy(() -> merge(two[0], "nobody")).isInstanceOf(MemberMerges.RefusedException.class);
        assertThatThrownBy(() -> unmerge(two[0])).isInstanceOf(MemberMerges.RefusedException.class);
        String before = body("Patient/" + one[0]);
        merge(one[0], two[1]);
        assertThat(seen(one[0])).contains("Observation/of-" + one[1], "Observation/of-" + two[1]);
        unmerge(two[1]);
        assertThat(body("Patient/" + one[0])).isEqualTo(before);
        assertThat(seen(one[0])).contains("Observation/of-" + one[1]).doesNotContain("Observation/of-" + two[1]);
        unmerge(one[1]);
        assertThat(body("Patient/" + one[0])).doesNotContain("link");
    }

    /** The same writes to a couple that is merged in between and to one that never is: in the end both have the same. */
    @Test
    void edi11_after_an_unmerge_everything_is_as_if_there_had_been_no_merge() {
        for (long seed = SEED; seed < SEED + SEEDS; seed++) {
            String[] pair = couple();
            String[] twins = couple();
            int steps = 40;
            Random random = new Random(seed);
            int from = random.nextInt(steps);
            int until = from + random.nextInt(steps - from);
            for (int step = 0; step < steps; step++) {
                if (step == from) {
                    merge(pair[0], pair[1]);
                }
                int who = random.nextInt(2);
                int which = random.nextInt(5);
                int kind = random.nextInt(10);
                int content = random.nextInt(3);
                for (String[] couple : List.of(pair, twins)) {
                    String owner = couple[who];
                    if (kind == 0) {
                        all.write(transaction -> transaction.delete(key("Observation/o" + which + "-" + owner)));
                    } else if (kind == 1) {
                        put(all, "Patient/" + owner, ",\"active\":true,\"gender\":\"g" + content + "\"");
                    } else if (kind < 4) {
                        put(all, "Provenance/p" + which + "-" + owner, ",\"target\":[{\"reference\":\"Observation/o" + which + "-" + owner + "\"}],\"recorded\":\"" + content + "\"");
                    } else {
                        put(all, "Observation/o" + which + "-" + owner, ",\"subject\":{\"reference\":\"Patient/" + owner + "\"},\"performer\":[{\"reference\":\"Patient/" + couple[content % 2] + "\"}],\"status\":\"s" + content + "\"");
                    }
                }
                if (step == until) {
                    assertThat(seen(pair[1])).as("-Dportolan.seed=" + seed + ": but for what was deleted before").filteredOn(reference -> !body(reference).equals("gone")).containsExactly("Patient/" + pair[1]);
                    unmerge(pair[1]);
                }
            }
            assertThat(state(pair)).as("-Dportolan.seed=" + seed).isEqualTo(state(twins));
        }
    }

    private static TreeMap<String, String> state(String[] couple) {
        TreeMap<String, String> state = new TreeMap<>();
        for (int i = 0; i < 2; i++) {
            for (String reference : seen(couple[i])) {
                state.put(i + " " + general(reference, couple), general(body(reference), couple));
            }
        }
        return state;
    }

    private static String general(String text, String[] couple) {
        return text.replace(couple[1], "SECOND").replace(couple[0], "FIRST");
    }

    @Test
    void edi11_a_write_that_began_before_the_merge_does_not_strand_in_the_merged_record() throws Exception {
        String[] pair = couple();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (int writer = 0; writer < 3; writer++) {
                int number = writer;
                writers.add(threads.submit(() -> {
                    for (int i = 0; i < 60; i++) {
                        put(all, "Observation/r" + number + "-" + i + "-" + pair[1], ",\"subject\":{\"reference\":\"Patient/" + pair[1] + "\"}");
                    }
                }));
            }
            Thread.sleep(50);
            merge(pair[0], pair[1]);
            for (Future<?> writer : writers) {
                writer.get();
            }
            assertThat(seen(pair[1])).containsExactly("Patient/" + pair[1]);
            assertThat(seen(pair[0])).filteredOn(reference -> reference.startsWith("Observation/r")).hasSize(180);
            unmerge(pair[1]);
            assertThat(seen(pair[1])).filteredOn(reference -> reference.startsWith("Observation/r")).hasSize(180);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void edi11_a_merge_that_is_not_committed_leaves_nothing() {
        String[] pair = couple();
        List<String> before = seen(pair[1]);
        assertThatThrownBy(() -> transactions.run(connection -> {
            database.merges(Grants.everything()).merge(connection, pair[0], pair[1]);
            throw new IllegalStateException("killed");
        })).hasMessage("killed");
        assertThat(seen(pair[1])).isEqualTo(before);
        assertThat(merge(pair[0], pair[1])).isEqualTo(2);
    }
}
