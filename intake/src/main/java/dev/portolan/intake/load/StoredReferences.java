package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.intake.mapping.References;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.SearchPage;
import dev.portolan.store.SearchRequest;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the records hold already, as a mapping asks for it: under the feed's own grant. What was found is remembered for one file; ConceptMaps too, so that one file is mapped by one version of each. */
final class StoredReferences implements References {

    private static final int REMEMBERED = 20_000;
    private static final int MOST_FOUND = 200;

    private final RecordView view;
    private final SearchQueryParser parser;
    private final String feed;
    private final Map<String, String> found = Collections.synchronizedMap(new LinkedHashMap<>(256, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > REMEMBERED;
        }
    });
    private final Map<String, Map<String, Target>> maps = new ConcurrentHashMap<>();

    /** The key under which a map's own rule for other codes stands (ConceptMap.group.unmapped, mode fixed). */
    private static final String OTHERS = "\u0000others";

    /** @param feed see {@link #feed()} */
    StoredReferences(RecordView view, SearchQueryParser parser, String feed) {
        this.view = view;
        this.parser = parser;
        this.feed = feed;
    }

    @Override
    public String feed() {
        return feed;
    }

    @Override
    public Optional<String> stored(String type, String id, String path) {
        String question = type + '/' + id + ' ' + path;
        String known = found.get(question);
        if (known != null) {
            return Optional.of(known);
        }
        if (!(view.read(new ResourceKey(type, id)) instanceof ReadResult.Found resource)) {
            return Optional.empty();
        }
        Optional<String> value = valueAt(JsonDocument.parse(resource.resource().content().json()), path);
        value.ifPresent(text -> found.put(question, text));
        return value;
    }

    /** @param path names of elements with dots between them; of a list, the first element */
    static Optional<String> valueAt(JsonDocument json, String path) {
        JsonValue at = json.root();
        for (String name : path.split("\\.")) {
            JsonValue next = at == null ? null : at.field(name);
            at = next != null && next.isArray() ? next.firstChild() : next;
        }
        return at == null || at.isObject() ? Optional.empty() : Optional.of(at.text());
    }

    /** As it is now: nothing is remembered. */
    Optional<JsonDocument> resource(ResourceKey key) {
        return view.read(key) instanceof ReadResult.Found resource ? Optional.of(JsonDocument.parse(resource.resource().content().json())) : Optional.empty();
    }

    /** What a search finds now. */
    List<JsonDocument> all(String type, String parameter, String value) {
        return first(type, parameter, value, MOST_FOUND);
    }

    @Override
    public @Nullable Target translate(String map, String code) {
        Map<String, Target> targets = maps.computeIfAbsent(map, this::conceptMap);
        return targets.getOrDefault(code, targets.get(OTHERS));
    }

    private Map<String, Target> conceptMap(String url) {
        Map<String, Target> targets = new HashMap<>();
        for (JsonValue map : search("ConceptMap", "url", url)) {
            JsonValue groups = map.field("group");
            for (JsonValue group : groups == null ? List.<JsonValue>of() : groups.children()) {
                String system = Optional.ofNullable(group.fieldText("target")).orElse("");
                JsonValue elements = group.field("element");
                for (JsonValue element : elements == null ? List.<JsonValue>of() : elements.children()) {
                    addTarget(element, system, targets);
                }
                JsonValue others = group.field("unmapped");
                if (others != null && "fixed".equals(others.fieldText("mode")) && others.fieldText("code") != null) {
                    targets.put(OTHERS, new Target(system, others.fieldText("code"), others.fieldText("display")));
                }
            }
        }
        return Map.copyOf(targets);
    }

    /** The first target that means the same or something wider; a map may also say that there is none (R4 ConceptMap, equivalence). */
    private static void addTarget(JsonValue element, String system, Map<String, Target> targets) {
        JsonValue candidates = element.field("target");
        String code = element.fieldText("code");
        for (JsonValue target : candidates == null || code == null ? List.<JsonValue>of() : candidates.children()) {
            String equivalence = target.fieldText("equivalence");
            if (target.fieldText("code") != null && !Set.of("unmatched", "disjoint", "narrower").contains(String.valueOf(equivalence))) {
                targets.putIfAbsent(code, new Target(system, target.fieldText("code"), target.fieldText("display")));
            }
        }
    }

    /** The id of the one resource that a search finds, empty if there is none or several. */
    Optional<String> only(String type, String parameter, String value) {
        String question = type + '?' + parameter + '=' + value;
        String known = found.get(question);
        if (known != null) {
            return Optional.of(known);
        }
        List<JsonValue> matches;
        try {
            matches = search(type, parameter, value);
        } catch (InvalidSearchException e) {
            return Optional.empty(); // a type or a value that nothing can be searched by finds nothing
        }
        if (matches.size() != 1) {
            return Optional.empty();
        }
        String id = matches.get(0).fieldText("id");
        found.put(question, id);
        return Optional.of(id);
    }

    private List<JsonValue> search(String type, String parameter, String value) {
        return first(type, parameter, value, 2).stream().map(JsonDocument::root).toList();
    }

    /** All that a search finds, or nothing if there are more. */
    Optional<List<JsonDocument>> matches(String type, String parameter, String values, int most) {
        SearchPage page = page(type, parameter, values, most);
        return page.next() == null ? Optional.of(documents(page)) : Optional.empty();
    }

    private List<JsonDocument> first(String type, String parameter, String value, int most) {
        return documents(page(type, parameter, value, most));
    }

    private SearchPage page(String type, String parameter, String value, int most) {
        SearchQuery query = parser.parse(List.of(type), List.of(new SearchQuery.RawParameter(parameter, value)), Set.of(), true);
        return view.search(new SearchRequest(query, null, most));
    }

    private static List<JsonDocument> documents(SearchPage page) {
        return page.entries().stream().filter(entry -> entry.mode() == SearchPage.Mode.MATCH).map(entry -> JsonDocument.parse(entry.resource().content().json())).toList();
    }
}
