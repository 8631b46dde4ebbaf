package dev.portolan.benchmarks;

import dev.portolan.benchmarks.data.BenchmarkData;
import dev.portolan.benchmarks.load.Measurement;
import dev.portolan.benchmarks.load.Request;
import java.io.IOException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What many more members do to the searches of one: the same calls before and after. */
final class Growth {

    private final BenchmarkData data;
    private final Contender ours;
    private final double seconds;

    Growth(BenchmarkData data, Contender ours, double seconds) {
        this.data = data;
        this.ours = ours;
        this.seconds = seconds;
    }

    /** Adds one note a search with the p50 before and after. */
    void measure(int times, List<String> notes) throws IOException, SQLException {
        List<Workload> searches = new Workloads(data).all().stream().filter(w -> w.name().startsWith("search-")).toList();
        Map<String, Double> before = p50(searches);
        grow(times);
        Map<String, Double> after = p50(searches);
        before.forEach((name, was) -> notes.add(String.format(java.util.Locale.ROOT,
                "growth: %s p50 %.2f ms with %d resources, %.2f ms with %d times as many members (%+.0f %%)",
                name, was, data.size(), after.get(name), times, (after.get(name) / was - 1) * 100)));
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

    private Map<String, Double> p50(List<Workload> searches) throws IOException {
        Map<String, Double> result = new java.util.LinkedHashMap<>();
        for (Workload search : searches) {
            List<Request> requests = ours.verify(search.fhirPaths()).stream().map(Contender.Verified::request).toList();
            ours.generator().repeat(requests, search.concurrency(), BenchmarkRun.WARM_UP_SECONDS);
            Measurement measured = ours.generator().repeat(requests, search.concurrency(), seconds);
            result.put(search.name(), measured.p50Milliseconds());
        }
        return result;
    }
}
