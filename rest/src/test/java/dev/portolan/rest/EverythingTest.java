package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import dev.portolan.store.Grant;
import dev.portolan.store.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code Patient/[id]/$everything} with its parameters, by GET and by POST (R4 Patient, section 8.1.11.1; R4 operations, section 3.2.0.2). */
class EverythingTest {

    private static final RunningServer SERVER = RunningServer.get();
    private static final String SUBJECT = ",\"subject\":{\"reference\":\"Patient/evp\"}}";
    private static final List<String> ALL = List.of("Patient/evp", "Condition/evp-c", "Encounter/evp-e", "Observation/evp-2020", "Observation/evp-2024");

    private static void put(String name, String fields) {
        String[] parts = name.split("/");
        Reply written = SERVER.put(name, "{\"resourceType\":\"" + parts[0] + "\",\"id\":\"" + parts[1] + "\"" + fields);
        assertThat(written.status()).as(written.text()).isLessThan(300);
    }

    @BeforeAll
    static void write() {
        put("Patient/evp", "}");
        put("Condition/evp-c", ",\"code\":{\"text\":\"c\"},\"recordedDate\":\"2020-05-05\"" + SUBJECT);
        put("Encounter/evp-e", ",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"}" + SUBJECT);
        for (String year : List.of("2020", "2024")) {
            put("Observation/evp-" + year, ",\"status\":\"final\",\"code\":{\"text\":\"o\"},\"encounter\":{\"reference\":\"Encounter/evp-e\"},\"effectiveDateTime\":\"" + year + "-05-05\"" + SUBJECT);
        }
    }

