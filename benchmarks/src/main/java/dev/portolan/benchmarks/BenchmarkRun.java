package dev.portolan.benchmarks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.data.BenchmarkData;
import dev.portolan.benchmarks.data.BenchmarkData.Bundle;
import dev.portolan.benchmarks.http.FhirClient;
import dev.portolan.benchmarks.load.Measurement;
import dev.portolan.benchmarks.load.Request;
import dev.portolan.benchmarks.servers.PostgresCluster;
import dev.portolan.benchmarks.servers.ProcessUsage;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Measures each side in turn, run after run, so that what disturbs the machine disturbs all alike. */
final class BenchmarkRun {

    private static final int WRITERS = 8;
    static final int LOADERS = 4;
    /** Before the first run of a kind of call, on every side alike: a Java server's first seconds measure its compiler. */
    static final double WARM_UP_SECONDS = 30;
    private static final long REST_MILLIS = 60_000;

    private final BenchmarkData data;
    private final List<Contender> contenders;
    private final @Nullable PlainTableLoad limitLoad;
    private final int runs;
    private final double seconds;
    private final Map<String, Result> results = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();

    BenchmarkRun(BenchmarkData data, List<Contender> contenders, @Nullable PostgresCluster limitDatabase, int runs, double seconds) {
        this.data = data;
        this.contenders = contenders;
        this.limitLoad = limitDatabase == null ? null : new PlainTableLoad(limitDatabase);
        this.runs = runs;
        this.seconds = seconds;
    }

    Map<String, Result> results() {
        return results;
    }

    List<String> notes() {
        return notes;
    }

    private Result result(String name, String unit, boolean moreIsBetter) {
        return results.computeIfAbsent(name, key -> new Result(key, unit, moreIsBetter));
    }

    /** The data that the calls are about, on every side. */
    void load() throws IOException, SQLException {
        for (Contender contender : fhirServers()) {
            contender.awaitWarm();
            contender.generator().all(List.of(bundleRequests(contender, data.shared())), 1);
            contender.generator().all(data.lives().stream().map(life -> bundleRequests(contender, life)).toList(), LOADERS);
        }
        if (limitLoad != null) {
            limitLoad.copy(resources(data.shared()), 1);
            limitLoad.copy(data.memberResources(), 2);
        }
        for (Contender contender : contenders) {
            contender.server().database().settle();
        }
    }

    /** After the calls, which so have the same data on every side. */
    void ingest() throws IOException, SQLException {
        new Ingest(data, fhirServers(), limitLoad).measure(runs, result("ingest", "resources/s", true), result("disk", "B/resource", false), notes);
    }

    private static List<Request> bundleRequests(Contender contender, List<Bundle> bundles) {
        return bundles.stream().map(b -> contender.request("POST", "", b.bytes(), b.resources().size())).toList();
    }

    private static List<ObjectNode> resources(List<Bundle> bundles) {
        return bundles.stream().flatMap(bundle -> bundle.resources().stream()).toList();
    }

    private List<Contender> fhirServers() {
        return contenders.stream().filter(contender -> contender.side() != Side.LIMIT).toList();
    }

    void calls(Workload workload) throws IOException {
        Map<Contender, List<Contender.Verified>> verified = new LinkedHashMap<>();
        for (Contender contender : contenders) {
            verified.put(contender, contender.verify(contender.side() == Side.LIMIT ? workload.limitPaths() : workload.fhirPaths()));
        }
        compareCounts(workload, verified);
        Result result = result(workload.name(), "requests/s", true);
        for (int run = 0; run < runs; run++) {
            for (Contender contender : contenders) {
                List<Request> requests = verified.get(contender).stream().map(Contender.Verified::request).toList();
                contender.generator().repeat(requests, workload.concurrency(), run == 0 ? WARM_UP_SECONDS : seconds / 4);
                Measurement measured = contender.generator().repeat(requests, workload.concurrency(), seconds);
                result.add(contender.side(), measured);
                progress(workload.name(), contender.side(), measured);
            }
        }
    }

