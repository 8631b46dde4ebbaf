package dev.portolan.benchmarks;

import dev.portolan.benchmarks.load.Measurement;
import dev.portolan.benchmarks.load.Request;
import dev.portolan.benchmarks.servers.FlightRecording;
import dev.portolan.benchmarks.servers.PostgresCluster;
import dev.portolan.benchmarks.servers.ProcessUsage;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What access control and the audit trail each cost a call, in CPU and in waiting: the peer does neither. */
final class AccessAndAudit {

    private static final String ACCESS = "dev.portolan.rest.GrantResolution";
    private static final String AUDIT = "dev.portolan.audit.DurableWait";
    private static final String WRITER_THREAD = "audit-writer";
    private static final String WRITER_SESSION = "select pid from pg_stat_activity where application_name = 'portolan audit'";

    private final Contender ours;
    private final Workloads workloads;
    private final double seconds;

    AccessAndAudit(Contender ours, Workloads workloads, double seconds) {
        this.ours = ours;
        this.workloads = workloads;
        this.seconds = seconds;
    }

    /** Adds one note for reads and one for each search. */
    void measure(List<String> notes) throws IOException, SQLException {
        for (Workload workload : workloads.all()) {
            List<Request> requests = ours.verify(workload.fhirPaths()).stream().map(Contender.Verified::request).toList();
            ours.generator().repeat(requests, workload.concurrency(), seconds);
            notes.add(cost(workload, requests));
        }
    }

    private String cost(Workload workload, List<Request> requests) throws IOException, SQLException {
        try (FlightRecording recording = FlightRecording.start(ours.server().pid(), List.of(ACCESS, AUDIT))) {
            double writer = writerThread();
            double session = writerSession();
            Measurement measured = ours.generator().repeat(requests, workload.concurrency(), seconds);
            writer = writerThread() - writer;
            session = writerSession() - session;
            long[] access = recording.nanoseconds(ACCESS);
            long[] audit = recording.nanoseconds(AUDIT);
            return String.format(Locale.ROOT, "%s at concurrency %d, of %.3f ms of CPU and %.2f ms p50: access %.4f ms p50 (it computes and waits for nothing); audit %.3f ms of CPU (server %.3f, PostgreSQL %.3f)"
                            + " and %.2f ms of waiting p50 (%.2f p99)",
                    workload.name(), workload.concurrency(), measured.cpuMilliseconds(), measured.p50Milliseconds(), percentile(access, 0.5) / 1e6,
                    (writer + session) / measured.units(), writer / measured.units(), session / measured.units(), percentile(audit, 0.5) / 1e6, percentile(audit, 0.99) / 1e6);
        }
    }

    private double writerThread() throws IOException {
        return ProcessUsage.threadCpuMilliseconds(ours.server().pid(), WRITER_THREAD);
    }

    private double writerSession() throws IOException, SQLException {
        PostgresCluster database = ours.server().database();
        double milliseconds = 0;
        try (Connection connection = database.connect(); Statement statement = connection.createStatement(); ResultSet sessions = statement.executeQuery(WRITER_SESSION)) {
            while (sessions.next()) {
                milliseconds += ProcessUsage.cpuMilliseconds(sessions.getLong(1));
            }
        }
        return milliseconds;
    }

    private static double percentile(long[] values, double part) {
        if (values.length == 0) {
            return Double.NaN;
        }
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.ceil(part * sorted.length) - 1];
    }
}
