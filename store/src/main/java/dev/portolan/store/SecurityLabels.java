package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes labels into {@code meta.security}; every other byte of the resource stays. */
final class SecurityLabels {

    private SecurityLabels() {}

    /** Of Confidentiality, what is not withheld from anybody: normal and below (HL7 v3 Confidentiality). */
    private static final String CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality|";
    private static final Set<String> HARMLESS = Set.of(CONFIDENTIALITY + "U", CONFIDENTIALITY + "L", CONFIDENTIALITY + "M", CONFIDENTIALITY + "N");

    /** What a resource is good for (SUBSETTED, HTEST) and nothing that would keep it from anybody. */
    private static final Set<String> NO_REASONS = Set.of("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "http://terminology.hl7.org/CodeSystem/v3-ActReason");

    /** Labels that what is about this resource carries too, as {@code system|code}. */
    static Set<String> inheritable(JsonDocument resource) {
        return inheritable(resource.root());
    }

    private static Set<String> inheritable(JsonValue resource) {
        JsonValue meta = resource.field("meta");
        JsonValue security = meta == null ? null : meta.field("security");
        if (security == null) {
            return Set.of();
        }
        Set<String> labels = new TreeSet<>();
        for (JsonValue label : security.each()) {
            if (label.fieldText("code") != null) {
                labels.add(name(label));
            }
        }
        labels.removeAll(HARMLESS);
        labels.removeIf(label -> NO_REASONS.contains(label.substring(0, label.lastIndexOf('|'))));
        return labels;
    }

    /** Labels of the resources in a Bundle, and of those in a Bundle among them. */
    static Set<String> ofEntries(String type, JsonDocument body) {
        Set<String> labels = new TreeSet<>();
        if (type.equals("Bundle")) {
            addEntries(body.root(), labels);
        }
        return labels;
    }

    private static void addEntries(JsonValue bundle, Set<String> labels) {
        for (JsonValue entry : bundle.each("entry")) {
            JsonValue resource = entry.field("resource");
            if (resource != null) {
                labels.addAll(inheritable(resource));
                if ("Bundle".equals(resource.fieldText("resourceType"))) {
                    addEntries(resource, labels);
                }
            }
        }
    }

    /** Adds what is missing, each before the first label that sorts after it: so it is of no account in how many steps labels came. */
    static JsonDocument add(JsonDocument resource, Set<String> labels) {
        if (labels.isEmpty()) {
            return resource;
        }
        JsonValue meta = resource.root().field("meta");
        JsonValue security = meta == null ? null : meta.field("security");
        Set<String> missing = new TreeSet<>(labels);
        for (JsonValue label : security == null ? List.<JsonValue>of() : security.each()) {
            missing.remove(name(label));
        }
        if (missing.isEmpty()) {
            return resource;
        }
        return resource.with(security == null || security.firstChild() == null ? List.of(insertion(resource, meta, security, missing.stream().map(SecurityLabels::coding).collect(Collectors.joining(","))))
            : insertions(security, missing));
    }

    /** Both in one walk: what stands before a label stands before every label that sorts after it too, and a Bundle may take on as many as it has entries. */
    private static List<JsonEdit> insertions(JsonValue security, Set<String> missing) {
        List<JsonEdit> edits = new ArrayList<>();
        JsonValue there = security.firstChild();
        String name = there == null ? "" : name(there);
        for (String label : new TreeSet<>(missing)) {
            while (there != null && name.compareTo(label) <= 0) {
                there = there.nextSibling();
                name = there == null ? "" : name(there);
            }
            edits.add(there == null ? at(security.end() - 1, "," + coding(label)) : at(there.start(), coding(label) + ","));
        }
        return edits;
    }

    private static String name(JsonValue label) {
        String system = label.fieldText("system");
        return (system == null ? "" : system) + "|" + label.fieldText("code");
    }

    private static JsonEdit insertion(JsonDocument resource, @Nullable JsonValue meta, @Nullable JsonValue security, String codings) {
        if (meta == null) {
            JsonValue type = resource.root().field("resourceType");
            if (type == null) {
                throw new IllegalArgumentException("the resource has no resourceType");
            }
            return at(type.end(), ",\"meta\":{\"security\":[" + codings + "]}");
        }
        if (security == null) {
            // Last, where it stands as well whether the stamps were there before it or come after it: the same resource again has the same bytes.
            return at(meta.end() - 1, (meta.firstChild() == null ? "" : ",") + "\"security\":[" + codings + "]");
        }
        return at(security.start() + 1, codings);
    }

    private static JsonEdit at(int place, String text) {
        return new JsonEdit(place, place, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String coding(String label) {
        int bar = label.lastIndexOf('|');
        String system = bar == 0 ? "" : "\"system\":" + quoted(label.substring(0, bar)) + ",";
        return "{" + system + "\"code\":" + quoted(label.substring(bar + 1)) + "}";
    }

    /** Labels of other resources are what their writers made of them. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
