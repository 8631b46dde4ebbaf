package dev.portolan.rest;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import java.nio.charset.StandardCharsets;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Resource;

/** XML to JSON and back, through HAPI's model. JSON never comes here. */
final class XmlFormat {

    private final FhirContext fhir;

    XmlFormat(FhirContext fhir) {
        this.fhir = fhir;
    }

    FhirContext context() {
        return fhir;
    }

    byte[] toJson(byte[] xml) {
        String text = new String(xml, StandardCharsets.UTF_8);
        if (text.contains("<!DOCTYPE") || text.contains("<!ENTITY")) {
            throw new FhirException(Problem.BAD_XML, "the XML holds a document type declaration: FHIR allows none, leave it out");
        }
        if (!text.contains("http://hl7.org/fhir")) {
            throw new FhirException(Problem.BAD_XML, "the XML is not in FHIR's namespace: write xmlns=\"http://hl7.org/fhir\" on the root element");
        }
        try {
            IParser reader = parser(fhir.newXmlParser());
            reader.setParserErrorHandler(new StrictErrorHandler());
            return parser(fhir.newJsonParser()).encodeResourceToString(reader.parseResource(text)).getBytes(StandardCharsets.UTF_8);
        } catch (DataFormatException | IllegalArgumentException | NullPointerException | ClassCastException e) {
            // HAPI reports some malformed texts by whatever exception its model throws; its message may quote values, so it is not passed on.
            throw new FhirException(Problem.BAD_XML, "the body is no FHIR R4 resource in XML: check that it is well formed, in the namespace http://hl7.org/fhir, and that its elements are those of the type");
        }
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
        return parser(fhir.newJsonParser()).encodeResourceToString(resource).getBytes(StandardCharsets.UTF_8);
    }

    private static IParser parser(IParser parser) {
        parser.setStripVersionsFromReferences(false);
        parser.setOverrideResourceIdWithBundleEntryFullUrl(false);
        return parser;
    }
}
