package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer.Reply;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is stored can be read as XML; where it cannot, because it was stored before that was checked, the answer says so, and what was done is not told as a failure. */
class XmlAnswersTest {

    private static final String XML = "application/fhir+xml";
    private static final String UNWRITABLE = "<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">Ben & Jerry</div>";

    private final RunningServer server = RunningServer.get();

    private static String patient(String id, String div) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"text\":{\"status\":\"generated\",\"div\":\"" + div + "\"},\"name\":[{\"family\":\"Xmlanswers\"}]}";
    }

    private static void parse(Reply reply) {
        try {
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new java.io.ByteArrayInputStream(reply.body()));
        } catch (Exception e) {
            throw new AssertionError("not well-formed: " + reply.text(), e);
        }
    }

    @Test
    void namesOfCharactersBecomeTheCharacters() {
        server.put("Patient/xml-named-1", patient("xml-named-1", "<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">1&nbsp;&bdquo;2&ldquo;<p>&amp;bdquo;</p ></div >"));
        assertThat(server.get("Patient/xml-named-1", "Accept", XML).text()).contains("1\u00a0\u201e2\u201c<p>&amp;bdquo;</p ></div >");
    }

    /** Each passes the check of narratives, and becomes XML. */
    @ParameterizedTest
    @ValueSource(strings = {"a &amp; b &nbsp;&copy;&alefsym;&hellip;&bdquo;&sbquo;&uml;&ni;&thetasym;&sigmaf;&upsilon;&upsih;&epsilon;&perp; &apos; &#160; &#x1F600; &lt;b&gt; \uD83D\uDE00", "<p title='a\\\"b &quot; &nbsp;'>]] > -- a</p><br /><!-- a - b --><hr/>", "<p xml:lang=\\\"en\\\" lang=\\\"en\\\">a</p>",
        "<p xmlns:fhir=\\\"http://hl7.org/fhir\\\">a</p>", "<a href=\\\"?a=1&amp;b=2\\\">x</a ><img src=\\\"#i\\\"\\n alt=\\\"\\\"/>", "\\t\\r\\n a \u007F\u0085\uFFFD", "<table><tr><td>1</td></tr></table>"})
    void aNarrativeThatIsStoredIsReadAsXml(String content) {
        Reply created = server.post("Patient", patient("x", "<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">" + content + "</div>"), "Accept", XML);
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        parse(created);
        Reply again = server.post("Patient", created.text(), "Content-Type", XML, "Accept", XML);
        assertThat(again.status()).as(again.text()).isEqualTo(201);
    }

    @Test
    void narrativesAsDeepAsTheyMayBeAreReadAndSentAsXml() {
        String deep = "<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">" + "<div>".repeat(63) + "x" + "</div>".repeat(64);
        Reply created = server.post("Patient", patient("x", deep), "Accept", XML);
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        assertThat(server.post("Patient", created.text(), "Content-Type", XML).status()).isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Ben & Jerry", "&unknown;", "&#1;", "<p class='a' class='b'>x</p>", "<p title='<'>x</p>", "a ]]> b", "<!-- a -- b -->x", "<p x:y='1'>x</p>", "a\\u0001b", "a\\uFFFEb"})
    void aNarrativeThatIsNoXmlIsRefused(String content) {
        String before = server.rows();
        Reply refused = server.post("Patient", patient("x", "<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">" + content + "</div>"), "Accept", XML);
        assertThat(refused.status()).isEqualTo(422);
        parse(refused);
        assertThat(server.rows()).isEqualTo(before);
    }

    /** A search page of XML is one document: a resource of before cannot be left out of it, and a page without it would be wrong. */
    @Test
    void whatCannotBeXmlIs406WhereItIsReadAndStillThereAsJson() {
        server.storeUnchecked(patient("xml-bad-1", UNWRITABLE));
        server.storeUnchecked(patient("xml-bad-2", UNWRITABLE.replace("Ben & Jerry", "<p>".repeat(20_000) + "</p>".repeat(20_000))));
        server.storeUnchecked("{\"resourceType\":\"Patient\",\"id\":\"xml-bad-3\",\"name\":[{\"family\":\"a\\u0001b\"}]}");
        server.storeUnchecked("{\"resourceType\":\"Patient\",\"id\":\"xml-bad-4\",\"name\":[{\"family\":\"a\\ufffeb\"}]}");
        server.storeUnchecked(InteractionsTest.observation("xml-bad-5", "xml-bad-1", "1").replace("1.50", "1e999999999"));
        for (String path : List.of("Patient/xml-bad-1", "Patient/xml-bad-2", "Patient/xml-bad-3", "Patient/xml-bad-4", "Observation/xml-bad-5", "Patient?_id=xml-bad-1,xml-bad-3", "Patient/xml-bad-1/_history", "Patient/xml-bad-1/$everything")) {
            Reply refused = server.get(path, "Accept", XML);
            assertThat(refused.status()).as(path).isEqualTo(406);
            assertThat(refused.header("ETag")).isNull();
            assertThat(refused.text()).contains("OperationOutcome").contains("FHIR-0205");
            parse(refused);
            assertThat(server.get(path).status()).as(path).isEqualTo(200);
        }
        assertThat(server.send("POST", "Patient/_search", "_id=xml-bad-1", "Content-Type", "application/x-www-form-urlencoded", "Accept", XML).status()).isEqualTo(406);
    }

    /** An answer that looks like a failure is sent once more. */
    @Test
    void whatWasDoneIsNoFailureThoughItCannotBeXml() {
        server.storeUnchecked(patient("xml-done-1", UNWRITABLE));
        Reply done = server.send("PATCH", "Patient/xml-done-1", "[{\"op\":\"add\",\"path\":\"/active\",\"value\":true}]", "Content-Type", "application/json-patch+json", "Accept", XML);
        assertThat(done.status()).as("the patched narrative is checked too").isEqualTo(422);
        String bundle = "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"xml-done-2\"},\"request\":{\"method\":\"PUT\",\"url\":\"Patient/xml-done-2\"}},"
            + "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/xml-done-1\"}}]}";
        Reply batch = server.post("", bundle, "Accept", XML);
        assertThat(batch.status()).isEqualTo(200);
        assertThat(batch.header("Content-Type")).startsWith("application/fhir+json");
        assertThat(batch.json().root().field("entry").firstChild().field("response").fieldText("status")).startsWith("201");
    }

    @Test
    void aPatchOfWhatTheModelCannotReadIsRefused() {
        server.storeUnchecked(InteractionsTest.observation("xml-patch-1", "p", "1").replace("1.50", "1e999999999"));
        server.storeUnchecked(patient("xml-patch-2", UNWRITABLE));
        String patch = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"replace\"},{\"name\":\"path\",\"valueString\":\"%s\"},{\"name\":\"value\",\"valueString\":\"%s\"}]}]}";
        assertThat(server.send("PATCH", "Observation/xml-patch-1", patch.formatted("Observation.status", "amended")).status()).isEqualTo(422);
        assertThat(server.send("PATCH", "Patient/xml-patch-2", patch.formatted("Patient.name[0].family", "b")).status()).isEqualTo(422);
        server.put("Observation/xml-patch-3", InteractionsTest.observation("xml-patch-3", "p", "1"));
        assertThat(server.send("PATCH", "Observation/xml-patch-3", patch.formatted("Observation.value.value", "1e999999999")).status()).isEqualTo(422);
    }

    @Test
    void namesFromCallersDoNotBreakAnOutcome() {
        server.put("Patient/xml-name-1", "{\"resourceType\":\"Patient\",\"id\":\"xml-name-1\"}");
        for (String query : List.of("%01x=1", "%EF%BF%BEx=1", "_sort=%0Bx", "name:%01=x")) {
            Reply page = server.get("Patient?_id=xml-name-1&" + query + "&_format=xml");
            assertThat(page.status()).as(query).isIn(200, 400);
            parse(page);
        }
    }

    @Test
    void deepXmlIsRefusedLikeDeepJson() {
        for (int depth : List.of(70, 129, 500, 100_000)) {
            String nested = "<Patient xmlns=\"http://hl7.org/fhir\">" + "<extension url=\"http://x.example\">".repeat(depth) + "</extension>".repeat(depth) + "</Patient>";
            Reply refused = server.send("POST", "Patient/$validate", nested.getBytes(StandardCharsets.UTF_8), "Content-Type", XML);
            assertThat(refused.status()).as(depth + " levels").isEqualTo(413);
        }
    }
}
