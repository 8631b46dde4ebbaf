package dev.portolan.intake.source;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import dev.portolan.intake.mapping.Columns;
import dev.portolan.intake.mapping.Problem;
import dev.portolan.intake.mapping.SourceRecord;
import dev.portolan.intake.mapping.SourceRow;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Comma-separated values (RFC 4180) with a header line, in UTF-8; the delimiter (comma, semicolon, tab, bar) is found from the header. A name that ends in {@code .gz} is read as gzip.
 *
 * <p>Rows that share a value of the grouping column are one record, wherever they stand in the file ({@link RowOrder}).
 */
public final class CsvFormat implements SourceFormat {

    private static final String DELIMITERS = ",;\t|";
    /** Stands where a character was that could not be read. */
    private static final char LOST = '\uFFFD';
    private static final int LONGEST_HEADER = 1 << 20;

    private final Optional<String> groupBy;
    private final List<String> required;

    /**
     * @param groupBy the column whose equal values make rows one record
     * @param required columns without which the file cannot be this source
     */
    public CsvFormat(Optional<String> groupBy, List<String> required) {
        this.groupBy = groupBy;
        this.required = List.copyOf(required);
    }

    static CsvFormat plain() {
        return new CsvFormat(Optional.empty(), List.of());
    }

    @Override
    public boolean isGrouped() {
        return groupBy.isPresent();
    }

    /** Of a small file, beside which there may be a copy of it. */
    @Override
    public Items open(Path file) throws IOException {
        return open(file, file.toAbsolutePath().getParent());
    }

    @Override
    public Items open(Path file, @Nullable Inspection inspection, WorkFolder work) throws IOException {
        return open(file, work.path());
    }

    private Items open(Path file, Path work) throws IOException {
        if (groupBy.isEmpty()) {
            return new SingleRows(rows(file));
        }
        Path ordered = RowOrder.ordered(this, file, groupBy.get(), work);
        return new GroupedRows(rows(ordered == null ? file : ordered), groupBy.get(), ordered);
    }

