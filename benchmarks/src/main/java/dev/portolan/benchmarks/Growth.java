package dev.portolan.benchmarks;

import dev.portolan.benchmarks.data.BenchmarkData;
import dev.portolan.benchmarks.load.Measurement;
import dev.portolan.benchmarks.load.Request;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What many more members do to the searches of one: the same calls before and after. The bare server is asked in turns with ours, and its data do not grow: what it needs longer afterwards is the machine's, and minutes
 * lie between the two.
 */
final class Growth {

    private final BenchmarkData data;
    private final Contender ours;
    private final List<Contender> asked;
    private final int runs;
    private final double seconds;

    /** @param limit null if it is not measured */
    Growth(BenchmarkData data, Contender ours, @Nullable Contender limit, int runs, double seconds) {
        this.data = data;
        this.ours = ours;
        this.asked = limit == null ? List.of(ours) : List.of(ours, limit);
        this.runs = runs;
        this.seconds = seconds;
    }

    /** Adds one note a search with what it took before and after. */
    void measure(int times, List<String> notes) throws IOException, SQLException {
        List<Workload> searches = new Workloads(data).all().stream().filter(w -> w.name().startsWith("search-")).toList();
        List<Result> before = measured(searches);
        grow(times);
        List<Result> after = measured(searches);
        for (int i = 0; i < searches.size(); i++) {
            String machine = asked.size() == 1 ? "" : "; the bare server, which has the same data as before, " + change(Side.LIMIT, before.get(i), after.get(i));
            notes.add("growth: " + searches.get(i).name() + " with " + data.size() + " resources and with " + times + " times as many members " + change(Side.OURS, before.get(i), after.get(i)) + machine);
        }
    }

    private static String change(Side side, Result before, Result after) {
        return "p50 " + change(before.median(side, Measurement::p50Milliseconds), after.median(side, Measurement::p50Milliseconds))
                + ", CPU " + change(before.median(side, Measurement::cpuMilliseconds), after.median(side, Measurement::cpuMilliseconds));
    }

    private static String change(double was, double is) {
        return String.format(Locale.ROOT, "%.2f and %.2f ms (%+.0f %%)", was, is, (is / was - 1) * 100);
    }

    /** Loads the members again and again under other ids. */
    void grow(int times) throws IOException, SQLException {
        for (int copy = 1; copy < times; copy++) {
            ours.generator().all(copyRequests(ours, data, copy), BenchmarkRun.LOADERS);
        }
        ours.server().database().settle();
    }

    /** The same lives under other ids. */
    static List<List<Request>> copyRequests(Contender contender, BenchmarkData data, int copy) {
        Map<String, String> ids = idsOfCopy(data, copy);
        return data.lives().stream().map(life -> life.stream().map(bundle -> contender.request("POST", "", BenchmarkData.renamed(bundle, ids), bundle.resources().size())).toList()).toList();
    }

    static Map<String, String> idsOfCopy(BenchmarkData data, int copy) {
        Map<String, String> ids = new HashMap<>();
        data.memberResources().forEach(resource -> ids.put(resource.path("id").asText(), idOfCopy(resource.path("id").asText(), copy)));
        return ids;
    }

    static String idOfCopy(String id, int copy) {
        return UUID.nameUUIDFromBytes((id + copy).getBytes(java.nio.charset.StandardCharsets.UTF_8)).toString();
    }

    private List<Result> measured(List<Workload> searches) throws IOException {
        List<Result> results = new ArrayList<>();
        for (Workload search : searches) {
            Result result = new Result(search.name(), "requests/s", true);
            for (int run = 0; run < runs; run++) {
                for (Contender contender : asked) {
                    List<String> paths = contender.side() == Side.LIMIT ? search.limitPaths() : search.fhirPaths();
                    List<Request> requests = contender.verify(paths).stream().map(Contender.Verified::request).toList();
                    contender.generator().repeat(requests, search.concurrency(), run == 0 ? BenchmarkRun.WARM_UP_SECONDS : seconds / 4);
                    result.add(contender.side(), contender.generator().repeat(requests, search.concurrency(), seconds));
                }
            }
            results.add(result);
        }
        return results;
    }
}
