package dev.portolan.benchmarks;

import dev.portolan.benchmarks.data.BenchmarkData;
import dev.portolan.benchmarks.data.SyntheticData;
import dev.portolan.benchmarks.servers.BareServerProcess;
import dev.portolan.benchmarks.servers.FhirServer;
import dev.portolan.benchmarks.servers.InstalledPostgres;
import dev.portolan.benchmarks.servers.PeerServerProcess;
import dev.portolan.benchmarks.servers.PortolanServerProcess;
import dev.portolan.benchmarks.servers.PostgresCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code portolan bench}: Portolan beside HAPI FHIR's JPA server and beside the machine's own limit. */
@Command(name = "bench", mixinStandardHelpOptions = true,
        description = "Measure Portolan, HAPI FHIR's JPA server and the machine's own limit in turn, on the same data.")
public final class Bench implements Callable<Integer> {

    @Option(names = "--members", paramLabel = "N", defaultValue = "80", description = "Synthetic members to make (default: ${DEFAULT-VALUE}).")
    private int members;

    @Option(names = "--resources", paramLabel = "N", defaultValue = "32000",
            description = "Load whole members until there are so many resources (default: ${DEFAULT-VALUE}).")
    private int resources;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "3", description = "Alternating runs; medians are shown (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "3", description = "How long each call is measured in a run (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the results as JSON.")
    private Path json;

    @Option(names = "--growth", paramLabel = "TIMES", defaultValue = "10",
            description = "Grow our database to so many times the members at the end and measure the searches again; 1 for not at all (default: ${DEFAULT-VALUE}).")
    private int growth;

    @Option(names = "--feeds-only", description = "Measure ingest and the loading of feeds, and nothing else.")
    private boolean feedsOnly;

    @Option(names = "--exports-only", description = "Measure exports, also at the grown size, and nothing else.")
    private boolean exportsOnly;

    @Option(names = "--growth-only", description = "Measure what growth does to searches, and nothing else.")
    private boolean growthOnly;

    @Option(names = "--sides", split = ",", defaultValue = "OURS,PEER,LIMIT", description = "Whom to measure (default: ${DEFAULT-VALUE}).")
    private List<Side> sides;

    @Option(names = "--postgres", paramLabel = "DIR",
            description = "The PostgreSQL to measure with, on every side: a folder with its bin, or 'embedded' (default: the newest that is installed, else the embedded one).")
    private @Nullable String postgres;

    @Option(names = "--home", paramLabel = "DIR", defaultValue = ".", description = "The checkout that was built (default: the current folder).")
    private Path home;

    @Option(names = "--cache", paramLabel = "DIR", defaultValue = "${sys:user.home}/.cache/portolan", description = "Where synthetic members are kept.")
    private Path cache;

    @Spec
    private CommandSpec spec;

    public static void main(String... arguments) {
        // Other rooms bring a logger of their own, which would write between the lines of the table.
        System.setProperty("slf4j.provider", BareServerProcess.SILENT_LOGGER);
        System.exit(new CommandLine(new Bench())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, commandLine, parsed) -> {
                    commandLine.getErr().println("bench: " + failure.getMessage());
                    failure.printStackTrace(commandLine.getErr());
                    return 1;
                })
                .execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        System.err.println("making synthetic members");
        BenchmarkData data = new BenchmarkData(SyntheticData.of(members, cache), resources);
        InstalledPostgres installed = installed();
        Path work = Files.createTempDirectory("portolan-bench");
        List<PostgresCluster> databases = new ArrayList<>();
        List<Contender> contenders = new ArrayList<>();
        try {
            for (Side side : sides) {
                System.err.println("starting " + side);
                PostgresCluster database = PostgresCluster.start(work.resolve(side.name()).resolve("database"), installed);
                databases.add(database);
                contenders.add(new Contender(side, () -> start(side, database, work.resolve(side.name()))));
            }
            measure(data, contenders, databases);
            return 0;
        } finally {
            contenders.forEach(Contender::close);
            for (PostgresCluster database : databases) {
                database.close();
            }
            deleteRecursively(work);
        }
    }

    private @Nullable InstalledPostgres installed() {
        if (postgres == null) {
            return InstalledPostgres.newest().orElse(null);
        }
        return postgres.equals("embedded") ? null : new InstalledPostgres(Path.of(postgres).toAbsolutePath());
    }

    private FhirServer start(Side side, PostgresCluster database, Path folder) {
        Path log = folder.resolve("server.log");
        return switch (side) {
            case OURS -> PortolanServerProcess.start(home.resolve("server/target/portolan.jar"), database, folder.resolve("data"), log);
            case PEER -> PeerServerProcess.start(home.resolve("peer"), database, "benchmark", "3g", log);
            case LIMIT -> BareServerProcess.start(database, log);
        };
    }

    private void measure(BenchmarkData data, List<Contender> contenders, List<PostgresCluster> databases) throws Exception {
        int limit = sides.indexOf(Side.LIMIT);
        int ours = sides.indexOf(Side.OURS);
        BenchmarkRun run = new BenchmarkRun(data, contenders, limit < 0 ? null : databases.get(limit), runs, seconds);
        run.load();
        GroupExport exports = new GroupExport(data, contenders, limit < 0 ? null : databases.get(limit));
        if (exportsOnly) {
            exports.measure(1, runs, run.results(), run.notes());
        } else if (!feedsOnly && !growthOnly) {
            calls(run, data, contenders, exports);
        }
        if (!feedsOnly && ours >= 0 && growth > 1) {
            grown(run, new Growth(data, contenders.get(ours), limit < 0 ? null : contenders.get(limit), runs, seconds), exports);
        }
        if (!exportsOnly && !growthOnly) {
            run.ingest();
            feeds(run, data, contenders);
        }
        Report report = new Report(machine(databases.get(0)), data.byMember().size(), data.size(), run.results().values(), run.notes());
        report.print(System.out);
        if (json != null) {
            report.write(json);
        }
    }

    private void grown(BenchmarkRun run, Growth grown, GroupExport exports) throws Exception {
        if (exportsOnly) {
            grown.grow(growth);
        } else {
            grown.measure(growth, run.notes());
        }
        if (!growthOnly) {
            exports.measure(growth, runs, run.results(), run.notes());
        }
    }

    private void feeds(BenchmarkRun run, BenchmarkData data, List<Contender> contenders) throws Exception {
        Path feeds = Files.createTempDirectory("portolan-bench-feeds");
        try {
            new FeedLoading(data, contenders, SyntheticData.cpcds(members, cache), feeds).measure(runs, run.results(), run.notes());
        } finally {
            deleteRecursively(feeds);
        }
    }

    private void calls(BenchmarkRun run, BenchmarkData data, List<Contender> contenders, GroupExport exports) throws Exception {
        for (Workload workload : new Workloads(data).all()) {
            run.calls(workload);
        }
        exports.measure(1, runs, run.results(), run.notes());
        run.writes();
        run.memory();
        run.restarts();
        int ours = sides.indexOf(Side.OURS);
        if (ours >= 0) {
            contenders.get(ours).awaitWarm();
            new AccessAndAudit(contenders.get(ours), new Workloads(data), seconds).measure(run.notes());
        }
    }

    private static String machine(PostgresCluster database) throws IOException, SQLException {
        String model = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(System.getProperty("os.arch"));
        return Runtime.getRuntime().availableProcessors() + " x " + model + ", Java " + Runtime.version().feature()
                + ", PostgreSQL " + database.program() + " " + new java.util.TreeMap<>(PostgresCluster.SETTINGS);
    }

    private static void deleteRecursively(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
