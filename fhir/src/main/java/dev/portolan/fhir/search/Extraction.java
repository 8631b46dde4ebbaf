package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values found so far in one resource. Used by one thread. */
final class Extraction {

    private record Found(int ordinal, SearchValue value) {}

    private final JsonValue root;
    private final List<SearchParameter> parameters;
    private final List<Found> found;
    private @Nullable Map<PlanNode, List<SearchValue>> ofRoot;

    Extraction(JsonValue root, List<SearchParameter> parameters) {
        this(root, parameters, 32);
    }

    private Extraction(JsonValue root, List<SearchParameter> parameters, int expected) {
        this.root = root;
        this.parameters = parameters;
        this.found = new ArrayList<>(expected);
    }

    JsonValue root() {
        return root;
    }

    /** Another extraction over the same resource, for a part of an expression. */
    Extraction inner() {
        return new Extraction(root, List.of(), 2);
    }

    /** What a part of an expression finds from the resource's root on: the same for each element that the expression stands at, so it is looked for once and shared. */
    List<SearchValue> ofRoot(PlanNode plan) {
        if (ofRoot == null) {
            ofRoot = new IdentityHashMap<>();
        }
        List<SearchValue> known = ofRoot.get(plan);
        if (known == null) {
            Extraction inner = inner();
            plan.visit(root, inner);
            known = inner.values();
            ofRoot.put(plan, known);
        }
        return known;
    }

    void add(int ordinal, SearchValue value) {
        found.add(new Found(ordinal, value));
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    List<SearchValue> values() {
        List<SearchValue> values = new ArrayList<>(found.size());
        found.forEach(each -> values.add(each.value));
        return values;
    }

    /** By parameter, each parameter's values in the resource's order and without repetitions. */
    void flush(SearchValueSink sink) {
        Found[] ordered = inOrder();
        int first = 0;
        for (int i = 0; i < ordered.length; i++) {
            if (ordered[i].ordinal != ordered[first].ordinal) {
                first = i;
            }
            if (!repeats(ordered, first, i)) {
                sink.accept(parameters.get(ordered[i].ordinal), ordered[i].value);
            }
        }
    }

    /** By ordinal and place: numbers are sorted faster than what they stand for, and values are mostly found out of order. */
    private Found[] inOrder() {
        long[] order = new long[found.size()];
        for (int i = 0; i < order.length; i++) {
            order[i] = (long) found.get(i).ordinal << Integer.SIZE | i;
        }
        Arrays.sort(order);
        Found[] ordered = new Found[order.length];
        for (int i = 0; i < order.length; i++) {
            ordered[i] = found.get((int) order[i]);
        }
        return ordered;
    }

    private static boolean repeats(Found[] ordered, int first, int i) {
        // A parameter rarely has more than a few values; a very long list is handed over with its repetitions rather than compared pair by pair.
        for (int j = Math.max(first, i - 32); j < i; j++) {
            if (ordered[j].value.equals(ordered[i].value)) {
                return true;
            }
        }
        return false;
    }
}
