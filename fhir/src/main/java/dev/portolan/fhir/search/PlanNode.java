package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is to be done at one place of a resource. All expressions of a type become one tree, so that a resource is walked once and only along
 * fields that it has.
 */
final class PlanNode {

    /** Decides on a value; equal if asking the same. */
    record Filter(String key, JsonCondition condition) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Filter that && that.key.equals(key);
        }

        @Override
        public int hashCode() {
            return key.hashCode();
        }
    }

    /** @param index the only element of an array that is meant, or -1 for all */
    private record FieldEdge(JsonName name, int index, PlanNode target) {}

    private record FilterEdge(Filter filter, PlanNode target) {}

    private final List<FieldEdge> fields = new ArrayList<>();
    private final List<FilterEdge> filters = new ArrayList<>();
    private final List<Emission> emissions = new ArrayList<>();
    private FieldEdge[][] byHash = new FieldEdge[0][];

    PlanNode field(String element, int index) {
        JsonName name = JsonName.of(element);
        for (FieldEdge edge : fields) {
            if (edge.name.equals(name) && edge.index == index) {
                return edge.target;
            }
        }
        FieldEdge edge = new FieldEdge(name, index, new PlanNode());
        fields.add(edge);
        return edge.target;
    }

    PlanNode filter(Filter filter) {
        for (FilterEdge edge : filters) {
            if (edge.filter.equals(filter)) {
                return edge.target;
            }
        }
        FilterEdge edge = new FilterEdge(filter, new PlanNode());
        filters.add(edge);
        return edge.target;
    }

    void emit(Emission emission) {
        emissions.add(emission);
    }

    boolean isEmpty() {
        return fields.isEmpty() && filters.isEmpty() && emissions.isEmpty();
    }

    /** Builds the look-up by name; to be called once when the tree is whole. */
    PlanNode seal() {
        int size = 4;
        while (size < fields.size() * 4) {
            size *= 2;
        }
        byHash = new FieldEdge[fields.isEmpty() ? 0 : size][];
        for (FieldEdge edge : fields) {
            int slot = edge.name.hash() & (size - 1);
            FieldEdge[] old = byHash[slot] == null ? new FieldEdge[0] : byHash[slot];
            byHash[slot] = Arrays.copyOf(old, old.length + 1);
            byHash[slot][old.length] = edge;
            edge.target.seal();
        }
        filters.forEach(edge -> edge.target.seal());
        return this;
    }

    void visit(JsonValue value, Extraction extraction) {
        for (int i = 0; i < emissions.size(); i++) {
            emissions.get(i).emit(value, extraction);
        }
        for (int i = 0; i < filters.size(); i++) {
            FilterEdge edge = filters.get(i);
            if (edge.filter.condition().test(value, extraction)) {
                edge.target.visit(value, extraction);
            }
        }
        if (byHash.length == 0 || value.kind() != JsonKind.OBJECT) {
            return;
        }
        for (JsonValue child = value.firstChild(); child != null; child = child.nextSibling()) {
            FieldEdge[] edges = byHash[child.nameHash() & (byHash.length - 1)];
            if (edges != null) {
                follow(edges, child, extraction);
            }
        }
    }

    private static void follow(FieldEdge[] edges, JsonValue child, Extraction extraction) {
        for (FieldEdge edge : edges) {
            if (child.nameEquals(edge.name)) {
                if (child.kind() == JsonKind.ARRAY) {
                    elements(edge, child, extraction);
                } else if (edge.index <= 0) {
                    edge.target.visit(child, extraction);
                }
            }
        }
    }

    private static void elements(FieldEdge edge, JsonValue array, Extraction extraction) {
        int position = 0;
        for (JsonValue element = array.firstChild(); element != null; element = element.nextSibling()) {
            if ((edge.index < 0 || edge.index == position) && element.kind() != JsonKind.NULL) {
                edge.target.visit(element, extraction);
            }
            position++;
        }
    }
}
