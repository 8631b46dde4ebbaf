package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** R4's CompartmentDefinitions, read when first asked for. */
final class CompartmentDefinitions implements CompartmentParameters {

    private final SearchParameters parameters;
    private final Function<String, byte @Nullable []> definitions;
    private final Map<String, Map<String, List<SearchParameter>>> compartments = new java.util.concurrent.ConcurrentHashMap<>();

    /** @param definitions the definition's JSON by the owner's type, or null */
    CompartmentDefinitions(SearchParameters parameters, Function<String, byte @Nullable []> definitions) {
        this.parameters = parameters;
        this.definitions = definitions;
    }

    @Override
    public List<SearchParameter> of(String ownerType, String resourceType) {
        return compartments.computeIfAbsent(ownerType, this::read).getOrDefault(resourceType, List.of());
    }

    private Map<String, List<SearchParameter>> read(String ownerType) {
        byte[] json = definitions.apply(ownerType);
        Map<String, List<SearchParameter>> byType = new HashMap<>();
        JsonValue members = json == null ? null : JsonDocument.parse(json).root().field("resource");
        if (members == null) {
            return byType;
        }
        for (JsonValue member : members.each()) {
            String type = member.fieldText("code");
            JsonValue codes = member.field("param");
            List<SearchParameter> found = new ArrayList<>();
            if (type != null && codes != null) {
                codes.each().forEach(code -> parameters.find(type, code.text()).ifPresent(found::add));
            }
            byType.put(String.valueOf(type), List.copyOf(found));
        }
        return byType;
    }
}
