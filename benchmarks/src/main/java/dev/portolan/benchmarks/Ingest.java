package dev.portolan.benchmarks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.data.BenchmarkData;
import dev.portolan.benchmarks.data.BenchmarkData.Bundle;
import dev.portolan.benchmarks.data.SyntheticData;
import dev.portolan.benchmarks.load.Measurement;
import dev.portolan.benchmarks.load.Request;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Transactions of whole lives, each time under ids that are new. Every server has the same time to warm up and to be measured, so the quicker one comes to hold more. */
final class Ingest {

    private static final double SECONDS = 10;
    /** More than is sent in that time by a rate that still rises. */
    private static final double AMPLE = 1.5;

    private final BenchmarkData data;
    private final List<Contender> servers;
    private final @Nullable PlainTableLoad limit;
    private final Map<Contender, Double> rates = new HashMap<>();
    private final Map<Contender, Long> bytesBefore = new HashMap<>();
    private final Map<Contender, Long> sent = new HashMap<>();
    /** Copies that growth makes are counted from 1 up. */
    private int copy;

    Ingest(BenchmarkData data, List<Contender> servers, @Nullable PlainTableLoad limit) {
        this.data = data;
        this.servers = servers;
        this.limit = limit;
    }

    void measure(int runs, Result ingest, Result disk, List<String> notes) throws IOException, SQLException {
        for (Contender server : servers) {
            warmUp(server);
            server.server().database().settle();
            bytesBefore.put(server, server.server().database().databaseBytes());
        }
        for (int run = 0; run < runs; run++) {
            for (Contender server : servers) {
                measure(server, ingest);
            }
            if (limit != null) {
                Measurement measured = limit.copy(renamedResources(), 2);
                ingest.add(Side.LIMIT, measured);
                BenchmarkRun.progress("ingest", Side.LIMIT, measured);
            }
        }
        for (Contender server : servers) {
            server.server().database().settle();
            disk.add(server.side(), (double) (server.server().database().databaseBytes() - bytesBefore.get(server)) / sent.get(server));
        }
        notes.add("ingest has lives under new ids each time, for " + (int) BenchmarkRun.WARM_UP_SECONDS + " s before the first run and " + (int) SECONDS + " s in each, on both servers alike");
        notes.add("disk is what the database grew by with the resources of ingest, vacuumed, write-ahead log not counted");
    }

    private void warmUp(Contender server) throws IOException {
        server.awaitWarm();
        for (double seconds = 0; seconds < BenchmarkRun.WARM_UP_SECONDS; ) {
            Measurement measured = server.generator().all(Growth.copyRequests(server, data, --copy), BenchmarkRun.LOADERS);
            seconds += measured.units() / measured.rate();
            rates.put(server, measured.rate());
        }
        System.err.printf("  ingest %s warmed up; at the end %,.0f resources/s%n", server.side(), rates.get(server));
    }

    private void measure(Contender server, Result ingest) throws IOException {
        List<List<Request>> lives = new ArrayList<>();
        for (double copies = Math.ceil(rates.get(server) * AMPLE * SECONDS / data.size()); copies > 0; copies--) {
            lives.addAll(Growth.copyRequests(server, data, --copy));
        }
        Measurement measured = server.generator().some(lives, BenchmarkRun.LOADERS, SECONDS);
        sent.merge(server, measured.units(), Long::sum);
        ingest.add(server.side(), measured);
        BenchmarkRun.progress("ingest", server.side(), measured);
    }

    private List<ObjectNode> renamedResources() throws IOException {
        Map<String, String> ids = Growth.idsOfCopy(data, --copy);
        List<ObjectNode> resources = new ArrayList<>();
        for (List<Bundle> life : data.lives()) {
            for (Bundle bundle : life) {
                resources.addAll(SyntheticData.resources(BenchmarkData.renamed(bundle, ids)));
            }
        }
        return resources;
    }
}
