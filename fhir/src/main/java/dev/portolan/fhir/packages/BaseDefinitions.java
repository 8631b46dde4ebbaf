package dev.portolan.fhir.packages;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.util.VersionUtil;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import javax.xml.stream.XMLEventReader;
import javax.xml.stream.XMLEventWriter;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.events.XMLEvent;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.DomainResource;

/**
 * The base R4 definitions as a pack. They come as XML Bundles in a library; their narratives, which nothing here reads, are dropped.
 */
final class BaseDefinitions {

    private static final String FOLDER = "/org/hl7/fhir/r4/model/";
    private static final List<String> XML_BUNDLES = List.of(
            "profile/profiles-types.xml",
            "profile/profiles-resources.xml",
            "profile/profiles-others.xml",
            "extension/extension-definitions.xml",
            "valueset/valuesets.xml",
            "valueset/v3-codesystems.xml",
            "valueset/v2-tables.xml");
    private static final String SEARCH_PARAMETERS = "sp/search-parameters.json";

    private final PackFile.Writer writer;
    private final IParser xml;
    private final IParser json;

    private BaseDefinitions(PackFile.Writer writer) {
        this.writer = writer;
        FhirContext context = FhirContext.forR4Cached();
        this.xml = context.newXmlParser();
        this.json = context.newJsonParser();
    }

    /** Changes when the library does, so that a new release reads its definitions anew. */
    static String edition() {
        return VersionUtil.getVersion();
    }

    static void pack(PackFile.Writer writer) throws IOException {
        BaseDefinitions definitions = new BaseDefinitions(writer);
        writer.manifest(
                """
                {"name":"%s","version":"%s","canonical":"http://hl7.org/fhir","title":"FHIR R4"}
                """
                        .formatted(GuideRef.BASE.id(), GuideRef.BASE.version())
                        .getBytes(StandardCharsets.UTF_8));
        for (String bundle : XML_BUNDLES) {
            definitions.addXmlBundle(bundle);
        }
        definitions.addSearchParameters();
    }

    private static InputStream open(String name) {
        return Objects.requireNonNull(BaseDefinitions.class.getResourceAsStream(FOLDER + name), () -> "missing on the class path: " + name);
    }

    private void addSearchParameters() throws IOException {
        try (InputStream in = open(SEARCH_PARAMETERS)) {
            JsonValue entries = Objects.requireNonNull(JsonDocument.parse(in.readAllBytes()).root().field("entry"));
            for (JsonValue entry : entries.children()) {
                add(Objects.requireNonNull(entry.field("resource")).toBytes());
            }
        }
    }

    private void addXmlBundle(String name) throws IOException {
        XMLInputFactory input = XMLInputFactory.newFactory();
        input.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        input.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try (InputStream in = open(name)) {
            XMLEventReader events = input.createXMLEventReader(in);
            int depth = 0;
            while (events.hasNext()) {
                XMLEvent event = events.peek();
                // Bundle, entry, resource, and then the resource's own element.
                if (event.isStartElement() && depth == 3) {
                    addXml(copyElement(events));
                    continue;
                }
                events.nextEvent();
                depth += event.isStartElement() ? 1 : event.isEndElement() ? -1 : 0;
            }
        } catch (XMLStreamException e) {
            throw new IOException("cannot read " + name, e);
        }
    }

    private static String copyElement(XMLEventReader events) throws XMLStreamException {
        XMLOutputFactory output = XMLOutputFactory.newFactory();
        output.setProperty(XMLOutputFactory.IS_REPAIRING_NAMESPACES, true);
        StringWriter text = new StringWriter();
        XMLEventWriter copy = output.createXMLEventWriter(text);
        int depth = 0;
        do {
            XMLEvent event = events.nextEvent();
            copy.add(event);
            depth += event.isStartElement() ? 1 : event.isEndElement() ? -1 : 0;
        } while (depth > 0);
        copy.close();
        return text.toString();
    }

    private void addXml(String text) {
        IBaseResource resource = xml.parseResource(text);
        if (resource instanceof DomainResource domain) {
            domain.setText(null);
        }
        add(json.encodeResourceToString(resource).getBytes(StandardCharsets.UTF_8));
    }

    private void add(byte[] resource) {
        PackEntry entry = Objects.requireNonNull(PackEntry.describe("", resource, false));
        String name = entry.type() + "-" + entry.id() + ".json";
        writer.add(new PackEntry(name, entry.type(), entry.id(), entry.url(), entry.version(), false, 0, 0, resource.length), resource);
    }
}
