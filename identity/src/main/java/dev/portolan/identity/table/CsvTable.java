package dev.portolan.identity.table;

import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Rows as CSV (RFC 4180) whose cells no spreadsheet takes for a formula. Names of apps, providers and units come from outside the plan, and whoever opens the file is its staff.
 */
public final class CsvTable implements AutoCloseable {

    /**
     * Where a spreadsheet would begin to read a formula: at the start of a cell, white space before it or not, and after what some spreadsheets take for the end of one (a semicolon, where the comma is the decimal sign).
     * The wide forms of the signs count as the signs do in some languages' spreadsheets.
     */
    private static final Pattern FORMULA = Pattern.compile("(?:^|(?<=[;\\t\\r\\n]))(?=\\s*+[=+\\-@\uFF1D\uFF0B\uFF0D\uFF20])|^(?=[\\t\\r\\n])");

    private final CsvWriter csv;

    /** @param out closed with this table */
    public CsvTable(Writer out) {
        csv = CsvWriter.builder().build(out);
    }

    public void row(List<String> cells) {
        csv.writeRecord(cells.stream().map(CsvTable::cell).toList());
    }

    /** An apostrophe says that what follows is text. */
    private static String cell(String value) {
        return FORMULA.matcher(value).replaceAll("'");
    }

    @Override
    public void close() throws IOException {
        csv.close();
    }
}
