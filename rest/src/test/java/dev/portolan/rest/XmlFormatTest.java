package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.context.FhirContext;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.store.ReadResult;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoredResource;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** XML that says the same in another way, and XML that would lose something. */
class XmlFormatTest {

    private final XmlFormat xml = new XmlFormat(FhirContext.forR4Cached(), RunningServer.get().structure());

    private String json(String text) {
        return new String(xml.toJson(text.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "<!-- c --><?pi x?><Patient xmlns=\"http://hl7.org/fhir\"><id value=\"a\"/><active value=\"true\"/></Patient>",
        "<Patient xmlns=\"http://hl7.org/fhir\"><!-- <b> --><id value=\"a\"/><!-- - --><active value=\"true\"/><!----></Patient><!-- c -->",
        "<?pi <!-- ?><Patient xmlns=\"http://hl7.org/fhir\"><id value=\"a\"/><active value=\"true\"/><!-- c --></Patient>",
        "<f:Patient xmlns:f=\"http://hl7.org/fhir\"><f:id value=\"a\"/><f:active value=\"true\"/></f:Patient>"})
    void whatIsNoContentChangesNothing(String text) {
        assertThat(json(text)).isEqualTo("{\"resourceType\":\"Patient\",\"id\":\"a\",\"active\":true}");
    }

    @Test
    void whatStandsInCdataIsNoComment() {
        assertThat(json("<Patient xmlns=\"http://hl7.org/fhir\"><text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\"><![CDATA[a <!-- b --> c]]></div></text></Patient>")).contains("a &lt;!-- b --&gt; c");
    }

    /** A reason why there is no given name stands in an array by itself. */
    @Test
    void whatIsSaidOfValuesThatThereAreNotIsKept() {
        String reason = "{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"masked\"}]}";
        String patient = "{\"resourceType\":\"Patient\",\"name\":[{%s\"_given\":[" + reason + "," + reason + "]}],\"address\":[{\"line\":[\"a\",null],\"_line\":[null," + reason + "]}]}";
        byte[] json = patient.formatted("").getBytes(StandardCharsets.UTF_8);
        String asXml = new String(xml.fromJson(json, false), StandardCharsets.UTF_8);
        assertThat(asXml.split("<given>")).hasSize(3);
        // How R4 writes it with the places of the values.
        assertThat(json(asXml)).isEqualTo(patient.formatted("\"given\":[null,null],"));
    }

    /** Ids of primitives wherever they stand: beside a value, and in an extension of a primitive. */
    @Test
    void idsOfPrimitivesAreKept() {
        String patient = "{\"resourceType\":\"Patient\",\"active\":true,\"_active\":{\"id\":\"a\"},\"_gender\":{\"extension\":[{\"url\":\"urn:x\",\"valueCode\":\"c\",\"_valueCode\":{\"id\":\"b\"}},"
            + "{\"url\":\"urn:y\",\"extension\":[{\"url\":\"z\",\"valueString\":\"s\",\"_valueString\":{\"id\":\"c\"}}]}]}}";
        assertThat(json(new String(xml.fromJson(patient.getBytes(StandardCharsets.UTF_8), false), StandardCharsets.UTF_8))).isEqualTo(patient);
    }

    /** How a decimal is written says how precise it is. */
    @ParameterizedTest
    @ValueSource(strings = {"1e3", "1.50e2", "-0.0", "1.50", "0.00000001", "1E-7", "100", "0", "-0", "-1.5E+2"})
    void decimalsStayAsTheyAreWritten(String decimal) {
        String observation = "{\"resourceType\":\"Observation\",\"status\":\"final\",\"valueQuantity\":{\"value\":" + decimal + "}}";
        String asXml = new String(xml.fromJson(observation.getBytes(StandardCharsets.UTF_8), false), StandardCharsets.UTF_8);
        assertThat(asXml).contains("<value value=\"" + decimal + "\"/>");
        assertThat(json(asXml)).isEqualTo(observation);
    }

    /** What was stored before numbers had bounds must not take all memory now. */
    @ParameterizedTest
    @ValueSource(strings = {"1e999999999", "-1e-999999999", "1e20000000"})
    void aNumberThatNobodyCanWriteOutIsRefused(String decimal) {
        byte[] observation = ("{\"resourceType\":\"Observation\",\"note\":[{\"text\":\"\\\"1e999999999\"}],\"valueQuantity\":{\"value\":" + decimal + "}}").getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> xml.fromJson(observation, false)).isInstanceOf(FhirException.class);
        assertThatThrownBy(() -> xml.parse(observation)).isInstanceOfSatisfying(FhirException.class, refusal -> assertThat(refusal.problem()).isEqualTo(Problem.UNPROCESSABLE));
    }

