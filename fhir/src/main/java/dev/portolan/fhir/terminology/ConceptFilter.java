package dev.portolan.fhir.terminology;

import dev.portolan.fhir.json.JsonValue;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** ValueSet.compose.include.filter (http://hl7.org/fhir/R4/valueset-filter-operator.html) over a code system whose content is known. */
final class ConceptFilter {

    private ConceptFilter() {}

    /** The filter as a test, or null if it asks for something that this code system does not say. */
    static @Nullable Predicate<CodeSystemContent.Entry> of(JsonValue filter, CodeSystemContent system) {
        String property = String.valueOf(filter.fieldText("property"));
        String operator = String.valueOf(filter.fieldText("op"));
        String value = String.valueOf(filter.fieldText("value"));
        if (property.equals("concept") || property.equals("code")) {
            return onCode(operator, value, system);
        }
        return onProperty(property, operator, value);
    }

    private static @Nullable Predicate<CodeSystemContent.Entry> onCode(String operator, String value, CodeSystemContent system) {
        return switch (operator) {
            case "is-a" -> in(system.withDescendants(value));
            case "descendent-of" -> in(system.withDescendants(value)).and(entry -> !entry.concept().code().equals(value));
            case "is-not-a" -> in(system.withDescendants(value)).negate();
            case "generalizes" -> in(system.withAncestors(value));
            case "=" -> entry -> entry.concept().code().equals(value);
            case "in" -> in(list(value));
            case "not-in" -> in(list(value)).negate();
            case "regex" -> regex(value, entry -> entry.concept().code());
            default -> null;
        };
    }

    private static @Nullable Predicate<CodeSystemContent.Entry> onProperty(String property, String operator, String value) {
        return switch (operator) {
            case "=" -> property.equals("parent")
                    ? entry -> entry.parents().contains(value)
                    : entry -> value.equals(entry.properties().get(property));
            case "in" -> {
                Set<String> values = list(value);
                yield entry -> values.contains(entry.properties().getOrDefault(property, ""));
            }
            case "exists" -> entry -> entry.properties().containsKey(property) == Boolean.parseBoolean(value);
            case "regex" -> regex(value, entry -> entry.properties().getOrDefault(property, ""));
            default -> null;
        };
    }

    private static Predicate<CodeSystemContent.Entry> in(Set<String> codes) {
        return entry -> codes.contains(entry.concept().code());
    }

    private static Set<String> list(String value) {
        return Arrays.stream(value.split(",")).map(String::strip).collect(Collectors.toSet());
    }

    private static @Nullable Predicate<CodeSystemContent.Entry> regex(String value, Function<CodeSystemContent.Entry, String> text) {
        try {
            Pattern pattern = Pattern.compile(value);
            return entry -> pattern.matcher(text.apply(entry)).matches();
        } catch (PatternSyntaxException e) {
            return null;
        }
    }
}
