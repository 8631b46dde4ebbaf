package dev.portolan.rest;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Resource;

/** XML to JSON and back, through HAPI's model. JSON never comes here. */
final class XmlFormat {

    private static final String COMMENT = "<!--";

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
        if (!text.contains("http://hl7.org/fhir")) {
            throw new FhirException(Problem.BAD_XML, "the XML is not in FHIR's namespace: write xmlns=\"http://hl7.org/fhir\" on the root element");
        }
        try {
            IParser reader = parser(fhir.newXmlParser());
            reader.setParserErrorHandler(new StrictErrorHandler());
            return encode((Resource) reader.parseResource(text));
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

    byte[] fromJson(byte[] json, boolean pretty) {
        IBaseResource resource = parse(json);
        return parser(fhir.newXmlParser()).setPrettyPrint(pretty).encodeResourceToString(resource).getBytes(StandardCharsets.UTF_8);
    }

    /** A stored or checked resource as HAPI's model. */
    Resource parse(byte[] json) {
        return (Resource) parser(fhir.newJsonParser()).parseResource(new String(json, StandardCharsets.UTF_8));
    }

    byte[] encode(Resource resource) {
        return PrimitiveIds.encoded(fhir, resource, each -> parser(fhir.newJsonParser()).encodeResourceToString(each).getBytes(StandardCharsets.UTF_8));
    }

    private static IParser parser(IParser parser) {
        parser.setStripVersionsFromReferences(false);
        parser.setOverrideResourceIdWithBundleEntryFullUrl(false);
        return parser;
    }
}
