package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code _include} and {@code _revinclude} (R4 search, section 3.1.1.5.4) beyond one member's record, and along canonicals. */
class InclusionsTest {

    private static final RunningServer SERVER = RunningServer.get();
    private static final String QUESTIONNAIRE = "http://x.example/Questionnaire/inc";

    @BeforeAll
    static void aFamilyAndAQuestionnaire() {
        put("Patient", "inc-subscriber", "\"name\":[{\"family\":\"Subscriber\"}]");
        put("Patient", "inc-child", "\"name\":[{\"family\":\"Child\"}],\"link\":[{\"other\":{\"reference\":\"Patient/inc-subscriber\"},\"type\":\"seealso\"}]");
        put("Coverage", "inc-own", coverage("inc-subscriber"));
        put("Coverage", "inc-of-child", coverage("inc-child"));
        put("Provenance", "inc-of-both", "\"target\":[{\"reference\":\"Patient/inc-child\"},{\"reference\":\"Patient/inc-subscriber\"}],\"recorded\":\"2024-01-01T00:00:00Z\","
            + "\"agent\":[{\"who\":{\"display\":\"feed\"}}]");
        put("Questionnaire", "inc-1", "\"url\":\"" + QUESTIONNAIRE + "\",\"version\":\"1\",\"status\":\"active\"");
        put("Questionnaire", "inc-2", "\"url\":\"" + QUESTIONNAIRE + "\",\"version\":\"2\",\"status\":\"active\"");
        put("QuestionnaireResponse", "inc-any", response(QUESTIONNAIRE));
        put("QuestionnaireResponse", "inc-second", response(QUESTIONNAIRE + "|2"));
    }

    private static String coverage(String beneficiary) {
        return "\"status\":\"active\",\"subscriber\":{\"reference\":\"Patient/inc-subscriber\"},\"beneficiary\":{\"reference\":\"Patient/" + beneficiary + "\"},\"payor\":[{\"display\":\"plan\"}]";
    }

    private static String response(String questionnaire) {
        return "\"questionnaire\":\"" + questionnaire + "\",\"status\":\"completed\",\"subject\":{\"reference\":\"Patient/inc-child\"}";
    }

    private static void put(String type, String id, String fields) {
        Reply written = SERVER.put(type + "/" + id, "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + fields + "}");
        assertThat(written.status()).as(written.text()).isIn(200, 201);
    }

    private static Set<String> included(String query) {
        Reply reply = SERVER.get(query);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        Set<String> included = new TreeSet<>();
        for (JsonValue entry : reply.json().root().field("entry").each()) {
            if (entry.field("search").fieldText("mode").equals("include")) {
                included.add(entry.field("resource").fieldText("id"));
            }
        }
        return included;
    }

    @Test
    void aDependentsCoverageComesWithItsSubscriber() {
        assertThat(included("Patient?_id=inc-subscriber&_revinclude=Coverage:subscriber")).containsExactly("inc-of-child", "inc-own");
        assertThat(included("Patient?_id=inc-subscriber&_revinclude=Coverage:beneficiary")).containsExactly("inc-own");
    }

    @Test
    void whatNamesAPatientFromAnotherRecordNoLongerComesOnceItStopsNamingIt() {
        put("Coverage", "inc-changing", coverage("inc-child"));
        assertThat(included("Patient?_id=inc-subscriber&_revinclude=Coverage:subscriber")).contains("inc-changing");
        put("Coverage", "inc-changing", coverage("inc-child").replace("Patient/inc-subscriber", "Patient/inc-child"));
        assertThat(included("Patient?_id=inc-subscriber&_revinclude=Coverage:subscriber")).doesNotContain("inc-changing");
        assertThat(SERVER.send("DELETE", "Coverage/inc-changing", (String) null).status()).isEqualTo(204);
    }

    @Test
    void aPatientThatLinksToAnotherComesWithIt() {
        assertThat(included("Patient?_id=inc-subscriber&_revinclude=Patient:link")).containsExactly("inc-child");
    }

    @Test
    void aProvenanceOfTwoMembersComesWithEach() {
        assertThat(included("Patient?_id=inc-subscriber&_revinclude=Provenance:target")).containsExactly("inc-of-both");
        assertThat(included("Patient?_id=inc-child&_revinclude=Provenance:target")).containsExactly("inc-of-both");
    }

    @Test
    void aCanonicalLeadsToTheVersionThatItNamesOrToEveryOne() {
        assertThat(included("QuestionnaireResponse?_id=inc-second&_include=QuestionnaireResponse:questionnaire")).containsExactly("inc-2");
        assertThat(included("QuestionnaireResponse?_id=inc-any&_include=QuestionnaireResponse:questionnaire")).containsExactly("inc-1", "inc-2");
        assertThat(included("QuestionnaireResponse?_id=inc-second&_include=*")).containsExactly("inc-2", "inc-child");
    }

    @Test
    void aDefinitionComesWithWhatNamesItByItsUrl() {
        assertThat(included("Questionnaire?_id=inc-2&_revinclude=QuestionnaireResponse:questionnaire")).containsExactly("inc-any", "inc-second");
        assertThat(included("Questionnaire?_id=inc-1&_revinclude=QuestionnaireResponse:questionnaire")).containsExactly("inc-any");
    }

    /** "The list of elements does not apply to included resources" (R4 search, section 3.1.1.5.8), unless it names their type. */
    @Test
    void whatIsIncludedIsWholeWhateverElementsAreAskedFor() {
        String query = "Coverage?_id=inc-own&_include=Coverage:beneficiary&_elements=status";
        String whole = SERVER.get(query).text();
        assertThat(whole).contains("\"family\":\"Subscriber\"").doesNotContain("\"subscriber\":");
        assertThat(SERVER.get(query + ",Patient.gender").text()).doesNotContain("\"family\"");
    }
}
