package dev.portolan.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.data.BenchmarkData;
import dev.portolan.benchmarks.data.BenchmarkData.Bundle;
import dev.portolan.benchmarks.http.FhirClient;
import dev.portolan.benchmarks.http.FhirResponse;
import dev.portolan.benchmarks.load.Measurement;
import dev.portolan.benchmarks.load.Request;
import dev.portolan.benchmarks.servers.ProcessUsage;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Whole feeds, from asking for the load until it is done and durable. HAPI's server has no feeds: its figure is that of its fastest way in, transactions over four connections, as ingest has just measured it for the same lives, and measured
 * here for what our load makes of claims.
 */
final class FeedLoading {

    private static final int PEER_CONNECTIONS = 4;
    private static final int PEER_RESOURCES = 5_000;
    private static final int PEER_ENTRIES = 100;
    private static final int PEER_PAGE = 250;
    private static final int TIMES = 10;
    private static final int FIRST_LOAD_RESOURCES = 1_000_000;
    private static final int VALIDATED_LINES = 400;
    private static final long POLL_MILLIS = 50;
    /** Of the time that a load has taken so far: its report is asked for no more often, so that the asking costs nothing. */
    private static final int POLLS = 40;
    private static final double MEGABYTE = 1e6;
    private static final Pattern UUIDS = Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    private static final List<String> OF_CLAIMS = List.of("ExplanationOfBenefit", "Coverage", "Encounter", "Condition", "Procedure", "MedicationDispense", "Provenance");

    private final BenchmarkData data;
    private final Map<Side, Contender> contenders = new HashMap<>();
    private final Path cpcds;
    private final Path work;

    /** @param cpcds the folder with the same members' CPCDS files */
    FeedLoading(BenchmarkData data, List<Contender> contenders, Path cpcds, Path work) {
        this.data = data;
        contenders.forEach(contender -> this.contenders.put(contender.side(), contender));
        this.cpcds = cpcds;
        this.work = work;
    }

    /** A load that is done. */
    private record Loaded(Measurement measurement, double megabytesPerSecond, double seconds, long lines) {

        /** With resources that the load's report does not count. */
        Loaded and(long more) {
            double times = 1 + (double) more / measurement.units();
            Measurement all = new Measurement(measurement.rate() * times, Double.NaN, Double.NaN, measurement.cpuMilliseconds() / times, measurement.units() + more);
            return new Loaded(all, megabytesPerSecond, seconds, lines);
        }
    }

    void measure(int runs, Map<String, Result> results, List<String> notes) throws IOException, InterruptedException {
        Contender ours = contenders.get(Side.OURS);
        if (ours == null) {
            return;
        }
        Result first = results.computeIfAbsent("feed-first", name -> new Result(name, "resources/s", true));
        firstLoad(ours, first, notes);
        rehearse(notes);
        Result ndjson = results.computeIfAbsent("feed-ndjson", name -> new Result(name, "resources/s", true));
        Result claims = results.computeIfAbsent("feed-cpcds", name -> new Result(name, "resources/s", true));
        for (int run = 0; run < runs; run++) {
            String copy = "feed" + run;
            Path file = ndjson(work.resolve("ndjson-" + run), copies(copy, TIMES));
            show(ndjson, notes, "NDJSON", load("ndjson", file.getParent(), "off"));
            Files.delete(file);
            Path folder = renamed(work.resolve("cpcds-" + run), copy);
            Map<String, Long> before = counts();
            Loaded loaded = load("cpcds", folder, "off");
            Map<String, Long> made = counts();
            before.forEach((type, count) -> made.merge(type, -count, Long::sum));
            show(claims, notes, "CPCDS", loaded.and(made.get("Provenance")));
            if (contenders.containsKey(Side.PEER)) {
                claims.add(Side.PEER, peer(some(made, copy)));
            }
        }
        Result ingest = results.get("ingest");
        first.take(Side.PEER, ingest);
        ndjson.take(Side.PEER, ingest);
        growing(notes);
        validated(notes);
        notes.add(String.format(Locale.ROOT, "feed: our server's largest resident memory until here %.0f MiB", ProcessUsage.peakResidentBytes(ours.server().pid()) / 1048576.0));
        notes.add("feed-first is " + String.format(Locale.ROOT, "%,d", FIRST_LOAD_RESOURCES) + " resources or more into a server that has just started (Java cold); after it, and half a minute of CPCDS, feed-ndjson and feed-cpcds are measured. The peer is warm, by its ingest, whose figure is its in feed-first and feed-ndjson");
        notes.add("feed: from asking for the load to its end, durable, with the raw records and origins; for CPCDS the peer gets a part of the same resources, so many of each type as the load makes in proportion, Provenances among them, as transactions of "
            + PEER_ENTRIES + " over " + PEER_CONNECTIONS + " connections");
    }

