package dev.portolan.fhir.terminology;

import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a value set's definition (http://hl7.org/fhir/R4/valueset.html#compositions) says of a code, and which codes it makes. Membership is often
 * known where an expansion is not: a list of SNOMED CT codes can be looked up without SNOMED CT.
 */
final class ValueSetEvaluation {

    /** More codes than this are no expansion that anybody can use. */
    static final int MOST_CODES = 20_000;
    private static final int DEEPEST_IMPORT = 12;

    private final TerminologyContent content;
    private final FormalSystems formal;

    ValueSetEvaluation(TerminologyContent content, FormalSystems formal) {
        this.content = content;
        this.formal = formal;
    }

    Membership has(String system, String code) {
        if (formal.covers(system)) {
            return formal.has(system, code);
        }
        return content.codeSystem(system).map(found -> found.has(code)).orElse(Membership.UNKNOWN);
    }

    Membership contains(String valueSet, @Nullable String system, String code) {
        return contains(valueSet, system, code, 0);
    }

    private Membership contains(String canonical, @Nullable String system, String code, int depth) {
        Optional<JsonValue> found = depth > DEEPEST_IMPORT ? Optional.empty() : content.valueSet(canonical);
        if (found.isEmpty()) {
            return Membership.UNKNOWN;
        }
        JsonValue compose = found.get().field("compose");
        if (compose == null) {
            return inExpansion(found.get(), system, code);
        }
        Membership included = anyOf(compose.field("include"), system, code, depth);
        return included == Membership.NOT_IN ? included : included.and(anyOf(compose.field("exclude"), system, code, depth).not());
    }

    private Membership anyOf(@Nullable JsonValue sets, @Nullable String system, String code, int depth) {
        Membership result = Membership.NOT_IN;
        if (sets != null) {
            for (JsonValue set : sets.children()) {
                result = result.or(inSet(set, system, code, depth));
            }
        }
        return result;
    }

    private Membership inSet(JsonValue set, @Nullable String system, String code, int depth) {
        Membership result = Membership.IN;
        String ownSystem = set.fieldText("system");
        if (ownSystem != null) {
            result = system == null || system.equals(ownSystem) ? ofSystem(set, ownSystem, code) : Membership.NOT_IN;
        }
        JsonValue imports = set.field("valueSet");
        if (imports != null) {
            for (JsonValue imported : imports.children()) {
                result = result == Membership.NOT_IN ? result : result.and(contains(imported.text(), system, code, depth + 1));
            }
        }
        return result;
    }

    private Membership ofSystem(JsonValue set, String system, String code) {
        JsonValue listed = set.field("concept");
        if (listed != null) {
            for (JsonValue concept : listed.children()) {
                JsonValue own = concept.field("code");
                if (own != null && own.textEquals(code)) {
                    return Membership.IN;
                }
            }
            return Membership.NOT_IN;
        }
        JsonValue filters = set.field("filter");
        if (filters == null) {
            return has(system, code);
        }
        Optional<CodeSystemContent> found = content.codeSystem(system);
        if (found.isEmpty()) {
            return Membership.UNKNOWN;
        }
        CodeSystemContent.Entry entry = found.get().find(code);
        Predicate<CodeSystemContent.Entry> all = filter(filters, found.get());
        if (all == null) {
            return Membership.UNKNOWN;
        }
        return entry == null ? found.get().has(code) : Membership.of(all.test(entry));
    }

    private static @Nullable Predicate<CodeSystemContent.Entry> filter(JsonValue filters, CodeSystemContent system) {
        Predicate<CodeSystemContent.Entry> all = entry -> true;
        for (JsonValue filter : filters.children()) {
            Predicate<CodeSystemContent.Entry> one = ConceptFilter.of(filter, system);
            if (one == null) {
                return null;
            }
            all = all.and(one);
        }
        return all;
    }

    private static Membership inExpansion(JsonValue valueSet, @Nullable String system, String code) {
        JsonValue expansion = valueSet.field("expansion");
        if (expansion == null) {
            return Membership.UNKNOWN;
        }
        Map<Coding, Concept> codes = new LinkedHashMap<>();
        readExpansion(expansion, codes);
        return Membership.of(codes.keySet().stream().anyMatch(coding -> coding.code().equals(code) && (system == null || system.equals(coding.system()))));
    }

