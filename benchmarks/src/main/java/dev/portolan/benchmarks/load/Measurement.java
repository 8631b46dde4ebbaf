package dev.portolan.benchmarks.load;

import java.util.Arrays;

/**
 * What one run of a load showed.
 *
 * @param rate units a second (requests, or resources for what is counted in resources)
 * @param cpuMilliseconds CPU a unit, of the server and its PostgreSQL
 */
public record Measurement(double rate, double p50Milliseconds, double p99Milliseconds, double cpuMilliseconds, long units) {

    static Measurement of(long[] nanoseconds, double seconds, double cpuMilliseconds, long units) {
        Arrays.sort(nanoseconds);
        return new Measurement(
                units / seconds,
                percentile(nanoseconds, 0.50),
                percentile(nanoseconds, 0.99),
                units == 0 ? Double.NaN : cpuMilliseconds / units,
                units);
    }

    private static double percentile(long[] sorted, double part) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        return sorted[Math.min(sorted.length - 1, (int) Math.ceil(part * sorted.length) - 1)] / 1e6;
    }
}
