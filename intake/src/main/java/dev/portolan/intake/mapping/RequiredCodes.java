package dev.portolan.intake.mapping;

import java.util.ArrayList;
import java.util.LinkedHashMap;
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

        private boolean isMetBy(Value.Node resource) {
            List<Value> found = new ArrayList<>();
            collect(resource, 0, found);
            return found.isEmpty() ? optional : found.stream().allMatch(this::hasOne);
        }

        private void collect(Value value, int depth, List<Value> found) {
            if (value instanceof Value.Elements list) {
                list.elements().forEach(element -> collect(element, depth, found));
            } else if (depth == path.size()) {
                found.add(value);
            } else if (value instanceof Value.Node node && node.fields().containsKey(path.get(depth))) {
                collect(node.fields().get(path.get(depth)), depth + 1, found);
            }
        }

        private boolean hasOne(Value concept) {
            return concept instanceof Value.Node node && node.fields().get("coding") instanceof Value.Elements codings && codings.elements().stream().anyMatch(this::isOne);
        }

        private boolean isOne(Value coding) {
            if (!(coding instanceof Value.Node node) || !(node.fields().get("system") instanceof Value.Text system) || !(node.fields().get("code") instanceof Value.Text code)) {
                return false;
            }
            return codes.contains(system.text()) || codes.contains(system.text() + "|" + code.text());
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

    Value.Node withoutProfilesItDoesNotMeet(Value.Node resource, long line, List<Problem> problems) {
        Optional<Element> unmet = elements.stream().filter(element -> !element.isMetBy(resource)).findFirst();
        if (unmet.isEmpty() || !(resource.fields().get("meta") instanceof Value.Node meta)) {
            return resource;
        }
        problems.add(new Problem(false, "profile-left-out", "", line,
            unmet.get().name() + " has no code of the systems that the profile asks for, so the resource claims no profile; a ConceptMap can add the standard code"));
        Map<String, Value> rest = new LinkedHashMap<>(meta.fields());
        rest.remove("profile");
        Map<String, Value> fields = new LinkedHashMap<>(resource.fields());
        if (rest.isEmpty()) {
            fields.remove("meta");
        } else {
            fields.put("meta", new Value.Node(rest));
        }
        return new Value.Node(fields);
    }
}
