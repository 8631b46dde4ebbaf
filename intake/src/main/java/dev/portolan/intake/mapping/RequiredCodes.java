package dev.portolan.intake.mapping;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What stands under {@code $coded}: elements whose codes the resource's profiles bind to code systems. Who has a code of another system alone (a local one, SNOMED CT where ICD-10-CM is asked for) does not meet the profiles, so the resource is
 * written without claiming them, and the load report says so: "a resource that claims a profile conforms to it" (http://hl7.org/fhir/R4/resource.html#Meta, Meta.profile).
 */
record RequiredCodes(List<Element> elements) {

    static final RequiredCodes NONE = new RequiredCodes(List.of());

    /**
     * @param path field names from the resource down to a CodeableConcept
     * @param optional whether it may be absent
     * @param codes code systems, or {@code system|code}, of which each has to have one
     */
    record Element(List<String> path, boolean optional, Set<String> codes) {

        private String name() {
            return String.join(".", path);
        }

        private boolean isMetBy(JsonValue resource) {
            List<JsonValue> found = new ArrayList<>();
            collect(resource, 0, found);
            return found.isEmpty() ? optional : found.stream().allMatch(this::hasOne);
        }

        private void collect(JsonValue value, int depth, List<JsonValue> found) {
            if (value.isArray()) {
                value.children().forEach(element -> collect(element, depth, found));
            } else if (depth == path.size()) {
                found.add(value);
            } else if (value.field(path.get(depth)) != null) {
                collect(value.field(path.get(depth)), depth + 1, found);
            }
        }

        private boolean hasOne(JsonValue concept) {
            for (JsonValue coding : concept.each("coding")) {
                String system = coding.fieldText("system");
                String code = coding.fieldText("code");
                if (system != null && code != null && (codes.contains(system) || codes.contains(system + "|" + code))) {
                    return true;
                }
            }
            return false;
        }
    }

    static RequiredCodes of(Map<String, Object> source, String place) {
        List<Element> elements = new ArrayList<>();
        source.forEach((path, codes) -> {
            if (!(codes instanceof List<?> list) || list.isEmpty()) {
                throw new MappingException(place + "." + path, "a list of code systems should stand here");
            }
            boolean optional = path.endsWith("?");
            elements.add(new Element(List.of((optional ? path.substring(0, path.length() - 1) : path).split("\\.")), optional, list.stream().map(String::valueOf).collect(Collectors.toUnmodifiableSet())));
        });
        return new RequiredCodes(List.copyOf(elements));
    }

    JsonDocument withoutProfilesItDoesNotMeet(JsonDocument resource, long line, List<Problem> problems) {
        Optional<Element> unmet = elements.stream().filter(element -> !element.isMetBy(resource.root())).findFirst();
        JsonValue meta = resource.root().field("meta");
        if (unmet.isEmpty() || meta == null || !meta.isObject()) {
            return resource;
        }
        problems.add(new Problem(false, "profile-left-out", "", line,
            unmet.get().name() + " has no code of the systems that the profile asks for, so the resource claims no profile; a ConceptMap can add the standard code"));
        JsonValue profile = meta.field("profile");
        return profile == null ? resource : resource.with(List.of(meta.size() == 1 ? without(resource.root(), meta) : without(meta, profile)));
    }

    /** Takes a field out, with the comma that parts it from the next, or from the one before if it is the last. */
    private static JsonEdit without(JsonValue object, JsonValue field) {
        int start = field.nameStart();
        JsonValue next = field.nextSibling();
        if (next != null) {
            return new JsonEdit(start, next.nameStart(), new byte[0]);
        }
        boolean only = object.firstChild().nameStart() == field.nameStart();
        return new JsonEdit(only ? start : start - 1, field.end(), new byte[0]);
    }
}
