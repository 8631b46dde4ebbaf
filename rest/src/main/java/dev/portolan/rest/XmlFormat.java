package dev.portolan.rest;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.IParserErrorHandler;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.util.XmlUtil;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.NumberBounds;
import dev.portolan.fhir.json.XmlCharacters;
import dev.portolan.fhir.structure.StructureChecker;
import dev.portolan.fhir.structure.XmlForm;
import dev.portolan.fhir.structure.XmlFormException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import javax.xml.stream.XMLStreamException;
import org.hl7.fhir.r4.model.Resource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** XML to JSON and back, by the definitions of elements; and HAPI's model, for FHIRPath. JSON never comes here. */
final class XmlFormat {

    private static final Logger LOG = LoggerFactory.getLogger(XmlFormat.class);
    private static final String COMMENT = "<!--";
    /** The parser's own, but it writes no line into the log for what it wonders about: some quote the member's data. */
    private static final IParserErrorHandler QUIET = new LenientErrorHandler(false);

    private final FhirContext fhir;
    private final XmlForm form;

    XmlFormat(FhirContext fhir, StructureChecker structure) {
        this.fhir = fhir;
        this.form = structure.xml();
    }

    FhirContext context() {
        return fhir;
    }

    byte[] toJson(byte[] xml) {
        String text = text(xml);
        String content = withoutComments(text);
        if (content.contains("<!DOCTYPE") || content.contains("<!ENTITY")) {
            throw new FhirException(Problem.BAD_XML, "the XML holds a document type declaration: FHIR allows none, leave it out");
        }
        XmlBounds.check(text);
        if (!text.contains("http://hl7.org/fhir")) {
            throw new FhirException(Problem.BAD_XML, "the XML is not in FHIR's namespace: write xmlns=\"http://hl7.org/fhir\" on the root element");
        }
        try {
            return form.toJson(XmlUtil.createXmlReader(new StringReader(text)));
        } catch (XmlFormException e) {
            throw new FhirException(Problem.BAD_XML, String.valueOf(e.getMessage()));
        } catch (XMLStreamException e) {
            throw new FhirException(Problem.BAD_XML, "the body is not well-formed XML");
        }
    }

    /** FHIR is exchanged in UTF-8 (R4 http, section 3.1.0.1.11), whatever the text says of itself; characters of another encoding would be lost. */
    private static String text(byte[] xml) {
        try {
            return StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT).decode(ByteBuffer.wrap(xml)).toString();
        } catch (CharacterCodingException e) {
            throw new FhirException(Problem.BAD_XML, "the XML is not in UTF-8: write it in UTF-8, the encoding of FHIR");
        }
    }

    /** Comments are no content, whatever they hold. */
    private static String withoutComments(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        int at = 0;
        int last = text.lastIndexOf(COMMENT);
        for (int next = text.indexOf('<'); next >= 0 && next <= last; next = text.indexOf('<', next)) {
            boolean comment = text.startsWith(COMMENT, next);
            String close = comment ? "-->" : text.startsWith("<![CDATA[", next) ? "]]>" : text.startsWith("<?", next) ? "?>" : ">";
            int end = text.indexOf(close, next + (comment ? COMMENT.length() : 1));
            if (end < 0) {
                break; // not well formed: the parser says so
            }
            if (comment) {
                kept.append(text, at, next);
                at = end + close.length();
            }
            next = end + close.length();
        }
        return at == 0 ? text : kept.append(text, at, text.length()).toString();
    }

    /**
     * A stored resource, or one that we made, as XML.
     *
     * @throws FhirException if XML cannot say it; what is written is checked for that, but not what was stored before it was
     */
    byte[] fromJson(byte[] json, boolean pretty) {
        // A number without bounds is what no reader of XML takes either.
        if (!XmlCharacters.isAllOf(json, 0, json.length) || !NumberBounds.holdAllOf(json)) {
            throw unwritable();
        }
        try {
            return form.fromJson(JsonDocument.parse(json, JsonLimits.OWN), pretty);
        } catch (XmlFormException e) {
            LOG.warn("a resource could not be written as XML: {}", e.getMessage());
            throw unwritable();
        }
    }

    private static FhirException unwritable() {
        return new FhirException(Problem.NOT_ACCEPTABLE, "the answer holds what cannot be written as XML, for instance a control character or a narrative that is not well-formed: ask for application/fhir+json");
    }

    /** A stored or checked resource as HAPI's model. */
    Resource parse(byte[] json) {
        if (!NumberBounds.holdAllOf(json)) {
            // Of before numbers had bounds: the model would write it out in full, and one of a few bytes can take all memory so.
            throw new FhirException(Problem.UNPROCESSABLE, "the resource holds a number of more than " + NumberBounds.MOST_DIGITS + " digits or with a larger exponent than " + NumberBounds.LARGEST_EXPONENT
                + ": read it as JSON, change it by an update or a JSON Patch");
        }
        IParser reader = parser(fhir.newJsonParser());
        try {
            return (Resource) reader.parseResource(new String(PrimitivePlaces.writtenOut(NumberTexts.quoted(NarrativeTexts.readable(json))), StandardCharsets.UTF_8));
        } catch (DataFormatException | StackOverflowError e) {
            throw unreadable();
        }
    }

    /** Of before narratives were checked for it. */
    private static FhirException unreadable() {
        return new FhirException(Problem.UNPROCESSABLE, "the resource holds what is not well-formed, in its narrative perhaps: change it by an update or a JSON Patch");
    }

    private static IParser parser(IParser parser) {
        parser.setParserErrorHandler(QUIET);
        parser.setStripVersionsFromReferences(false);
        parser.setOverrideResourceIdWithBundleEntryFullUrl(false);
        return parser;
    }
}
