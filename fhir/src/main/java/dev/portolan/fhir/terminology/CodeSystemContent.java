package dev.portolan.fhir.terminology;

import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The codes of one code system, with their hierarchy and properties. */
final class CodeSystemContent {

    /** A code with what filters look at, and what it is called besides its display. */
    record Entry(Concept concept, Set<String> parents, Map<String, String> properties, Set<String> designations) {}

    private final String url;
    private final @Nullable String version;
    private final @Nullable String title;
    private final boolean complete;
    private final boolean caseSensitive;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, List<String>> children = new LinkedHashMap<>();

    CodeSystemContent(JsonValue codeSystem) {
        this.url = String.valueOf(codeSystem.fieldText("url"));
        this.version = codeSystem.fieldText("version");
        String title = codeSystem.fieldText("title");
        this.title = title == null ? codeSystem.fieldText("name") : title;
        this.complete = "complete".equals(codeSystem.fieldText("content"));
        JsonValue sensitive = codeSystem.field("caseSensitive");
        this.caseSensitive = sensitive == null || !sensitive.text().equals("false");
        read(codeSystem, null);
        entries.forEach((code, entry) -> entry.parents().forEach(parent -> children.computeIfAbsent(key(parent), missing -> new ArrayList<>()).add(code)));
    }

    private void read(JsonValue owner, @Nullable String parent) {
        JsonValue concepts = owner.field("concept");
        if (concepts == null) {
            return;
        }
        for (JsonValue concept : concepts.children()) {
            String code = concept.fieldText("code");
            if (code != null) {
                add(concept, code, parent);
                read(concept, code);
            }
        }
    }

    private void add(JsonValue concept, String code, @Nullable String parent) {
        Set<String> parents = new LinkedHashSet<>(2);
        if (parent != null) {
            parents.add(parent);
        }
        Map<String, String> properties = new LinkedHashMap<>(4);
        JsonValue listed = concept.field("property");
        if (listed != null) {
            for (JsonValue property : listed.children()) {
                String name = String.valueOf(property.fieldText("code"));
                String value = value(property);
                properties.put(name, value);
                // subsumedBy is how HL7's v3 tables write a second parent.
                if (name.equals("parent") || name.equals("subsumedBy")) {
                    parents.add(value);
                }
            }
        }
        boolean notSelectable = "true".equals(properties.get("notSelectable")) || "true".equals(properties.get("abstract"));
        boolean inactive = "true".equals(properties.get("inactive")) || "retired".equals(properties.get("status"));
        Concept content = new Concept(url, code, concept.fieldText("display"), concept.fieldText("definition"), notSelectable, inactive);
        entries.putIfAbsent(key(code), new Entry(content, Set.copyOf(parents), Map.copyOf(properties), designations(concept)));
    }

    private static Set<String> designations(JsonValue concept) {
        Set<String> texts = new LinkedHashSet<>(2);
        for (JsonValue designation : concept.each("designation")) {
            String text = designation.fieldText("value");
            if (text != null) {
                texts.add(text);
            }
        }
        return Set.copyOf(texts);
    }

    private static String value(JsonValue property) {
        for (JsonValue field : property.children()) {
            String name = String.valueOf(field.name());
            if (name.startsWith("value")) {
                String code = field.isObject() ? field.fieldText("code") : null;
                return code == null ? field.text() : code;
            }
        }
        return "";
    }

    private String key(String code) {
        return caseSensitive ? code : code.toLowerCase(Locale.ROOT);
    }

    int size() {
        return entries.size();
    }

    @Nullable String version() {
        return version;
    }

    /** What people call it. */
    @Nullable String title() {
        return title;
    }

    boolean complete() {
        return complete;
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    @Nullable Entry find(String code) {
        return entries.get(key(code));
    }

    Membership has(String code) {
        return find(code) != null ? Membership.IN : complete ? Membership.NOT_IN : Membership.UNKNOWN;
    }

    /** The code itself and all beneath it; empty if there is no such code. */
    Set<String> withDescendants(String code) {
        return closure(code, false);
    }

    /** The code itself and all above it; empty if there is no such code. */
    Set<String> withAncestors(String code) {
        return closure(code, true);
    }

    private Set<String> closure(String code, boolean upwards) {
        Set<String> reached = new LinkedHashSet<>();
        Deque<String> open = new ArrayDeque<>();
        open.add(code);
        while (!open.isEmpty()) {
            Entry entry = find(open.poll());
            if (entry != null && reached.add(entry.concept().code())) {
                open.addAll(upwards ? entry.parents() : children.getOrDefault(key(entry.concept().code()), List.of()));
            }
        }
        return reached;
    }

    Coding coding(String code) {
        return new Coding(url, code);
    }
}
