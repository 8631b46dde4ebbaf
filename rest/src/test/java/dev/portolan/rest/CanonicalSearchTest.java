package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Searches along references by canonical URL (R4 references, section 2.3.0.2): below our own base and elsewhere, with and without a version. */
class CanonicalSearchTest {

    private static final RunningServer SERVER = RunningServer.get();
    private static final String OWN = SERVER.system + "/Questionnaire/can-own";
    private static final String FOREIGN = "http://x.example/Questionnaire/can";

    @BeforeAll
    static void questionnairesAndTheirResponses() {
        put("Patient", "can-p", "\"name\":[{\"family\":\"Canonical\"}]");
        put("Patient", "can-q", "\"name\":[{\"family\":\"Other\"}]");
        questionnaire("can-own", OWN, null, "CanOwn");
        questionnaire("can-1", FOREIGN, "1", "CanFirst");
        questionnaire("can-2", FOREIGN, "2", "CanSecond");
        questionnaire("can-unused", FOREIGN + "-unused", null, "CanUnused");
        put("Questionnaire", "can-local", "\"title\":\"CanLocal\",\"status\":\"active\"");
        response("can-to-own", OWN, "completed", "can-p");
        response("can-to-own-7", OWN + "|7", "amended", "can-p");
        response("can-to-any", FOREIGN, "stopped", "can-p");
        response("can-to-1", FOREIGN + "|1", "in-progress", "can-q");
        response("can-to-2", FOREIGN + "|2", "amended", "can-q");
        response("can-to-3", FOREIGN + "|3", "entered-in-error", "can-q");
        response("can-to-local", "Questionnaire/can-local", "completed", "can-q");
    }

    private static void questionnaire(String id, String url, String version, String title) {
        put("Questionnaire", id, "\"url\":\"" + url + "\"," + (version == null ? "" : "\"version\":\"" + version + "\",") + "\"title\":\"" + title + "\",\"status\":\"active\"");
    }

    private static void response(String id, String questionnaire, String status, String patient) {
        put("QuestionnaireResponse", id, "\"questionnaire\":\"" + questionnaire + "\",\"status\":\"" + status + "\",\"subject\":{\"reference\":\"Patient/" + patient + "\"}");
    }

    private static void put(String type, String id, String fields) {
        Reply written = SERVER.put(type + "/" + id, "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + fields + "}");
        assertThat(written.status()).as(written.text()).isIn(200, 201);
    }

    /** What the search gives, which is as much as it counts. */
    private static Set<String> found(String query) {
        Reply reply = SERVER.get(query);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        Set<String> found = new TreeSet<>();
        JsonValue entries = reply.json().root().field("entry");
        if (entries != null) {
            entries.each().forEach(entry -> found.add(entry.field("resource").fieldText("id")));
        }
        assertThat(SERVER.get(query + "&_summary=count").json().root().field("total").text()).as(query).isEqualTo(String.valueOf(found.size()));
        return found;
    }

    @Test
    void aCanonicalBelowOurOwnBaseIsFoundByItsUrl() {
        assertThat(found("QuestionnaireResponse?questionnaire=" + OWN)).containsExactly("can-to-own", "can-to-own-7");
        assertThat(found("QuestionnaireResponse?questionnaire:Questionnaire=" + OWN)).containsExactly("can-to-own", "can-to-own-7");
        assertThat(found("QuestionnaireResponse?patient=can-p&questionnaire=" + OWN + "," + FOREIGN + "%7C1")).containsExactly("can-to-own", "can-to-own-7");
        assertThat(found("QuestionnaireResponse?questionnaire=" + OWN + "%7C7")).containsExactly("can-to-own-7");
        assertThat(found("QuestionnaireResponse?questionnaire=" + FOREIGN)).containsExactly("can-to-1", "can-to-2", "can-to-3", "can-to-any");
        assertThat(found("QuestionnaireResponse?questionnaire=" + SERVER.system + "/Questionnaire/can-local")).containsExactly("can-to-local");
    }

    @Test
    void aChainGoesAlongACanonicalToTheVersionThatItNames() {
        assertThat(found("QuestionnaireResponse?questionnaire.title=CanFirst")).containsExactly("can-to-1", "can-to-any");
        assertThat(found("QuestionnaireResponse?questionnaire:Questionnaire.title=CanSecond")).containsExactly("can-to-2", "can-to-any");
        assertThat(found("QuestionnaireResponse?questionnaire.title=CanFirst,CanSecond")).containsExactly("can-to-1", "can-to-2", "can-to-any");
        assertThat(found("QuestionnaireResponse?questionnaire.title=CanFirst&patient=can-q")).containsExactly("can-to-1");
        assertThat(found("QuestionnaireResponse?questionnaire.title=CanOwn")).containsExactly("can-to-own");
        assertThat(found("QuestionnaireResponse?questionnaire.title=CanUnused")).isEmpty();
        assertThat(found("Patient?_has:QuestionnaireResponse:patient:questionnaire.title=CanSecond")).containsExactly("can-p", "can-q");
        assertThat(found("Patient?_has:QuestionnaireResponse:patient:questionnaire._id=can-2&family=Other")).containsExactly("can-q");
    }

    @Test
    void aChainGoesAlongALiteralReferenceToADefinitionAsBefore() {
        assertThat(found("QuestionnaireResponse?questionnaire.title=CanLocal")).containsExactly("can-to-local");
        assertThat(found("Questionnaire?_has:QuestionnaireResponse:questionnaire:status=completed&title=Can")).containsExactly("can-local", "can-own");
    }

    @Test
    void aDefinitionIsFoundByWhatNamesItsUrlAndVersion() {
        assertThat(found("Questionnaire?_has:QuestionnaireResponse:questionnaire:status=in-progress&title=Can")).containsExactly("can-1");
        assertThat(found("Questionnaire?_has:QuestionnaireResponse:questionnaire:status=stopped&title=Can")).containsExactly("can-1", "can-2");
        assertThat(found("Questionnaire?_has:QuestionnaireResponse:questionnaire:status=amended&title=Can")).containsExactly("can-2");
        assertThat(found("Questionnaire?_has:QuestionnaireResponse:questionnaire:status=entered-in-error&title=Can")).isEmpty();
        assertThat(found("Questionnaire?_id=can-1,can-own&_has:QuestionnaireResponse:questionnaire:status=stopped,completed")).containsExactly("can-1", "can-own");
        assertThat(found("Questionnaire?_id=can-1,can-unused&_has:QuestionnaireResponse:questionnaire:patient=can-q")).containsExactly("can-1");
    }
}
