package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.TestPackages;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Prints how long extraction takes: {@code java ... ExtractionMeasurement FOLDER-OF-NDJSON}. Not asserted: machines differ. */
final class ExtractionMeasurement {

    private static final int LINES_PER_TYPE = 2_000;
    private static final int ROUNDS = 12;
    /** Time on the processor: on a busy machine the time on the wall says nothing. */
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private ExtractionMeasurement() {}

    public static void main(String[] arguments) throws IOException {
        long started = System.nanoTime();
        SearchDefinitions definitions = SearchDefinitions.compile(System.getenv("PORTOLAN_PACKAGES") == null ? TestPackages.base() : TestPackages.guides());
        System.out.printf("definitions read in %d ms%n", (System.nanoTime() - started) / 1_000_000);
        started = System.nanoTime();
        System.out.println("not compiled: " + String.join("\n  ", definitions.notCompiled()));
        System.out.println("rejected: " + String.join("\n  ", definitions.rejected()));
        System.out.printf("all plans made in %d ms%n", (System.nanoTime() - started) / 1_000_000);
        List<JsonDocument> documents = read(Path.of(arguments[0]));
        long bytes = documents.stream().mapToLong(document -> document.bytes().length).sum();
        long[] values = new long[1];
        for (int round = 0; round < ROUNDS; round++) {
            values[0] = 0;
            long begun = THREADS.getCurrentThreadCpuTime();
            for (JsonDocument document : documents) {
                definitions.extractor().extract(document, (parameter, value) -> values[0]++);
            }
            System.out.printf("round %d: %.2f us of CPU a resource%n", round, (THREADS.getCurrentThreadCpuTime() - begun) / 1e3 / documents.size());
        }
        System.out.printf("%d resources, %d bytes and %.1f values each%n", documents.size(), bytes / documents.size(), (double) values[0] / documents.size());
    }

    private static List<JsonDocument> read(Path folder) throws IOException {
        List<JsonDocument> documents = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                try (Stream<String> lines = Files.lines(file)) {
                    lines.limit(LINES_PER_TYPE).forEach(line -> documents.add(JsonDocument.parse(line)));
                }
            }
        }
        return documents;
    }
}
