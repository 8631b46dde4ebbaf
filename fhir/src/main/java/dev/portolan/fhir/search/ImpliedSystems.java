package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The system of a {@code code} element, which the element itself does not carry: the one of its required binding (R4 search, section 3.1.1.4.10). Only
 * systems that FHIR and HL7 define are implied; languages, currencies and media types are codes without a system.
 */
final class ImpliedSystems {

    /** @param only the system of every code, or null; @param byCode where a value set takes its codes from several systems */
    record Systems(@Nullable String only, Map<String, String> byCode) {
        static final Systems NONE = new Systems(null, Map.of());

        @Nullable String of(String code) {
            return only != null ? only : byCode.get(code);
        }
    }

    private final Function<String, Optional<byte[]>> valueSet;
    private final Map<String, Systems> known = new ConcurrentHashMap<>();

    ImpliedSystems(Function<String, Optional<byte[]>> valueSet) {
        this.valueSet = valueSet;
    }

    Systems of(@Nullable String canonical) {
        if (canonical == null) {
            return Systems.NONE;
        }
        return known.computeIfAbsent(canonical, url -> valueSet.apply(url).map(ImpliedSystems::read).orElse(Systems.NONE));
    }

    private static Systems read(byte[] json) {
        JsonValue compose = JsonDocument.parse(json).root().field("compose");
        JsonValue includes = compose == null ? null : compose.field("include");
        List<JsonValue> all = new java.util.ArrayList<>();
        if (includes != null) {
            includes.children().forEach(all::add);
        }
        boolean implied = !all.isEmpty() && all.stream().allMatch(include -> isImplied(include.fieldText("system")));
        if (!implied) {
            return Systems.NONE;
        }
        String first = all.get(0).fieldText("system");
        if (all.stream().allMatch(include -> String.valueOf(first).equals(include.fieldText("system")))) {
            return new Systems(first, Map.of());
        }
        Map<String, String> byCode = new HashMap<>();
        for (JsonValue include : all) {
            JsonValue concepts = include.field("concept");
            if (concepts != null) {
                concepts.children().forEach(concept -> byCode.putIfAbsent(String.valueOf(concept.fieldText("code")), String.valueOf(include.fieldText("system"))));
            }
        }
        return new Systems(null, Map.copyOf(byCode));
    }

    private static boolean isImplied(@Nullable String system) {
        return system != null && (system.startsWith("http://hl7.org/fhir/") || system.startsWith("http://terminology.hl7.org/"));
    }
}
