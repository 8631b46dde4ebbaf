package dev.portolan.rest;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeResourceDefinition;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.SearchQuery.Summary;
import dev.portolan.store.StoredResource;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Parts of a resource: {@code _summary} and {@code _elements} (R4 search, sections 3.1.1.5.8 and 3.1.1.5.9). Mandatory elements stay in, and the tag SUBSETTED says that it is
 * not the whole.
 */
final class Subsetter {

    private static final byte[] SUBSETTED =
        "{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\",\"code\":\"SUBSETTED\"}".getBytes(StandardCharsets.US_ASCII);
    private static final Set<String> ALWAYS = Set.of("resourceType", "id", "meta");

    private final FhirContext fhir;
    private final Map<String, Shape> shapes = new ConcurrentHashMap<>();

    /**
     * Names of a type's elements in JSON.
     *
     * @param choices the names that a choice has with each of its types, by that without one
     */
    private record Shape(Set<String> mandatory, Set<String> summary, Map<String, Set<String>> choices) {}

    Subsetter(FhirContext fhir) {
        this.fhir = fhir;
    }

    byte[] apply(StoredResource resource, Summary summary, Set<String> elements) {
        byte[] json = resource.content().json();
        boolean whole = elements.isEmpty() && (summary == Summary.FALSE || summary == Summary.COUNT);
        return whole ? json : apply(JsonDocument.parse(json), resource.key().type(), summary, elements);
    }

    byte[] apply(JsonDocument resource, String type, Summary summary, Set<String> elements) {
        Shape shape = shapes.computeIfAbsent(type, this::shape);
        Set<String> kept = new HashSet<>(shape.mandatory());
        boolean allButText = elements.isEmpty() && summary == Summary.DATA;
        if (!elements.isEmpty()) {
            for (String element : elements) {
                String name = element.startsWith(type + ".") ? element.substring(type.length() + 1) : element;
                int dot = name.indexOf('.');
                String top = dot < 0 ? name : name.substring(0, dot);
                kept.add(top);
                kept.addAll(shape.choices().getOrDefault(top, Set.of()));
            }
        } else if (summary == Summary.TEXT) {
            kept.add("text");
        } else {
            kept.addAll(shape.summary());
        }
        return write(resource, kept, allButText);
    }

    private static byte[] write(JsonDocument resource, Set<String> kept, boolean allButText) {
        ByteBuilder out = new ByteBuilder(Math.min(resource.bytes().length + 128, 1 << 16));
        byte[] bytes = resource.bytes();
        boolean tagged = false;
        for (JsonValue field : resource.root().children()) {
            String name = String.valueOf(field.name());
            String bare = name.startsWith("_") ? name.substring(1) : name;
            boolean keep = ALWAYS.contains(name) || (allButText ? !name.equals("text") : kept.contains(bare));
            if (keep) {
                out.append((byte) (out.length() == 0 ? '{' : ','));
                if (name.equals("meta")) {
                    out.ascii("\"meta\":").append(tagged(field));
                    tagged = true;
                } else {
                    out.append(bytes, field.nameStart(), field.end());
                }
            }
        }
        if (!tagged) {
            out.ascii(out.length() == 0 ? "{" : ",").ascii("\"meta\":{\"tag\":[").append(SUBSETTED).ascii("]}");
        }
        return out.append((byte) '}').toBytes();
    }

    private static byte[] tagged(JsonValue meta) {
        JsonValue tags = meta.field("tag");
        byte[] document = meta.document().bytes();
        ByteBuilder out = new ByteBuilder(meta.end() - meta.start() + SUBSETTED.length + 16);
        if (tags == null || tags.size() == 0) {
            boolean empty = meta.size() == 0;
            return out.append(document, meta.start(), meta.end() - 1).ascii(empty ? "\"tag\":[" : ",\"tag\":[").append(SUBSETTED).ascii("]}").toBytes();
        }
        return out.append(document, meta.start(), tags.end() - 1).ascii(",").append(SUBSETTED).append(document, tags.end() - 1, meta.end()).toBytes();
    }

    private Shape shape(String type) {
        RuntimeResourceDefinition definition = fhir.getResourceDefinition(type);
        Set<String> mandatory = new HashSet<>();
        Set<String> summary = new HashSet<>();
        Map<String, Set<String>> choices = new HashMap<>();
        for (BaseRuntimeChildDefinition child : definition.getChildren()) {
            Set<String> names = child.getValidChildNames();
            if (names.size() > 1) {
                choices.put(child.getElementName().replace("[x]", ""), Set.copyOf(names));
            }
            if (child.getMin() > 0) {
                mandatory.addAll(names);
            }
            if (child.isSummary()) {
                summary.addAll(names);
            }
        }
        return new Shape(Set.copyOf(mandatory), Set.copyOf(summary), Map.copyOf(choices));
    }
}
