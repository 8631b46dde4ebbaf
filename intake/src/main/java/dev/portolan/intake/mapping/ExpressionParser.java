package dev.portolan.intake.mapping;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Compiles the texts of a mapping. {@code {Column}} is the column's value in the row, {@code {$name}} a bound name, {@code {@$name}} the column that a name tells, {@code {#}} the number of the turn,
 * {@code {A ?? B}} the first that is there, {@code {A | filter argument | ...}} a value made into another.
 */
final class ExpressionParser {

    /** What stands before a name that tells a column. */
    static final String NAMED_COLUMN = "@$";

    private final Filters filters;
    private final Set<String> columns = new HashSet<>();

    ExpressionParser(Filters filters) {
        this.filters = filters;
    }

    /** A scalar of the mapping: the value itself if it is one brace, else a text. A text with a brace that is nothing is nothing. */
    Expression text(String source, String place) {
        List<Expression> parts = new ArrayList<>();
        int at = 0;
        while (at < source.length()) {
            int open = source.indexOf('{', at);
            if (open < 0) {
                parts.add(literal(source.substring(at)));
                break;
            }
            if (open > at) {
                parts.add(literal(source.substring(at, open)));
            }
            int close = source.indexOf('}', open);
            if (close < 0) {
                throw new MappingException(place, "a brace is not closed in '" + source + "'");
            }
            parts.add(braced(source.substring(open + 1, close), place));
            at = close + 1;
        }
        return parts.size() == 1 ? parts.get(0) : joined(parts);
    }

    /** Whether a text has a brace that is about the record, and not only about the turn of a loop. */
    static boolean asksRecord(String source) {
        for (int open = source.indexOf('{'); open >= 0; open = source.indexOf('{', open + 1)) {
            boolean loop = source.startsWith("#", open + 1) || source.startsWith("$", open + 1);
            if (!loop) {
                return true;
            }
        }
        return false;
    }

    private static Expression literal(String text) {
        Value value = new Value.Text(text);
        return scope -> value;
    }

    private static Expression joined(List<Expression> parts) {
        return scope -> {
            StringBuilder out = new StringBuilder();
            for (Expression part : parts) {
                Value value = part.evaluate(scope);
                if (value == Value.NOTHING) {
                    return Value.NOTHING;
                }
                out.append(value.inText());
            }
            return Value.text(out.toString());
        };
    }

    /** What stands between two braces. */
    Expression braced(String source, String place) {
        String[] steps = source.split("\\|");
        String[] alternatives = steps[0].split("\\?\\?");
        List<Expression> sources = new ArrayList<>();
        for (String alternative : alternatives) {
            sources.add(operand(alternative.strip(), place));
        }
        String column = alternatives[0].strip();
        Expression expression = sources.size() == 1 ? sources.get(0) : firstOf(sources);
        for (int i = 1; i < steps.length; i++) {
            expression = filtered(expression, steps[i].strip(), column, place);
        }
        return expression;
    }

    private Expression filtered(Expression input, String step, String column, String place) {
        int space = step.indexOf(' ');
        String name = space < 0 ? step : step.substring(0, space);
        String argument = space < 0 ? "" : step.substring(space + 1).strip();
        if (name.equals("default")) {
            Value otherwise = Value.text(argument);
            return scope -> {
                Value value = input.evaluate(scope);
                return value == Value.NOTHING ? otherwise : value;
            };
        }
        if (name.equals("required")) {
            return scope -> {
                Value value = input.evaluate(scope);
                if (value == Value.NOTHING) {
                    scope.reject("missing-value", column, "has no usable value, and the record needs one");
                }
                return value;
            };
        }
        if (name.equals("and")) {
            return followed(input, argument, place);
        }
        if (name.equals("sum")) {
            return new RowSum(input, argument.isEmpty() ? null : operand(argument, place), column);
        }
        Filters.Filter filter = filters.compile(name, argument, column, place);
        return scope -> {
            Value value = input.evaluate(scope);
            return value == Value.NOTHING ? value : filter.apply(value, scope);
        };
    }

    /** {@code and -dx- Diagnosis code}: with another column behind it, if that has a value. So a key of several columns is one text, which {@code id} makes an id of. */
    private Expression followed(Expression input, String argument, String place) {
        int space = argument.indexOf(' ');
        if (space < 0) {
            throw new MappingException(place, "'and' needs what stands between, and a column: and -dx- Diagnosis code");
        }
        String between = argument.substring(0, space);
        Expression column = operand(argument.substring(space + 1).strip(), place);
        return scope -> {
            Value value = input.evaluate(scope);
            Value behind = value == Value.NOTHING ? value : column.evaluate(scope);
            return behind == Value.NOTHING ? value : new Value.Text(value.inText() + between + behind.inText());
        };
    }

    private static Expression firstOf(List<Expression> sources) {
        return scope -> {
            for (Expression source : sources) {
                Value value = source.evaluate(scope);
                if (value != Value.NOTHING) {
                    return value;
                }
            }
            return Value.NOTHING;
        };
    }

    /** A name that may be a column's: of a table that stands in the mapping. */
    void mention(String name) {
        columns.add(Columns.key(name));
    }

    /** All columns that were named so far, as {@link Columns#key} has them. */
    Set<String> columns() {
        return Set.copyOf(columns);
    }

    private Expression operand(String name, String place) {
        if (name.isEmpty()) {
            throw new MappingException(place, "a column's name is missing between braces");
        }
        if (name.equals("#")) {
            return scope -> new Value.Number(java.math.BigDecimal.valueOf(scope.index));
        }
        if (name.startsWith(NAMED_COLUMN)) {
            String variable = name.substring(NAMED_COLUMN.length());
            return scope -> column(scope, scope.name(variable).inText());
        }
        if (name.startsWith("$")) {
            String variable = name.substring(1);
            return scope -> scope.name(variable);
        }
        mention(name);
        return new ColumnExpression(name);
    }

    private static Value column(Scope scope, String name) {
        return Value.text(scope.row.value(scope.row.columns().place(name)));
    }

    /** Keeps the column's place for the header that it last saw: a feed has one. */
    private static final class ColumnExpression implements Expression {
        private final String name;
        private volatile Seen seen = new Seen(null, -1);

        private record Seen(@org.jspecify.annotations.Nullable Columns columns, int place) {}

        private ColumnExpression(String name) {
            this.name = name;
        }

        @Override
        public Value evaluate(Scope scope) {
            Seen known = seen;
            if (known.columns() != scope.row.columns()) {
                known = new Seen(scope.row.columns(), scope.row.columns().place(name));
                seen = known;
            }
            return Value.text(scope.row.value(known.place()));
        }
    }
}
