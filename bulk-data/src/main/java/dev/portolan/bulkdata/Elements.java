package dev.portolan.bulkdata;

import dev.portolan.rest.ResourceElements;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** {@code _elements}: for all types, or for one where its name stands before the element's (Bulk Data Access 2.0, {@code _elements}). */
final class Elements {

    private final ResourceElements resources;
    private final List<String> asked;
    private final Map<String, Set<String>> byType = new HashMap<>();

    Elements(ResourceElements resources, List<String> asked) {
        this.resources = resources;
        this.asked = asked;
    }

    boolean isEmpty() {
        return asked.isEmpty();
    }

    /** A type for which no element is named stays whole. */
    byte[] of(String type, byte[] json) {
        Set<String> elements = byType.computeIfAbsent(type, this::elements);
        return elements.isEmpty() ? json : resources.only(type, json, elements);
    }

    private Set<String> elements(String type) {
        Set<String> elements = new TreeSet<>();
        for (String element : asked) {
            int dot = element.indexOf('.');
            if (dot < 0 || element.substring(0, dot).equals(type)) {
                elements.add(element.substring(dot + 1));
            }
        }
        return elements;
    }
}
