package dev.portolan.intake.mapping;

import java.math.BigDecimal;
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
    final References references;
    private final @Nullable Scope outer;
    /** What is bound here, and beside it to what. */
    private final List<String> names;
    private final List<Value> values;
    /** The numbers that elements of named lists got, by what they were chosen by. One for all scopes of a record. */
    private final Map<String, Map<String, Value>> numbers;

    Scope(SourceRecord record, List<Problem> problems, References references) {
        this(record, record.rows().get(0), 1, problems, references, null, List.of(), List.of(), new HashMap<>());
    }

    private Scope(SourceRecord record, SourceRow row, int index, List<Problem> problems, References references, @Nullable Scope outer, List<String> names, List<Value> values,
        Map<String, Map<String, Value>> numbers) {
        this.names = names;
        this.values = values;
        this.numbers = numbers;
        this.record = record;
        this.row = row;
        this.index = index;
        this.problems = problems;
        this.references = references;
        this.outer = outer;
    }

    Scope at(SourceRow other, int place) {
        return new Scope(record, other, place, problems, references, this, List.of(), List.of(), numbers);
    }

    Scope turn(int place) {
        return turn(place, List.of(), List.of());
    }

    Scope turn(int place, List<String> bound, List<Value> to) {
        return new Scope(record, row, place, problems, references, this, bound, to, numbers);
    }

    Value name(String name) {
        int place = names.indexOf(name);
        if (place >= 0) {
            return values.get(place);
        }
        return outer == null ? Value.NOTHING : outer.name(name);
    }

    /** Remembers the number of an element, for other lists that refer to it. */
    void numbered(String list, String key, int number) {
        numbers.computeIfAbsent(list, any -> new HashMap<>()).put(key, new Value.Number(BigDecimal.valueOf(number)));
    }

    Value numberOf(String list, String key) {
        return numbers.getOrDefault(list, Map.of()).getOrDefault(key, Value.NOTHING);
    }

    /** The column that an expression begins with: of {@code @$name} the one that the name tells. */
    private String column(String asked) {
        return asked.startsWith(ExpressionParser.NAMED_COLUMN) ? name(asked.substring(ExpressionParser.NAMED_COLUMN.length())).inText() : asked;
    }

    /** A code that no table knows: it is kept, and counted. */
    void unmapped(String table, String code, String asked) {
        String column = column(asked);
        problems.add(new Problem(false, "unmapped-code", column, row.line(), "a code of the column '" + column + "' is not in '" + table + "'", new Problem.UnmappedCode(table, code)));
    }

    /** @param what is said of the column */
    void warn(String code, String asked, String what) {
        note(false, code, asked, what);
    }

    /** @param what is said of the column */
    void reject(String code, String asked, String what) {
        note(true, code, asked, what);
    }

    private void note(boolean reject, String code, String asked, String what) {
        String column = column(asked);
        problems.add(new Problem(reject, code, column, row.line(), "the column '" + column + "' " + what));
    }
}
