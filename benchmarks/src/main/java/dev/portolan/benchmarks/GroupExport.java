package dev.portolan.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.data.BenchmarkData;
import dev.portolan.benchmarks.http.FhirClient;
import dev.portolan.benchmarks.http.FhirResponse;
import dev.portolan.benchmarks.limit.PlainTable;
import dev.portolan.benchmarks.load.Measurement;
import dev.portolan.benchmarks.servers.PostgresCluster;
import dev.portolan.benchmarks.servers.ProcessUsage;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * A Group with every member, exported: from the kick-off until the manifest is there. The limit is the same resources' bytes by COPY out of a plain table into a file that is flushed to the disk.
 * The peer takes minutes for what the others take a second for: it is asked once.
 */
final class GroupExport {

    private static final long POLL_MILLIS = 25;
    /** Small, so that the peer can do some of it in the time that every kind of call is warmed up for. */
    private static final String PEERS_WARM_UP = "Group/everyone/$export?_type=Patient,Encounter";
    private static final String WHOLE = "Group/everyone/$export?_outputFormat=application%2Ffhir%2Bndjson";
    private static final long LONGEST_MILLIS = 30 * 60_000L;

    private final BenchmarkData data;
    private final List<Contender> contenders;
    private final @Nullable PostgresCluster limitDatabase;

    GroupExport(BenchmarkData data, List<Contender> contenders, @Nullable PostgresCluster limitDatabase) {
        this.data = data;
        this.contenders = contenders;
        this.limitDatabase = limitDatabase;
    }

    /** @param times how often the data is there: once as it was loaded, or grown since, and then without the peer, whose rate is known by then */
    void measure(int times, int runs, Map<String, Result> results, List<String> notes) throws IOException, SQLException, InterruptedException {
        boolean grown = times > 1;
        Result result = results.computeIfAbsent(grown ? "export-grown" : "export", name -> new Result(name, "resources/s", true));
        List<Contender> measured = contenders.stream().filter(contender -> contender.side() == Side.OURS || contender.side() == Side.PEER && !grown).toList();
        if (limitDatabase != null && grown) {
            PlainTable.multiply(limitDatabase, times);
        }
        for (Contender contender : measured) {
            group(client(contender), patients(times));
            warmUp(contender);
        }
        for (int run = 0; run < runs; run++) {
            for (Contender contender : measured) {
                if (contender.side() == Side.OURS || run == 0) {
                    add(result, contender.side(), export(contender, WHOLE));
                }
            }
            if (limitDatabase != null) {
                add(result, Side.LIMIT, copy(limitDatabase));
            }
        }
        notes.add(grown ? "export-grown is the same with " + times + " times as many members"
            : "export is of a Group with every member, from the kick-off to the manifest; files are not downloaded within that time; the peer exported it once (it takes minutes, and was warmed up with Patients and "
                + "Encounters), the others " + runs + " times after as many as fit into " + BenchmarkRun.WARM_UP_SECONDS + " seconds");
    }

    private static void add(Result result, Side side, Measurement measured) {
        result.add(side, measured);
        System.err.printf("  %s %s %,.0f resources/s, %,d resources, CPU %.3f ms%n", result.name(), side, measured.rate(), measured.units(), measured.cpuMilliseconds());
    }

    private static FhirClient client(Contender contender) {
        return new FhirClient(contender.server().base(), contender.server().authorization());
    }

    private static void group(FhirClient client, List<String> patients) throws IOException {
        ObjectNode group = FhirClient.JSON.createObjectNode().put("resourceType", "Group").put("id", "everyone").put("type", "person").put("actual", true);
        patients.forEach(patient -> group.withArray("/member").addObject().putObject("entity").put("reference", "Patient/" + patient));
        FhirResponse put = client.send("PUT", "Group/everyone", FhirClient.JSON.writeValueAsBytes(group), Map.of());
        if (put.status() >= 300) {
            throw new IOException("the group was refused with " + put.status());
        }
    }

    private List<String> patients(int times) {
        List<String> loaded = data.memberResources().stream().filter(resource -> resource.path("resourceType").asText().equals("Patient")).map(patient -> patient.path("id").asText()).toList();
        List<String> all = new ArrayList<>(loaded);
        for (int copy = 1; copy < times; copy++) {
            int number = copy;
            loaded.forEach(id -> all.add(Growth.idOfCopy(id, number)));
        }
        return all;
    }

    /** A Java server's first seconds measure its compiler. */
    private static void warmUp(Contender contender) throws IOException, InterruptedException {
        long end = System.nanoTime() + (long) (BenchmarkRun.WARM_UP_SECONDS * 1e9);
        while (System.nanoTime() < end) {
            export(contender, contender.side() == Side.PEER ? PEERS_WARM_UP : WHOLE);
        }
    }

    private static Measurement export(Contender contender, String kickOff) throws IOException, InterruptedException {
        FhirClient client = client(contender);
        double cpuBefore = contender.server().cpuMilliseconds();
        long began = System.nanoTime();
        FhirResponse started = client.send("GET", kickOff, null, Map.of("Prefer", "respond-async"));
        if (started.status() != 202) {
            throw new IOException("the export was refused with " + started.status());
        }
        String poll = started.headers().firstValue("Content-Location").orElseThrow();
        FhirResponse status = client.get(poll);
        while (status.status() == 202 || status.status() == 429) {
            if ((System.nanoTime() - began) / 1_000_000 > LONGEST_MILLIS) {
                throw new IOException("the export did not end");
            }
            Thread.sleep(POLL_MILLIS);
            status = client.get(poll);
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        double cpu = contender.server().cpuMilliseconds() - cpuBefore;
        if (status.status() != 200) {
            throw new IOException("the export failed with " + status.status());
        }
        int resources = count(status.body());
        return new Measurement(resources / seconds, Double.NaN, Double.NaN, cpu / Math.max(1, resources), resources);
    }

    /** By the manifest's counts, or where it has none by the files' lines. */
    private static int count(JsonNode manifest) throws IOException, InterruptedException {
        int resources = 0;
        for (JsonNode file : manifest.path("output")) {
            resources += file.has("count") ? file.path("count").asInt() : lines(URI.create(file.path("url").asText()));
        }
        return resources;
    }

    private static int lines(URI file) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(file).header("Accept", "application/fhir+ndjson").build();
        try (Stream<String> lines = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofLines()).body()) {
            return (int) lines.filter(line -> !line.isBlank()).count();
        }
    }

    private static Measurement copy(PostgresCluster database) throws IOException, SQLException {
        Path file = Files.createTempFile("portolan-export-limit", ".bytes");
        try (Connection connection = database.connect();
            FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            double cpuBefore = ProcessUsage.cpuMilliseconds(database.pid());
            long began = System.nanoTime();
            OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 18);
            long rows = connection.unwrap(PGConnection.class).getCopyAPI().copyOut("copy (select content from plain) to stdout (format binary)", out);
            out.flush();
            channel.force(true);
            double seconds = (System.nanoTime() - began) / 1e9;
            double cpu = ProcessUsage.cpuMilliseconds(database.pid()) - cpuBefore;
            return new Measurement(rows / seconds, Double.NaN, Double.NaN, cpu / Math.max(1, rows), (int) rows);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
