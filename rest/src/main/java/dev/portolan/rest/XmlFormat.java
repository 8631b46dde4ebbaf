package dev.portolan.rest;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.IParserErrorHandler;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.parser.StrictErrorHandler;
import dev.portolan.fhir.json.NumberBounds;
import dev.portolan.fhir.json.XmlCharacters;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.hl7.fhir.r4.model.Resource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** XML to JSON and back, through HAPI's model. JSON never comes here. */
final class XmlFormat {

    private static final Logger LOG = LoggerFactory.getLogger(XmlFormat.class);
    private static final String COMMENT = "<!--";
    /** The parser's own, but it writes no line into the log for what it wonders about: some quote the member's data. */
    private static final IParserErrorHandler QUIET = new LenientErrorHandler(false);

    /** What is wrong with the form is refused. Whether a contained resource is there is no question of form: a reference to one that is not is taken as JSON takes it, and the profiles say what is wrong with it (ref-1). */
    private static final IParserErrorHandler STRICT = new StrictErrorHandler() {
        @Override
        public void unknownReference(IParserErrorHandler.IParseLocation location, String reference) {
            // the profiles' business
        }
    };

    private final FhirContext fhir;

    XmlFormat(FhirContext fhir) {
        this.fhir = fhir;
    }

    FhirContext context() {
        return fhir;
    }

    byte[] toJson(byte[] xml) {
        String text = withoutComments(text(xml));
        if (text.contains("<!DOCTYPE") || text.contains("<!ENTITY")) {
            throw new FhirException(Problem.BAD_XML, "the XML holds a document type declaration: FHIR allows none, leave it out");
        }
        XmlBounds.check(text);
        if (!text.contains("http://hl7.org/fhir")) {
            throw new FhirException(Problem.BAD_XML, "the XML is not in FHIR's namespace: write xmlns=\"http://hl7.org/fhir\" on the root element");
        }
        char standIn = TagValues.standIn(text);
        String readable = TagValues.hidden(text, standIn);
        try {
            IParser reader = parser(fhir.newXmlParser());
            reader.setParserErrorHandler(STRICT);
            byte[] json = encode((Resource) reader.parseResource(readable));
            return readable.equals(text) ? json : TagValues.restored(json, standIn);
        } catch (DataFormatException | IllegalArgumentException | NullPointerException | ClassCastException e) {
            // HAPI reports some malformed texts by whatever exception its model throws; its message may quote values, so it is not passed on.
            throw new FhirException(Problem.BAD_XML, "the body is no FHIR R4 resource in XML: check that it is well formed, in the namespace http://hl7.org/fhir, and that its elements are those of the type");
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

    /** Comments are no content, but HAPI's model keeps them with the elements behind them, which are not empty then. */
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
        if (!XmlCharacters.isAllOf(json, 0, json.length)) {
            throw unwritable();
        }
        try {
            return parser(fhir.newXmlParser()).setPrettyPrint(pretty).encodeResourceToString(parse(json)).getBytes(StandardCharsets.UTF_8);
        } catch (FhirException refusal) {
            throw unwritable();
        } catch (RuntimeException | StackOverflowError e) {
            // HAPI's messages may quote values: what it was says enough. Its stack ends where a narrative of before their depth was bounded is nested without end.
            LOG.warn("a resource could not be written as XML: {}", e.getClass().getName());
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

    byte[] encode(Resource resource) {
        try {
            return PrimitiveIds.encoded(fhir, resource, each -> parser(fhir.newJsonParser()).encodeResourceToString(each).getBytes(StandardCharsets.UTF_8));
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