    Rows rows(Path file) throws IOException {
        char delimiter = delimiter(file);
        CountingInput counted = new CountingInput(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
        try {
            InputStream bytes = SourceBytes.of(file, counted);
            CsvReader<CsvRecord> reader = CsvReader.builder().fieldSeparator(delimiter).skipEmptyLines(true).allowMissingFields(true).allowExtraFields(true)
                .ofCsvRecord(new InputStreamReader(bytes, StandardCharsets.UTF_8));
            return new Rows(reader, counted, delimiter, file, required);
        } catch (IOException | RuntimeException e) {
            counted.close();
            throw e;
        }
    }

    private static char delimiter(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file);
            BufferedReader reader = new BufferedReader(new InputStreamReader(SourceBytes.of(file, in), StandardCharsets.UTF_8))) {
            int[] counts = new int[DELIMITERS.length()];
            boolean quoted = false; // what stands in quotation marks is a column's name
            for (int i = 0, c = reader.read(); i < LONGEST_HEADER && c >= 0 && (quoted || c != '\n' && c != '\r'); i++, c = reader.read()) {
                quoted ^= c == '"';
                int known = quoted ? -1 : DELIMITERS.indexOf(c);
                if (known >= 0) {
                    counts[known]++;
                }
            }
            int best = 0;
            for (int i = 1; i < counts.length; i++) {
                best = counts[i] > counts[best] ? i : best;
            }
            return DELIMITERS.charAt(best);
        }
    }

    /**
     * A row, or lines that cannot be one.
     *
     * @param row null if it is not known which value is in which column
     * @param unreadable why the row may not be used, or null
     * @param values what stands in the row, as many as it has
     * @param fields the same, in a copy with the line in front
     */
    record Read(@Nullable SourceRow row, long line, List<String> values, @Nullable Problem unreadable, List<String> fields) {}

    /** Rows one after the other. In a copy that {@link RowOrder} made, the first column is the line in the file itself. */
    static final class Rows implements AutoCloseable {
        private final Iterator<CsvRecord> records;
        private final CsvReader<CsvRecord> reader;
        private final CountingInput counted;
        private final char delimiter;
        private final Columns columns;
        private final String header;
        private final boolean numbered;

        private Rows(CsvReader<CsvRecord> reader, CountingInput counted, char delimiter, Path file, List<String> required) {
            this.reader = reader;
            this.records = reader.iterator();
            this.counted = counted;
            this.delimiter = delimiter;
            if (!records.hasNext()) {
                throw new SourceException(file.getFileName() + " is empty; a header line with the columns' names should stand first");
            }
            List<String> names = new ArrayList<>(records.next().getFields());
            this.numbered = names.get(0).equals(RowOrder.LINE);
            this.columns = new Columns(numbered ? names.subList(1, names.size()) : names);
            this.header = text(columns.names());
            List<String> missing = required.stream().filter(name -> columns.place(name) < 0).toList();
            if (!missing.isEmpty()) {
                throw new SourceException(file.getFileName() + " has no column " + missing + " among its " + columns.names().size() + "; is its first line the header, with the names as the mapping has them?"); // not what stands there: without a header it is a member's row
            }
        }

        Columns columns() {
            return columns;
        }

        String header() {
            return header;
        }

        char delimiter() {
            return delimiter;
        }

        long position() {
            return counted.count();
        }

        @Override
        public void close() throws IOException {
            reader.close();
        }

        /** The next row, or null at the end. */
        @Nullable Read next() {
            CsvRecord record;
            try {
                if (!records.hasNext()) {
                    return null;
                }
                record = records.next();
            } catch (CsvParseException e) {
                throw new SourceException("The file cannot be read on as CSV: " + e.getMessage() + "; a quotation mark is probably not closed", e);
            } catch (UncheckedIOException e) {
                throw new SourceException("The file cannot be read on: " + e.getCause().getMessage(), e);
            }
            List<String> fields = record.getFields();
            long line = numbered ? Long.parseLong(fields.get(0)) : record.getStartingLineNumber();
            List<String> values = numbered ? fields.subList(1, fields.size()) : fields;
            if (values.size() != columns.names().size()) {
                return new Read(null, line, values, new Problem(true, "wrong-column-count", "", line, "the row has another number of columns than the header"), fields);
            }
            SourceRow row = new SourceRow(columns, values.toArray(String[]::new), line);
            return new Read(row, line, values, values.stream().anyMatch(value -> value.indexOf(LOST) >= 0) ? lost(line) : null, fields);
        }

        private static Problem lost(long line) {
            return new Problem(true, "not-utf-8", "", line, "the row has bytes that are no UTF-8, or characters that its source lost already; convert the file (iconv -f WINDOWS-1252 -t UTF-8, for instance)");
        }

        byte[] source(String rows) {
            return (header + rows).getBytes(StandardCharsets.UTF_8);
        }

        /** A row as CSV, with its line feed. */
        String text(List<String> values) {
            StringBuilder out = new StringBuilder(values.size() * 12);
            for (int i = 0; i < values.size(); i++) {
                String value = values.get(i);
                if (i > 0) {
                    out.append(delimiter);
                }
                out.append(needsQuotes(value) ? '"' + value.replace("\"", "\"\"") + '"' : value);
            }
            return out.append('\n').toString();
        }

        private boolean needsQuotes(String value) {
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                if (c == delimiter || c == '"' || c == '\n' || c == '\r') {
                    return true;
                }
            }
            return false;
        }
    }

    private record SingleRows(Rows rows) implements Items {

        @Override
        public @Nullable SourceItem next() {
            Read read = rows.next();
            return read == null ? null : new SourceItem(read.line(), 1, rows.source(rows.text(read.values())), read.row() == null ? null : new SourceRecord(List.of(read.row())), read.unreadable());
        }

        @Override
        public List<String> columns() {
            return rows.columns().names();
        }

        @Override
        public long position() {
            return rows.position();
        }

        @Override
        public void close() throws IOException {
            rows.close();
        }
    }
}
