package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchQuery;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Chains and {@code _has} over more resources than are read at once, and through subjects that are no Patients. */
class HopsTest {

    /** More than the sources that are read into memory. */
    private static final int MANY = 50_010;

    private static final SampleDefinitions DEFINITIONS = new SampleDefinitions("hops")
        .add("Device", "patient", ParameterType.REFERENCE, "patient").add("Device", "identifier", ParameterType.TOKEN, "identifier")
        .add("Observation", "status", ParameterType.TOKEN, "status");
    private static final HikariDataSource POOL = TestDatabase.migrated();
    private static RecordDatabase database;

    @BeforeAll
    static void load() throws SQLException {
        database = DEFINITIONS.open(POOL, new StoreSettings(Set.of(), Duration.ofSeconds(60), false));
        patient("p1");
        patient("p2");
        put("Practitioner", "d1", "\"name\":[{\"family\":\"Busy\"}]");
        put("Practitioner", "d2", "\"name\":[{\"family\":\"Idle\"}]");
        put("Device", "pump", "\"patient\":{\"reference\":\"Patient/p1\"},\"identifier\":[{\"system\":\"urn:udi\",\"value\":\"7\"}]");
        observation("first", "Patient/p1", "Practitioner/d1", "many");
        try (Connection connection = POOL.getConnection(); Statement fill = connection.createStatement()) {
            fill.execute("INSERT INTO store.resource SELECT nextval('store.resource_rid') + 1000000, member, type, self + n, id || n, version, updated, deleted, date_low, date_high, parameters, tokens,"
                + " refs, dates, text_parameters, texts, content FROM store.resource CROSS JOIN generate_series(1, " + MANY + ") n WHERE id = 'first'");
        }
        // Of the member that comes last: what is cut off is cut off here.
        observation("last", "Patient/p2", "Practitioner/d2", "many");
        observation("of-pump", "Device/pump", "Practitioner/d2", "few");
        observation("of-pump-by-patient", "Device/pump", "Patient/p2", "few");
    }

    @AfterAll
    static void close() {
        database.close();
        POOL.close();
    }

    private static void patient(String id) {
        put("Patient", id, "\"identifier\":[{\"system\":\"urn:mrn\",\"value\":\"" + id + "\"}]");
    }

    private static void observation(String id, String subject, String performer, String status) {
        put("Observation", id, "\"subject\":{\"reference\":\"" + subject + "\"},\"performer\":[{\"reference\":\"" + performer + "\"}],\"status\":\"" + status + "\"");
    }

    private static void put(String type, String id, String fields) {
        JsonDocument resource = JsonDocument.parse("{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + fields + "}");
        database.records().open(Grants.everything()).write(transaction -> transaction.put(new ResourceKey(type, id), resource));
    }

    private static SearchParameter parameter(String type, String code) {
        return DEFINITIONS.find(type, code).orElseThrow();
    }

    private static Criterion token(String type, String code, Modifier modifier, String system, String value) {
        return new Criterion.Parameter(parameter(type, code), modifier, List.of(new CriterionValue.Token(system, value)));
    }

    private static Criterion hasMany(String by, Modifier modifier) {
        return new Criterion.Has("Observation", parameter("Observation", by), token("Observation", "status", modifier, null, "many"));
    }

    private static List<String> found(Grant grant, String type, Criterion... criteria) {
        SearchQuery query = RandomQueries.query(type, List.of(criteria), List.of(), List.of());
        return database.records().open(grant).search(new SearchRequest(query, null, 50)).entries().stream().map(entry -> entry.resource().key().id()).sorted().toList();
    }

    @Test
    void whatTheLastOfManySourcesRefersToIsFound() {
        assertThat(found(Grants.everything(), "Patient", hasMany("subject", Modifier.NONE))).containsExactly("p1", "p2");
        assertThat(found(Grants.everything(), "Practitioner", hasMany("performer", Modifier.NONE))).containsExactly("d1", "d2");
        assertThat(found(Grants.only("p2"), "Practitioner", hasMany("performer", Modifier.NONE))).containsExactly("d2");
    }

    @Test
    void manySourcesThatHaveToBeReadAreRefusedAndNotCutOff() {
        assertThatThrownBy(() -> found(Grants.everything(), "Practitioner", hasMany("performer", Modifier.TEXT))).isInstanceOf(SearchTooCostlyException.class).hasMessageContaining("_has:Observation");
    }

    @Test
    void sourcesThatHaveToBeReadAreThoseOfTheOuterSearch() {
        assertThat(found(Grants.everything(), "Practitioner", new Criterion.Ids(Set.of("d2", "d3")), hasMany("performer", Modifier.TEXT))).containsExactly("d2");
        assertThat(found(Grants.everything(), "Practitioner", new Criterion.Ids(Set.of("d3")), hasMany("performer", Modifier.TEXT))).isEmpty();
    }

    private static Criterion ofPump(Criterion pump) {
        return new Criterion.Chain(parameter("Observation", "subject"), List.of(new Criterion.Target("Device", pump)));
    }

    private static Criterion ofPatientOrPump(String patient, String pump) {
        return new Criterion.Chain(parameter("Observation", "subject"), List.of(new Criterion.Target("Patient", token("Patient", "identifier", Modifier.NONE, "urn:mrn", patient)),
            new Criterion.Target("Device", token("Device", "identifier", Modifier.NONE, "urn:udi", pump))));
    }

    /** What is about a member's device is not by that in the member's record. */
    @Test
    void aChainThroughASubjectThatIsNoPatientFindsWhatRefersToIt() {
        assertThat(found(Grants.everything(), "Observation", ofPump(new Criterion.Ids(Set.of("pump"))))).containsExactly("of-pump", "of-pump-by-patient");
        assertThat(found(Grants.everything(), "Observation", ofPump(token("Device", "identifier", Modifier.NONE, "urn:udi", "7")))).containsExactly("of-pump", "of-pump-by-patient");
        assertThat(found(Grants.everything(), "Observation", ofPatientOrPump("p2", "7"))).containsExactly("last", "of-pump", "of-pump-by-patient");
    }

    @Test
    void aChainThroughAPatientStillLooksInThatPatientsRecordAlone() throws SQLException {
        assertThat(found(Grants.everything(), "Observation", ofPatientOrPump("p2", "8"))).containsExactly("last");
        try (Connection connection = POOL.getConnection()) {
            StoreContext context = database.context();
            SearchRun run = new SearchRun(context, connection, GrantPredicate.of(Grants.everything(), context, connection), new Deadline(Duration.ofSeconds(30)));
            assertThat(new SearchPlanner(run).plan("Observation", List.of(ofPatientOrPump("p2", "8")), null, 0).driver()).isInstanceOf(Driver.OneMember.class);
        }
    }
}
