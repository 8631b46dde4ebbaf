package dev.portolan.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.load.Measurement;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** Shows results as a table and as JSON. */
final class Report {

    private final String machine;
    private final int members;
    private final int resources;
    private final Collection<Result> results;
    private final List<String> notes;

    Report(String machine, int members, int resources, Collection<Result> results, List<String> notes) {
        this.machine = machine;
        this.members = members;
        this.resources = resources;
        this.results = results;
        this.notes = notes;
    }

    void print(PrintStream out) {
        out.printf(Locale.ROOT, "%n%s; %d members, %d resources; medians%n", machine, members, resources);
        out.printf("%-20s %-12s %10s %10s %7s %10s %7s   %-17s %-17s %s%n", "", "unit", "ours", "peer", "ratio", "limit", "of it",
                "ours p50/p99 ms", "peer p50/p99 ms", "CPU ms ours/peer");
        for (Result result : results) {
            out.printf("%-20s %-12s %10s %10s %7s %10s %7s   %-17s %-17s %s%n", result.name(), result.unit(),
                    number(result.figure(Side.OURS)), number(result.figure(Side.PEER)), times(result.ratio(Side.PEER)),
                    number(result.figure(Side.LIMIT)), percent(result.ratio(Side.LIMIT)),
                    pair(result, Side.OURS), pair(result, Side.PEER),
                    number(result.median(Side.OURS, Measurement::cpuMilliseconds)) + " / "
                            + number(result.median(Side.PEER, Measurement::cpuMilliseconds)));
        }
        notes.forEach(note -> out.println("note: " + note));
    }

    void write(Path file) throws IOException {
        ObjectMapper json = new ObjectMapper();
        ObjectNode root = json.createObjectNode().put("machine", machine).put("members", members).put("resources", resources);
        ArrayNode list = root.putArray("results");
        for (Result result : results) {
            ObjectNode node = list.addObject().put("name", result.name()).put("unit", result.unit());
            put(node, "ours", result.figure(Side.OURS));
            put(node, "peer", result.figure(Side.PEER));
            put(node, "limit", result.figure(Side.LIMIT));
            put(node, "ours_p50_ms", result.median(Side.OURS, Measurement::p50Milliseconds));
            put(node, "ours_p99_ms", result.median(Side.OURS, Measurement::p99Milliseconds));
            put(node, "peer_p50_ms", result.median(Side.PEER, Measurement::p50Milliseconds));
            put(node, "peer_p99_ms", result.median(Side.PEER, Measurement::p99Milliseconds));
            put(node, "ours_cpu_ms", result.median(Side.OURS, Measurement::cpuMilliseconds));
            put(node, "peer_cpu_ms", result.median(Side.PEER, Measurement::cpuMilliseconds));
            put(node, "limit_cpu_ms", result.median(Side.LIMIT, Measurement::cpuMilliseconds));
            put(node, "ratio", result.ratio(Side.PEER));
            put(node, "of_limit", result.has(Side.LIMIT) ? result.ratio(Side.LIMIT) : Double.NaN);
        }
        ArrayNode remarks = root.putArray("notes");
        notes.forEach(remarks::add);
        json.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), root);
    }

    private static void put(ObjectNode node, String name, double value) {
        if (Double.isNaN(value)) {
            node.putNull(name);
        } else {
            node.put(name, Math.round(value * 1000) / 1000.0);
        }
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }

    private static String times(double value) {
        return Double.isNaN(value) ? "-" : number(value) + "x";
    }

    private static String percent(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.0f%%", value * 100);
    }

    private static String pair(Result result, Side side) {
        return number(result.median(side, Measurement::p50Milliseconds)) + " / " + number(result.median(side, Measurement::p99Milliseconds));
    }
}
