package dev.portolan.intake.load;

import dev.portolan.intake.source.SourceFormat;
import dev.portolan.intake.source.SourceItem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A file's records, some at a time. Batches are made by number of records and bytes alone, so a resumed load makes the same ones and leaves out those that are noted. */
final class FileBatches {

    private static final int RECORDS = 250;
    private static final int BYTES = 1 << 20;
    /** Of what a mapping makes several resources of: a claim of 4 kB becomes eight with 20 kB, and batches that do not fit the young generation's survivor spaces stand in memory as old garbage. */
    private static final int MAPPED_BYTES = 1 << 17;

    private final SourceFormat.Items items;
    private final int mostBytes;
    private final String file;
    private final Map<Integer, LoadLedger.Stretch> noted;
    private int number;

    /**
     * @param file its name, for errors
     * @param noted batches of it that are through
     */
    FileBatches(SourceFormat.Items items, RecordMapper mapper, String file, Map<Integer, LoadLedger.Stretch> noted) {
        this.items = items;
        this.mostBytes = mapper instanceof ResourceMapper || mapper instanceof InOrderMapper ? BYTES : MAPPED_BYTES;
        this.file = file;
        this.noted = noted;
    }

    /** @param number from 0 up */
    record Batch(int number, List<SourceItem> items) {

        int lines() {
            return items.stream().mapToInt(SourceItem::lines).sum();
        }
    }

    /** Null after the last. */
    @Nullable Batch next() throws IOException {
        List<SourceItem> batch = new ArrayList<>();
        int bytes = 0;
        while (batch.size() < RECORDS && bytes < mostBytes) {
            SourceItem item = items.next();
            if (item == null) {
                break;
            }
            batch.add(item);
            bytes += item.raw().length;
        }
        return batch.isEmpty() ? null : new Batch(number++, batch);
    }

    /** How many were made. */
    int count() {
        return number;
    }

    /** Whether the batch is through. Another release may make other batches, and what is left out by its number then were other records. */
    boolean isNoted(Batch batch) {
        LoadLedger.Stretch stretch = noted.get(batch.number());
        if (stretch != null && !stretch.equals(LoadLedger.Stretch.of(batch.items()))) {
            throw new LoadException("this load of " + file + " was begun by another release of Portolan, which takes the file in other batches. Load the file again; what is there already stays as it is");
        }
        return stretch != null;
    }
}
