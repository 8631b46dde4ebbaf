package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.members.MembersSchema;
import dev.portolan.members.consent.Preference;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.members.consent.PreferenceRecord;
import dev.portolan.members.consent.Preferences;
import dev.portolan.store.Grant;
import dev.portolan.store.HistoryRequest;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoreSettings;
import dev.portolan.store.StoredResource;
import dev.portolan.store.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A member's decision and its Consent are one: both stand, or neither does. */
class DecisionTest {

    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView records;
    private static Preferences preferences;

    @BeforeAll
    static void open() throws Exception {
        pool = TestDatabase.migrated();
        MembersSchema schema = MembersSchema.migrate(pool, "postgres");
        SearchDefinitions definitions = SearchDefinitions.compile(FhirPackages.load(new PackageSources(null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of()));
        database = RecordDatabase.open(pool, definitions.parameters(), definitions.extractor(), definitions.matcher(), StoreSettings.DEFAULT);
        records = database.records().open(new Grant("test", "test", null, Purpose.OPERATIONS, new Grant.Members.Everyone(), Map.of("*", new Grant.Rule(Set.of(Interaction.values()), List.of())), Set.of(), Set.of()));
        preferences = new Preferences(pool, schema, new PreferenceRecord(database, "plan"), event -> { }, Clock.systemUTC());
    }

    @AfterAll
    static void close() {
        database.close();
        pool.close();
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void decide(String patient, Decision decision) {
        preferences.record(new Preferences.Choice(patient, Kind.PROVIDER_ACCESS, "", decision, Set.of(), null), new Preference.Recorded("test", "self", "api", "en"));
    }

    private static List<StoredResource> consents(String patient) {
        String id = "decision-" + preferences.of(Set.of(patient)).get(0).id();
        return records.history(new HistoryRequest("Consent", id, null, null, null, 100)).versions();
    }

    private static String text(StoredResource consent) {
        return new String(consent.content().json(), StandardCharsets.UTF_8);
    }

    /** As a database does that ends between the two, or a server that is killed there. */
    @Test
    void con07_a_decision_that_comes_to_nothing_leaves_no_consent() throws Exception {
        decide("ann", Decision.PERMIT);
        execute("CREATE FUNCTION members.never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the commit fails'; END $$;"
            + "CREATE CONSTRAINT TRIGGER never AFTER UPDATE ON members.preference DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION members.never()");
        try {
            assertThatThrownBy(() -> decide("ann", Decision.DENY)).isInstanceOf(RuntimeException.class);
        } finally {
            execute("DROP TRIGGER never ON members.preference; DROP FUNCTION members.never()");
        }
        assertThat(preferences.of(Set.of("ann"))).singleElement().matches(it -> it.decision() == Decision.PERMIT);
        assertThat(consents("ann")).as("the Consent that an app reads").singleElement().matches(it -> text(it).contains("\"type\":\"permit\""));
        decide("ann", Decision.DENY);
        assertThat(consents("ann")).hasSize(2).first().matches(it -> text(it).contains("\"type\":\"deny\""));
    }

    /** The plan's own program writes to the Consent while it is decided: the decision is made once more. */
    @Test
    void a_decision_that_another_write_gets_in_the_way_of_is_made_again() throws Exception {
        decide("bob", Decision.PERMIT);
        CompletableFuture<Void> decided = new CompletableFuture<>();
        Thread decider = new Thread(() -> {
            try {
                for (int i = 0; i < 20; i++) {
                    decide("bob", i % 2 == 0 ? Decision.DENY : Decision.PERMIT);
                    database.settle(Duration.ofSeconds(5)); // what is settled has to be written later than it was begun
                }
                decided.complete(null);
            } catch (RuntimeException e) {
                decided.completeExceptionally(e);
            }
        });
        decider.start();
        for (int i = 0; !decided.isDone(); i++) {
            int number = i;
            records.write(transaction -> transaction.put(new ResourceKey("Patient", "bob"), JsonDocument.parse("{\"resourceType\":\"Patient\",\"gender\":\"" + (number % 2 == 0 ? "male" : "female") + "\"}")));
            database.settle(Duration.ofSeconds(5));
        }
        decided.get();
        assertThat(consents("bob")).hasSize(21);
        assertThat(preferences.history("bob")).hasSize(21);
    }
}
