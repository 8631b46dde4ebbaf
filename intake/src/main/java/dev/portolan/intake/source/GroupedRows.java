package dev.portolan.intake.source;

import dev.portolan.intake.mapping.Problem;
import dev.portolan.intake.mapping.SourceRecord;
import dev.portolan.intake.mapping.SourceRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows that stand together and share a key are one record. That they stand together is made sure beforehand ({@link RowOrder}). */
final class GroupedRows implements SourceFormat.Items {

    /** A claim has at most some hundred lines (X12 837: 999); what is longer is no record but a wrong grouping column. */
    private static final int MOST_ROWS = 20_000;

    private final CsvFormat.Rows rows;
    private final int key;
    private final @Nullable Path copy;
    private CsvFormat.@Nullable Read ahead;
    private @Nullable String tooLong;

    GroupedRows(CsvFormat.Rows rows, String groupBy, @Nullable Path copy) {
        this.rows = rows;
        this.copy = copy;
        this.key = rows.columns().place(groupBy);
        if (key < 0) {
            throw new SourceException("The file has no column '" + groupBy + "', by which its rows are grouped");
        }
        this.ahead = rows.next();
    }

    @Override
    public @Nullable SourceItem next() {
        CsvFormat.Read first = ahead;
        if (first == null) {
            return null;
        }
        ahead = rows.next();
        SourceRow row = first.row();
        if (row == null) {
            return new SourceItem(first.line(), 1, rows.source(rows.text(first.values())), null, first.unreadable());
        }
        String value = key(row);
        List<SourceRow> group = new ArrayList<>();
        StringBuilder raw = new StringBuilder(rows.text(first.values()));
        group.add(row);
        Problem unreadable = first.unreadable();
        while (!value.isBlank() && ahead != null && ahead.row() != null && key(ahead.row()).equals(value) && group.size() < MOST_ROWS) {
            group.add(ahead.row());
            raw.append(rows.text(ahead.values()));
            unreadable = unreadable == null ? ahead.unreadable() : unreadable;
            ahead = rows.next();
        }
        if (group.size() >= MOST_ROWS || value.equals(tooLong)) {
            tooLong = value; // what is left of it is no record either
            unreadable = new Problem(true, "record-too-long", "", first.line(), "the record has " + MOST_ROWS + " rows or more; is this the right column to group by?");
        }
        return new SourceItem(first.line(), group.size(), rows.source(raw.toString()), new SourceRecord(List.copyOf(group)), unreadable);
    }

    /** Without blanks around it, as a mapping reads it. */
    private String key(SourceRow row) {
        return row.values()[key].strip();
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
        if (copy != null) {
            Files.delete(copy);
            Files.delete(copy.getParent());
        }
    }
}
