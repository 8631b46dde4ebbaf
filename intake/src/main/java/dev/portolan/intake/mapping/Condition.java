package dev.portolan.intake.mapping;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What stands under {@code $when}: {@code {A}}, {@code not {A}}, {@code {A} = x}, {@code {A} != x}, {@code {A} in [x, y]}, {@code {A} not in [x, y]}, {@code {A} < {B}}; several must all hold. */
@FunctionalInterface
interface Condition {

    Pattern FORM = Pattern.compile("(not\\s+)?\\{([^}]*)}\\s*(?:(=|!=|<=|<|not in|in)\\s*(.+))?");

    boolean holds(Scope scope);

    static Condition parse(Object source, ExpressionParser expressions, String place) {
        if (source instanceof List<?> all) {
            List<Condition> conditions = all.stream().map(one -> parse(one, expressions, place)).toList();
            return scope -> {
                for (Condition condition : conditions) {
                    if (!condition.holds(scope)) {
                        return false;
                    }
                }
                return true;
            };
        }
        Matcher form = FORM.matcher(String.valueOf(source).strip());
        if (!form.matches()) {
            throw new MappingException(place, "'" + source + "' is no condition; write for instance \"{Claim type} = pharmacy\"");
        }
        Expression left = expressions.braced(form.group(2), place);
        Condition condition = form.group(3) == null ? scope -> left.evaluate(scope) != Value.NOTHING : comparison(left, form.group(3), form.group(4).strip(), expressions, place);
        return form.group(1) == null ? condition : scope -> !condition.holds(scope);
    }

    private static Condition comparison(Expression left, String operator, String right, ExpressionParser expressions, String place) {
        return switch (operator) {
            case "in", "not in" -> {
                Set<String> words = words(right, place);
                boolean wanted = operator.equals("in");
                yield scope -> words.contains(left.evaluate(scope).inText()) == wanted;
            }
            case "<", "<=" -> {
                Expression other = expressions.text(right, place);
                boolean orEqual = operator.equals("<=");
                yield scope -> ordered(left.evaluate(scope), other.evaluate(scope), orEqual);
            }
            default -> {
                Expression other = expressions.text(right, place);
                boolean wanted = operator.equals("=");
                yield scope -> left.evaluate(scope).inText().equals(other.evaluate(scope).inText()) == wanted;
            }
        };
    }

    /** Numbers by value, everything else (dates) by text; nothing is in no order. */
    private static boolean ordered(Value left, Value right, boolean orEqual) {
        if (left == Value.NOTHING || right == Value.NOTHING) {
            return false;
        }
        int order = left instanceof Value.Number a && right instanceof Value.Number b ? a.number().compareTo(b.number()) : left.inText().compareTo(right.inText());
        return order < 0 || orEqual && order == 0;
    }

    private static Set<String> words(String list, String place) {
        if (!list.startsWith("[") || !list.endsWith("]")) {
            throw new MappingException(place, "the words after 'in' stand in square brackets: in [a, b]");
        }
        return Arrays.stream(list.substring(1, list.length() - 1).split(",")).map(String::strip).collect(Collectors.toUnmodifiableSet());
    }
}
