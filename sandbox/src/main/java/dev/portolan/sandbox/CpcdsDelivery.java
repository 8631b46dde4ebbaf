package dev.portolan.sandbox;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes of Synthea's CPCDS files what a plan would deliver: Synthea writes a coverage for every claim, where a member has one for each stretch of time with a plan. Nothing else is changed.
 */
final class CpcdsDelivery {

    static final String WHOLE = "cpcds";
    static final String WITHOUT_MEMBERS = "cpcds-claims";

    private static final String COVERAGES = "CPCDS_Coverages.csv";
    private static final String CLAIMS = "CPCDS_Claims.csv";
    private static final String MEMBERS = "CPCDS_Members.csv";
    private static final String COVERAGE_ID = "Coverage id";
    /** What Synthea writes the claim's coverage into. */
    private static final List<String> NAMES_COVERAGE = List.of("Claim payer identifier", "Claim primary payer identifier");

    private CpcdsDelivery() {}

    /** Writes the folders {@link #WHOLE} and {@link #WITHOUT_MEMBERS} below {@code target}; files that both have are the same file. */
    static void write(Path made, Path target) throws IOException {
        Path whole = Files.createDirectory(target.resolve(WHOLE));
        Map<String, String> kept = coverages(made.resolve(COVERAGES), whole.resolve(COVERAGES));
        claims(made.resolve(CLAIMS), whole.resolve(CLAIMS), kept);
        for (Path file : Folders.files(made, ".csv")) {
            if (!Files.exists(whole.resolve(file.getFileName()))) {
                Files.move(file, whole.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            }
        }
        Path claims = Files.createDirectory(target.resolve(WITHOUT_MEMBERS));
        for (Path file : Folders.files(whole, ".csv")) {
            if (!file.getFileName().toString().equals(MEMBERS)) {
                Files.createLink(claims.resolve(file.getFileName()), file);
            }
        }
    }

    /** @return the coverage that stands for each of those in the source */
    private static Map<String, String> coverages(Path source, Path target) throws IOException {
        Map<String, String> kept = new HashMap<>();
        Map<List<String>, String> firsts = new HashMap<>();
        try (CsvReader<CsvRecord> rows = CsvReader.builder().ofCsvRecord(source, StandardCharsets.UTF_8); CsvWriter out = CsvWriter.builder().build(target)) {
            int id = -1;
            for (CsvRecord row : rows) {
                if (id < 0) {
                    id = row.getFields().indexOf(COVERAGE_ID);
                    out.writeRecord(row.getFields());
                    continue;
                }
                List<String> rest = new ArrayList<>(row.getFields());
                String own = rest.remove(id);
                String first = firsts.putIfAbsent(List.copyOf(rest), own);
                kept.put(own, first == null ? own : first);
                if (first == null) {
                    out.writeRecord(row.getFields());
                }
            }
        }
        return kept;
    }

    private static void claims(Path source, Path target, Map<String, String> kept) throws IOException {
        try (CsvReader<CsvRecord> rows = CsvReader.builder().ofCsvRecord(source, StandardCharsets.UTF_8); CsvWriter out = CsvWriter.builder().build(target)) {
            List<Integer> columns = null;
            for (CsvRecord row : rows) {
                if (columns == null) {
                    columns = NAMES_COVERAGE.stream().map(row.getFields()::indexOf).filter(column -> column >= 0).toList();
                    out.writeRecord(row.getFields());
                    continue;
                }
                List<String> fields = new ArrayList<>(row.getFields());
                columns.forEach(column -> fields.set(column, kept.getOrDefault(fields.get(column), fields.get(column))));
                out.writeRecord(fields);
            }
        }
    }
}
