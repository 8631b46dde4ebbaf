package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.SearchQuery.Summary;
import dev.portolan.store.StoredResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The operations that a base offers, by name. */
final class Operations {

    private final Map<String, List<FhirOperation>> byName = new TreeMap<>();
    private final Subsetter subsetter;

    Operations(List<FhirOperation> operations, Subsetter subsetter) {
        operations.forEach(operation -> byName.computeIfAbsent(operation.name(), name -> new ArrayList<>()).add(operation));
        this.subsetter = subsetter;
    }

    List<FhirOperation> all() {
        return byName.values().stream().flatMap(List::stream).toList();
    }

    /** Whether there is one of this name at all. */
    boolean have(String name) {
        return byName.containsKey(name);
    }

    void check(String method, Route route) {
        FhirOperation operation = find(route);
        if (!methods(route).contains(method)) {
            String allowed = String.join(", ", methods(route)) + ", OPTIONS";
            throw new FhirException(Problem.METHOD_NOT_ALLOWED, operation.name() + " is invoked by " + allowed).with("Allow", allowed);
        }
    }

    List<String> methods(Route route) {
        return find(route).methods().stream().sorted().toList();
    }

    private FhirOperation find(Route route) {
        FhirOperation.Level level = switch (route.kind()) {
            case SYSTEM_OPERATION -> FhirOperation.Level.SYSTEM;
            case TYPE_OPERATION -> FhirOperation.Level.TYPE;
            default -> FhirOperation.Level.INSTANCE;
        };
        for (FhirOperation operation : byName.getOrDefault(route.name(), List.of())) {
            if (operation.levels().contains(level) && (route.type().isEmpty() || operation.types().isEmpty() || operation.types().contains(route.type()))) {
                return operation;
            }
        }
        throw new FhirException(Problem.UNKNOWN_OPERATION, "there is no such operation on this " + level.name().toLowerCase(Locale.ROOT) + ": metadata names the operations that there are");
    }

    Answer invoke(Call call, FhirRequest request) {
        return find(request.route()).invoke(new OperationRequest(call, request)).answer();
    }

    /** {@code _summary} and {@code _elements} on a read. */
    Answer subset(Answer answer, FhirRequest request) {
        if (!(answer.body() instanceof Answer.Stored stored) || isWhole(request)) {
            return answer;
        }
        return answer.withBody(new Answer.Json(subset(JsonDocument.parse(stored.json()), stored.resource(), request)));
    }

    /** The same of a version in a history. */
    byte[] subset(StoredResource version, FhirRequest request) {
        byte[] json = version.content().json();
        return isWhole(request) ? json : subset(JsonDocument.parse(json), version, request);
    }

    private static boolean isWhole(FhirRequest request) {
        return request.parameters().isEmpty() || elements(request).isEmpty() && summary(request.parameter("_summary")) == Summary.FALSE;
    }

    private static Set<String> elements(FhirRequest request) {
        return Everything.list(request.parameter("_elements"));
    }

    private byte[] subset(JsonDocument json, StoredResource resource, FhirRequest request) {
        return subsetter.apply(json, resource.key().type(), summary(request.parameter("_summary")), elements(request));
    }

    private static Summary summary(@org.jspecify.annotations.Nullable String value) {
        if (value == null) {
            return Summary.FALSE;
        }
        return switch (value) {
            case "true" -> Summary.TRUE;
            case "text" -> Summary.TEXT;
            case "data" -> Summary.DATA;
            case "false" -> Summary.FALSE;
            default -> throw new FhirException(Problem.BAD_PARAMETER, "_summary of a read or a history is one of true, text, data, false");
        };
    }
}
