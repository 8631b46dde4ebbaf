package dev.portolan.rest;

import ca.uhn.fhir.util.XmlUtil;
import dev.portolan.fhir.json.NumberBounds;
import java.io.StringReader;
import java.util.Iterator;
import javax.xml.stream.XMLEventReader;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.events.Attribute;
import javax.xml.stream.events.StartElement;
import javax.xml.stream.events.XMLEvent;

/** What XML from outside may not be, looked for before HAPI reads it: it makes numbers of texts of any length, which takes minutes for some, and goes down by recursion. */
final class XmlBounds {

    /** Those that JSON has, and as many of a narrative, which is one text in JSON. */
    private static final int DEPTH = 128;

    private XmlBounds() {}

    static void check(String text) {
        try {
            XMLEventReader events = XmlUtil.createXmlReader(new StringReader(text));
            int depth = 0;
            while (events.hasNext()) {
                XMLEvent event = events.nextEvent();
                if (event.isEndElement()) {
                    depth--;
                } else if (event.isStartElement()) {
                    checkNumbers(event.asStartElement());
                    if (++depth > DEPTH) {
                        throw new FhirException(Problem.TOO_LARGE, "the XML is nested deeper than " + DEPTH + " levels");
                    }
                }
            }
        } catch (XMLStreamException e) {
            throw new FhirException(Problem.BAD_XML, "the body is not well-formed XML");
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
