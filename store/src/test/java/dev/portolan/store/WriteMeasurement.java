package dev.portolan.store;

import com.sun.management.OperatingSystemMXBean;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchDefinitions;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * Prints how fast the store writes: {@code java ... WriteMeasurement FOLDER-OF-NDJSON [BUNDLES]}. Real definitions, durable commits. Not asserted: machines differ.
 */
final class WriteMeasurement {

    private static final int BUNDLE = 500;
    private static final int CLIENTS = 3;
    private static final int SINGLE_WRITES = 8000;

    private WriteMeasurement() {}

    private record Line(String type, String id, byte[] json) {}

    public static void main(String[] arguments) throws Exception {
        List<List<Line>> whole = bundles(read(Path.of(arguments[0])));
        List<List<Line>> bundles = arguments.length > 1 ? whole.subList(0, Integer.parseInt(arguments[1])) : whole;
        SearchDefinitions definitions = definitions();
        try (EmbeddedPostgres server = durable();
            HikariDataSource pool = pool(server)) {
            RecordDatabase.migrate(pool);
            try (RecordDatabase database = RecordDatabase.open(pool, definitions.parameters(), definitions.extractor(), definitions.matcher(), StoreSettings.DEFAULT)) {
                RecordView all = database.records().open(Grants.everything());
                run("create", bundles, (bundle, round) -> all.write(transaction -> {
                    for (Line line : bundle) {
                        transaction.put(new ResourceKey(line.type(), transaction.newId()), JsonDocument.parse(line.json()));
                    }
                    return null;
                }));
                disk(pool);
                statement(pool, "TRUNCATE store.resource, store.history, store.value_token, store.value_text");
                run("put new ids, dictionaries there", bundles, (bundle, round) -> put(all, bundle, ""));
                disk(pool);
                run("update all", bundles, (bundle, round) -> put(all, bundle, ",\"language\":\"en\"}"));
                run("update, nothing changed", bundles, (bundle, round) -> put(all, bundle, ",\"language\":\"en\"}"));
                List<Line> singles = new ArrayList<>();
                bundles.forEach(singles::addAll);
                List<List<Line>> each = singles.stream().limit(SINGLE_WRITES).map(List::of).toList();
                run("create one by one, cold", each, (bundle, round) -> all.write(transaction ->
                    transaction.put(new ResourceKey(bundle.get(0).type(), transaction.newId()), JsonDocument.parse(bundle.get(0).json()))));
                run("create one by one", each, (bundle, round) -> all.write(transaction ->
                    transaction.put(new ResourceKey(bundle.get(0).type(), transaction.newId()), JsonDocument.parse(bundle.get(0).json()))));
                run("update one by one", each, (bundle, round) -> put(all, bundle, ",\"language\":\"de\"}"));
                run("read one by one", each, (bundle, round) -> {
                    if (((ReadResult.Found) all.read(new ResourceKey(bundle.get(0).type(), bundle.get(0).id()))).resource().content().json().length == 0) {
                        throw new IllegalStateException("empty");
                    }
                });
            }
        }
    }

    private static void put(RecordView all, List<Line> bundle, String end) {
        all.write(transaction -> {
            transaction.lock(bundle.stream().map(line -> new ResourceKey(line.type(), line.id())).toList());
            for (Line line : bundle) {
                byte[] json = line.json();
                if (!end.isEmpty()) {
                    json = (new String(json, 0, json.length - 1, StandardCharsets.UTF_8) + end).getBytes(StandardCharsets.UTF_8);
                }
                transaction.put(new ResourceKey(line.type(), line.id()), JsonDocument.parse(json));
            }
            return null;
        });
    }

