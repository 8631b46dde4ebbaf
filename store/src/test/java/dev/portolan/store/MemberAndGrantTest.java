package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.SearchQuery;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class MemberAndGrantTest {

    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView all;

    @BeforeAll
    static void open() {
        pool = TestDatabase.migrated();
        SampleDefinitions definitions = new SampleDefinitions();
        database = definitions.open(pool, StoreSettings.DEFAULT);
        all = database.records().open(Grants.everything());
        put(all, "Patient/ann", "");
        put(all, "Patient/bob", "");
        put(all, "Observation/of-ann", ",\"subject\":{\"reference\":\"Patient/ann\"},\"performer\":[{\"reference\":\"Patient/bob\"}]");
        put(all, "Observation/of-bob", ",\"subject\":{\"reference\":\"Patient/bob\"},\"category\":[{\"coding\":[{\"code\":\"laboratory\"}]}]");
        put(all, "Observation/of-nobody", ",\"subject\":{\"reference\":\"Group/g\"}");
        put(all, "Observation/elsewhere", ",\"subject\":{\"reference\":\"http://other.example/fhir/Patient/ann\"}");
        put(all, "Coverage/dependent", ",\"subscriber\":{\"reference\":\"Patient/ann\"},\"beneficiary\":{\"reference\":\"Patient/bob\"}");
        put(all, "Provenance/of-bobs", ",\"target\":[{\"reference\":\"Observation/unknown\"},{\"reference\":\"Observation/of-bob\"}]");
        put(all, "Binary/of-ann", ",\"contentType\":\"text/plain\",\"securityContext\":{\"reference\":\"Patient/ann\"}");
        put(all, "Group/g", ",\"member\":[{\"entity\":{\"reference\":\"Patient/ann\"}}]");
        put(all, "Practitioner/doc", ",\"name\":[{\"family\":\"Doc\"}]");
    }

    @AfterAll
    static void close() {
        database.close();
        pool.close();
    }

    private static void put(RecordView view, String reference, String rest) {
        ResourceKey key = key(reference);
        view.write(transaction -> transaction.put(key, JsonDocument.parse("{\"resourceType\":\"" + key.type() + "\"" + rest + "}")));
    }

    private static ResourceKey key(String reference) {
        return new ResourceKey(reference.substring(0, reference.indexOf('/')), reference.substring(reference.indexOf('/') + 1));
    }

    private static boolean sees(RecordView view, String reference) {
        ResourceKey key = key(reference);
        boolean read = view.read(key) instanceof ReadResult.Found;
        assertThat(view.readVersion(key, 1) instanceof ReadResult.Found).as("vread like read").isEqualTo(read);
        assertThat(view.history(new HistoryRequest(key.type(), key.id(), null, null, null, 10)).versions().isEmpty()).as("history like read").isEqualTo(!read);
        boolean locked = view.write(transaction -> transaction.lock(List.of(key)).get(key) instanceof ReadResult.Found);
        assertThat(locked).as("lock like read").isEqualTo(read);
        return read;
    }

    @Test
    void a_resource_belongs_to_the_one_it_is_about() {
        RecordView ann = database.records().open(Grants.only("ann"));
        RecordView bob = database.records().open(Grants.only("bob"));
        assertThat(sees(ann, "Patient/ann")).isTrue();
        assertThat(sees(ann, "Observation/of-ann")).isTrue();
        assertThat(sees(bob, "Observation/of-ann")).as("only performed by Bob").isFalse();
        assertThat(sees(bob, "Coverage/dependent")).isTrue();
        assertThat(sees(ann, "Coverage/dependent")).as("the subscriber of a dependent's coverage").isFalse();
        assertThat(sees(bob, "Provenance/of-bobs")).as("by its first known target").isTrue();
        assertThat(sees(ann, "Provenance/of-bobs")).isFalse();
        assertThat(sees(ann, "Binary/of-ann")).isTrue();
        assertThat(sees(bob, "Binary/of-ann")).isFalse();
    }

    @Test
    void what_belongs_to_nobody_is_for_administration_unless_its_type_is_shared() {
        RecordView ann = database.records().open(Grants.only("ann"));
        assertThat(sees(ann, "Practitioner/doc")).isTrue();
        assertThat(List.of("Observation/of-nobody", "Group/g", "Observation/elsewhere")).allMatch(reference -> !sees(ann, reference)).allMatch(reference -> sees(all, reference));
        assertThat(sees(database.records().open(Grants.only("never-heard-of")), "Observation/of-ann")).isFalse();
        assertThat(sees(database.records().open(Grants.only()), "Observation/of-ann")).isFalse();
    }

    @Test
    void type_history_holds_only_what_a_read_would_give() {
        put(all, "Patient/hal", "");
        put(all, "Observation/of-hal", ",\"subject\":{\"reference\":\"Patient/hal\"}");
        RecordView hal = database.records().open(Grants.only("hal"));
        assertThat(hal.history(new HistoryRequest("Observation", null, null, null, null, 100)).versions()).extracting(v -> v.key().id()).containsExactly("of-hal");
        RecordView ann = database.records().open(Grants.only("ann"));
        assertThat(ann.history(new HistoryRequest(null, null, null, null, null, 100)).versions()).extracting(v -> v.key().toString())
            .contains("Patient/ann", "Observation/of-ann", "Binary/of-ann", "Practitioner/doc").doesNotContain("Patient/bob", "Group/g", "Coverage/dependent");
    }

    @Test
    void writing_outside_of_the_granted_members_is_refused() {
        RecordView ann = database.records().open(Grants.only("ann"));
        assertThatThrownBy(() -> put(ann, "Observation/new", ",\"subject\":{\"reference\":\"Patient/bob\"}")).isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> put(ann, "Observation/of-bob", ",\"subject\":{\"reference\":\"Patient/ann\"}")).as("taking it over").isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> put(ann, "Observation/of-ann", ",\"subject\":{\"reference\":\"Patient/bob\"}")).as("giving it away").isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> put(ann, "Observation/new", "")).as("nobody's").isInstanceOf(GrantRefusedException.class);
        assertThat(ann.<WriteTransaction.Written>write(transaction -> transaction.delete(key("Observation/of-bob"))).outcome())
            .as("as if it were not there").isEqualTo(WriteTransaction.Written.Outcome.NOT_THERE);
        assertThat(sees(all, "Observation/of-bob")).isTrue();
        assertThat(sees(ann, "Observation/" + create(ann, "Observation", ",\"subject\":{\"reference\":\"Patient/ann\"}"))).isTrue();
    }

    @Test
    void an_id_that_is_free_and_one_that_another_member_has_are_refused_alike() {
        RecordView ann = database.records().open(Grants.only("ann"));
        String own = ",\"subject\":{\"reference\":\"Patient/ann\"}";
        Throwable taken = catchThrowable(() -> put(ann, "Observation/of-bob", own));
        Throwable free = catchThrowable(() -> put(ann, "Observation/free", own));
        assertThat(free).isInstanceOf(GrantRefusedException.class).hasMessage(taken.getMessage());
        assertThat(taken).isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> ann.read(key("Patient/bob"))).isInstanceOf(GrantRefusedException.class)
            .hasMessage(catchThrowable(() -> ann.read(key("Patient/never-heard-of"))).getMessage());
    }

    @Test
    void an_id_that_is_searched_in_several_types_names_no_patient() {
        RecordView ann = database.records().open(Grants.only("ann"));
        assertThat(found(ann, "of-ann", "Observation", "Patient")).containsExactly("Observation/of-ann");
        assertThat(found(ann, "ann", "Observation", "Patient")).containsExactly("Patient/ann");
        assertThat(List.of("bob", "of-bob", "never-heard-of")).allSatisfy(id -> assertThat(found(ann, id, "Observation", "Patient")).isEmpty());
        assertThatThrownBy(() -> found(ann, "bob", "Patient")).isInstanceOf(GrantRefusedException.class);
    }

    private static List<String> found(RecordView view, String id, String... types) {
        SearchQuery query = new SearchQuery(
            List.of(types), List.of(new Criterion.Ids(Set.of(id))), List.of(), List.of(), OptionalInt.empty(), SearchQuery.Total.NONE, SearchQuery.Summary.FALSE, Set.of(), List.of(), List.of());
        return view.search(new SearchRequest(query, null, 10)).entries().stream().map(entry -> entry.resource().key().toString()).toList();
    }

    @Test
    void what_is_everybodys_to_read_is_the_plans_to_write() {
        RecordView ann = database.records().open(Grants.only("ann"));
        assertThatThrownBy(() -> put(ann, "Practitioner/doc", ",\"active\":false")).isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> create(ann, "Practitioner", "")).isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> ann.write(transaction -> transaction.delete(key("Practitioner/doc")))).isInstanceOf(GrantRefusedException.class);
    }

    private static String create(RecordView view, String type, String rest) {
        return view.write(transaction -> {
            String id = transaction.newId();
            transaction.put(new ResourceKey(type, id), JsonDocument.parse("{\"resourceType\":\"" + type + "\"" + rest + "}"));
            return id;
        });
    }

    @Test
    void a_first_write_into_a_member_nobody_knew_is_seen_in_its_own_transaction() {
        RecordView fresh = database.records().open(Grants.only("fresh"));
        boolean seen = fresh.write(transaction -> {
            ResourceKey key = new ResourceKey("Observation", transaction.newId());
            transaction.put(key, JsonDocument.parse("{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/fresh\"}}"));
            return transaction.read(key) instanceof ReadResult.Found;
        });
        assertThat(seen).isTrue();
    }

    @Test
    void a_resource_moved_out_of_a_record_cannot_be_read_there_as_it_was() {
        put(all, "Observation/misfiled", ",\"subject\":{\"reference\":\"Patient/ann\"}");
        put(all, "Observation/misfiled", ",\"subject\":{\"reference\":\"Patient/bob\"}");
        RecordView ann = database.records().open(Grants.only("ann"));
        RecordView bob = database.records().open(Grants.only("bob"));
        assertThat(ann.readVersion(key("Observation/misfiled"), 1)).isInstanceOf(ReadResult.Absent.class);
        assertThat(bob.readVersion(key("Observation/misfiled"), 1)).isInstanceOf(ReadResult.Absent.class);
        assertThat(bob.readVersion(key("Observation/misfiled"), 2)).isInstanceOf(ReadResult.Found.class);
        assertThat(ann.history(new HistoryRequest("Observation", "misfiled", null, null, null, 10)).versions()).isEmpty();
        assertThat(all.history(new HistoryRequest("Observation", "misfiled", null, null, null, 10)).versions()).hasSize(2);
    }

    @Test
    void rules_decide_by_type_interaction_and_content() {
        SampleDefinitions definitions = new SampleDefinitions();
        Criterion laboratory = new Criterion.Parameter(definitions.find("Observation", "category").orElseThrow(), Modifier.NONE, List.of(new CriterionValue.Token(null, "laboratory")));
        Grant.Rule granular = new Grant.Rule(EnumSet.of(Interaction.READ, Interaction.CREATE, Interaction.UPDATE), List.of(List.of(laboratory)));
        Grant grant = Grants.of("granular", new Grant.Members.Only(Set.of("ann", "bob")), Map.of("Observation", granular));
        RecordView view = database.records().open(grant);
        assertThat(view.read(key("Observation/of-bob"))).isInstanceOf(ReadResult.Found.class);
        assertThat(view.readVersion(key("Observation/of-bob"), 1)).isInstanceOf(ReadResult.Found.class);
        assertThat(view.read(key("Observation/of-ann"))).isInstanceOf(ReadResult.Absent.class);
        assertThatThrownBy(() -> view.read(key("Patient/ann"))).isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> put(view, "Observation/other", ",\"subject\":{\"reference\":\"Patient/ann\"}")).isInstanceOf(GrantRefusedException.class);
        assertThatThrownBy(() -> view.write(transaction -> transaction.delete(key("Observation/of-bob")))).isInstanceOf(GrantRefusedException.class);
        String lab = create(view, "Observation", ",\"subject\":{\"reference\":\"Patient/ann\"},\"category\":[{\"coding\":[{\"code\":\"laboratory\"}]}]");
        assertThat(view.read(key("Observation/" + lab))).isInstanceOf(ReadResult.Found.class);
    }

    @Test
    void what_was_deleted_fulfils_no_condition_not_even_one_that_asks_for_what_is_not_there() {
        put(all, "Patient/gus", "");
        put(all, "Observation/was-lab", ",\"subject\":{\"reference\":\"Patient/gus\"},\"category\":[{\"coding\":[{\"code\":\"laboratory\"}]}]");
        put(all, "Observation/plain-gus", ",\"subject\":{\"reference\":\"Patient/gus\"}");
        all.write(transaction -> transaction.delete(key("Observation/was-lab")));
        var category = new SampleDefinitions().find("Observation", "category").orElseThrow();
        for (Criterion condition : List.of(new Criterion.Parameter(category, Modifier.NOT, List.of(new CriterionValue.Token(null, "laboratory"))), new Criterion.Parameter(category, Modifier.MISSING, List.of(new CriterionValue.Missing(true))))) {
            Grant.Rule rule = new Grant.Rule(EnumSet.of(Interaction.READ, Interaction.SEARCH), List.of(List.of(condition)));
            RecordView view = database.records().open(Grants.of("condition", new Grant.Members.Only(Set.of("gus")), Map.of("Observation", rule)));
            assertThat(view.read(key("Observation/was-lab"))).isInstanceOf(ReadResult.Absent.class);
            assertThat(view.history(new HistoryRequest("Observation", null, null, null, null, 10)).versions()).extracting(version -> version.key().id()).doesNotContain("was-lab");
            assertThat(view.read(key("Observation/plain-gus"))).isInstanceOf(ReadResult.Found.class);
        }
    }

    @Test
    void a_withheld_label_hides_the_resource_and_its_past() {
        put(all, "Observation/labelled", ",\"subject\":{\"reference\":\"Patient/ann\"},\"meta\":{\"security\":[{\"system\":\"urn:l\",\"code\":\"R\"}]}");
        put(all, "Observation/unlabelled", ",\"subject\":{\"reference\":\"Patient/ann\"},\"meta\":{\"security\":[{\"system\":\"urn:l\",\"code\":\"R\"}]}");
        put(all, "Observation/unlabelled", ",\"subject\":{\"reference\":\"Patient/ann\"}");
        Grant grant = new Grant("label", "test", null, Purpose.TREATMENT, new Grant.Members.Only(Set.of("ann")), Grants.allowing(EnumSet.allOf(Interaction.class)), Set.of("urn:l|R"), Set.of());
        RecordView view = database.records().open(grant);
        assertThat(view.read(key("Observation/labelled"))).isInstanceOf(ReadResult.Absent.class);
        assertThat(view.read(key("Observation/unlabelled"))).isInstanceOf(ReadResult.Found.class);
        assertThat(view.readVersion(key("Observation/unlabelled"), 1)).isInstanceOf(ReadResult.Absent.class);
        assertThat(view.history(new HistoryRequest("Observation", "unlabelled", null, null, null, 10)).versions()).hasSize(1);
    }
}
