package dev.portolan.rest;

import ca.uhn.fhir.util.XmlUtil;
import dev.portolan.fhir.json.NumberBounds;
import java.io.StringReader;
import java.util.BitSet;
import java.util.Iterator;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLEventReader;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.events.Attribute;
import javax.xml.stream.events.Characters;
import javax.xml.stream.events.EndElement;
import javax.xml.stream.events.StartElement;
import javax.xml.stream.events.XMLEvent;

/** What XML from outside may not be, looked for before HAPI reads it: it makes numbers of texts of any length, which takes minutes for some, and goes down by recursion. */
final class XmlBounds {

    /** Those that JSON has, and as many of a narrative, which is one text in JSON. */
    private static final int DEPTH = 128;
    private static final String FHIR = "http://hl7.org/fhir";
    private static final String XHTML = "http://www.w3.org/1999/xhtml";

    private XmlBounds() {}

    static void check(String text) {
        try {
            XMLEventReader events = XmlUtil.createXmlReader(new StringReader(text));
            int depth = 0;
            int narrative = 0;
            BitSet filled = new BitSet();
            while (events.hasNext()) {
                XMLEvent event = events.nextEvent();
                if (event.isCharacters() && narrative == 0) {
                    checkText(event.asCharacters());
                } else if (event.isEndElement()) {
                    if (narrative == 0 && !filled.get(depth)) {
                        checkEmpty(event.asEndElement());
                    }
                    depth--;
                    narrative = depth < narrative ? 0 : narrative;
                } else if (event.isStartElement()) {
                    StartElement element = event.asStartElement();
                    checkNumbers(element);
                    filled.set(depth++);
                    filled.set(depth, element.getAttributes().hasNext());
                    narrative = narrative == 0 && element.getName().getLocalPart().equals("div") ? depth : narrative;
                    checkNamespaces(element, narrative > 0);
                    if (depth > DEPTH) {
                        throw new FhirException(Problem.TOO_LARGE, "the XML is nested deeper than " + DEPTH + " levels");
                    }
                }
            }
        } catch (XMLStreamException e) {
            throw new FhirException(Problem.BAD_XML, "the body is not well-formed XML");
        }
    }

    /** "FHIR elements are never empty" (R4 xml, section 2.6.1); the reader behind passes over those without a word. Resources may be: their names, which begin with capitals, say what they are. */
    private static void checkEmpty(EndElement element) {
        if (Character.isLowerCase(element.getName().getLocalPart().charAt(0))) {
            throw new FhirException(Problem.BAD_XML, "the XML holds an element without a value, an extension or other content: leave it out");
        }
    }

    /** "If an element is present in the resource, it SHALL have either a value attribute, child elements, or extensions" (R4 xml, section 2.6.1): text between tags is none of them, and the reader behind passes over it without a word. */
    private static void checkText(Characters text) {
        if (!text.isWhiteSpace()) {
            throw new FhirException(Problem.BAD_XML, "the XML holds text between its tags, outside of narratives: write values as attributes, as in <active value=\"true\"/>");
        }
    }

    /**
     * "FHIR elements are always in the namespace http://hl7.org/fhir", and "the only other namespace that occurs in FHIR resources is the XHTML namespace" (R4 xml, section 2.6.1). The reader behind looks at names
     * alone and would take an element that means something else for ours.
     */
    private static void checkNamespaces(StartElement element, boolean narrative) {
        String namespace = element.getName().getNamespaceURI();
        boolean own = namespace.equals(FHIR) || narrative && namespace.equals(XHTML);
        for (Iterator<Attribute> attributes = element.getAttributes(); attributes.hasNext() && own;) {
            String ofAttribute = attributes.next().getName().getNamespaceURI();
            own = ofAttribute == null || ofAttribute.isEmpty() || narrative && ofAttribute.equals(XMLConstants.XML_NS_URI);
        }
        if (!own) {
            throw new FhirException(Problem.BAD_XML, "the XML holds an element or an attribute of another namespace than http://hl7.org/fhir and, in narratives, http://www.w3.org/1999/xhtml: leave it out");
        }
    }

    private static void checkNumbers(StartElement element) {
        for (Iterator<Attribute> attributes = element.getAttributes(); attributes.hasNext();) {
            String value = attributes.next().getValue();
            // No text of such a length consists of a number alone.
            if (value.length() > NumberBounds.MOST_DIGITS && value.chars().allMatch(c -> c >= '0' && c <= '9' || ".eE+-".indexOf(c) >= 0)) {
                throw new FhirException(Problem.BAD_STRUCTURE, "the XML holds a number of more than " + NumberBounds.MOST_DIGITS + " digits");
            }
        }
    }
}
