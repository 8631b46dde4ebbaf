package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.portolan.fhir.search.InvalidSearchException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code $everything}: the whole record of one member, what it refers to outside, and nothing of anybody else. */
class MemberRecordTest {

    private static RecordFixture records;

    @BeforeAll
    static void load() {
        records = new RecordFixture(new SmallDefinitions());
        for (String json : List.of(
            "{'resourceType':'Organization','id':'o1'}", "{'resourceType':'Organization','id':'o2'}",
            "{'resourceType':'Practitioner','id':'d1'}", "{'resourceType':'Practitioner','id':'d2'}", "{'resourceType':'Practitioner','id':'unused'}",
            "{'resourceType':'PractitionerRole','id':'r1','practitioner':{'reference':'Practitioner/d2'},'organization':{'reference':'Organization/o2'}}",
            "{'resourceType':'Encounter','id':'e1','status':'x','subject':{'reference':'Patient/p1'},'period':{'start':'2020-01-01','end':'2020-01-02'},'participant':[{'individual':{'reference':'Practitioner/d1'}}]}",
            "{'resourceType':'Patient','id':'p1','generalPractitioner':[{'reference':'Organization/o1'}]}",
            "{'resourceType':'Patient','id':'p2','generalPractitioner':[{'reference':'Practitioner/unused'}]}",
            "{'resourceType':'Observation','id':'x1','subject':{'reference':'Patient/p1'},'effectiveDateTime':'2021-01-01','performer':[{'reference':'PractitionerRole/r1'}],'encounter':{'reference':'Encounter/e1'}}",
            "{'resourceType':'Observation','id':'x2','subject':{'reference':'Patient/p1'},'category':[{'coding':[{'code':'secret'}]}],'meta':{'security':[{'system':'urn:label','code':'R'}]}}",
            "{'resourceType':'Observation','id':'other','subject':{'reference':'Patient/p2'},'performer':[{'reference':'Patient/p1'}]}",
            "{'resourceType':'Provenance','id':'v1','target':[{'reference':'Observation/x1'}],'recorded':'2021-01-02T00:00:00Z'}")) {
            records.put(json.replace('\'', '"'));
        }
    }

    @AfterAll
    static void close() {
        records.close();
    }

    private static SearchPage everything(Grant grant, EverythingRequest request) {
        return records.open(grant).everything(request);
    }

    private static EverythingRequest all(String patient) {
        return new EverythingRequest(patient, Set.of(), null, null, null, null, 0);
    }

    private static List<String> keys(SearchPage page) {
        return page.entries().stream().map(entry -> entry.resource().key().toString()).toList();
    }

    @Test
    void givesThePatientFirstThenTheRecordThenWhatItRefersToInTwoSteps() {
        List<String> found = keys(everything(Grants.only("p1"), all("p1")));
        assertThat(found).first().isEqualTo("Patient/p1");
        assertThat(found).containsExactlyInAnyOrder("Patient/p1", "Encounter/e1", "Observation/x1", "Observation/x2", "Provenance/v1",
            "Organization/o1", "Practitioner/d1", "PractitionerRole/r1", "Practitioner/d2", "Organization/o2");
        assertThat(found.subList(5, 10)).allMatch(key -> key.startsWith("Organization") || key.startsWith("Practitioner"));
    }

    @Test
    void pagesAreTheWholeInParts() {
        List<String> whole = keys(everything(Grants.only("p1"), all("p1")));
        for (int size = 1; size <= 11; size++) {
            List<String> parts = new ArrayList<>();
            String cursor = null;
            do {
                SearchPage page = everything(Grants.only("p1"), new EverythingRequest("p1", Set.of(), null, null, null, cursor, size));
                parts.addAll(keys(page));
                cursor = page.next();
            } while (cursor != null);
            assertThat(parts).as("pages of %d", size).containsExactlyElementsOf(whole);
        }
    }

    @Test
    void anotherMembersRecordIsRefusedWhetherItExistsOrNot() {
        Throwable existing = catchThrowable(() -> everything(Grants.only("p1"), all("p2")));
        Throwable unknown = catchThrowable(() -> everything(Grants.only("p1"), all("nobody")));
        assertThat(existing).isInstanceOf(GrantRefusedException.class);
        assertThat(unknown).isInstanceOf(GrantRefusedException.class).hasMessage(existing.getMessage());
    }

    @Test
    void aCursorDoesNotOpenAnotherRecord() {
        String cursor = everything(Grants.everything(), new EverythingRequest("p1", Set.of(), null, null, null, null, 2)).next();
        assertThatThrownBy(() -> everything(Grants.everything(), new EverythingRequest("p2", Set.of(), null, null, null, cursor, 2))).isInstanceOf(InvalidSearchException.class);
        assertThatThrownBy(() -> everything(Grants.only("p1"), new EverythingRequest("p1", Set.of(), null, null, null, cursor, 2))).isInstanceOf(InvalidSearchException.class);
    }

    @Test
    void labelsTypesAndGranularRulesOfTheGrantHold() {
        Set<Interaction> all = Set.of(Interaction.values());
        Map<String, Grant.Rule> rules = new HashMap<>(Map.of("*", new Grant.Rule(all, List.of()), "Encounter", new Grant.Rule(Set.of(), List.of()), "PractitionerRole", new Grant.Rule(Set.of(), List.of())));
        Grant withheld = new Grant("w", "app", null, Purpose.MEMBER_REQUEST, new Grant.Members.Only(Set.of("p1")), rules, Set.of("urn:label|R"), Set.of());
        assertThat(keys(everything(withheld, all("p1")))).containsExactlyInAnyOrder("Patient/p1", "Observation/x1", "Provenance/v1", "Organization/o1");
    }

    @Test
    void typeSinceAndDatesNarrowIt() {
        assertThat(keys(everything(Grants.only("p1"), new EverythingRequest("p1", Set.of("Practitioner", "Encounter"), null, null, null, null, 0))))
            .containsExactlyInAnyOrder("Encounter/e1", "Practitioner/d1", "Practitioner/d2");
        Instant later = Instant.ofEpochMilli(records.updated.get(new ResourceKey("Provenance", "v1")));
        assertThat(keys(everything(Grants.only("p1"), new EverythingRequest("p1", Set.of(), later, null, null, null, 0)))).contains("Provenance/v1").doesNotContain("Encounter/e1", "Practitioner/d1");
        long start = SmallDefinitions.stretch("2020-06-01")[0];
        assertThat(keys(everything(Grants.only("p1"), new EverythingRequest("p1", Set.of(), null, start, null, null, 0))))
            .contains("Patient/p1", "Observation/x1", "Observation/x2", "PractitionerRole/r1").doesNotContain("Encounter/e1", "Practitioner/d1");
        assertThat(keys(everything(Grants.only("p1"), new EverythingRequest("p1", Set.of(), null, null, start, null, 0)))).contains("Encounter/e1", "Observation/x2").doesNotContain("Observation/x1");
    }
}
