package dev.portolan.intake.mapping;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an expression can see: the record, the row that it is about, the names that are bound, and where problems go. */
final class Scope {

    final SourceRecord record;
    final SourceRow row;
    /** Place of the row, or of the loop's turn, counted from 1. */
    final int index;
    final List<Problem> problems;
    private final @Nullable Scope outer;
    private final Map<String, Value> names = new HashMap<>();

    Scope(SourceRecord record, List<Problem> problems) {
        this(record, record.rows().get(0), 1, problems, null);
    }

    private Scope(SourceRecord record, SourceRow row, int index, List<Problem> problems, @Nullable Scope outer) {
        this.record = record;
        this.row = row;
        this.index = index;
        this.problems = problems;
        this.outer = outer;
    }

    Scope at(SourceRow other, int place) {
        return new Scope(record, other, place, problems, this);
    }

    Scope turn(int place) {
        return new Scope(record, row, place, problems, this);
    }

    void bind(String name, Value value) {
        names.put(name, value);
    }

    Value name(String name) {
        Value value = names.get(name);
        if (value != null) {
            return value;
        }
        return outer == null ? Value.NOTHING : outer.name(name);
    }

    void warn(String code, String column, String message) {
        problems.add(new Problem(false, code, column, row.line(), message));
    }

    void reject(String code, String column, String message) {
        problems.add(new Problem(true, code, column, row.line(), message));
    }
}