    private void compareCounts(Workload workload, Map<Contender, List<Contender.Verified>> verified) {
        List<Contender> servers = fhirServers();
        if (servers.size() < 2) {
            return;
        }
        int different = 0;
        String example = "";
        for (int i = 0; i < workload.fhirPaths().size(); i++) {
            int ours = verified.get(servers.get(0)).get(i).resources();
            int peers = verified.get(servers.get(1)).get(i).resources();
            if (ours != peers) {
                different++;
                example = workload.fhirPaths().get(i) + " gives " + ours + " resources, the peer's " + peers;
            }
        }
        if (different > 0) {
            notes.add(workload.name() + ": " + different + " of " + workload.fhirPaths().size() + " answers differ in size, such as " + example);
        }
    }

    /** Four creates, four updates and two creates under a given id in ten. */
    void writes() throws IOException {
        List<ObjectNode> observations = data.memberResources().stream()
                .filter(resource -> resource.path("resourceType").asText().equals("Observation"))
                .toList();
        Result result = result("write", "writes/s", true);
        for (int run = 0; run < runs; run++) {
            int number = run;
            for (Contender contender : fhirServers()) {
                IntFunction<Request> maker = i -> write(contender, observations.get(Math.floorMod(i * 7919, observations.size())), number, i);
                if (run == 0) {
                    IntFunction<Request> rehearsal = i -> write(contender, observations.get(Math.floorMod(i * 7919, observations.size())), -1, i);
                    contender.generator().make(rehearsal, WRITERS, WARM_UP_SECONDS);
                }
                Measurement measured = contender.generator().make(maker, WRITERS, seconds);
                result.add(contender.side(), measured);
                progress("write", contender.side(), measured);
            }
        }
    }

    private static Request write(Contender contender, ObjectNode template, int run, int i) {
        ObjectNode resource = template.deepCopy();
        resource.withArray("/note").addObject().put("text", "write " + run + " " + i);
        String id = template.path("id").asText();
        String method = "PUT";
        String path = "Observation/" + id;
        switch (i % 5) {
            case 0, 1 -> {
                resource.remove("id");
                method = "POST";
                path = "Observation";
            }
            case 2 -> {
                resource.put("id", "written-" + run + "-" + i);
                path = "Observation/written-" + run + "-" + i;
            }
            default -> {
                // An update of what is there.
            }
        }
        try {
            return contender.request(method, path, FhirClient.JSON.writeValueAsBytes(resource), 1);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    void memory() throws IOException, InterruptedException {
        Result result = result("memory", "MiB", false);
        Map<Side, Double> before = new LinkedHashMap<>();
        for (Contender contender : fhirServers()) {
            before.put(contender.side(), residentMebibytes(contender));
        }
        Thread.sleep(REST_MILLIS);
        for (Contender contender : fhirServers()) {
            result.add(contender.side(), residentMebibytes(contender));
        }
        before.forEach((side, mebibytes) -> notes.add(String.format(Locale.ROOT, "memory: %s had %.0f MiB right after the last call", side, mebibytes)));
        notes.add("memory is the resident memory of the server's process after all calls and a minute's rest; PostgreSQL is not counted, it has the same settings on every side");
    }

    private static double residentMebibytes(Contender contender) throws IOException {
        return ProcessUsage.residentBytes(contender.server().pid()) / 1048576.0;
    }

    void restarts() throws IOException {
        Result result = result("start", "s", false);
        for (int run = 0; run < runs; run++) {
            for (Contender contender : fhirServers()) {
                contender.restart();
                double started = contender.server().startMilliseconds() / 1000.0;
                double cpu = ProcessUsage.cpuMilliseconds(contender.server().pid());
                result.add(contender.side(), new Measurement(started, Double.NaN, Double.NaN, cpu, 1));
                System.err.printf("  start %s %.1f s, CPU %.1f s%n", contender.side(), started, cpu / 1000);
            }
        }
        notes.add("start is from the start of the process to the line or file that says it is ready, on a filled database that runs already");
    }

    static void progress(String name, Side side, Measurement measured) {
        System.err.printf("  %-20s %-5s %,10.1f/s  p50 %.2f ms  p99 %.2f ms  CPU %.3f ms%n", name, side, measured.rate(),
                measured.p50Milliseconds(), measured.p99Milliseconds(), measured.cpuMilliseconds());
    }
}