    /** A plan's first full load, by a server that has just started. */
    private void firstLoad(Contender ours, Result first, List<String> notes) throws IOException, InterruptedException {
        ours.restart();
        ours.awaitWarm();
        Path file = ndjson(work.resolve("ndjson-first"), copies("first", (FIRST_LOAD_RESOURCES + data.size() - 1) / data.size()));
        show(first, notes, "first NDJSON after the start", load("ndjson", file.getParent(), "off"));
        Files.delete(file);
    }

    private static List<String> copies(String name, int times) {
        return IntStream.range(0, times).mapToObj(copy -> name + '-' + copy).toList();
    }

    /** Before the first run of a kind of call there is half a minute of it; the first load was that for NDJSON. */
    private void rehearse(List<String> notes) throws IOException, InterruptedException {
        double seconds = 0;
        for (int load = 0; seconds < BenchmarkRun.WARM_UP_SECONDS; load++) {
            Loaded rehearsed = load("cpcds", renamed(work.resolve("cpcds-rehearsal-" + load), "rehearsal-" + load), "off");
            seconds += rehearsed.seconds();
            if (load == 0) {
                notes.add(String.format(Locale.ROOT, "feed: the first CPCDS after the start (rehearsal, in no row) %,.0f resources/s, CPU %.3f ms a resource", rehearsed.measurement().rate(), rehearsed.measurement().cpuMilliseconds()));
                System.err.println("  " + notes.get(notes.size() - 1));
            }
        }
    }

    private static void show(Result result, List<String> notes, String kind, Loaded loaded) {
        result.add(Side.OURS, loaded.measurement());
        notes.add(String.format(Locale.ROOT, "feed: %s %,d lines in %.1f s, %.2f MB/s, %,.0f resources/s, CPU %.3f ms a resource", kind, loaded.lines(), loaded.seconds(), loaded.megabytesPerSecond(), loaded.measurement().rate(),
            loaded.measurement().cpuMilliseconds()));
        System.err.println("  " + notes.get(notes.size() - 1));
    }

    /** Ten times the data must not take more than eleven times as long. */
    private void growing(List<String> notes) throws IOException, InterruptedException {
        Loaded once = load("ndjson", ndjson(work.resolve("ndjson-once"), List.of("once")).getParent(), "off");
        Loaded often = load("ndjson", ndjson(work.resolve("ndjson-often"), copies("times", TIMES)).getParent(), "off");
        notes.add(String.format(Locale.ROOT, "feed: %d times the NDJSON took %.1f times as long (%.1f s and %.1f s)", TIMES, often.seconds() / once.seconds(), once.seconds(), often.seconds()));
        System.err.println("  " + notes.get(notes.size() - 1));
    }

    private void validated(List<String> notes) throws IOException, InterruptedException {
        for (String policy : List.of("shapes", "every")) {
            Path whole = ndjson(work.resolve("ndjson-" + policy + "-whole"), List.of(policy));
            Path part = Files.createDirectories(work.resolve("ndjson-" + policy)).resolve("resources.ndjson");
            try (Stream<String> lines = Files.lines(whole)) {
                Files.write(part, (Iterable<String>) lines.limit(policy.equals("every") ? VALIDATED_LINES : Integer.MAX_VALUE)::iterator);
            }
            Loaded loaded = load("ndjson", part.getParent(), policy);
            notes.add(String.format(Locale.ROOT, "feed: NDJSON with validation '%s': %,d lines, %,.0f resources/s", policy, loaded.lines(), loaded.measurement().rate()));
            System.err.println("  " + notes.get(notes.size() - 1));
        }
    }