    @Test
    void aNumberInATextIsNoNumber() {
        byte[] observation = "{\"resourceType\":\"Observation\",\"note\":[{\"text\":\"\\\" 1e999999999 \\\\\"}]}".getBytes(StandardCharsets.UTF_8);
        assertThat(new String(xml.fromJson(observation, false), StandardCharsets.UTF_8)).contains(" 1e999999999 \\");
    }

    /** To make a number of that takes minutes, and HAPI makes one before anything else can look at it. */
    @Test
    void digitsWithoutEndAreRefusedUnread() {
        String observation = "<Observation xmlns=\"http://hl7.org/fhir\"><valueQuantity><value value=\"" + "1".repeat(5_000_000) + "\"/></valueQuantity></Observation>";
        assertThatThrownBy(() -> json(observation)).isInstanceOfSatisfying(FhirException.class, refusal -> assertThat(refusal.problem()).isEqualTo(Problem.BAD_STRUCTURE));
    }

    /** XML allows them, and a reader that ends the tag there makes text of what follows. */
    @ParameterizedTest
    @ValueSource(strings = {"5 &gt; 3", "a -> b, it's", "&lt;i&gt;", "&quot;x&quot; > y", "&#62;&#x3E;", "]]>", "-->"})
    void closingBracketsInAttributesOfANarrativeStayThere(String title) {
        String div = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><!-- it's > \" --><p title=\"" + title + "\" class='a>\"b'>don't <i>a=\"b&gt;c\"</i></p></div>";
        String meant = title.replaceAll("&gt;|&#62;|&#x3E;", ">");
        String asXml = new String(xml.fromJson(patient(div).getBytes(StandardCharsets.UTF_8), false), StandardCharsets.UTF_8);
        assertThat(asXml).as("a narrative is copied").contains(div);
        String[] expected = {"title=\"" + meant.replace(">", "&gt;") + "\"", "class=\"a&gt;&quot;b\"", ">don't <i>a=\"b&gt;c\"</i></p></div>"};
        String sent = "<Patient xmlns=\"http://hl7.org/fhir\"><text><status value=\"generated\"/>" + div + "</text></Patient>";
        for (String text : new String[] {asXml, sent}) {
            assertThat(JsonDocument.parse(json(text)).root().field("text").fieldText("div")).contains(expected);
        }
    }

