package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Holds a plan for each resource type, and one for each parameter that was asked for alone; made when first needed. */
final class CompiledExtractor implements SearchValueExtractor {

    private static final Set<String> COLUMNS = Set.of("_id", "_lastUpdated");

    private final SearchParameters definitions;
    private final TypeModel model;
    private final ImpliedSystems systems;
    private final FhirPathFallback fallback;
    private final Map<String, TypePlan> byType = new ConcurrentHashMap<>();
    private final Map<SearchParameter, TypePlan> byParameter = new ConcurrentHashMap<>();

    CompiledExtractor(SearchParameters definitions, TypeModel model, ImpliedSystems systems, FhirPathFallback fallback) {
        this.definitions = definitions;
        this.model = model;
        this.systems = systems;
        this.fallback = fallback;
    }

    @Override
    public void extract(JsonDocument resource, SearchValueSink sink) {
        plan(Objects.requireNonNullElse(resource.root().fieldText("resourceType"), "")).extract(resource, sink);
    }

    @Override
    public void extract(JsonDocument resource, SearchParameter parameter, SearchValueSink sink) {
        byParameter.computeIfAbsent(parameter, one -> new TypePlan(List.of(one), model, systems, fallback)).extract(resource, sink);
    }

    @Override
    public boolean foldsCase(SearchParameter parameter) {
        return parameter.type() == ParameterType.TOKEN && byParameter.computeIfAbsent(parameter, one -> new TypePlan(List.of(one), model, systems, fallback)).readsStrings();
    }

    /** Every parameter of every type whose expression is left to HAPI's engine. Compiles what was not compiled yet. */
    List<String> notCompiled() {
        List<String> names = new ArrayList<>();
        definitions.resourceTypes().stream().sorted().forEach(type -> names.addAll(plan(type).notCompiled()));
        return names;
    }

    private TypePlan plan(String type) {
        TypePlan plan = byType.get(type);
        if (plan == null) {
            List<SearchParameter> indexed = definitions.of(type).stream().filter(parameter -> !COLUMNS.contains(parameter.code())).toList();
            plan = new TypePlan(indexed, model, systems, fallback);
            byType.put(type, plan);
        }
        return plan;
    }
}