    private static void readExpansion(JsonValue owner, Map<Coding, Concept> codes) {
        JsonValue contains = owner.field("contains");
        if (contains == null) {
            return;
        }
        for (JsonValue item : contains.children()) {
            String system = item.fieldText("system");
            String code = item.fieldText("code");
            if (system != null && code != null) {
                Concept concept = new Concept(system, code, item.fieldText("display"), null, false, false);
                codes.put(concept.coding(), concept);
            }
            readExpansion(item, codes);
        }
    }

    /** All codes in the order of the definition, or empty if they cannot all be had or are too many. */
    Optional<Map<Coding, Concept>> expand(String canonical) {
        return expand(canonical, 0);
    }

    private Optional<Map<Coding, Concept>> expand(String canonical, int depth) {
        Optional<JsonValue> found = depth > DEEPEST_IMPORT ? Optional.empty() : content.valueSet(canonical);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        JsonValue compose = found.get().field("compose");
        Map<Coding, Concept> codes = new LinkedHashMap<>();
        if (compose == null) {
            JsonValue expansion = found.get().field("expansion");
            if (expansion == null) {
                return Optional.empty();
            }
            readExpansion(expansion, codes);
            return Optional.of(codes);
        }
        for (JsonValue set : sets(compose, "include")) {
            Optional<Map<Coding, Concept>> part = expandSet(set, depth);
            if (part.isEmpty() || codes.size() + part.get().size() > MOST_CODES) {
                return Optional.empty();
            }
            part.get().forEach(codes::putIfAbsent);
        }
        for (JsonValue set : sets(compose, "exclude")) {
            // What an exclusion takes away can be known code by code even where it cannot be listed.
            for (Coding coding : List.copyOf(codes.keySet())) {
                Membership excluded = inSet(set, coding.system(), coding.code(), depth);
                if (excluded == Membership.UNKNOWN) {
                    return Optional.empty();
                }
                if (excluded == Membership.IN) {
                    codes.remove(coding);
                }
            }
        }
        return Optional.of(codes);
    }

    private static List<JsonValue> sets(JsonValue compose, String name) {
        List<JsonValue> sets = new ArrayList<>();
        JsonValue listed = compose.field(name);
        if (listed != null) {
            listed.children().forEach(sets::add);
        }
        return sets;
    }

    private Optional<Map<Coding, Concept>> expandSet(JsonValue set, int depth) {
        String system = set.fieldText("system");
        Optional<Map<Coding, Concept>> codes = system == null ? Optional.empty() : expandSystem(set, system);
        if (system != null && codes.isEmpty()) {
            return codes;
        }
        JsonValue imports = set.field("valueSet");
        if (imports != null) {
            for (JsonValue imported : imports.children()) {
                Optional<Map<Coding, Concept>> other = expand(imported.text(), depth + 1);
                if (other.isEmpty()) {
                    return other;
                }
                codes = codes.isEmpty() ? other : codes.map(own -> both(own, other.get()));
            }
        }
        return codes;
    }

    private static Map<Coding, Concept> both(Map<Coding, Concept> one, Map<Coding, Concept> other) {
        return one.entrySet().stream()
                .filter(entry -> other.containsKey(entry.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (first, second) -> first, LinkedHashMap::new));
    }

    private Optional<Map<Coding, Concept>> expandSystem(JsonValue set, String system) {
        Optional<CodeSystemContent> found = content.codeSystem(system);
        Map<Coding, Concept> codes = new LinkedHashMap<>();
        JsonValue listed = set.field("concept");
        if (listed != null) {
            for (JsonValue item : listed.children()) {
                Concept concept = listed(item, system, found);
                codes.put(concept.coding(), concept);
            }
            return Optional.of(codes);
        }
        if (found.isEmpty() || !found.get().complete() || found.get().size() > MOST_CODES) {
            return Optional.empty();
        }
        JsonValue filters = set.field("filter");
        Predicate<CodeSystemContent.Entry> all = filters == null ? entry -> true : filter(filters, found.get());
        if (all == null) {
            return Optional.empty();
        }
        found.get().entries().stream().filter(all).forEach(entry -> codes.put(entry.concept().coding(), entry.concept()));
        return Optional.of(codes);
    }

    private static Concept listed(JsonValue item, String system, Optional<CodeSystemContent> content) {
        String code = String.valueOf(item.fieldText("code"));
        String display = item.fieldText("display");
        CodeSystemContent.Entry entry = content.map(found -> found.find(code)).orElse(null);
        if (entry == null) {
            return new Concept(system, code, display, null, false, false);
        }
        Concept known = entry.concept();
        return new Concept(system, code, display == null ? known.display() : display, known.definition(), known.notSelectable(), known.inactive());
    }
}