    private static String patient(String div) {
        return "{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"" + div.replace("\"", "\\\"") + "\"}}";
    }

    @Test
    void bracketsElsewhereAreAsTheyWere() {
        String observation = "{\"resourceType\":\"Observation\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><p title=\\\"a&gt;\\\">\uFDD0</p></div>\"},\"status\":\"final\","
            + "\"code\":{\"text\":\"x > 'y' \uFDD0>\"},\"valueQuantity\":{\"value\":1,\"comparator\":\">=\"}}";
        assertThat(json(new String(xml.fromJson(observation.getBytes(StandardCharsets.UTF_8), false), StandardCharsets.UTF_8))).isEqualTo(observation);
    }

    /** Characters that are not the caller's would stand in the record for good. */
    @ParameterizedTest
    @ValueSource(strings = {"ISO-8859-1", "UTF-16", "windows-1252"})
    void whatIsNotInUtf8IsRefused(String charset) {
        String text = "<?xml version=\"1.0\" encoding=\"" + charset + "\"?><Patient xmlns=\"http://hl7.org/fhir\"><name><family value=\"M\u00fcller\"/></name></Patient>";
        assertThatThrownBy(() -> xml.toJson(text.getBytes(Charset.forName(charset)))).isInstanceOfSatisfying(FhirException.class, refusal -> assertThat(refusal.problem()).isEqualTo(Problem.BAD_XML));
    }

    /** HAPI's parsers say in the log what they wonder about, and quote it. */
    @Test
    void nothingOfAResourceIsLogged() {
        Logger parser = (Logger) LoggerFactory.getLogger("ca.uhn.fhir.parser");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        parser.addAppender(log);
        try {
            byte[] patient = "{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"#gone\"}}".getBytes(StandardCharsets.UTF_8);
            json(new String(xml.fromJson(patient, false), StandardCharsets.UTF_8));
            xml.parse(patient);
        } finally {
            parser.detachAppender(log);
        }
        assertThat(log.list).isEmpty();
    }

    /** Between a question for a history, or for everything, and that for the resource itself, it may have come, or a label may have gone. */
    @Test
    void whatHasComeMeanwhileWasNotThereWhenItWasAskedFor() {
        StoredResource come = new StoredResource(new ResourceKey("Patient", "a"), 1, Instant.EPOCH, StoredResource.Change.CREATED, () -> 1, () -> new byte[0]);
        assertThat(Reads.missing(new ReadResult.Found(come)).problem()).isEqualTo(Problem.NOT_FOUND);
    }

    /** "FHIR elements are always in the namespace http://hl7.org/fhir" (R4 xml, section 2.6.1): what is called alike elsewhere means something else. */
    @ParameterizedTest
    @ValueSource(strings = {
        "<name><x:family xmlns:x=\"urn:other\" value=\"Foreign\"/></name>", "<name><family xmlns=\"urn:other\" value=\"Foreign\"/></name>", "<name><family xmlns=\"\" value=\"None\"/></name>",
        "<active value=\"true\" x:value=\"false\" xmlns:x=\"urn:other\"/>", "<h:active xmlns:h=\"http://www.w3.org/1999/xhtml\" value=\"true\"/>",
        "<text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a</p></div><x:p xmlns:x=\"http://www.w3.org/1999/xhtml\"/></text>",
        "<active xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"b\" value=\"true\"/>"})
    void whatIsOfAnotherNamespaceIsRefused(String content) {
        assertThatThrownBy(() -> json("<Patient xmlns=\"http://hl7.org/fhir\">" + content + "</Patient>")).isInstanceOfSatisfying(FhirException.class, refusal -> {
            assertThat(refusal.problem()).isEqualTo(Problem.BAD_XML);
            assertThat(refusal.getMessage()).contains("namespace");
        });
        assertThatThrownBy(() -> json("<x:Patient xmlns:x=\"urn:other\" xmlns=\"http://hl7.org/fhir\"><active value=\"true\"/></x:Patient>")).isInstanceOf(FhirException.class);
    }

    /** Both were passed over without a word, and what they say was lost. */
    @ParameterizedTest
    @ValueSource(strings = {"<active>true</active>", "text<active value=\"true\"/>", "<active value=\"true\">yes</active>", "<active><![CDATA[true]]></active>"})
    void textBetweenTagsIsRefused(String content) {
        assertThatThrownBy(() -> json("<Patient xmlns=\"http://hl7.org/fhir\">" + content + "</Patient>")).isInstanceOfSatisfying(FhirException.class, refusal -> assertThat(refusal.getMessage()).contains("text between its tags"));
    }

    @Test
    void anEmptyElementIsRefusedAndAnEmptyResourceIsNot() {
        for (String content : new String[] {"<active/>", "<name></name>", "<contact><name> </name></contact>", "<text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">a<br/></div></text><name/>"}) {
            assertThatThrownBy(() -> json("<Patient xmlns=\"http://hl7.org/fhir\">" + content + "</Patient>")).as(content).isInstanceOfSatisfying(FhirException.class, refusal -> assertThat(refusal.problem()).isEqualTo(Problem.BAD_XML));
        }
        assertThat(json("<Patient xmlns=\"http://hl7.org/fhir\"/>")).isEqualTo("{\"resourceType\":\"Patient\"}");
    }

    @Test
    void narrativesAreReadInEitherWayOfTheirNamespace() {
        String narrative = "<text><status value=\"generated\"/>%s</text>";
        for (String div : new String[] {"<div xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\"><div>a</div><p>b</p></div>", "<h:div xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:p>b</h:p></h:div>"}) {
            assertThat(json("<Patient xmlns=\"http://hl7.org/fhir\">" + narrative.formatted(div) + "\n <active value=\"true\"/> </Patient>")).contains("<p>b</p></div>", "\"active\":true");
        }
    }

    /** As it is in JSON: it is for the profiles to say that nothing of that id is contained (ref-1). */
    @Test
    void aReferenceToNothingThatIsContainedIsKept() {
        assertThat(json("<Patient xmlns=\"http://hl7.org/fhir\"><managingOrganization><reference value=\"#gone\"/></managingOrganization></Patient>")).contains("\"reference\":\"#gone\"");
    }
}
