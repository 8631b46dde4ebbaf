package dev.portolan.benchmarks.servers;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The bare HTTP server over plain stored bytes, in a process of its own. */
public final class BareServerProcess {

    /** The bare server is to write no line for a request, whatever logger is on the class path. */
    public static final String SILENT_LOGGER = "org.slf4j.nop.NOPServiceProvider";

    private BareServerProcess() {}

    public static FhirServer start(PostgresCluster database, Path log) {
        int port = ChildProcess.freePort();
        List<String> arguments = List.of("-Xmx1g", "-XX:+UseParallelGC", "-Dslf4j.provider=" + SILENT_LOGGER, "-cp", System.getProperty("java.class.path"),
                "dev.portolan.benchmarks.limit.BareServer", Integer.toString(port), database.jdbcUrl());
        ChildProcess process = ChildProcess.startJava(arguments, Map.of(), log, () -> ChildProcess.says(log, "bare server ready"), 300);
        return new FhirServer("limit", URI.create("http://127.0.0.1:" + port), "", process, database);
    }
}
