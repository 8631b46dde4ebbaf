package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer.Reply;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Parts of resources: what is in them, where they are given, and that they do not come back as the whole. */
class SubsetsTest {

    private static final RunningServer SERVER = RunningServer.get();

    private static Reply put(String id, String fields) {
        return SERVER.put("Patient/" + id, "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\"" + fields + "}");
    }

    /** "To ensure that the incomplete resource is not accidentally used to overwrite a complete resource" (R4 search, section 3.1.1.5.9). */
    @Test
    void aPartDoesNotReplaceTheWhole() {
        put("subset-1", ",\"identifier\":[{\"system\":\"urn:subset\",\"value\":\"1\"}],\"gender\":\"female\",\"birthDate\":\"1980-01-01\"");
        String part = SERVER.get("Patient/subset-1?_elements=gender,identifier").text();
        assertThat(part).contains("SUBSETTED").doesNotContain("1980");
        String transaction = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":" + part + ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/subset-1\"}}]}";
        for (Reply refused : List.of(SERVER.put("Patient/subset-1", part), SERVER.put("Patient?identifier=urn:subset%7C1", part), SERVER.post("", transaction))) {
            assertThat(refused.status()).as(refused.text()).isEqualTo(422);
            assertThat(refused.text()).contains("SUBSETTED", "send it whole");
        }
        assertThat(SERVER.post("", transaction.replace("transaction", "batch")).text()).contains("\"status\":\"422");
        assertThat(SERVER.get("Patient/subset-1").text()).contains("1980-01-01");
        assertThat(SERVER.put("Patient/subset-1", part.replaceAll(",\\{[^{}]*SUBSETTED[^{}]*}|\\{[^{}]*SUBSETTED[^{}]*}", "").replace("\"tag\":[]", "\"tag\":[{\"code\":\"SUBSETTED\"}]")).status()).as("a tag of the caller's own").isEqualTo(200);
    }

    /** The name of a choice stands for each of its types, and another's name for itself alone. */
    @Test
    void anElementIsGivenByItsNameAndNotByHowItBegins() {
        SERVER.put("Patient/subset-2", "{\"resourceType\":\"Patient\",\"id\":\"subset-2\"}");
        SERVER.put("Encounter/subset-2", "{\"resourceType\":\"Encounter\",\"id\":\"subset-2\",\"status\":\"finished\",\"statusHistory\":[{\"status\":\"planned\",\"period\":{\"start\":\"2020\"}}],\"class\":{\"code\":\"AMB\"},\"classHistory\":[{\"class\":{\"code\":\"IMP\"},\"period\":{\"start\":\"2020\"}}]}");
        assertThat(SERVER.get("Encounter/subset-2?_elements=status,class").text()).contains("finished", "AMB").doesNotContain("History");
        SERVER.put("Patient/subset-3", "{\"resourceType\":\"Patient\",\"id\":\"subset-3\",\"deceasedDateTime\":\"2020\",\"_deceasedDateTime\":{\"id\":\"x\"},\"multipleBirthInteger\":2}");
        assertThat(SERVER.get("Patient/subset-3?_summary=true").text()).as("both are of the summary in R4, but for the second").contains("deceasedDateTime").doesNotContain("multipleBirth");
        assertThat(SERVER.get("Patient/subset-3?_elements=deceased").text()).contains("\"deceasedDateTime\":\"2020\",\"_deceasedDateTime\":{\"id\":\"x\"}").doesNotContain("multipleBirth");
    }

    /** Mandatory elements belong to every part (R4 search, sections 3.1.1.5.8 and 3.1.1.5.9), in whatever type they come. */
    @Test
    void aMandatoryChoiceStays() {
        SERVER.put("Patient/subset-6", "{\"resourceType\":\"Patient\",\"id\":\"subset-6\"}");
        SERVER.put("MedicationRequest/subset-6", "{\"resourceType\":\"MedicationRequest\",\"id\":\"subset-6\",\"status\":\"active\",\"intent\":\"order\",\"medicationCodeableConcept\":{\"text\":\"drug\"},\"subject\":{\"reference\":\"Patient/subset-6\"},\"authoredOn\":\"2020\"}");
        for (String query : List.of("MedicationRequest/subset-6?_elements=authoredOn", "MedicationRequest?_id=subset-6&_elements=authoredOn", "MedicationRequest/subset-6?_summary=text", "MedicationRequest/subset-6?_summary=true", "MedicationRequest/subset-6/_history?_elements=authoredOn")) {
            assertThat(SERVER.get(query).text()).as(query).contains("\"medicationCodeableConcept\":{\"text\":\"drug\"}", "\"status\"", "\"intent\"", "\"subject\"");
        }
        assertThat(SERVER.get("MedicationRequest/subset-6?_elements=status").text()).doesNotContain("authoredOn");
    }

    /** R4 http, section 3.1.0.1.2: both are defined for all interactions. */
    @Test
    void aHistoryIsGivenInPart() {
        put("subset-4", ",\"gender\":\"female\",\"birthDate\":\"1980-01-01\"");
        put("subset-4", ",\"gender\":\"female\",\"birthDate\":\"1980-01-02\"");
        Reply page = SERVER.get("Patient/subset-4/_history?_elements=gender&_count=1");
        assertThat(page.text()).contains("SUBSETTED", "female").doesNotContain("1980");
        Reply next = SERVER.get(InteractionsTest.link(page.json().root(), "next"));
        assertThat(next.text()).contains("SUBSETTED", "female").doesNotContain("1980");
        assertThat(SERVER.get("Patient/subset-4/_history?_summary=text").text()).contains("SUBSETTED").doesNotContain("female");
        assertThat(SERVER.get("Patient/subset-4/_history?_summary=count").status()).isEqualTo(400);
    }

    /** What narrows or orders is not passed over: the answer would be another than what was asked for. */
    @Test
    void aHistoryRefusesWhatItDoesNotKnowOfFhir() {
        put("subset-5", ",\"gender\":\"female\"");
        for (String query : List.of("_list=42", "_sort=_lastUpdated", "_total=none", "_id=x")) {
            Reply refused = SERVER.get("Patient/subset-5/_history?" + query);
            assertThat(refused.status()).as(query).isEqualTo(400);
            assertThat(refused.text()).contains("FHIR-0006", query.substring(0, query.indexOf('=')));
        }
        assertThat(SERVER.get("Patient/subset-5/_history?_since=2020&_since=2999").status()).as("whichever counted, the other would be passed over").isEqualTo(400);
        Reply lenient = SERVER.get("Patient/subset-5/_history?gender=male&_count=5");
        assertThat(lenient.status()).isEqualTo(200);
        assertThat(InteractionsTest.link(lenient.json().root(), "self")).as("the link tells what was applied").contains("_count=5").doesNotContain("gender");
        assertThat(SERVER.get("Patient/subset-5/_history?gender=male", "Prefer", "handling=strict").status()).isEqualTo(400);
        assertThat(SERVER.get("Patient/subset-5/_history?_format=json&_pretty=true&_since=2020", "Prefer", "handling=strict").status()).isEqualTo(200);
    }
}
