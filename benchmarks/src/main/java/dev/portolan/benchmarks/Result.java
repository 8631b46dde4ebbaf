package dev.portolan.benchmarks;

import dev.portolan.benchmarks.load.Measurement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Everything measured under one name, run by run; what is shown is the median. */
final class Result {

    private final String name;
    private final String unit;
    private final boolean moreIsBetter;
    private final Map<Side, List<Measurement>> runs = new EnumMap<>(Side.class);

    Result(String name, String unit, boolean moreIsBetter) {
        this.name = name;
        this.unit = unit;
        this.moreIsBetter = moreIsBetter;
    }

    void add(Side side, Measurement measurement) {
        runs.computeIfAbsent(side, key -> new ArrayList<>()).add(measurement);
    }

    /** A figure that is no rate: seconds, bytes. */
    void add(Side side, double figure) {
        add(side, new Measurement(figure, Double.NaN, Double.NaN, Double.NaN, 1));
    }

    /** What another result has of this side. */
    void take(Side side, Result other) {
        other.runs.getOrDefault(side, List.of()).forEach(measurement -> add(side, measurement));
    }

    String name() {
        return name;
    }

    String unit() {
        return unit;
    }

    boolean has(Side side) {
        return runs.containsKey(side);
    }

    /** The median of the runs, or NaN when this side was not measured. */
    double median(Side side, ToDoubleFunction<Measurement> figure) {
        List<Double> sorted = runs.getOrDefault(side, List.of()).stream()
                .map(figure::applyAsDouble)
                .sorted(Comparator.naturalOrder())
                .toList();
        if (sorted.isEmpty()) {
            return Double.NaN;
        }
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    double figure(Side side) {
        return median(side, Measurement::rate);
    }

    /** How many times better ours is than the other side's: above 1 is better, whichever way the unit points. */
    double ratio(Side other) {
        return moreIsBetter ? figure(Side.OURS) / figure(other) : figure(other) / figure(Side.OURS);
    }
}
