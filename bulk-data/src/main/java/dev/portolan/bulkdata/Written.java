package dev.portolan.bulkdata;

import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** What a node has exported since its start: lines and bytes of the files of finished parts, and how long those took. What was written twice, because a part was done again, counts twice. */
public final class Written {

    private final LongAdder lines = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    void add(List<Export.File> files, long took) {
        for (Export.File file : files) {
            lines.add(file.lines());
            bytes.add(file.bytes());
        }
        nanos.add(took);
    }

    public long lines() {
        return lines.sum();
    }

    public long bytes() {
        return bytes.sum();
    }

    /** The time of all parts together, in nanoseconds; parts that ran side by side each count. */
    public long nanos() {
        return nanos.sum();
    }
}
