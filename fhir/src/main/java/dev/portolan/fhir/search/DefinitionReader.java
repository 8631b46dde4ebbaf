package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads SearchParameter resources into parameters by resource type.
 *
 * <p>There is one parameter for a type and code: the definition that comes first stands, and the base definitions come first. Guides restate base
 * parameters, narrower or in other words, to say what a server must support; following each of them would make the answer depend on the guide, so
 * the base definition holds for all.
 */
final class DefinitionReader {

    private record Definition(String code, ParameterType type, String url, String expression, Set<String> targets, List<String[]> components) {}

    private final Map<String, Map<String, SearchParameter>> byType = new TreeMap<>();
    private final Map<String, Definition> byUrl = new LinkedHashMap<>();
    private final Map<String, List<Definition>> byBase = new LinkedHashMap<>();
    private final List<String> rejected = new ArrayList<>();
    private final FhirPathFallback fallback;

    DefinitionReader(FhirPathFallback fallback) {
        this.fallback = fallback;
    }

    Map<String, Map<String, SearchParameter>> read(Iterable<byte[]> searchParameters) {
        for (byte[] json : searchParameters) {
            define(JsonDocument.parse(json).root());
        }
        for (String type : ReferenceText.RESOURCE_TYPES) {
            Map<String, SearchParameter> parameters = new TreeMap<>();
            for (String base : List.of("Resource", "DomainResource", type)) {
                if (!base.equals("DomainResource") || isDomainResource(type)) {
                    byBase.getOrDefault(base, List.of()).forEach(definition -> parameters.computeIfAbsent(definition.code, code -> parameter(definition, type)));
                }
            }
            parameters.values().removeIf(parameter -> parameter.expression().isEmpty() && !parameter.code().startsWith("_"));
            byType.put(type, parameters);
        }
        return byType;
    }

    /** Definitions that cannot be used, with the reason. */
    List<String> rejected() {
        return rejected;
    }

    private static boolean isDomainResource(String type) {
        return !Set.of("Bundle", "Binary", "Parameters").contains(type);
    }

    private void define(JsonValue resource) {
        String url = resource.fieldText("url");
        String code = resource.fieldText("code");
        String type = resource.fieldText("type");
        if (url == null || code == null || type == null || byUrl.containsKey(url)) {
            return;
        }
        String expression = text(resource.fieldText("expression"));
        if (!expression.isEmpty() && !isReadable(expression)) {
            rejected.add(url + ": its expression is not FHIRPath: " + expression);
            return;
        }
        List<String[]> components = new ArrayList<>();
        for (JsonValue component : resource.each("component")) {
            components.add(new String[] {text(component.fieldText("definition")), text(component.fieldText("expression"))});
        }
        Set<String> targets = new LinkedHashSet<>();
        resource.each("target").forEach(target -> targets.add(target.text()));
        Definition definition = new Definition(code, ParameterType.valueOf(type.toUpperCase(Locale.ROOT)), url, expression, targets, components);
        byUrl.put(url, definition);
        resource.each("base").forEach(base -> byBase.computeIfAbsent(base.text(), each -> new ArrayList<>()).add(definition));
    }

    private boolean isReadable(String expression) {
        try {
            PathExpressionParser.parse(expression);
            return true;
        } catch (PathExpressionParser.NotReadException e) {
            return fallback.canRead(expression);
        }
    }

    private @Nullable SearchParameter parameter(Definition definition, String type) {
        List<SearchParameter.Component> components = new ArrayList<>();
        for (String[] component : definition.components) {
            Definition part = byUrl.get(component[0]);
            if (part == null) {
                rejected.add(definition.url + ": its component " + component[0] + " is not defined");
                return null;
            }
            components.add(new SearchParameter.Component(
                new SearchParameter(part.code, type, part.type, part.url, expressionFor(part.expression, type), targets(part), List.of()), component[1]));
        }
        return new SearchParameter(
            definition.code, type, definition.type, definition.url, expressionFor(definition.expression, type), targets(definition), List.copyOf(components));
    }

    private static Set<String> targets(Definition definition) {
        if (definition.type != ParameterType.REFERENCE) {
            return Set.of();
        }
        boolean any = definition.targets.isEmpty() || definition.targets.contains("Resource");
        return any ? ReferenceText.RESOURCE_TYPES : Set.copyOf(definition.targets);
    }

    /** The terms that start at the type, at what it inherits from, or at no type. */
    static String expressionFor(String expression, String type) {
        List<String> terms = new ArrayList<>();
        for (String term : PathExpressionParser.unionTerms(expression)) {
            String start = term.replaceFirst("^[(\\s]+", "");
            int end = 0;
            while (end < start.length() && Character.isLetterOrDigit(start.charAt(end))) {
                end++;
            }
            String first = start.substring(0, end);
            boolean typed = !first.isEmpty() && Character.isUpperCase(first.charAt(0));
            if (!typed || first.equals(type) || first.equals("Resource") || (first.equals("DomainResource") && isDomainResource(type))) {
                terms.add(term);
            }
        }
        return String.join(" | ", terms);
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text.strip();
    }
}