    private Loaded load(String kind, Path folder, String validation) throws IOException, InterruptedException {
        Contender ours = contenders.get(Side.OURS);
        FhirClient client = client();
        String loads = ours.server().base().resolve("/system/loads").toString();
        ObjectNode asked = FhirClient.JSON.createObjectNode().put("feed", "bench-" + folder.getFileName()).put("kind", kind).put("source", folder.toString()).put("validation", validation);
        double cpuBefore = ours.server().cpuMilliseconds();
        long began = System.nanoTime();
        FhirResponse accepted = client.send("POST", loads, FhirClient.JSON.writeValueAsBytes(asked), Map.of("Content-Type", "application/json"));
        if (accepted.status() != 202) {
            throw new IOException("the load was refused with " + accepted.status() + ": " + accepted.body());
        }
        String report = loads + "/" + accepted.body().path("id").asLong();
        JsonNode run = client.get(report).body().path("run");
        while (!run.hasNonNull("finished")) {
            Thread.sleep(Math.max(POLL_MILLIS, (System.nanoTime() - began) / 1_000_000 / POLLS));
            run = client.get(report).body().path("run");
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        double cpu = ours.server().cpuMilliseconds() - cpuBefore;
        if (run.hasNonNull("failure")) {
            throw new IOException("the load failed: " + run.path("failure").asText());
        }
        long resources = 0;
        long lines = 0;
        long bytes = 0;
        for (JsonNode file : run.path("files")) {
            resources += file.path("created").asLong();
            lines += file.path("lines").asLong();
            bytes += file.path("bytes").asLong();
            if (file.path("rejected").asLong() > 0) {
                throw new IOException("the load rejected lines: " + file.path("problems"));
            }
        }
        return new Loaded(new Measurement(resources / seconds, Double.NaN, Double.NaN, cpu / Math.max(1, resources), resources), bytes / MEGABYTE / seconds, seconds, lines);
    }

    /** Sends what may be sent in any order, until there is enough of it. */
    private Measurement peer(List<List<ObjectNode>> bundles) throws IOException {
        Contender peer = contenders.get(Side.PEER);
        List<List<Request>> sequences = new ArrayList<>();
        int sent = 0;
        for (List<ObjectNode> resources : bundles) {
            if (sent >= PEER_RESOURCES) {
                break;
            }
            sequences.add(List.of(peer.request("POST", "", transaction(resources), resources.size())));
            sent += resources.size();
        }
        Measurement measured = peer.generator().all(sequences, PEER_CONNECTIONS);
        System.err.printf("  feed PEER %,.1f resources/s, %,d resources%n", measured.rate(), measured.units());
        return measured;
    }

    private static byte[] transaction(List<ObjectNode> resources) throws IOException {
        ObjectNode bundle = FhirClient.JSON.createObjectNode().put("resourceType", "Bundle").put("type", "transaction");
        for (ObjectNode resource : resources) {
            ObjectNode entry = bundle.withArray("/entry").addObject();
            entry.set("resource", resource);
            entry.putObject("request").put("method", "PUT").put("url", resource.path("resourceType").asText() + "/" + resource.path("id").asText());
        }
        return FhirClient.JSON.writeValueAsBytes(bundle);
    }

    private FhirClient client() {
        Contender ours = contenders.get(Side.OURS);
        return new FhirClient(ours.server().base(), ours.server().authorization());
    }

    /** How many there are of what is made of claims. */
    private Map<String, Long> counts() {
        FhirClient client = client();
        Map<String, Long> counts = new LinkedHashMap<>();
        OF_CLAIMS.forEach(type -> counts.put(type, client.get(type + "?_summary=count").body().path("total").asLong()));
        return counts;
    }

    /** Of what our load made of the claims last, of each type its part. */
    private List<List<ObjectNode>> some(Map<String, Long> made, String copy) {
        FhirClient client = client();
        long all = made.values().stream().mapToLong(Long::longValue).sum();
        List<ObjectNode> resources = new ArrayList<>();
        made.forEach((type, count) -> {
            long wanted = resources.size() + PEER_RESOURCES * count / all;
            String next = type + "?_count=" + PEER_PAGE + "&_sort=-_lastUpdated";
            while (next != null && resources.size() < wanted) {
                JsonNode page = client.get(next).body();
                next = null;
                for (JsonNode link : page.path("link")) {
                    next = link.path("relation").asText().equals("next") ? link.path("url").asText() : next;
                }
                for (JsonNode entry : page.path("entry")) {
                    if (resources.size() < wanted) {
                        ObjectNode resource = (ObjectNode) entry.path("resource");
                        resource.put("id", UUID.nameUUIDFromBytes((resource.path("id").asText() + copy).getBytes(StandardCharsets.UTF_8)).toString());
                        resources.add(resource);
                    }
                }
            }
        });
        return parts(resources);
    }

    private static List<List<ObjectNode>> parts(List<ObjectNode> resources) {
        List<List<ObjectNode>> parts = new ArrayList<>();
        for (int i = 0; i < resources.size(); i += PEER_ENTRIES) {
            parts.add(resources.subList(i, Math.min(resources.size(), i + PEER_ENTRIES)));
        }
        return parts;
    }

    private Path ndjson(Path folder, List<String> copies) throws IOException {
        Path file = Files.createDirectories(folder).resolve("resources.ndjson");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            for (String copy : copies) {
                for (List<Bundle> life : data.lives()) {
                    for (Bundle bundle : life) {
                        for (JsonNode entry : FhirClient.JSON.readTree(renamed(bundle.bytes(), copy)).path("entry")) {
                            out.write(FhirClient.JSON.writeValueAsBytes(entry.path("resource")));
                            out.write('\n');
                        }
                    }
                }
            }
        }
        return file;
    }

    /** The same files about other people. */
    private Path renamed(Path folder, String copy) throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(cpcds)) {
            for (Path file : files.sorted().toList()) {
                try (BufferedReader in = Files.newBufferedReader(file); BufferedWriter out = Files.newBufferedWriter(folder.resolve(file.getFileName()))) {
                    for (String line = in.readLine(); line != null; line = in.readLine()) {
                        out.write(renamed(line, copy));
                        out.newLine();
                    }
                }
            }
        }
        return folder;
    }

    private static byte[] renamed(byte[] text, String copy) {
        return renamed(new String(text, StandardCharsets.UTF_8), copy).getBytes(StandardCharsets.UTF_8);
    }

    private static String renamed(String text, String copy) {
        return UUIDS.matcher(text).replaceAll(id -> UUID.nameUUIDFromBytes((id.group() + copy).getBytes(StandardCharsets.UTF_8)).toString());
    }
}