    private static void run(String name, List<List<Line>> bundles, BiConsumer<List<Line>, Integer> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        AtomicInteger next = new AtomicInteger();
        AtomicLong own = new AtomicLong();
        OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = process.getProcessCpuTime();
        long others = othersCpuMillis();
        long begun = System.nanoTime();
        List<Future<?>> running = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            running.add(threads.submit(() -> {
                for (int i = next.getAndIncrement(); i < bundles.size(); i = next.getAndIncrement()) {
                    work.accept(bundles.get(i), i);
                }
                own.addAndGet(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
            }));
        }
        for (Future<?> one : running) {
            one.get();
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        int count = bundles.stream().mapToInt(List::size).sum();
        System.out.printf("%-34s %8.0f resources/s  JVM %6.1f us each, of it writers %6.1f  PostgreSQL %6.1f us each%n", name, count / seconds, (process.getProcessCpuTime() - cpu) / 1e3 / count, own.get() / 1e3 / count,
            (othersCpuMillis() - others) * 1e3 / count);
        threads.shutdown();
    }

    /** CPU of this process's descendants: the database's processes. */
    private static long othersCpuMillis() throws IOException {
        return postgresPid <= 0 ? 0 : ProcessHandle.of(postgresPid).stream().flatMap(ProcessHandle::children).mapToLong(child -> child.info().totalCpuDuration().orElse(Duration.ZERO).toMillis()).sum();
    }

    private static long postgresPid;

    private static void disk(HikariDataSource pool) throws SQLException {
        statement(pool, "CHECKPOINT");
        try (Connection connection = pool.getConnection();
            Statement select = connection.createStatement();
            ResultSet row = select.executeQuery("""
                SELECT count(*), pg_table_size('store.resource') / count(*), pg_indexes_size('store.resource') / count(*), pg_total_relation_size('store.value_token') / count(*),
                       pg_total_relation_size('store.value_text') / count(*), sum(length(content)) / count(*), (SELECT count(*) FROM store.dictionary),
                       sum(cardinality(tokens)) / count(*), sum(cardinality(refs)) / count(*), sum(cardinality(dates)) / count(*), (SELECT count(*) FROM store.value_token) * 1.0 / count(*)
                FROM store.resource""")) {
            row.next();
            System.out.printf("%d resources; bytes each: table %d, indexes %d, value_token %d, value_text %d; content %d; %d dictionaries; tokens %d refs %d dates %d value tokens %.1f%n",
                row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5), row.getLong(6), row.getLong(7), row.getLong(8), row.getLong(9), row.getLong(10), row.getDouble(11));
        }
    }

    private static void statement(HikariDataSource pool, String sql) throws SQLException {
        try (Connection connection = pool.getConnection();
            Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static EmbeddedPostgres durable() throws IOException {
        return EmbeddedPostgres.builder().setServerConfig("fsync", "on").setServerConfig("synchronous_commit", "on").setServerConfig("full_page_writes", "on")
            .setServerConfig("shared_buffers", "1GB").setServerConfig("max_wal_size", "4GB").start();
    }

    private static HikariDataSource pool(EmbeddedPostgres server) throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(server.getJdbcUrl("postgres", "postgres"));
        config.addDataSourceProperty("prepareThreshold", 1);
        config.addDataSourceProperty("binaryTransfer", true);
        config.addDataSourceProperty("options", "-c plan_cache_mode=force_generic_plan");
        HikariDataSource pool = new HikariDataSource(config);
        try (Connection connection = pool.getConnection();
            Statement select = connection.createStatement();
            ResultSet row = select.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            postgresPid = ProcessHandle.of(row.getLong(1)).flatMap(ProcessHandle::parent).map(ProcessHandle::pid).orElse(0L);
        }
        return pool;
    }

    private static SearchDefinitions definitions() {
        String folder = System.getenv("PORTOLAN_PACKAGES");
        Path packages = folder == null || folder.isBlank() ? null : Path.of(folder);
        return SearchDefinitions.compile(FhirPackages.load(new PackageSources(packages, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")),
            packages == null ? List.of() : GuideRef.DEFAULTS));
    }

    private static List<List<Line>> bundles(List<Line> lines) {
        List<List<Line>> bundles = new ArrayList<>();
        for (int at = 0; at < lines.size(); at += BUNDLE) {
            bundles.add(lines.subList(at, Math.min(lines.size(), at + BUNDLE)));
        }
        Collections.shuffle(bundles, new Random(1));
        return bundles;
    }

    private static List<Line> read(Path folder) throws IOException {
        List<Line> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String type = file.getFileName().toString().replace(".ndjson", "");
                try (Stream<String> texts = Files.lines(file)) {
                    texts.forEach(text -> lines.add(new Line(type, JsonDocument.parse(text).root().fieldText("id"), text.getBytes(StandardCharsets.UTF_8))));
                }
            }
        }
        return lines;
    }
}
