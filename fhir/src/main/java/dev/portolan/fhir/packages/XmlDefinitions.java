package dev.portolan.fhir.packages;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * A program of its own: writes the base R4 definitions, which a library has as XML Bundles, to a file, a line of JSON each. Their narratives, which nothing here reads, are dropped.
 *
 * <p>A server needs it once, before its first start. In the server's own process it would leave 600 classes of HAPI's R4 model, and what the compilers made of its parsers, until the next start: some 50 MB.
 */
final class XmlDefinitions {

    private static final List<String> BUNDLES = List.of(
            "profile/profiles-types.xml",
            "profile/profiles-resources.xml",
            "profile/profiles-others.xml",
            "extension/extension-definitions.xml",
            "valueset/valuesets.xml",
            "valueset/v3-codesystems.xml",
            "valueset/v2-tables.xml");

    private final IParser xml;
    private final IParser json;

    private XmlDefinitions() {
        FhirContext context = FhirContext.forR4Cached();
        this.xml = context.newXmlParser();
        this.json = context.newJsonParser();
    }

    /** @param arguments the file to write */
    public static void main(String[] arguments) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(Path.of(arguments[0])))) {
            XmlDefinitions definitions = new XmlDefinitions();
            for (String bundle : BUNDLES) {
                definitions.write(bundle, out);
            }
        }
    }

    /** Runs the program and waits for its end. */
    static void run(Path file) throws IOException {
        Path log = Files.createTempFile("base-definitions", ".log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8",
                        "-cp", System.getProperty("java.class.path"), XmlDefinitions.class.getName(), file.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("the base definitions cannot be read (" + process.exitValue() + "): " + Files.readString(log));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the base definitions were read");
        } finally {
            process.destroy();
            Files.deleteIfExists(log);
        }
    }

    private void write(String bundle, OutputStream out) throws IOException {
        XMLInputFactory input = XMLInputFactory.newFactory();
        input.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        input.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try (InputStream in = open(bundle)) {
            XMLEventReader events = input.createXMLEventReader(in);
            int depth = 0;
            while (events.hasNext()) {
                XMLEvent event = events.peek();
                // Bundle, entry, resource, and then the resource's own element.
                if (event.isStartElement() && depth == 3) {
                    out.write(json(copyElement(events)));
                    out.write('\n');
                    continue;
                }
                events.nextEvent();
                depth += event.isStartElement() ? 1 : event.isEndElement() ? -1 : 0;
            }
        } catch (XMLStreamException e) {
            throw new IOException("cannot read " + bundle, e);
        }
    }

    private static InputStream open(String bundle) {
        return Objects.requireNonNull(XmlDefinitions.class.getResourceAsStream("/org/hl7/fhir/r4/model/" + bundle), () -> "missing on the class path: " + bundle);
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

    private byte[] json(String text) {
        IBaseResource resource = xml.parseResource(text);
        if (resource instanceof DomainResource domain) {
            domain.setText(null);
        }
        return json.encodeResourceToString(resource).getBytes(StandardCharsets.UTF_8);
    }
}
