package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.ResourceKey;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The store as a batch in its turn sees it: with what the batch itself has made so far. What was read is remembered for the batch, since its claims share members, coverages and providers. */
final class EarlierRecords implements Earlier {

    /** Of those that name one other, on average; if there are more, they are asked for one by one. */
    private static final int MOST_NAMING = 20;

    private final Connection connection;
    private final StoredReferences stored;
    private final String feed;
    private final long file;
    private final Map<String, Map<ResourceKey, JsonDocument>> made = new HashMap<>();
    private final Map<ResourceKey, Optional<JsonDocument>> read = new HashMap<>();
    private final Map<List<String>, List<JsonDocument>> searched = new HashMap<>();

    EarlierRecords(Connection connection, StoredReferences stored, String feed, long file) {
        this.connection = connection;
        this.stored = stored;
        this.feed = feed;
        this.file = file;
    }

    void add(FileLoad.Body body) {
        if (!body.onlyIfAbsent() || resource(body.key().type(), body.key().id()).isEmpty()) {
            made.computeIfAbsent(body.key().type(), type -> new LinkedHashMap<>()).put(body.key(), body.json());
        }
    }

    @Override
    public String feed() {
        return feed;
    }

    @Override
    public long file() {
        return file;
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public Optional<JsonDocument> resource(String type, String id) {
        ResourceKey key = new ResourceKey(type, id);
        JsonDocument own = made.getOrDefault(type, Map.of()).get(key);
        return own != null ? Optional.of(own) : read.computeIfAbsent(key, stored::resource);
    }

    @Override
    public void expect(String type, Set<String> ids) {
        if (!ids.isEmpty()) {
            stored.matches(type, "_id", String.join(",", ids), ids.size()).ifPresent(found -> {
                found.forEach(json -> read.putIfAbsent(key(type, json), Optional.of(json)));
                ids.forEach(id -> read.putIfAbsent(new ResourceKey(type, id), Optional.empty())); // and the others are not there
            });
        }
    }

    @Override
    public void expectNaming(String type, String field, Set<String> references) {
        if (references.isEmpty()) {
            return;
        }
        Map<String, List<JsonDocument>> byName = new HashMap<>();
        references.forEach(reference -> byName.put(reference, new ArrayList<>()));
        Optional<List<JsonDocument>> all = stored.matches(type, field, String.join(",", references), references.size() * MOST_NAMING);
        if (all.isEmpty()) {
            return;
        }
        for (JsonDocument json : all.get()) {
            JsonValue named = json.root().field(field);
            List<JsonDocument> of = byName.get(named == null ? null : named.fieldText("reference"));
            if (of == null) {
                return; // found by another way of writing the reference (absolute, of a version): whose it is tells only a search of its own
            }
            of.add(json);
        }
        byName.forEach((reference, naming) -> searched.put(List.of(type, field, reference), naming));
        all.get().forEach(json -> read.putIfAbsent(key(type, json), Optional.of(json)));
    }

    private static ResourceKey key(String type, JsonDocument json) {
        return new ResourceKey(type, String.valueOf(json.root().fieldText("id")));
    }

    @Override
    public List<JsonDocument> resources(String type, String parameter, String value, Predicate<JsonDocument> matches) {
        Map<ResourceKey, JsonDocument> found = new LinkedHashMap<>();
        searched.computeIfAbsent(List.of(type, parameter, value), asked -> stored.all(type, parameter, value)).forEach(json -> found.put(key(type, json), json));
        found.putAll(made.getOrDefault(type, Map.of()));
        return found.values().stream().filter(matches).toList();
    }

    @Override
    public Optional<String> stored(String type, String id, String path) {
        return resource(type, id).flatMap(json -> StoredReferences.valueAt(json, path));
    }

    @Override
    public @Nullable Target translate(String map, String code) {
        return stored.translate(map, code);
    }
}
