package dev.portolan.rest;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.PackageResource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The searches that a guide asks of a server, read from its CapabilityStatements and SearchParameters. */
public final class GuideSearches {

    private static final String COMBINATION = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination";
    private static final String EXPECTATION = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-expectation";

    private final Map<String, Map<String, Parameter>> byType = new TreeMap<>();
    private final Map<String, Set<Combination>> combinations = new TreeMap<>();
    private final Map<String, Set<String>> includes = new TreeMap<>();
    private final Map<String, Set<String>> reverseIncludes = new TreeMap<>();

    /** @param type FHIR's search parameter type; {@code expression} is the guide's own FHIRPath */
    public record Parameter(String code, String type, String expression) {}

    /** @param expectation SHALL, SHOULD or MAY */
    public record Combination(List<String> codes, String expectation) {}

    /**
     * @param guide whose searches are wanted
     * @param others that define what the guide names and does not define, R4's own definitions among them
     */
    public static GuideSearches of(FhirPackage guide, FhirPackage... others) {
        GuideSearches searches = new GuideSearches();
        Map<String, Map<String, Parameter>> own = parameters(guide);
        Map<String, Map<String, Parameter>> standard = new TreeMap<>();
        for (FhirPackage other : others) {
            parameters(other).forEach((type, each) -> each.forEach((code, parameter) -> standard.computeIfAbsent(type, any -> new TreeMap<>()).putIfAbsent(code, parameter)));
        }
        searches.add(own);
        for (PackageResource each : guide.resources()) {
            if (each.resourceType().equals("CapabilityStatement") && !each.example()) {
                searches.read(each.document().root(), own, standard);
            }
        }
        return searches;
    }

    private static Map<String, Map<String, Parameter>> parameters(FhirPackage guide) {
        Map<String, Map<String, Parameter>> byType = new TreeMap<>();
        for (PackageResource each : guide.resources()) {
            if (!each.resourceType().equals("SearchParameter") || each.example()) {
                continue;
            }
            JsonValue root = each.document().root();
            String expression = root.fieldText("expression"); // US Core writes one in JSON's names, which FHIRPath does not know
            if (expression != null) {
                root.field("base").children().forEach(type -> byType.computeIfAbsent(type.text(), any -> new TreeMap<>())
                    .put(root.fieldText("code"), new Parameter(root.fieldText("code"), root.fieldText("type"), expression.replaceAll("\\.valueDateTime$", ".value.ofType(dateTime)"))));
            }
        }
        return byType;
    }

    private void add(Map<String, Map<String, Parameter>> parameters) {
        parameters.forEach((type, each) -> byType.computeIfAbsent(type, any -> new TreeMap<>()).putAll(each));
    }

    private void read(JsonValue statement, Map<String, Map<String, Parameter>> own, Map<String, Map<String, Parameter>> standard) {
        for (JsonValue rest : children(statement, "rest")) {
            if (!"server".equals(rest.fieldText("mode"))) {
                continue;
            }
            for (JsonValue resource : children(rest, "resource")) {
                resource(resource, own, standard);
            }
        }
    }

    private void resource(JsonValue resource, Map<String, Map<String, Parameter>> own, Map<String, Map<String, Parameter>> standard) {
        String type = resource.fieldText("type");
        for (JsonValue parameter : children(resource, "searchParam")) {
            String code = parameter.fieldText("name");
            Parameter found = first(code, own.get(type), standard.get(type), standard.get("Resource"), standard.get("DomainResource"));
            if (found == null) {
                throw new IllegalStateException("the guide names " + type + "?" + code + " and nothing defines it");
            }
            byType.computeIfAbsent(type, any -> new TreeMap<>()).putIfAbsent(code, found);
        }
        texts(resource, "searchInclude").forEach(text -> includes.computeIfAbsent(type, any -> new LinkedHashSet<>()).add(text));
        texts(resource, "searchRevInclude").forEach(text -> reverseIncludes.computeIfAbsent(type, any -> new LinkedHashSet<>()).add(text));
        for (JsonValue extension : children(resource, "extension")) {
            if (COMBINATION.equals(extension.fieldText("url"))) {
                combinations.computeIfAbsent(type, any -> new LinkedHashSet<>()).add(combination(extension));
            }
        }
    }

    private static Combination combination(JsonValue extension) {
        List<String> codes = new ArrayList<>();
        String expectation = "MAY";
        for (JsonValue part : children(extension, "extension")) {
            if (EXPECTATION.equals(part.fieldText("url"))) {
                expectation = part.fieldText("valueCode");
            } else {
                codes.add(part.fieldText("valueString"));
            }
        }
        return new Combination(List.copyOf(codes), expectation);
    }

    @SafeVarargs
    private static Parameter first(String code, Map<String, Parameter>... places) {
        for (Map<String, Parameter> place : places) {
            if (place != null && place.containsKey(code)) {
                return place.get(code);
            }
        }
        return null;
    }

    private static List<JsonValue> children(JsonValue owner, String field) {
        List<JsonValue> children = new ArrayList<>();
        JsonValue value = owner.field(field);
        if (value != null) {
            value.children().forEach(children::add);
        }
        return children;
    }

    private static List<String> texts(JsonValue owner, String field) {
        return children(owner, field).stream().map(JsonValue::text).toList();
    }

    public Set<String> types() {
        return byType.keySet();
    }

    /** By code. */
    public Map<String, Parameter> parameters(String type) {
        return byType.getOrDefault(type, new LinkedHashMap<>());
    }

    public Set<Combination> combinations(String type) {
        return combinations.getOrDefault(type, Set.of());
    }

    public Set<String> includes(String type) {
        return includes.getOrDefault(type, Set.of());
    }

    public Set<String> reverseIncludes(String type) {
        return reverseIncludes.getOrDefault(type, Set.of());
    }
}
