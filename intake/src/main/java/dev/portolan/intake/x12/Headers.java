package dev.portolan.intake.x12;

import dev.portolan.intake.mapping.Columns;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The sets of columns that records of a mapping had: most records have those of one before, and a mapping finds its columns in a set only once. */
final class Headers {

    /** Which columns a record has depends on what it tells, so there may be many; those beyond are made for their record. */
    private static final int MOST = 500;

    private final Map<List<String>, Columns> known = new ConcurrentHashMap<>();

    Columns of(List<String> names) {
        Columns columns = known.get(names);
        if (columns == null) {
            columns = new Columns(names);
            if (known.size() < MOST) {
                known.put(names, columns);
            }
        }
        return columns;
    }
}
