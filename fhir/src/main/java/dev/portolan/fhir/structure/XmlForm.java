package dev.portolan.fhir.structure;

import dev.portolan.fhir.json.JsonDocument;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;
import javax.xml.stream.XMLEventReader;
import javax.xml.stream.XMLStreamException;

/**
 * Resources in XML (R4 xml) from and to JSON (R4 json), by the base definitions of their elements. Nothing becomes objects on the way: values, ids and extensions of primitives wherever they stand, and how a number is written, are copied.
 */
public final class XmlForm {

    private final Supplier<Map<String, TypeRule>> types;

    XmlForm(Supplier<Map<String, TypeRule>> types) {
        this.types = types;
    }

    /**
     * The JSON of a resource. Elements, their order and their number are checked, since they decide what JSON it becomes; values are copied and are for {@link StructureChecker} to check.
     *
     * @param events of XML whose depth is bounded, with nothing in another namespace than FHIR's and XHTML's
     * @throws XmlFormException if it is no resource
     */
    public byte[] toJson(XMLEventReader events) throws XMLStreamException {
        return new XmlReading(types.get(), events).document().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The XML of a resource.
     *
     * @param json with no character that XML does not have
     * @throws XmlFormException if the resource holds what is no element of its type, or a narrative that is no XML; it was stored before that was checked
     */
    public byte[] fromJson(JsonDocument json, boolean pretty) {
        return new XmlWriting(types.get(), pretty).document(json.root());
    }
}