    private static List<String> found(Reply reply) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        List<String> found = new ArrayList<>();
        JsonValue entries = reply.json().root().field("entry");
        if (entries != null) {
            entries.each().forEach(entry -> found.add(entry.field("resource").fieldText("resourceType") + "/" + entry.field("resource").fieldText("id")));
        }
        return found;
    }

    private static Reply post(String... nameKindValue) {
        StringBuilder body = new StringBuilder("{\"resourceType\":\"Parameters\"");
        for (int i = 0; i < nameKindValue.length; i += 3) {
            body.append(i == 0 ? ",\"parameter\":[" : ",").append("{\"name\":\"").append(nameKindValue[i]).append("\",\"").append(nameKindValue[i + 1]).append("\":").append(nameKindValue[i + 2]).append('}');
        }
        return SERVER.post("Patient/evp/$everything", body.append(nameKindValue.length == 0 ? "}" : "]}").toString());
    }

    @Test
    void rst35_sinceTypeStartEndAndCountNarrowIt() {
        String everything = "Patient/evp/$everything";
        assertThat(found(SERVER.get(everything))).containsExactlyInAnyOrderElementsOf(ALL);
        assertThat(found(SERVER.get(everything + "?start=2023-01-01"))).contains("Patient/evp", "Observation/evp-2024").doesNotContain("Observation/evp-2020", "Condition/evp-c");
        assertThat(found(SERVER.get(everything + "?end=2023-01-01"))).contains("Patient/evp", "Observation/evp-2020", "Condition/evp-c").doesNotContain("Observation/evp-2024");
        assertThat(found(SERVER.get(everything + "?_since=2999-01-01"))).isEmpty();
        assertThat(found(SERVER.get(everything + "?_type=Condition,Patient"))).containsExactlyInAnyOrder("Patient/evp", "Condition/evp-c");
        assertThat(found(SERVER.get(everything + "?_type=Condition&_type=Patient"))).as("one parameter or more, each of which holds one type or more").containsExactlyInAnyOrder("Patient/evp", "Condition/evp-c");
        assertThat(SERVER.get(everything + "?_type=Nonsense").status()).as("not an empty record").isEqualTo(400);
    }

    @Test
    void rst35_aParametersResourceNarrowsItAsTheUrlDoes() {
        assertThat(found(post())).containsExactlyInAnyOrderElementsOf(ALL);
        assertThat(found(SERVER.send("POST", "Patient/evp/$everything", (byte[]) null))).containsExactlyInAnyOrderElementsOf(ALL);
        assertThat(found(post("_type", "valueCode", "\"Condition\"", "_type", "valueCode", "\"Patient\""))).containsExactlyInAnyOrder("Patient/evp", "Condition/evp-c");
        assertThat(found(post("start", "valueDate", "\"2023-01-01\""))).contains("Observation/evp-2024").doesNotContain("Observation/evp-2020");
        assertThat(found(post("end", "valueDate", "\"2023-01-01\""))).contains("Observation/evp-2020").doesNotContain("Observation/evp-2024");
        assertThat(found(post("_since", "valueInstant", "\"2999-01-01T00:00:00Z\""))).isEmpty();
        for (Reply refused : List.of(post("start", "valueDate", "\"then\""), post("_type", "valueCoding", "{\"code\":\"Condition\"}"), SERVER.post("Patient/evp/$everything", "{\"resourceType\":\"Patient\"}"))) {
            assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        }
    }

    /** As in searches: named, and an error for who wants it so. */
    @Test
    void rst36_whatItHasNoParameterForIsTold() {
        Reply told = SERVER.get("Patient/evp/$everything?_typ=Condition&_count=2");
        assertThat(found(told)).hasSize(3);
        assertThat(told.text()).contains("parameter _typ was ignored", "\"mode\":\"outcome\"");
        assertThat(InteractionsTest.link(told.json().root(), "self")).contains("_count=2").doesNotContain("_typ");
        Reply next = SERVER.get(InteractionsTest.link(told.json().root(), "next"));
        assertThat(next.text()).doesNotContain("OperationOutcome");
        assertThat(post("_typ", "valueCode", "\"Condition\"").text()).contains("parameter _typ was ignored");
        assertThat(SERVER.get("Patient/evp/$everything?start=2020-01-01&start=2024-01-01").status()).as("whichever counted, the other would be passed over").isEqualTo(400);
        assertThat(SERVER.get("Patient/evp/$everything?_typ=Condition", "Prefer", "handling=strict").status()).isEqualTo(400);
        assertThat(SERVER.get("Patient/evp/$everything?_type=Condition&_format=json", "Prefer", "handling=strict").status()).isEqualTo(200);
    }

    @Test
    void rst28_aPageOfWhatWasAskedForByPostGoesOnByGet() {
        Reply page = post("_count", "valueInteger", "1", "_type", "valueCode", "\"Observation\"", "start", "valueDate", "\"2000-01-01\"");
        List<String> all = new ArrayList<>(found(page));
        for (String next = InteractionsTest.link(page.json().root(), "next"); next != null; next = InteractionsTest.link(page.json().root(), "next")) {
            page = SERVER.get(next);
            assertThat(found(page)).hasSize(1);
            all.addAll(found(page));
        }
        assertThat(all).containsExactlyInAnyOrder("Observation/evp-2020", "Observation/evp-2024");
    }

    /** The definition that the metadata names has it on the type, too. */
    @Test
    void rst35_withoutAnIdItIsTheRecordOfWhomAloneAnAccessIsFor() {
        put("Patient/evx", "}");
        String base = SERVER.serve(new FhirBase("of-one", "Of one", "/of-one/fhir", null, Set.of(), FhirBase.READING, FhirBase.ValidationPolicy.OFF, RequestLimits.PUBLIC, List.of()),
            grants -> grants.narrowed(all -> new Grant("of-one", "app", "evp", Purpose.MEMBER_REQUEST, new Grant.Members.Only(Set.of("evp")), all.rules(), Set.of(), Set.of())));
        Reply page = SERVER.get(base + "/Patient/$everything?_count=2");
        List<String> all = new ArrayList<>(found(page));
        for (String next = InteractionsTest.link(page.json().root(), "next"); next != null; next = InteractionsTest.link(page.json().root(), "next")) {
            page = SERVER.get(next);
            all.addAll(found(page));
        }
        assertThat(all).containsExactlyInAnyOrderElementsOf(found(SERVER.get(base + "/Patient/evp/$everything"))).contains("Patient/evp", "Condition/evp-c");
        assertThat(found(SERVER.post(base + "/Patient/$everything", "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"_type\",\"valueCode\":\"Patient\"}]}"))).containsExactly("Patient/evp");
        assertThat(SERVER.get("Patient/$everything").status()).as("of everybody there are exports").isEqualTo(400);
    }

    /** A record with what Patient Access of these tests does not offer: it has Patient, Observation and Coverage. */
    private static void writeOffered() {
        String subject = SUBJECT.replace("evp", "evo");
        put("Patient/evo", "}");
        put("Encounter/evo-e", ",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"}" + subject);
        put("Observation/evo-o", ",\"status\":\"final\",\"code\":{\"text\":\"o\"},\"encounter\":{\"reference\":\"Encounter/evo-e\"}" + subject);
        put("Task/evo-t", ",\"status\":\"requested\",\"intent\":\"order\",\"for\":{\"reference\":\"Patient/evo\"}}");
    }

    /** What a base does not have is read there neither by its name nor with something else: its metadata says so. */
    @Test
    void rst01_aBaseGivesNoTypeThatItDoesNotOffer() {
        writeOffered();
        String base = SERVER.patientAccess;
        assertThat(found(SERVER.get("Patient?_id=evo&_revinclude=Task:patient"))).as("there").contains("Task/evo-t");
        assertThat(SERVER.get(base + "/Task/evo-t").status()).isEqualTo(404);
        Reply everything = SERVER.get(base + "/Patient/evo/$everything");
        assertThat(found(everything)).containsExactly("Patient/evo", "Observation/evo-o");
        assertThat(everything.json().root().field("total").text()).isEqualTo("2");
        assertThat(found(SERVER.get(base + "/Patient?_id=evo&_revinclude=Task:patient"))).containsExactly("Patient/evo");
        assertThat(found(SERVER.get(base + "/Patient?_id=evo&_revinclude=*"))).containsExactlyInAnyOrder("Patient/evo", "Observation/evo-o");
        assertThat(found(SERVER.get(base + "/Observation?_id=evo-o&_include=Observation:*"))).containsExactlyInAnyOrder("Observation/evo-o", "Patient/evo");
    }

    @Test
    void rst01_noConditionTellsOfATypeThatABaseDoesNotOffer() {
        writeOffered();
        String base = SERVER.patientAccess;
        for (String query : List.of("Patient?_id=evo&_has:Task:patient:status=requested", "Observation?_id=evo-o&encounter.status=finished", "Observation?_id=evo-o&encounter:Encounter.status=finished",
            "Patient?_id=evo&_has:Observation:patient:encounter.status=finished", "Observation?_id=evo-o&patient._has:Task:patient:status=requested")) {
            assertThat(found(SERVER.get(query))).as(query).isNotEmpty();
            assertThat(SERVER.get(base + "/" + query).status()).as(query).isEqualTo(400);
        }
        for (String query : List.of("Observation?patient._id=evo", "Observation?subject._id=evo", "Patient?_has:Observation:patient:_id=evo-o")) {
            assertThat(found(SERVER.get(base + "/" + query))).as(query).hasSize(1);
        }
    }
}
