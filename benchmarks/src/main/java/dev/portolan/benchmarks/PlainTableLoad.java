package dev.portolan.benchmarks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.limit.PlainTable;
import dev.portolan.benchmarks.load.Measurement;
import dev.portolan.benchmarks.servers.PostgresCluster;
import dev.portolan.benchmarks.servers.ProcessUsage;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Measures COPY of the same resources into a plain table, transactions of the same size. */
final class PlainTableLoad {

    private final PostgresCluster database;

    PlainTableLoad(PostgresCluster database) {
        this.database = database;
        try {
            PlainTable.create(database);
        } catch (SQLException e) {
            throw new IllegalStateException("the plain table cannot be made", e);
        }
    }

    Measurement copy(List<ObjectNode> resources, int connections) throws IOException {
        List<byte[]> batches = PlainTable.prepare(resources);
        AtomicInteger next = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        double cpuBefore = ProcessUsage.cpuMilliseconds(database.pid());
        long began = System.nanoTime();
        try {
            List<Future<Void>> copies = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                copies.add(threads.submit(() -> {
                    try (Connection connection = database.connect()) {
                        for (int batch = next.getAndIncrement(); batch < batches.size(); batch = next.getAndIncrement()) {
                            PlainTable.copy(connection, batches.get(batch));
                        }
                    }
                    return null;
                }));
            }
            for (Future<Void> copy : copies) {
                copy.get();
            }
        } catch (ExecutionException e) {
            throw new IOException("COPY into the plain table failed: " + e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            threads.shutdownNow();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        double cpu = ProcessUsage.cpuMilliseconds(database.pid()) - cpuBefore;
        return new Measurement(resources.size() / seconds, Double.NaN, Double.NaN, cpu / resources.size(), resources.size());
    }
}
