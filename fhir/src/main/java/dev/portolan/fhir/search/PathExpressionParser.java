package dev.portolan.fhir.search;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the part of FHIRPath that search parameter definitions use (FHIRPath 2.0, grammar and operator precedence). */
final class PathExpressionParser {

    /** The expression is not FHIRPath, or uses more of it than is read here. */
    static final class NotReadException extends Exception {
        private static final long serialVersionUID = 1L;

        NotReadException(String message) {
            super(message);
        }
    }

    private final String text;
    private int at;

    private PathExpressionParser(String text) {
        this.text = text;
    }

    static PathExpression parse(String text) throws NotReadException {
        PathExpressionParser parser = new PathExpressionParser(text);
        PathExpression expression = parser.or();
        parser.space();
        if (parser.at < text.length()) {
            throw parser.notRead("unexpected '" + text.charAt(parser.at) + "'");
        }
        return expression;
    }

    /** The terms of a union at the top of the expression, as they are written. */
    static List<String> unionTerms(String expression) {
        List<String> terms = new ArrayList<>();
        int depth = 0;
        int from = 0;
        boolean quoted = false;
        for (int i = 0; i < expression.length(); i++) {
            char c = expression.charAt(i);
            if (c == '\'') {
                quoted = !quoted;
            } else if (!quoted) {
                depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
                if (c == '|' && depth == 0) {
                    terms.add(expression.substring(from, i).strip());
                    from = i + 1;
                }
            }
        }
        terms.add(expression.substring(from).strip());
        return terms;
    }

    private PathExpression or() throws NotReadException {
        PathExpression left = and();
        while (word("or")) {
            left = new PathExpression.Binary("or", left, and());
        }
        return left;
    }

    private PathExpression and() throws NotReadException {
        PathExpression left = equality();
        while (word("and")) {
            left = new PathExpression.Binary("and", left, equality());
        }
        return left;
    }

    private PathExpression equality() throws NotReadException {
        PathExpression left = union();
        if (symbol("!=")) {
            return new PathExpression.Binary("!=", left, union());
        }
        return symbol("=") ? new PathExpression.Binary("=", left, union()) : left;
    }

    private PathExpression union() throws NotReadException {
        List<PathExpression> parts = new ArrayList<>();
        do {
            parts.add(typed());
        } while (symbol("|"));
        return parts.size() == 1 ? parts.get(0) : new PathExpression.Union(List.copyOf(parts));
    }

    private PathExpression typed() throws NotReadException {
        PathExpression value = invocation();
        if (word("as")) {
            return new PathExpression.As(value, typeName());
        }
        return word("is") ? new PathExpression.Is(value, typeName()) : value;
    }

    private PathExpression invocation() throws NotReadException {
        PathExpression value = term();
        while (true) {
            if (symbol(".")) {
                value = member(value);
            } else if (symbol("[")) {
                value = new PathExpression.Index(value, Integer.parseInt(digits()));
                expect("]");
            } else {
                return value;
            }
        }
    }

    private PathExpression term() throws NotReadException {
        space();
        if (at >= text.length()) {
            throw notRead("the expression ends too early");
        }
        char c = text.charAt(at);
        if (symbol("(")) {
            PathExpression inner = or();
            expect(")");
            return inner;
        }
        if (c == '\'') {
            return new PathExpression.Literal(quoted());
        }
        if (Character.isDigit(c)) {
            return new PathExpression.Literal(digits());
        }
        if (symbol("%resource")) {
            return new PathExpression.ResourceVariable();
        }
        return member(null);
    }

    private PathExpression member(@Nullable PathExpression target) throws NotReadException {
        String name = identifier();
        if (!symbol("(")) {
            boolean literal = target == null && (name.equals("true") || name.equals("false"));
            return literal ? new PathExpression.Literal(name) : new PathExpression.Name(target, name);
        }
        if (name.equals("as") || name.equals("ofType") || name.equals("is")) {
            String type = typeName();
            expect(")");
            PathExpression on = target == null ? new PathExpression.Name(null, "$this") : target;
            return name.equals("is") ? new PathExpression.Is(on, type) : new PathExpression.As(on, type);
        }
        List<PathExpression> arguments = new ArrayList<>();
        if (!symbol(")")) {
            do {
                arguments.add(or());
            } while (symbol(","));
            expect(")");
        }
        return new PathExpression.Call(target, name, List.copyOf(arguments));
    }

    private String typeName() throws NotReadException {
        String name = identifier();
        while (symbol(".")) {
            name = identifier();
        }
        return name;
    }

    private String identifier() throws NotReadException {
        space();
        int from = at;
        while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_' || text.charAt(at) == '$')) {
            at++;
        }
        if (from == at) {
            throw notRead("a name is missing at " + from);
        }
        return text.substring(from, at);
    }

    private String digits() throws NotReadException {
        space();
        int from = at;
        while (at < text.length() && Character.isDigit(text.charAt(at)) && at - from < 9) {
            at++;
        }
        if (from == at) {
            throw notRead("a number is missing at " + from);
        }
        return text.substring(from, at);
    }

    private String quoted() throws NotReadException {
        int close = text.indexOf('\'', at + 1);
        if (close < 0 || text.substring(at, close).indexOf('\\') >= 0) {
            throw notRead("a string is not closed, or has escapes");
        }
        String value = text.substring(at + 1, close);
        at = close + 1;
        return value;
    }

    private boolean symbol(String symbol) {
        space();
        if (text.startsWith(symbol, at)) {
            at += symbol.length();
            return true;
        }
        return false;
    }

    private boolean word(String word) {
        space();
        int end = at + word.length();
        if (text.startsWith(word, at) && end < text.length() && !Character.isLetterOrDigit(text.charAt(end))) {
            at = end;
            return true;
        }
        return false;
    }

    private void expect(String symbol) throws NotReadException {
        if (!symbol(symbol)) {
            throw notRead("'" + symbol + "' is missing at " + at);
        }
    }

    private void space() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private NotReadException notRead(String message) {
        return new NotReadException(message + " in: " + text);
    }
}
