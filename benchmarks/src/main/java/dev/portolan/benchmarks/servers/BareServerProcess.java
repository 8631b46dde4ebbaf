package dev.portolan.benchmarks.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The bare HTTP server over plain stored bytes, in a process of its own. */
public final class BareServerProcess implements FhirServer {

    private final ChildProcess process;
    private final URI base;
    private final PostgresCluster database;

    private BareServerProcess(ChildProcess process, URI base, PostgresCluster database) {
        this.process = process;
        this.base = base;
        this.database = database;
    }

    public static BareServerProcess start(PostgresCluster database, Path log) {
        int port = PeerServerProcess.freePort();
        List<String> arguments = List.of("-Xmx1g", "-XX:+UseParallelGC", "-cp", System.getProperty("java.class.path"),
                "dev.portolan.benchmarks.limit.BareServer", Integer.toString(port), database.jdbcUrl());
        ChildProcess process = ChildProcess.startJava(arguments, Map.of(), log, () -> saysReady(log), 60);
        return new BareServerProcess(process, URI.create("http://127.0.0.1:" + port), database);
    }

    private static boolean saysReady(Path log) {
        try {
            return Files.exists(log) && Files.readString(log).contains("bare server ready");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "limit";
    }

    @Override
    public URI base() {
        return base;
    }

    @Override
    public String authorization() {
        return "";
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public PostgresCluster database() {
        return database;
    }

    @Override
    public long startMilliseconds() {
        return process.startMilliseconds();
    }

    @Override
    public void close() {
        process.stop();
    }
}
