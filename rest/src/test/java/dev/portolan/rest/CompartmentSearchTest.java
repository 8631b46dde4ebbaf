package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who is in a compartment is said for each type by itself (R4 compartmentdefinition, {@code resource.param}). */
class CompartmentSearchTest {

    private static final RunningServer SERVER = RunningServer.get();

    private static void put(String reference, String fields) {
        String[] parts = reference.split("/");
        Reply reply = SERVER.put(reference, "{\"resourceType\":\"" + parts[0] + "\",\"id\":\"" + parts[1] + "\"" + fields + "}");
        assertThat(reply.status()).as(reply.text()).isLessThan(300);
    }

    @BeforeAll
    static void write() {
        put("Patient/comp-a", "");
        put("Patient/comp-b", "");
        put("Practitioner/comp-p", "");
        put("Encounter/comp-e", ",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"subject\":{\"reference\":\"Patient/comp-a\"}");
        put("Observation/comp-o", ",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/comp-a\"},\"encounter\":{\"reference\":\"Encounter/comp-e\"}");
        put("MedicationStatement/comp-m", ",\"status\":\"active\",\"medicationCodeableConcept\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/comp-b\"},\"informationSource\":{\"reference\":\"Patient/comp-a\"}");
        put("AllergyIntolerance/comp-i", ",\"patient\":{\"reference\":\"Patient/comp-b\"},\"asserter\":{\"reference\":\"Patient/comp-a\"}");
    }

    private static List<String> found(String path) {
        Reply reply = SERVER.get(path);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        List<String> ids = new ArrayList<>();
        JsonValue entries = reply.json().root().field("entry");
        if (entries != null) {
            entries.each().forEach(entry -> ids.add(entry.field("resource").fieldText("id")));
        }
        return ids;
    }

    @Test
    void aParameterPutsOnlyThoseTypesInForWhichTheDefinitionNamesIt() { // RST-22
        assertThat(found("Patient/comp-a/MedicationStatement")).isEmpty();
        assertThat(found("Patient/comp-a/*?_type=MedicationStatement")).isEmpty();
        assertThat(found("Patient/comp-b/*?_type=MedicationStatement")).containsExactly("comp-m");
        assertThat(found("Patient/comp-a/*")).containsExactlyInAnyOrder("comp-a", "comp-e", "comp-o", "comp-i");
    }

    @Test
    void theParameterOfAllTypesLooksAtEachTypeByItself() {
        List<String> all = List.of("comp-o", "comp-i");
        assertThat(found("?_type=Observation,AllergyIntolerance&_compartment=Patient/comp-a")).containsExactlyInAnyOrderElementsOf(all);
        assertThat(found("?_type=AllergyIntolerance,Observation&_compartment=Patient/comp-a")).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void theOwnerIsInItsCompartment() {
        assertThat(found("Encounter/comp-e/*")).containsExactlyInAnyOrder("comp-e", "comp-o");
        assertThat(found("Encounter/comp-e/Encounter")).containsExactly("comp-e");
        assertThat(found("Practitioner/comp-p/Practitioner")).containsExactly("comp-p");
        assertThat(SERVER.get("Practitioner/comp-p/Organization").status()).isEqualTo(404);
    }
}
