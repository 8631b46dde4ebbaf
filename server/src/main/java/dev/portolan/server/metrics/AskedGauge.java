package dev.portolan.server.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Gauges whose labels come from what is there: one row of an answer is a series of each. */
public final class AskedGauge<T> implements ServerMetrics.Asked {

    private final Supplier<List<T>> rows;
    private final Function<T, Tags> labels;
    private final List<Bound<T>> gauges;

    /**
     * @param unit as Prometheus has it, for instance {@code seconds}; null for a number of things
     * @param value of a row
     */
    public record Column<T>(String name, @Nullable String unit, String description, ToDoubleFunction<T> value) {}

    private record Bound<T>(MultiGauge gauge, ToDoubleFunction<T> value) {}

    public AskedGauge(MeterRegistry registry, Supplier<List<T>> rows, Function<T, Tags> labels, List<Column<T>> columns) {
        this.rows = rows;
        this.labels = labels;
        this.gauges = columns.stream().map(column -> new Bound<>(
            MultiGauge.builder(column.name()).baseUnit(column.unit()).description(column.description()).register(registry), column.value())).toList();
    }

    @Override
    public Runnable look() {
        List<T> found = rows.get();
        return () -> show(found);
    }

    @Override
    public void forget() {
        show(List.of());
    }

    private void show(List<T> found) {
        for (Bound<T> gauge : gauges) {
            gauge.gauge().register(found.stream().map(row -> MultiGauge.Row.of(labels.apply(row), gauge.value().applyAsDouble(row))).toList(), true);
        }
    }
}
